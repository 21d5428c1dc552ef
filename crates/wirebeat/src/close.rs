use core::error::Error;
use core::fmt;

use bytestring::ByteString;

use crate::{ProtocolError, Role};

/// Why an endpoint closes ([RFC 6455 §7.4]).
///
/// ```
/// use wirebeat::{CloseCode, Role};
///
/// assert_eq!(CloseCode::from(1000), CloseCode::NORMAL);
/// assert!(CloseCode::from(4001).may_be_sent(Role::Server));
/// assert!(!CloseCode::ABNORMAL.may_be_sent(Role::Client));
/// ```
///
/// [RFC 6455 §7.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose for which the connection was established has been fulfilled.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// 1001: the endpoint goes away: a server that stops, a page that is left.
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// 1003: the peer sent a kind of data that the endpoint can't accept.
    pub const UNSUPPORTED: CloseCode = CloseCode(1003);
    /// 1005: the peer's Close frame had no code. Reported, never sent.
    pub const NO_STATUS: CloseCode = CloseCode(1005);
    /// 1006: the connection ended without a Close frame. Reported, never sent.
    pub const ABNORMAL: CloseCode = CloseCode(1006);
    /// 1007: a message's data didn't fit its type, such as text that isn't UTF-8.
    pub const INVALID_PAYLOAD: CloseCode = CloseCode(1007);
    /// 1008: a message violates the endpoint's policy.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// 1009: a message is too big to process.
    pub const TOO_BIG: CloseCode = CloseCode(1009);
    /// 1010: a client expected an extension that the server didn't negotiate.
    pub const EXTENSION_REQUIRED: CloseCode = CloseCode(1010);
    /// 1011: the endpoint met a condition that it didn't expect.
    pub const INTERNAL_ERROR: CloseCode = CloseCode(1011);
    /// 1012: the service restarts; the client may reconnect.
    pub const SERVICE_RESTART: CloseCode = CloseCode(1012);
    /// 1013: the service is overloaded; try again later.
    pub const TRY_AGAIN_LATER: CloseCode = CloseCode(1013);
    /// 1014: a gateway got an invalid response from the server behind it.
    pub const BAD_GATEWAY: CloseCode = CloseCode(1014);
    /// 1015: the TLS handshake failed. Reported, never sent.
    pub const TLS_HANDSHAKE: CloseCode = CloseCode(1015);

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether an endpoint of this role may put the code into a Close frame ([RFC 6455 §7.4]).
    ///
    /// 1000–1003, 1007–1014 and 3000–4999, of which 1010 is for clients alone.
    ///
    /// [RFC 6455 §7.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
    #[must_use]
    pub const fn may_be_sent(self, role: Role) -> bool {
        match self.0 {
            1010 => matches!(role, Role::Client),
            code => is_allowed_on_the_wire(code),
        }
    }

    /// What the code means, in a few words; `None` for a code that an application or a library
    /// gives its meaning to.
    #[must_use]
    pub const fn meaning(self) -> Option<&'static str> {
        Some(match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1005 => "no status received",
            1006 => "abnormal closure",
            1007 => "invalid payload data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "extension required",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS handshake failed",
            _ => return None,
        })
    }
}

/// Received codes are judged alike whoever sent them: deployed servers send 1010, and no suite
/// or browser takes it amiss.
const fn is_allowed_on_the_wire(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> CloseCode {
        CloseCode(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> u16 {
        code.0
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({self})")
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(meaning) => write!(f, "{} ({meaning})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// What a Close frame says: a code and a reason ([RFC 6455 §5.5.1]).
///
/// A frame with an empty body is `None` wherever an `Option<CloseFrame>` stands.
///
/// ```
/// use wirebeat::{CloseCode, CloseFrame, CloseFrameError};
///
/// let frame = CloseFrame::new(CloseCode::GOING_AWAY, "restarting").unwrap();
/// assert_eq!(frame.reason(), "restarting");
/// assert_eq!(CloseFrame::new(1006, ""), Err(CloseFrameError::CodeNotSendable(1006)));
/// ```
///
/// [RFC 6455 §5.5.1]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CloseFrame {
    code: CloseCode,
    reason: ByteString,
}

impl CloseFrame {
    /// The longest reason, in bytes of UTF-8, inclusive: what a control frame holds besides the code.
    pub const REASON_LEN_MAX: usize = 123;

    /// A frame that may be sent.
    ///
    /// # Errors
    ///
    /// - [`CodeNotSendable`](CloseFrameError::CodeNotSendable): the code is reserved, is one that is
    ///   only ever reported, or lies outside 1000–4999;
    /// - [`ReasonTooLong`](CloseFrameError::ReasonTooLong): the reason has more than
    ///   [`REASON_LEN_MAX`](CloseFrame::REASON_LEN_MAX) bytes.
    pub fn new(
        code: impl Into<CloseCode>,
        reason: impl Into<ByteString>,
    ) -> Result<CloseFrame, CloseFrameError> {
        let (code, reason) = (code.into(), reason.into());
        if !is_allowed_on_the_wire(code.0) {
            return Err(CloseFrameError::CodeNotSendable(code.0));
        }
        if reason.len() > CloseFrame::REASON_LEN_MAX {
            return Err(CloseFrameError::ReasonTooLong(reason.len()));
        }
        Ok(CloseFrame { code, reason })
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> CloseCode {
        self.code
    }

    /// The reason; empty if none was given.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// A frame with a code of ours and no reason.
    pub(crate) fn bare(code: CloseCode) -> CloseFrame {
        debug_assert!(is_allowed_on_the_wire(code.0));
        CloseFrame { code, reason: ByteString::new() }
    }

    /// Reads the body of a Close frame that arrived, at most 125 bytes; `None` if it's empty.
    pub(crate) fn parse(body: &[u8]) -> Result<Option<CloseFrame>, ProtocolError> {
        // §5.5.1: "the first two bytes of the body MUST be a 2-byte unsigned integer".
        let (code, reason) = match body {
            [] => return Ok(None),
            [_] => return Err(ProtocolError::CloseBodyTruncated),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !is_allowed_on_the_wire(code) {
            return Err(ProtocolError::CloseCode(code));
        }
        match core::str::from_utf8(reason) {
            Ok(reason) => Ok(Some(CloseFrame { code: CloseCode(code), reason: reason.into() })),
            Err(_) => Err(ProtocolError::CloseReasonNotUtf8),
        }
    }
}

impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.reason.is_empty() {
            write!(f, ": {:?}", &*self.reason)?;
        }
        Ok(())
    }
}

/// Why a [`CloseFrame`] can't be made. It's the application's to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseFrameError {
    /// The code may not stand in a Close frame ([RFC 6455 §7.4]): use 1000 or 3000–4999.
    ///
    /// [RFC 6455 §7.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
    CodeNotSendable(u16),
    /// The reason has this many bytes, and at most [`CloseFrame::REASON_LEN_MAX`] fit: shorten it.
    ReasonTooLong(usize),
}

impl fmt::Display for CloseFrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseFrameError::CodeNotSendable(code) => {
                write!(f, "close code {code} may not be sent; use 1000 or 3000 to 4999")
            }
            CloseFrameError::ReasonTooLong(len) => {
                write!(f, "a close reason of {len} bytes; at most 123 fit")
            }
        }
    }
}

impl Error for CloseFrameError {}
