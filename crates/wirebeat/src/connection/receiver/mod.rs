mod compressed;
mod parts;
mod payload;
mod read_target;
mod rules;

use alloc::vec::Vec;

use bytes::buf::Limit;

use super::compression::Boxed;
use super::config::Config;
use super::event::Fragment;
use super::input::Input;
use crate::frame::{self, Header, MaskingKey, Opcode, Rsv};
use crate::message::from_utf8;
use crate::{CloseFrame, Kind, Message, Payload, ProtocolError, Role, Text};
use parts::Parts;
use rules::Rules;

pub(super) use compressed::Inflation;
pub(super) use rules::DeliveryMode;

/// From bytes, cut anywhere, to messages and control frames ([RFC 6455 §5, §6.2]).
///
/// It knows what the protocol and the limits allow, and nothing of the connection's state, of time
/// or of what is sent. After a violation it must not be asked again.
///
/// [RFC 6455 §5, §6.2]: https://www.rfc-editor.org/rfc/rfc6455#section-6.2
#[derive(Debug)]
pub(super) struct Receiver {
    rules: Rules,
    /// What has come of a message or frame that isn't complete; `None` between messages.
    parts: Option<Parts>,
    /// How long the last message was that came in pieces: what the next may be trusted to be.
    last_len: usize,
}

/// What came.
#[derive(Debug)]
pub(super) enum Received<'i> {
    Message(Message<'i>),
    Fragment(Fragment<'i>),
    Ping(Payload<'i>),
    Pong(Payload<'i>),
    Close(Option<CloseFrame>),
    Violation(ProtocolError),
}

/// A message that came whole, or what is wrong with it.
pub(super) type Whole<'i> = Result<Message<'i>, ProtocolError>;

impl Receiver {
    pub(super) fn new(role: Role, config: &Config) -> Receiver {
        Receiver { rules: Rules::new(role, config), parts: None, last_len: 0 }
    }

    /// Eats from `input` until something is complete, or all is eaten.
    #[inline]
    pub(super) fn next<'i>(
        &mut self,
        input: &mut Input<'i>,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        match self.whole_message(input) {
            Some(whole) => Some(whole.into()),
            None => self.next_in_parts(input, compression),
        }
    }

    /// Whether bytes were read into [`read_target`](Receiver::read_target) since the last look.
    #[inline]
    pub(super) fn has_read_into_target(&self) -> bool {
        self.parts.as_ref().is_some_and(Parts::has_read_into_target)
    }

    /// The message that the rest of a long binary frame may be read into, within the frame and
    /// within what the message has earned.
    #[inline]
    pub(super) fn read_target(&mut self) -> Option<Limit<&mut Vec<u8>>> {
        self.parts.as_mut()?.read_target(self.last_len)
    }

    /// Whether `bytes`, which come next, begin with a message in one frame that is all there.
    pub(super) fn begins_with_message(&self, bytes: &[u8]) -> bool {
        let Ok(Some((header, header_len))) = Header::parse(bytes) else { return false };
        let is_message = match header.opcode {
            Opcode::Text | Opcode::Binary => self.parts.is_none() && header.fin,
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => false,
        };
        let is_there = usize::try_from(header.payload_len).is_ok_and(|payload_len| {
            payload_len < self.rules.whole_len_end && payload_len <= bytes.len() - header_len
        });
        is_message && is_there && self.rules.judge(bytes[0], bytes[1], self.parts.is_some()).is_ok()
    }

    /// An extension was negotiated that gives these bits a meaning, in the first frame of a message.
    pub(super) fn allow(&mut self, rsv: Rsv) {
        self.rules.rsv = rsv;
    }

    /// Forgets whatever hasn't been handed over.
    pub(super) fn clear(&mut self) {
        self.parts = None;
    }

    /// The usual case: a message in one frame that is all there. Anything else is left alone, for
    /// [`next_in_parts`](Receiver::next_in_parts).
    #[inline(always)]
    pub(super) fn whole_message<'i>(&self, input: &mut Input<'i>) -> Option<Whole<'i>> {
        const FIN_TEXT: u8 = 0x80 | Opcode::Text as u8;
        const FIN_BINARY: u8 = 0x80 | Opcode::Binary as u8;

        if self.parts.is_some() {
            return None;
        }
        let rest = input.rest();
        let &[first @ (FIN_TEXT | FIN_BINARY), second, ..] = rest else { return None };
        let (payload_len, header_len) = match second ^ self.rules.mask_bit {
            126 => match *rest {
                [_, _, high, low, ..] => (usize::from(u16::from_be_bytes([high, low])), 4),
                _ => return None,
            },
            len @ 0..126 => (usize::from(len), 2),
            // A wrong mask bit, or a frame too long to come in one chunk.
            127.. => return None,
        };
        // A length that isn't minimal, or that is over a limit, is for the other path to judge.
        if header_len == 4 && payload_len < 126 || payload_len >= self.rules.whole_len_end {
            return None;
        }
        let kind = if first == FIN_TEXT { Kind::Text } else { Kind::Binary };
        if self.rules.mask_bit == 0 {
            let frame = input.take_checked(header_len + payload_len)?;
            let (_, payload) = frame.split_at_mut_checked(header_len)?;
            Some(whole(kind, payload))
        } else {
            let frame = input.take_checked(header_len + 4 + payload_len)?;
            let (header, payload) = frame.split_at_mut_checked(header_len + 4)?;
            frame::unmask_whole(payload, *header.last_chunk()?, kind == Kind::Text);
            Some(whole(kind, payload))
        }
    }
}

#[inline]
fn unmask(payload: &mut [u8], key: Option<MaskingKey>) {
    if let Some(key) = key {
        frame::mask(payload, key);
    }
}

/// A message that is all there, unmasked.
#[inline]
fn whole(kind: Kind, payload: &[u8]) -> Whole<'_> {
    match kind {
        Kind::Binary => Ok(Message::Binary(Payload::Borrowed(payload))),
        // §8.1: "that endpoint MUST _Fail the WebSocket Connection_".
        Kind::Text => match from_utf8(payload) {
            Ok(text) => Ok(Message::Text(Text::Borrowed(text))),
            Err(_) => Err(ProtocolError::TextNotUtf8),
        },
    }
}

impl<'i> From<Whole<'i>> for Received<'i> {
    #[inline]
    fn from(whole: Whole<'i>) -> Received<'i> {
        match whole {
            Ok(message) => Received::Message(message),
            Err(error) => Received::Violation(error),
        }
    }
}
