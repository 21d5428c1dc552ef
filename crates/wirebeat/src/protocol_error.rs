use core::error::Error;
use core::fmt;

use crate::CloseCode;

/// What a peer did that the protocol forbids. It's always the peer's fault.
///
/// The connection fails with [`close_code`](ProtocolError::close_code), which the peer is told in a
/// Close frame ([RFC 6455 §7.1.7]).
///
/// [RFC 6455 §7.1.7]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProtocolError {
    /// A reserved bit was set that no negotiated extension defines.
    ReservedBits,
    /// The frame's opcode is one that the RFC reserves.
    ReservedOpcode(u8),
    /// A control frame without FIN.
    ControlFragmented,
    /// A control frame with more than 125 bytes of payload.
    ControlTooLong,
    /// A client sent a frame that isn't masked.
    NotMasked,
    /// A server sent a frame that is masked.
    Masked,
    /// A payload length that wasn't written in the fewest bytes.
    LengthNotMinimal,
    /// A 64-bit payload length with its highest bit set.
    LengthHighBit,
    /// A continuation frame while no message was in progress.
    ContinuationWithoutStart,
    /// A new text or binary frame while a fragmented message was in progress.
    MessageInterleaved,
    /// A text message that isn't UTF-8.
    TextNotUtf8,
    /// A Close frame whose body is a single byte.
    CloseBodyTruncated,
    /// A Close frame with a code that may not be sent.
    CloseCode(u16),
    /// A Close frame whose reason isn't UTF-8.
    CloseReasonNotUtf8,
    /// A frame that declares more payload than the frame limit allows, in bytes.
    FrameTooLarge {
        /// What the frame declared.
        payload_len: u64,
        /// The limit, inclusive.
        payload_len_max: u64,
    },
    /// A message that grew, or declared to grow, past the message limit.
    MessageTooLarge {
        /// The limit, inclusive, in bytes.
        message_len_max: u64,
    },
    /// A compressed message that isn't compressed data, or isn't whole.
    DeflateInvalid,
    /// A compressed message that got longer, as a multiple of what came, than was to be expected.
    DeflateRatio {
        /// The limit, inclusive.
        ratio_max: u32,
    },
}

impl ProtocolError {
    /// The code that the peer is told ([RFC 6455 §7.4.1]).
    ///
    /// [RFC 6455 §7.4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            ProtocolError::TextNotUtf8 | ProtocolError::CloseReasonNotUtf8 => {
                CloseCode::INVALID_PAYLOAD
            }
            ProtocolError::FrameTooLarge { .. }
            | ProtocolError::MessageTooLarge { .. }
            | ProtocolError::DeflateRatio { .. } => CloseCode::TOO_BIG,
            ProtocolError::ReservedBits
            | ProtocolError::ReservedOpcode(_)
            | ProtocolError::ControlFragmented
            | ProtocolError::ControlTooLong
            | ProtocolError::NotMasked
            | ProtocolError::Masked
            | ProtocolError::LengthNotMinimal
            | ProtocolError::LengthHighBit
            | ProtocolError::ContinuationWithoutStart
            | ProtocolError::MessageInterleaved
            | ProtocolError::CloseBodyTruncated
            | ProtocolError::CloseCode(_)
            | ProtocolError::DeflateInvalid => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// The section of RFC 6455 (or of another, if it's named) that was broken.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            ProtocolError::ReservedBits
            | ProtocolError::ReservedOpcode(_)
            | ProtocolError::LengthNotMinimal
            | ProtocolError::LengthHighBit => "§5.2",
            ProtocolError::NotMasked | ProtocolError::Masked => "§5.1",
            ProtocolError::ContinuationWithoutStart | ProtocolError::MessageInterleaved => "§5.4",
            ProtocolError::ControlFragmented | ProtocolError::ControlTooLong => "§5.5",
            ProtocolError::CloseBodyTruncated | ProtocolError::CloseReasonNotUtf8 => "§5.5.1",
            ProtocolError::CloseCode(_) => "§7.4",
            ProtocolError::TextNotUtf8 => "§8.1",
            ProtocolError::FrameTooLarge { .. } | ProtocolError::MessageTooLarge { .. } => "§10.4",
            ProtocolError::DeflateInvalid | ProtocolError::DeflateRatio { .. } => "RFC 7692 §7.2.2",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ProtocolError::ReservedBits => f.write_str("a reserved bit is set"),
            ProtocolError::ReservedOpcode(opcode) => write!(f, "opcode {opcode:#x} is reserved"),
            ProtocolError::ControlFragmented => f.write_str("a control frame is fragmented"),
            ProtocolError::ControlTooLong => {
                f.write_str("a control frame has more than 125 bytes of payload")
            }
            ProtocolError::NotMasked => f.write_str("a client's frame isn't masked"),
            ProtocolError::Masked => f.write_str("a server's frame is masked"),
            ProtocolError::LengthNotMinimal => {
                f.write_str("a payload length isn't written in the fewest bytes")
            }
            ProtocolError::LengthHighBit => f.write_str("a payload length has its highest bit set"),
            ProtocolError::ContinuationWithoutStart => {
                f.write_str("a continuation frame came while no message was in progress")
            }
            ProtocolError::MessageInterleaved => {
                f.write_str("a new message began inside a fragmented one")
            }
            ProtocolError::TextNotUtf8 => f.write_str("a text message isn't UTF-8"),
            ProtocolError::CloseBodyTruncated => {
                f.write_str("a Close frame's body is a single byte")
            }
            ProtocolError::CloseCode(code) => write!(f, "close code {code} may not be sent"),
            ProtocolError::CloseReasonNotUtf8 => f.write_str("a Close frame's reason isn't UTF-8"),
            ProtocolError::FrameTooLarge { payload_len, payload_len_max } => {
                write!(f, "a frame of {payload_len} bytes; the limit is {payload_len_max}")
            }
            ProtocolError::MessageTooLarge { message_len_max } => {
                write!(f, "a message of more than {message_len_max} bytes, the limit")
            }
            ProtocolError::DeflateInvalid => {
                f.write_str("a compressed message isn't compressed data, or isn't whole")
            }
            ProtocolError::DeflateRatio { ratio_max } => {
                write!(f, "a compressed message got {ratio_max} times as long, the limit")
            }
        }?;
        match self.section() {
            other if other.starts_with("RFC") => write!(f, " ({other})"),
            section => write!(f, " (RFC 6455 {section})"),
        }
    }
}

impl Error for ProtocolError {}
