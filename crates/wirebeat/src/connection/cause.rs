use core::error::Error;
use core::fmt;

use bytestring::ByteString;

use crate::handshake::{HandshakeError, RequestRefusal};
use crate::{CloseCode, ProtocolError};

/// How a connection ended: what the browser's `CloseEvent` says, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The code of the peer's Close frame; [`CloseCode::NO_STATUS`] if it had none,
    /// [`CloseCode::ABNORMAL`] if none came.
    pub code: CloseCode,
    /// The reason of the peer's Close frame; empty if it had none, or none came.
    pub reason: ByteString,
    /// Whether the closing handshake was completed ([RFC 6455 §7.1.4]).
    ///
    /// [RFC 6455 §7.1.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.4
    pub was_clean: bool,
    /// Who ended it, when, and why.
    pub cause: Cause,
    /// How many messages [`send`](crate::Connection::send) took that the transport didn't get whole.
    /// As messages go out in order, they're the last ones.
    pub messages_lost: u64,
}

impl Closed {
    /// Whether it's worth while to connect again: what ended the connection is likely to pass.
    ///
    /// Yes after a loss, a timeout, a peer that goes away, restarts or is overloaded (1001, 1005,
    /// 1011–1014), a code of the application's (3000–4999), and a handshake answered with 408, 425,
    /// 429 or 5xx. No after the application's own close, 1000, and whatever says that one side got
    /// the protocol or a policy wrong.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.cause.phase {
            Phase::LocalClosing => false,
            Phase::PeerClosing => {
                matches!(self.code.get(), 1001 | 1005 | 1011..=1014 | 3000..=4999)
            }
            Phase::Dialing | Phase::Opening | Phase::Open | Phase::Failing => {
                self.cause.reason.is_passing()
            }
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.reason.is_empty() {
            write!(f, " {:?}", &*self.reason)?;
        }
        let clean = if self.was_clean { "clean" } else { "not clean" };
        write!(f, ", {clean}: {}", self.cause)
    }
}

/// Who ended the connection, in which phase, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// How far the connection had come.
    pub phase: Phase,
    /// Why it ended.
    pub reason: Reason,
}

impl Cause {
    /// Who ended it.
    #[must_use]
    pub const fn side(self) -> Side {
        match self.reason {
            Reason::ClosedByUs | Reason::Aborted | Reason::Responded => Side::Local,
            Reason::Dial(DialError::Certificate | DialError::Tls)
            | Reason::ClosedByPeer
            | Reason::Protocol(_)
            | Reason::Handshake(_)
            | Reason::Refused(_) => Side::Peer,
            Reason::Dial(_)
            | Reason::OpenTimeout
            | Reason::HeartbeatTimeout
            | Reason::CloseTimeout
            | Reason::WriteStall
            | Reason::Eof
            | Reason::Lost => Side::Transport,
        }
    }

    /// Whether something went wrong, so that [`Event::Error`](crate::Event::Error) is reported.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self.reason, Reason::ClosedByUs | Reason::ClosedByPeer | Reason::Responded)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::Protocol(_) => write!(f, "{}; {}", self.reason, self.phase),
            Reason::Dial(_) => self.reason.fmt(f),
            Reason::Handshake(_) | Reason::Refused(_) => {
                write!(f, "{}, {}", self.reason, self.phase)
            }
            Reason::ClosedByUs | Reason::ClosedByPeer => self.reason.fmt(f),
            reason => write!(f, "{reason} {}", self.phase),
        }
    }
}

impl Error for Cause {}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The application on this side.
    Local,
    /// The peer, by its choice or its fault.
    Peer,
    /// The network, or a peer that fell silent: from here that looks the same.
    Transport,
}

/// How far a connection had come when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// There was no transport yet. A [`Session`](crate::session::Session)'s alone.
    Dialing,
    /// The opening handshake wasn't complete.
    Opening,
    /// Messages passed.
    Open,
    /// The application had begun the closing handshake.
    LocalClosing,
    /// The peer had begun the closing handshake.
    PeerClosing,
    /// The peer had broken the protocol.
    Failing,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Dialing => "before there was a transport",
            Phase::Opening => "during the opening handshake",
            Phase::Open => "while open",
            Phase::LocalClosing => "while closing",
            Phase::PeerClosing => "while the peer was closing",
            Phase::Failing => "after the peer broke the protocol",
        })
    }
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No transport was to be had.
    Dial(DialError),
    /// The application closed it.
    ClosedByUs,
    /// The peer closed it; [`Closed::code`] says what for.
    ClosedByPeer,
    /// The application gave up before the opening handshake was complete.
    Aborted,
    /// The server's application answered the request with a response that doesn't upgrade.
    Responded,
    /// The peer broke the protocol.
    Protocol(ProtocolError),
    /// The server's answer doesn't open a connection.
    Handshake(HandshakeError),
    /// The client's request was refused before the application saw it.
    Refused(RequestRefusal),
    /// The opening handshake took longer than `open_timeout`.
    OpenTimeout,
    /// The peer gave no sign of life for the heartbeat's interval and timeout.
    HeartbeatTimeout,
    /// The peer didn't answer our Close within `close_timeout`.
    CloseTimeout,
    /// The transport took no byte for `write_stall_timeout`.
    WriteStall,
    /// The peer ended the transport without a Close frame.
    Eof,
    /// The transport failed.
    Lost,
}

impl Reason {
    /// Whether the same attempt may well succeed later.
    const fn is_passing(self) -> bool {
        match self {
            Reason::Dial(error) => error.is_passing(),
            Reason::OpenTimeout
            | Reason::HeartbeatTimeout
            | Reason::CloseTimeout
            | Reason::WriteStall
            | Reason::Eof
            | Reason::Lost => true,
            Reason::Handshake(HandshakeError::Status(status)) => {
                matches!(status, 408 | 425 | 429 | 500..=599)
            }
            Reason::ClosedByUs
            | Reason::ClosedByPeer
            | Reason::Aborted
            | Reason::Responded
            | Reason::Protocol(_)
            | Reason::Handshake(_)
            | Reason::Refused(_) => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Dial(error) => error.fmt(f),
            Reason::ClosedByUs => f.write_str("closed by us"),
            Reason::ClosedByPeer => f.write_str("closed by the peer"),
            Reason::Aborted => f.write_str("given up by us"),
            Reason::Responded => f.write_str("answered without an upgrade"),
            Reason::Protocol(error) => write!(f, "the peer broke the protocol: {error}"),
            Reason::Handshake(error) => error.fmt(f),
            Reason::Refused(refusal) => write!(f, "the request was refused: {refusal}"),
            Reason::OpenTimeout => f.write_str("timed out"),
            Reason::HeartbeatTimeout => f.write_str("no answer to the heartbeat"),
            Reason::CloseTimeout => f.write_str("no answer to our Close"),
            Reason::WriteStall => f.write_str("the transport took no bytes"),
            Reason::Eof => f.write_str("the peer ended the transport"),
            Reason::Lost => f.write_str("the transport was lost"),
        }
    }
}

/// Why a driver could get no transport for a [`Session`](crate::session::Session).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DialError {
    /// The host's name leads to no address, as far as could be found out.
    Name,
    /// Nobody listens there.
    Refused,
    /// No way leads there.
    Unreachable,
    /// No answer came in time.
    Timeout,
    /// The server's certificate isn't to be trusted. It's not retried: the same certificate would
    /// come.
    Certificate,
    /// TLS failed for another reason: the server speaks something else, or the connection was lost.
    Tls,
    /// A proxy on the way refused.
    Proxy,
    /// The URL, the host's own configuration, or whatever else stays as it is. It's not retried.
    Configuration,
    /// Anything else that may pass.
    Other,
}

impl DialError {
    /// Whether the same attempt may well succeed later.
    const fn is_passing(self) -> bool {
        match self {
            DialError::Name
            | DialError::Refused
            | DialError::Unreachable
            | DialError::Timeout
            | DialError::Tls
            | DialError::Proxy
            | DialError::Other => true,
            DialError::Certificate | DialError::Configuration => false,
        }
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DialError::Name => "the host's name couldn't be resolved",
            DialError::Refused => "the connection was refused",
            DialError::Unreachable => "the host couldn't be reached",
            DialError::Timeout => "connecting timed out",
            DialError::Certificate => "the server's certificate isn't trusted",
            DialError::Tls => "TLS failed",
            DialError::Proxy => "the proxy refused",
            DialError::Configuration => "it can't be connected to as configured",
            DialError::Other => "no transport could be had",
        })
    }
}

impl Error for DialError {}
