use bytes::Bytes;

use crate::frame::{self, Rsv};
use crate::{Kind, Message, Payload};

/// A message that is copied once, to be sent on any number of connections.
///
/// A server's connections share its bytes if it's large. A client's can't, as each frame is masked
/// with a key of its own ([RFC 6455 §5.3]); there it's sent like any message.
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
    payload: Bytes,
}

impl Prepared {
    /// Prepares a message.
    #[must_use]
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Prepared {
        let message = message.into();
        Prepared { kind: message.kind(), payload: message.into_payload().into_bytes() }
    }

    /// The message's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The payload's length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload.len()
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    pub(crate) fn first_byte(&self) -> u8 {
        frame::first_byte(true, Rsv::NONE, self.kind.opcode())
    }

    pub(crate) fn payload(&self) -> Payload<'static> {
        Payload::Owned(self.payload.clone())
    }
}
