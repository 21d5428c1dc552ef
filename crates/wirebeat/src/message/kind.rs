use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use super::{Payload, Text};
use crate::frame::Opcode;

/// The two kinds of message ([RFC 6455 §5.6]).
///
/// [RFC 6455 §5.6]: https://www.rfc-editor.org/rfc/rfc6455#section-5.6
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Bytes that only the applications understand.
    Binary,
}

impl Kind {
    pub(crate) const fn opcode(self) -> Opcode {
        match self {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Text => "text",
            Kind::Binary => "binary",
        })
    }
}

/// A whole message, received or to be sent.
///
/// What [`receive`](crate::Connection::receive) yields may be borrowed from the bytes that were
/// read; [`into_owned`](Message::into_owned) makes it last. Whatever can be sent turns into one:
///
/// ```
/// use wirebeat::Message;
///
/// let borrowed = Message::from("hello");
/// let owned = Message::from(vec![1, 2, 3]);
/// assert!(borrowed.is_text() && !owned.is_text());
/// assert_eq!(owned.as_bytes(), [1, 2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message<'m> {
    /// A text message.
    Text(Text<'m>),
    /// A binary message.
    Binary(Payload<'m>),
}

impl Message<'_> {
    /// The message's kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Message::Text(_) => Kind::Text,
            Message::Binary(_) => Kind::Binary,
        }
    }

    /// Whether it's text.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Message::Text(_))
    }

    /// The text, if it's text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Message::Text(text) => Some(text),
            Message::Binary(_) => None,
        }
    }

    /// The payload, of either kind.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(payload) => payload,
        }
    }

    /// The payload's length in bytes.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it owns its payload, rather than borrowing it.
    #[must_use]
    #[inline]
    pub const fn is_owned(&self) -> bool {
        matches!(self, Message::Text(Text::Owned(_)) | Message::Binary(Payload::Owned(_)))
    }

    /// The message, copied if it was borrowed.
    #[must_use]
    #[inline]
    pub fn into_owned(self) -> Message<'static> {
        match self {
            Message::Text(text) => Message::Text(text.into_owned()),
            Message::Binary(payload) => Message::Binary(payload.into_owned()),
        }
    }

    /// The payload as a message of its own kind that borrows from this one.
    #[must_use]
    pub fn borrow(&self) -> Message<'_> {
        match self {
            Message::Text(text) => Message::Text(Text::Borrowed(text)),
            Message::Binary(payload) => Message::Binary(Payload::Borrowed(payload)),
        }
    }
}

impl<'m> Message<'m> {
    /// The payload, of either kind, without its kind.
    #[must_use]
    pub fn into_payload(self) -> Payload<'m> {
        match self {
            Message::Text(text) => text.into_payload(),
            Message::Binary(payload) => payload,
        }
    }
}

impl<'m> From<&'m str> for Message<'m> {
    #[inline]
    fn from(text: &'m str) -> Message<'m> {
        Message::Text(Text::Borrowed(text))
    }
}

impl<'m> From<&'m String> for Message<'m> {
    #[inline]
    fn from(text: &'m String) -> Message<'m> {
        Message::Text(Text::Borrowed(text))
    }
}

impl From<String> for Message<'_> {
    fn from(text: String) -> Self {
        Message::Text(Text::Owned(text.into()))
    }
}

impl From<ByteString> for Message<'_> {
    #[inline]
    fn from(text: ByteString) -> Self {
        Message::Text(Text::Owned(text))
    }
}

impl<'m> From<Text<'m>> for Message<'m> {
    #[inline]
    fn from(text: Text<'m>) -> Message<'m> {
        Message::Text(text)
    }
}

impl<'m> From<&'m [u8]> for Message<'m> {
    #[inline]
    fn from(payload: &'m [u8]) -> Message<'m> {
        Message::Binary(Payload::Borrowed(payload))
    }
}

impl<'m, const N: usize> From<&'m [u8; N]> for Message<'m> {
    #[inline]
    fn from(payload: &'m [u8; N]) -> Message<'m> {
        Message::Binary(Payload::Borrowed(payload))
    }
}

impl<'m> From<&'m Vec<u8>> for Message<'m> {
    #[inline]
    fn from(payload: &'m Vec<u8>) -> Message<'m> {
        Message::Binary(Payload::Borrowed(payload))
    }
}

impl From<Vec<u8>> for Message<'_> {
    fn from(payload: Vec<u8>) -> Self {
        Message::Binary(Payload::Owned(payload.into()))
    }
}

impl From<Bytes> for Message<'_> {
    #[inline]
    fn from(payload: Bytes) -> Self {
        Message::Binary(Payload::Owned(payload))
    }
}

impl<'m> From<Payload<'m>> for Message<'m> {
    #[inline]
    fn from(payload: Payload<'m>) -> Message<'m> {
        Message::Binary(payload)
    }
}
