use alloc::vec::Vec;

use super::{CONTROL_PAYLOAD_LEN_MAX, MaskingKey, Opcode};
use crate::ProtocolError;

/// The longest header there is, in bytes: two, eight of extended length, four of masking key.
pub const HEADER_LEN_MAX: usize = 14;

/// A frame's header ([RFC 6455 §5.2]).
///
/// What a header may say whoever sent it is checked by [`parse`](Header::parse). What depends on
/// the connection (who must mask, which reserved bits an extension defined, whether a message is in
/// progress) is the connection's to judge.
///
/// [RFC 6455 §5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The bits that extensions may give a meaning to.
    pub rsv: Rsv,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key that the payload is masked with, if it is.
    pub masking_key: Option<MaskingKey>,
    /// The payload's length in bytes, at most 2⁶³ − 1. A claim of the sender until it has arrived.
    pub payload_len: u64,
}

impl Header {
    /// Reads a header from the front of `bytes`, and says how long it is.
    ///
    /// `Ok(None)` means that more bytes are needed. A violation is reported as soon as the bytes
    /// that show it are there, however the stream is cut.
    ///
    /// # Errors
    ///
    /// - [`ReservedOpcode`](ProtocolError::ReservedOpcode),
    ///   [`ControlFragmented`](ProtocolError::ControlFragmented) and
    ///   [`ControlTooLong`](ProtocolError::ControlTooLong) after two bytes;
    /// - [`LengthNotMinimal`](ProtocolError::LengthNotMinimal) and
    ///   [`LengthHighBit`](ProtocolError::LengthHighBit) after the extended length.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Option<(Header, usize)>, ProtocolError> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        let Some(opcode) = Opcode::from_bits(first) else {
            return Err(ProtocolError::ReservedOpcode(first & 0x0F));
        };
        let fin = first & 0x80 != 0;
        let short_len = second & 0x7F;
        if opcode.is_control() {
            // §5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST
            // NOT be fragmented."
            if !fin {
                return Err(ProtocolError::ControlFragmented);
            }
            if usize::from(short_len) > CONTROL_PAYLOAD_LEN_MAX {
                return Err(ProtocolError::ControlTooLong);
            }
        }
        let Some((payload_len, rest)) = parse_payload_len(short_len, rest)? else {
            return Ok(None);
        };
        let (masking_key, rest) = if second & 0x80 == 0 {
            (None, rest)
        } else {
            let Some((key, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
            (Some(*key), rest)
        };
        let header = Header { fin, rsv: Rsv::from_bits(first), opcode, masking_key, payload_len };
        Ok(Some((header, bytes.len() - rest.len())))
    }

    /// Appends the header to `wire`, in the shortest form.
    pub fn encode(&self, wire: &mut Vec<u8>) {
        let first = first_byte(self.fin, self.rsv, self.opcode);
        let mask_bit = if self.masking_key.is_some() { 0x80 } else { 0 };
        let [a, b, c, d, e, f, high, low] = self.payload_len.to_be_bytes();
        // §5.2: "the minimal number of bytes MUST be used to encode the length".
        match self.payload_len {
            0..=125 => wire.extend_from_slice(&[first, mask_bit | low]),
            126..=0xFFFF => wire.extend_from_slice(&[first, mask_bit | 126, high, low]),
            _ => wire.extend_from_slice(&[first, mask_bit | 127, a, b, c, d, e, f, high, low]),
        }
        if let Some(key) = self.masking_key {
            wire.extend_from_slice(&key);
        }
    }
}

/// The first byte of a frame.
#[inline]
pub(crate) const fn first_byte(fin: bool, rsv: Rsv, opcode: Opcode) -> u8 {
    let fin = if fin { 0x80 } else { 0 };
    fin | rsv.bits() | opcode.bits()
}

#[inline]
fn parse_payload_len(short_len: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, ProtocolError> {
    match short_len {
        126 => {
            let Some((len, rest)) = rest.split_first_chunk::<2>() else { return Ok(None) };
            let len = u16::from_be_bytes(*len);
            if len < 126 {
                return Err(ProtocolError::LengthNotMinimal);
            }
            Ok(Some((u64::from(len), rest)))
        }
        127 => {
            let Some((len, rest)) = rest.split_first_chunk::<8>() else { return Ok(None) };
            let len = u64::from_be_bytes(*len);
            // §5.2: "the most significant bit MUST be 0".
            if len >> 63 != 0 {
                return Err(ProtocolError::LengthHighBit);
            }
            if len <= u64::from(u16::MAX) {
                return Err(ProtocolError::LengthNotMinimal);
            }
            Ok(Some((len, rest)))
        }
        len => Ok(Some((u64::from(len), rest))),
    }
}

/// The three reserved bits of a frame's first byte ([RFC 6455 §5.2]).
///
/// [RFC 6455 §5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rsv(u8);

impl Rsv {
    /// None of the bits, as it must be unless an extension says otherwise.
    pub const NONE: Rsv = Rsv(0);
    /// The first bit, which permessage-deflate uses.
    pub const RSV1: Rsv = Rsv(0x40);
    /// The second bit.
    pub const RSV2: Rsv = Rsv(0x20);
    /// The third bit.
    pub const RSV3: Rsv = Rsv(0x10);

    /// The reserved bits of a frame's first byte.
    #[must_use]
    pub const fn from_bits(first: u8) -> Rsv {
        Rsv(first & 0x70)
    }

    /// The bits, where they stand in a frame's first byte.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether every bit that is set here is set in `allowed` too.
    #[must_use]
    pub const fn within(self, allowed: Rsv) -> bool {
        self.0 & !allowed.0 == 0
    }
}
