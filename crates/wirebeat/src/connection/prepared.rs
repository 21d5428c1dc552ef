use alloc::string::String;

use bytes::Bytes;

use super::compression::{Compression, ContextTakenOver, PackedForms};
use crate::{Kind, Message, Payload};

/// A message that is copied once, to be sent on any number of connections.
///
/// A server's connections share its bytes if it's large. A client's can't, as each frame is masked
/// with a key of its own ([RFC 6455 §5.3]); there it's sent like any message.
///
/// Where messages are compressed each by itself, it's compressed once for all connections with the
/// same parameters. Where a context is taken over from message to message, it's refused.
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
    is_never_compressed: bool,
    forms: PackedForms,
}

impl Prepared {
    /// Prepares a message.
    #[must_use]
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Prepared {
        let message = message.into();
        Prepared {
            kind: message.kind(),
            payload: message.into_payload().into_bytes(),
            is_never_compressed: false,
            forms: PackedForms::default(),
        }
    }

    /// Whether it's compressed where messages are; `true` by default. `false` is for messages with a
    /// secret in them, and for connections that take their context over.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Prepared {
        self.is_never_compressed = !compress;
        self
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

    /// Its compressed form for this connection; `None` if it's to go as it is.
    pub(super) fn pack(
        &self,
        compression: &mut Compression,
    ) -> Result<Option<Bytes>, ContextTakenOver> {
        if self.is_never_compressed {
            compression.note_plain(self.len());
            return Ok(None);
        }
        compression.pack_prepared(&self.payload, &self.forms)
    }

    /// Whether it's compressed where messages are.
    pub(crate) fn may_be_compressed(&self) -> bool {
        !self.is_never_compressed
    }

    /// The same, compressed for nobody yet.
    pub(crate) fn unpacked(&self) -> Prepared {
        Prepared { forms: PackedForms::default(), ..self.clone() }
    }

    /// The message that it was made of.
    pub(crate) fn message(&self) -> Message<'static> {
        match self.kind {
            // It was made of text.
            Kind::Text => String::from_utf8_lossy(&self.payload).into_owned().into(),
            Kind::Binary => self.payload().into(),
        }
    }

    pub(crate) fn payload(&self) -> Payload<'static> {
        Payload::Owned(self.payload.clone())
    }
}
