use alloc::vec::Vec;

use bytes::Bytes;

use crate::frame::{self, Opcode};
use crate::message::Kind;
use crate::{Message, Payload, Text};

/// A message that was encoded once, to be sent on any number of connections.
///
/// A server's connections share its bytes. A client's can't, as each frame is masked with a key of
/// its own ([RFC 6455 §5.3]); there it's sent like any message.
///
/// ```
/// use wirebeat::{Config, Connection, Endpoint, Prepared, Timestamp};
///
/// let news = Prepared::new("something happened");
/// let now = Timestamp::ZERO;
/// for _ in 0..3 {
///     let mut connection = Connection::established(Endpoint::Server, &Config::default(), now);
///     connection.send_prepared(now, &news).unwrap();
/// }
/// ```
///
/// [RFC 6455 §5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.3
#[derive(Clone, Debug)]
pub struct Prepared {
    kind: Kind,
    wire: Bytes,
    header_len: usize,
}

impl Prepared {
    /// Encodes a message.
    #[must_use]
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Prepared {
        let message = message.into();
        let (kind, payload) = (message.kind(), message.as_bytes());
        let opcode: Opcode = kind.opcode();
        let mut wire = Vec::with_capacity(frame::HEADER_LEN_MAX + payload.len());
        frame::push_header(&mut wire, 0x80 | opcode.bits(), payload.len() as u64, None);
        let header_len = wire.len();
        wire.extend_from_slice(payload);
        Prepared { kind, wire: Bytes::from(wire), header_len }
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        let payload = &self.wire[self.header_len..];
        match (self.kind, core::str::from_utf8(payload)) {
            (Kind::Text, Ok(text)) => Message::Text(Text::Borrowed(text)),
            _ => Message::Binary(Payload::Borrowed(payload)),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The message as a server sends it.
    pub(crate) fn wire(&self) -> &Bytes {
        &self.wire
    }

    pub(crate) fn header_len(&self) -> usize {
        self.header_len
    }

    pub(crate) fn payload(&self) -> Payload<'static> {
        Payload::Owned(self.wire.slice(self.header_len..))
    }
}
