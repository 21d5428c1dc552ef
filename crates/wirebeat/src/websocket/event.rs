use bytestring::ByteString;

use super::blob::{ArrayBuffer, Blob};
use crate::session::Next;
use crate::{CloseCode, Payload};

/// What a handler is called with.
///
/// Events don't bubble and can't be cancelled, as there's nothing for them to bubble through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is open.
    Open,
    /// A message came.
    Message(MessageEvent),
    /// The connection is over because something went wrong; [`Event::Close`] follows. As in the
    /// browser it says nothing more; [`WebSocket::closed`](super::WebSocket::closed) does.
    Error,
    /// The connection is over.
    Close(CloseEvent),
}

impl Event {
    /// The event's type.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        match self {
            Event::Open => EventType::Open,
            Event::Message(_) => EventType::Message,
            Event::Error => EventType::Error,
            Event::Close(_) => EventType::Close,
        }
    }
}

/// The types of events that can be listened for ([WHATWG WebSockets §3.1]).
///
/// [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#eventdef-websocket-open
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// [`Event::Open`].
    Open,
    /// [`Event::Message`].
    Message,
    /// [`Event::Error`].
    Error,
    /// [`Event::Close`].
    Close,
}

impl EventType {
    /// All types.
    pub const ALL: [EventType; 4] =
        [EventType::Open, EventType::Message, EventType::Error, EventType::Close];

    /// The name that the browser knows it by: `open`, `message`, `error`, `close`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            EventType::Open => "open",
            EventType::Message => "message",
            EventType::Error => "error",
            EventType::Close => "close",
        }
    }
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEvent {
    /// What it says.
    pub data: MessageData,
    /// The origin of the server: `wss://example.com`, with the port unless it's the scheme's own.
    pub origin: ByteString,
}

/// The contents of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageData {
    /// A text message.
    Text(ByteString),
    /// A binary message, with [`BinaryType::Blob`].
    Blob(Blob),
    /// A binary message, with [`BinaryType::ArrayBuffer`].
    ArrayBuffer(ArrayBuffer),
}

impl MessageData {
    /// The text, if it's text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            MessageData::Text(text) => Some(text),
            MessageData::Blob(_) | MessageData::ArrayBuffer(_) => None,
        }
    }

    /// The bytes, of any kind.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            MessageData::Text(text) => text.as_bytes(),
            MessageData::Blob(blob) => blob.as_bytes(),
            MessageData::ArrayBuffer(buffer) => buffer,
        }
    }

    /// A binary message, as the binary type of the moment wants it.
    pub(super) fn binary(payload: Payload<'_>, binary_type: BinaryType) -> MessageData {
        match binary_type {
            BinaryType::Blob => MessageData::Blob(Blob::new(payload.into_bytes())),
            BinaryType::ArrayBuffer => {
                MessageData::ArrayBuffer(ArrayBuffer::new(payload.into_bytes()))
            }
        }
    }
}

/// What binary messages are handed over as ([WHATWG WebSockets §3.1]).
///
/// It's looked at when a message's handlers are called, so a change in one message's handler holds
/// for the next message, even if that was received before.
///
/// [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#dom-websocket-binarytype
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BinaryType {
    /// As [`Blob`].
    #[default]
    Blob,
    /// As [`ArrayBuffer`].
    ArrayBuffer,
}

/// How a connection ended ([WHATWG WebSockets §6]).
///
/// [WHATWG WebSockets §6]: https://websockets.spec.whatwg.org/#the-closeevent-interface
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseEvent {
    /// The code of the server's Close frame; [`CloseCode::NO_STATUS`] if it had none,
    /// [`CloseCode::ABNORMAL`] if none came.
    pub code: CloseCode,
    /// The reason of the server's Close frame, or empty.
    pub reason: ByteString,
    /// Whether the closing handshake was completed.
    pub was_clean: bool,
    /// Whether another connection follows, and when; never without
    /// [reconnection](super::WebSocket#reconnecting). The browser's event has no such thing.
    pub next: Next,
}
