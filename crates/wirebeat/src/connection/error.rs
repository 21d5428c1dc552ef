use core::error::Error;
use core::fmt;

use crate::{CloseCode, Message, Payload, ReadyState, Role};

/// Why a message, fragment or ping wasn't taken. What was to be sent comes back with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendError<M> {
    /// Why it wasn't taken.
    pub reason: SendErrorReason,
    /// What was to be sent, untouched.
    pub unsent: M,
}

/// What [`Connection::send`](crate::Connection::send) gives back.
pub type SendMessageError<'m> = SendError<Message<'m>>;

/// What [`Connection::send_fragment`](crate::Connection::send_fragment) and
/// [`Connection::ping`](crate::Connection::ping) give back.
pub type SendPayloadError<'p> = SendError<Payload<'p>>;

/// Why nothing was sent. All of these are the application's to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendErrorReason {
    /// The send queue is at its limit: wait until `buffered_amount` has fallen.
    Full,
    /// The connection isn't OPEN.
    NotOpen(ReadyState),
    /// A fragmented message is being sent: end it with `fin` first.
    FragmentsInProgress,
    /// A fragment continues a message, but none is being sent: say which kind it begins.
    NoFragmentsInProgress,
    /// A text fragment breaks UTF-8, or the last one ends inside a code point.
    NotUtf8,
    /// A ping's payload has more than 125 bytes.
    PingTooLong,
    /// A prepared message was to be compressed, and this connection compresses each message with the
    /// ones before it.
    ContextTakeover,
}

impl fmt::Display for SendErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendErrorReason::Full => f.write_str("the send queue is full"),
            SendErrorReason::NotOpen(state) => write!(f, "the connection is {state}, not OPEN"),
            SendErrorReason::FragmentsInProgress => {
                f.write_str("a fragmented message is being sent")
            }
            SendErrorReason::NoFragmentsInProgress => {
                f.write_str("no fragmented message is being sent")
            }
            SendErrorReason::NotUtf8 => f.write_str("a text fragment isn't UTF-8"),
            SendErrorReason::PingTooLong => f.write_str("a ping of more than 125 bytes"),
            SendErrorReason::ContextTakeover => {
                f.write_str("a prepared message where the context is taken over")
            }
        }
    }
}

impl Error for SendErrorReason {}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<M: fmt::Debug> Error for SendError<M> {}

/// Why [`Connection::close`](crate::Connection::close) was refused. It's the application's to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseError {
    /// This role may not send the code: 1010 is for clients ([RFC 6455 §7.4.1]).
    ///
    /// [RFC 6455 §7.4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
    CodeNotOurs {
        /// The code.
        code: CloseCode,
        /// Our role.
        role: Role,
    },
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseError::CodeNotOurs { code, role } => {
                write!(f, "a {role} may not send close code {code}")
            }
        }
    }
}

impl Error for CloseError {}
