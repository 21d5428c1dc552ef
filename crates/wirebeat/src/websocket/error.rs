use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

use crate::Message;
use crate::handshake::RequestError;

/// Why a [`WebSocket`](super::WebSocket) can't be made. The caller is at fault, or whoever the URL
/// or the names came from; the browser throws a `SyntaxError`.
///
/// Nothing else is an error of the constructor: a server that can't be reached, or that refuses, is
/// reported by events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstructError {
    /// The URL, or the base that it's relative to, can't be parsed.
    Url(UrlError),
    /// The URL's scheme is this, and must be `ws`, `wss`, `http` or `https`.
    Scheme(Box<str>),
    /// The URL has a fragment, if only an empty one behind a `#`.
    Fragment,
    /// The subprotocol isn't a token: letters, digits and ``!#$%&'*+-.^_`|~``, at least one.
    SubprotocolInvalid(Box<str>),
    /// The subprotocol occurs more than once. Names that differ in case alone are two names.
    SubprotocolRepeated(Box<str>),
    /// A header or the origin, which no page can set, can't be sent.
    Request(RequestError),
}

impl ConstructError {
    /// The name of the exception that a browser throws: `SyntaxError`.
    #[must_use]
    pub const fn exception_name(&self) -> &'static str {
        "SyntaxError"
    }
}

impl fmt::Display for ConstructError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConstructError::Url(error) => write!(f, "the URL is invalid: {error}"),
            ConstructError::Scheme(scheme) => {
                write!(f, "the URL's scheme is {scheme:?}, not ws, wss, http or https")
            }
            ConstructError::Fragment => f.write_str("the URL has a fragment"),
            ConstructError::SubprotocolInvalid(name) => {
                write!(f, "the subprotocol {name:?} isn't a token")
            }
            ConstructError::SubprotocolRepeated(name) => {
                write!(f, "the subprotocol {name:?} occurs more than once")
            }
            ConstructError::Request(error) => error.fmt(f),
        }
    }
}

impl Error for ConstructError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ConstructError::Url(error) => Some(error),
            ConstructError::Request(error) => Some(error),
            ConstructError::Scheme(_)
            | ConstructError::Fragment
            | ConstructError::SubprotocolInvalid(_)
            | ConstructError::SubprotocolRepeated(_) => None,
        }
    }
}

/// Why the URL parser gave up ([URL §4.4]).
///
/// [URL §4.4]: https://url.spec.whatwg.org/#url-parsing
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlError(pub(super) url::ParseError);

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for UrlError {}

/// Why [`close`](super::WebSocket::close) was refused, which changed nothing. The caller is at
/// fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseArgumentError {
    /// The code is neither 1000 nor from 3000 to 4999; the browser throws an `InvalidAccessError`.
    Code(u16),
    /// The reason has so many bytes of UTF-8, and 123 fit; the browser throws a `SyntaxError`.
    ReasonTooLong(usize),
}

impl CloseArgumentError {
    /// The name of the exception that a browser throws.
    #[must_use]
    pub const fn exception_name(&self) -> &'static str {
        match self {
            CloseArgumentError::Code(_) => "InvalidAccessError",
            CloseArgumentError::ReasonTooLong(_) => "SyntaxError",
        }
    }
}

impl fmt::Display for CloseArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseArgumentError::Code(code) => {
                write!(f, "close code {code} is neither 1000 nor from 3000 to 4999")
            }
            CloseArgumentError::ReasonTooLong(len) => {
                write!(f, "a close reason of {len} bytes; at most 123 fit")
            }
        }
    }
}

impl Error for CloseArgumentError {}

/// Nothing was sent, and the message comes back: the browser throws an `InvalidStateError`, or the
/// messages that wait for the next connection have filled their room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendError<'m> {
    /// Why.
    pub reason: SendErrorReason,
    /// What was to be sent, untouched.
    pub unsent: Message<'m>,
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendErrorReason {
    /// The connection isn't open yet: wait for [`Event::Open`](super::Event::Open). The browser's
    /// `InvalidStateError`.
    Connecting,
    /// Too much waits to be sent. Only with [reconnection](super::WebSocket#reconnecting); without
    /// it this ends the connection, as in the browser.
    Full,
}

impl SendErrorReason {
    /// The name of the exception that a browser throws, if it throws one.
    #[must_use]
    pub const fn exception_name(self) -> Option<&'static str> {
        match self {
            SendErrorReason::Connecting => Some("InvalidStateError"),
            SendErrorReason::Full => None,
        }
    }
}

impl fmt::Display for SendError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            SendErrorReason::Connecting => "the connection isn't open yet",
            SendErrorReason::Full => "too much waits to be sent",
        })
    }
}

impl Error for SendError<'_> {}
