use alloc::format;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::error::Malformed;
use super::head::HeadFault;
use super::response::Response;

/// What was wrong with a client's request, so that it was refused before the application saw it.
///
/// The client is at fault: "If the server … finds that the client did not send a handshake that
/// matches the description below …, the server MUST stop processing the client's handshake and
/// return an HTTP response with an appropriate error code" ([RFC 6455 §4.2.1]).
///
/// [RFC 6455 §4.2.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestRefusal {
    /// It isn't HTTP.
    Malformed(Malformed),
    /// The head is longer than the limit allows.
    HeadTooLarge,
    /// The head has more headers than the limit allows.
    TooManyHeaders,
    /// The version isn't HTTP/1.1 (or a later 1.x).
    HttpVersion,
    /// The request's target is no path, and no `http` or `https` URI.
    TargetInvalid,
    /// There is no `Host`.
    HostMissing,
    /// There is more than one `Host`.
    HostRepeated,
    /// `Host` isn't a host with an optional port.
    HostInvalid,
    /// The request has, or may have, a body. Nothing here reads one, and what isn't read would be
    /// taken for what follows the request.
    Body,
    /// An upgrade with a method other than GET.
    Method,
    /// `Connection` is missing or doesn't list `Upgrade`.
    ConnectionMissing,
    /// `Sec-WebSocket-Version` isn't 13: a draft's protocol, or none that we know.
    WebSocketVersion,
    /// There is more than one `Sec-WebSocket-Version`.
    WebSocketVersionRepeated,
    /// There is no `Sec-WebSocket-Key`.
    KeyMissing,
    /// There is more than one `Sec-WebSocket-Key`.
    KeyRepeated,
    /// `Sec-WebSocket-Key` isn't 16 bytes in base64.
    KeyInvalid,
    /// An offered subprotocol isn't a token.
    SubprotocolInvalid,
    /// A subprotocol is offered twice.
    SubprotocolRepeated,
    /// More than 64 subprotocols are offered.
    TooManySubprotocols,
    /// `Sec-WebSocket-Extensions` breaks its grammar.
    ExtensionsMalformed,
    /// There is more than one `Origin`.
    OriginRepeated,
    /// More than the head limit came behind the request: "the client MUST wait for a response from
    /// the server before sending any further data".
    DataBeforeAnswer,
    /// The server's [`OriginPolicy`](super::OriginPolicy) doesn't allow the page that asks.
    OriginRefused,
}

impl RequestRefusal {
    /// The HTTP status that the client was answered.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            RequestRefusal::Malformed(_)
            | RequestRefusal::DataBeforeAnswer
            | RequestRefusal::TargetInvalid
            | RequestRefusal::HostMissing
            | RequestRefusal::HostRepeated
            | RequestRefusal::HostInvalid
            | RequestRefusal::Body
            | RequestRefusal::ConnectionMissing
            | RequestRefusal::WebSocketVersionRepeated
            | RequestRefusal::KeyMissing
            | RequestRefusal::KeyRepeated
            | RequestRefusal::KeyInvalid
            | RequestRefusal::SubprotocolInvalid
            | RequestRefusal::SubprotocolRepeated
            | RequestRefusal::TooManySubprotocols
            | RequestRefusal::ExtensionsMalformed
            | RequestRefusal::OriginRepeated => 400,
            RequestRefusal::OriginRefused => 403,
            RequestRefusal::Method => 405,
            RequestRefusal::WebSocketVersion => 426,
            RequestRefusal::HeadTooLarge | RequestRefusal::TooManyHeaders => 431,
            RequestRefusal::HttpVersion => 505,
        }
    }

    /// The section of RFC 6455 (or of another, if it's named) that the request breaks.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            RequestRefusal::Malformed(why) => why.section(),
            RequestRefusal::HeadTooLarge
            | RequestRefusal::TooManyHeaders
            | RequestRefusal::TooManySubprotocols => "§10.4",
            RequestRefusal::HttpVersion | RequestRefusal::Method => "§4.2.1, item 1",
            RequestRefusal::TargetInvalid => "RFC 9112 §3.2",
            RequestRefusal::HostMissing => "§4.2.1, item 2",
            RequestRefusal::HostRepeated | RequestRefusal::HostInvalid => "RFC 9112 §3.2",
            RequestRefusal::Body => "RFC 9112 §6",
            RequestRefusal::ConnectionMissing => "§4.2.1, item 4",
            RequestRefusal::KeyMissing | RequestRefusal::KeyInvalid => "§4.2.1, item 5",
            RequestRefusal::KeyRepeated => "§11.3.1",
            RequestRefusal::WebSocketVersion => "§4.4",
            RequestRefusal::WebSocketVersionRepeated => "§11.3.5",
            RequestRefusal::SubprotocolInvalid | RequestRefusal::SubprotocolRepeated => {
                "§4.1, request item 10"
            }
            RequestRefusal::ExtensionsMalformed => "§9.1",
            RequestRefusal::OriginRepeated => "RFC 6454 §7.3",
            RequestRefusal::DataBeforeAnswer => "§4.1",
            RequestRefusal::OriginRefused => "§10.2",
        }
    }

    /// The answer that is sent, without its body for a HEAD request.
    pub(crate) fn encode(self, with_body: bool) -> Vec<u8> {
        let mut response = Response::refusal(self.status(), format!("{self}\n"));
        if self == RequestRefusal::Method {
            // "The origin server MUST generate an Allow header field in a 405 response"
            // (RFC 9110 §15.5.6).
            response.push("Allow", "GET");
        }
        response.encode_with(with_body)
    }
}

impl From<HeadFault> for RequestRefusal {
    fn from(fault: HeadFault) -> RequestRefusal {
        match fault {
            HeadFault::TooLarge => RequestRefusal::HeadTooLarge,
            HeadFault::TooManyHeaders => RequestRefusal::TooManyHeaders,
            HeadFault::Malformed(why) => RequestRefusal::Malformed(why),
        }
    }
}

impl fmt::Display for RequestRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RequestRefusal::Malformed(why) => {
                return write!(f, "the request isn't HTTP: {why}");
            }
            RequestRefusal::HeadTooLarge => "the request's head is too large",
            RequestRefusal::TooManyHeaders => "the request has too many headers",
            RequestRefusal::HttpVersion => "the request isn't HTTP/1.1",
            RequestRefusal::TargetInvalid => "the request's target is invalid",
            RequestRefusal::HostMissing => "the request has no Host",
            RequestRefusal::HostRepeated => "the request has more than one Host",
            RequestRefusal::HostInvalid => "the request's Host is invalid",
            RequestRefusal::Body => "the request has a body",
            RequestRefusal::Method => "an upgrade must be asked for with GET",
            RequestRefusal::ConnectionMissing => "the request's Connection doesn't list Upgrade",
            RequestRefusal::WebSocketVersion => "the request's Sec-WebSocket-Version isn't 13",
            RequestRefusal::WebSocketVersionRepeated => {
                "the request has more than one Sec-WebSocket-Version"
            }
            RequestRefusal::KeyMissing => "the request has no Sec-WebSocket-Key",
            RequestRefusal::KeyRepeated => "the request has more than one Sec-WebSocket-Key",
            RequestRefusal::KeyInvalid => {
                "the request's Sec-WebSocket-Key isn't 16 bytes in base64"
            }
            RequestRefusal::SubprotocolInvalid => "an offered subprotocol isn't a token",
            RequestRefusal::SubprotocolRepeated => "a subprotocol is offered twice",
            RequestRefusal::TooManySubprotocols => "too many subprotocols are offered",
            RequestRefusal::ExtensionsMalformed => {
                "the request's Sec-WebSocket-Extensions is malformed"
            }
            RequestRefusal::OriginRepeated => "the request has more than one Origin",
            RequestRefusal::DataBeforeAnswer => "too much was sent before the answer",
            RequestRefusal::OriginRefused => "connections from this origin aren't allowed",
        })
    }
}

impl Error for RequestRefusal {}
