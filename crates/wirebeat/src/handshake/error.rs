use core::error::Error;
use core::fmt;

/// What was wrong with a server's answer, so that no connection was established.
///
/// The server (or something between) is at fault, and the same request is likely to get the same
/// answer; [`Status`](HandshakeError::Status) tells more. "If the response … fails, the client MUST
/// _Fail the WebSocket Connection_" ([RFC 6455 §4.1]): no frame was sent.
///
/// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeError {
    /// It isn't HTTP.
    Malformed(Malformed),
    /// The head is longer than the limit allows.
    HeadTooLarge,
    /// The head has more headers than the limit allows.
    TooManyHeaders,
    /// More than eight interim answers (1xx) came before the final one.
    TooManyInterim,
    /// The server switched protocols in a version of HTTP that can't: it must be HTTP/1.1.
    HttpVersion,
    /// The status isn't 101: a redirect (which is never followed), a refusal, or a server that
    /// doesn't speak WebSocket. The answer itself is in the
    /// [`ReceivedResponse`](super::ReceivedResponse).
    Status(u16),
    /// A 101 without `Upgrade`.
    UpgradeMissing,
    /// `Upgrade` isn't the one value `websocket`.
    UpgradeWrong,
    /// `Connection` is missing or doesn't list `Upgrade`.
    ConnectionMissing,
    /// A 101 without `Sec-WebSocket-Accept`: nothing proves that the server knows WebSocket.
    AcceptMissing,
    /// More than one `Sec-WebSocket-Accept`.
    AcceptRepeated,
    /// `Sec-WebSocket-Accept` doesn't belong to the key that was sent: an answer to another request,
    /// perhaps from a cache.
    AcceptWrong,
    /// The server uses an extension that wasn't offered.
    ExtensionUnoffered,
    /// The server uses an extension with parameters that don't answer an offer.
    ExtensionInvalid,
    /// The server names an extension twice.
    ExtensionRepeated,
    /// `Sec-WebSocket-Extensions` breaks its grammar.
    ExtensionsMalformed,
    /// The server doesn't use an extension that we don't go without. It was told so by a Close frame
    /// with 1010, since its answer is valid.
    ExtensionMissing,
    /// The server chose a subprotocol that wasn't offered.
    SubprotocolUnoffered,
    /// The server chose none of the subprotocols offered, and the request insists on one.
    SubprotocolMissing,
    /// The server chose more than one subprotocol.
    SubprotocolRepeated,
}

impl HandshakeError {
    /// The section of RFC 6455 (or of another, if it's named) that the answer breaks.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            HandshakeError::Malformed(why) => why.section(),
            HandshakeError::HeadTooLarge | HandshakeError::TooManyHeaders => "§10.4",
            HandshakeError::TooManyInterim => "RFC 9110 §15.2",
            HandshakeError::HttpVersion => "RFC 9110 §7.8",
            HandshakeError::Status(_) => "§4.1, response item 1",
            HandshakeError::UpgradeMissing | HandshakeError::UpgradeWrong => {
                "§4.1, response item 2"
            }
            HandshakeError::ConnectionMissing => "§4.1, response item 3",
            HandshakeError::AcceptMissing | HandshakeError::AcceptWrong => "§4.1, response item 4",
            HandshakeError::AcceptRepeated => "§11.3.3",
            HandshakeError::ExtensionUnoffered => "§4.1, response item 5",
            HandshakeError::ExtensionInvalid | HandshakeError::ExtensionRepeated => "RFC 7692 §7",
            HandshakeError::ExtensionsMalformed => "§9.1",
            HandshakeError::ExtensionMissing => "§7.4.1",
            HandshakeError::SubprotocolMissing => "Fetch, WebSocket protocol alterations",
            HandshakeError::SubprotocolUnoffered => "§4.1, response item 6",
            HandshakeError::SubprotocolRepeated => "§11.3.4",
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandshakeError::Malformed(why) => write!(f, "the answer isn't HTTP: {why}"),
            HandshakeError::HeadTooLarge => f.write_str("the answer's head is too large"),
            HandshakeError::TooManyHeaders => f.write_str("the answer has too many headers"),
            HandshakeError::TooManyInterim => f.write_str("too many interim answers"),
            HandshakeError::HttpVersion => f.write_str("the answer isn't HTTP/1.1"),
            HandshakeError::Status(status) => write!(f, "the server answered {status}, not 101"),
            HandshakeError::UpgradeMissing => f.write_str("the answer has no Upgrade"),
            HandshakeError::UpgradeWrong => f.write_str("the answer's Upgrade isn't websocket"),
            HandshakeError::ConnectionMissing => {
                f.write_str("the answer's Connection doesn't list Upgrade")
            }
            HandshakeError::AcceptMissing => f.write_str("the answer has no Sec-WebSocket-Accept"),
            HandshakeError::AcceptRepeated => {
                f.write_str("the answer has more than one Sec-WebSocket-Accept")
            }
            HandshakeError::AcceptWrong => {
                f.write_str("the answer's Sec-WebSocket-Accept doesn't belong to the key")
            }
            HandshakeError::ExtensionUnoffered => {
                f.write_str("the server uses an extension that wasn't offered")
            }
            HandshakeError::ExtensionInvalid => {
                f.write_str("the server uses an extension in a way that wasn't offered")
            }
            HandshakeError::ExtensionRepeated => f.write_str("the server names an extension twice"),
            HandshakeError::ExtensionsMalformed => {
                f.write_str("the answer's Sec-WebSocket-Extensions is malformed")
            }
            HandshakeError::ExtensionMissing => {
                f.write_str("the server doesn't use an extension that is required")
            }
            HandshakeError::SubprotocolUnoffered => {
                f.write_str("the server chose a subprotocol that wasn't offered")
            }
            HandshakeError::SubprotocolMissing => f.write_str("the server chose no subprotocol"),
            HandshakeError::SubprotocolRepeated => {
                f.write_str("the server chose more than one subprotocol")
            }
        }
    }
}

impl Error for HandshakeError {}

/// How a head breaks the grammar of HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The first line is neither a request's nor an answer's.
    StartLine,
    /// A CR without LF or, in a request, an LF without CR.
    LineEnd,
    /// A control byte other than a tab: whoever sends it speaks another protocol, perhaps TLS.
    ControlByte,
    /// A line that isn't a header: a name that is no token, no colon, white space before it, or a
    /// folded line.
    Header,
}

impl Malformed {
    /// The section of RFC 9112 that the head breaks.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Malformed::StartLine => "RFC 9112 §2.1",
            Malformed::LineEnd => "RFC 9112 §2.2",
            Malformed::ControlByte => "RFC 9110 §5.5",
            Malformed::Header => "RFC 9112 §5",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Malformed::StartLine => "the first line is malformed",
            Malformed::LineEnd => "a line ends in a bare CR or LF",
            Malformed::ControlByte => "there is a control byte in it",
            Malformed::Header => "a header is malformed",
        })
    }
}

impl Error for Malformed {}
