use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use super::error::{HandshakeError, Malformed};
use super::headers::{Headers, Occurrence};
use super::request::Request;
use super::syntax;
use crate::extension::{Deflate, DeflateParameters, Element, PERMESSAGE_DEFLATE, all_elements};

/// A server's yes, after it was checked: the connection is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    subprotocol: Option<ByteString>,
    deflate: Option<DeflateParameters>,
    headers: Headers,
}

impl Accepted {
    /// The subprotocol that the server chose among those offered; `None` if it chose none, as it
    /// may even if some were offered ([RFC 6455 §4.2.2], item 5.5).
    ///
    /// [RFC 6455 §4.2.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
    #[must_use]
    pub fn subprotocol(&self) -> Option<&ByteString> {
        self.subprotocol.as_ref()
    }

    /// The extensions that the server uses, each of which was offered.
    pub fn extensions(&self) -> impl Iterator<Item = Element<'_>> {
        all_elements(self.headers.get_all("Sec-WebSocket-Extensions")).filter_map(Result::ok)
    }

    /// What was agreed on for permessage-deflate, if it's in use.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.deflate
    }

    /// What was agreed on for permessage-deflate: never anything.
    #[cfg(not(feature = "deflate"))]
    pub(crate) fn deflate(&self) -> Option<DeflateParameters> {
        self.deflate
    }

    /// The headers of the 101.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Checks a 101, in the order of [RFC 6455 §4.1]'s list for the server's response.
    ///
    /// Headers that would frame a body are ignored: a 101 has none.
    ///
    /// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    pub(super) fn verify(
        headers: Headers,
        accept: &str,
        request: &Request,
        deflate: Option<&Deflate>,
    ) -> Result<Accepted, HandshakeError> {
        // "If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a
        // value that is not an ASCII case-insensitive match for the value "websocket", the client
        // MUST _Fail the WebSocket Connection_."
        match headers.occurrence("Upgrade") {
            Occurrence::Missing => return Err(HandshakeError::UpgradeMissing),
            Occurrence::Once(value) if value.eq_ignore_ascii_case(b"websocket") => {}
            Occurrence::Once(_) | Occurrence::Repeated => return Err(HandshakeError::UpgradeWrong),
        }
        // "If the response lacks a |Connection| header field or the |Connection| header field
        // doesn't contain a token that is an ASCII case-insensitive match for the value "Upgrade",
        // the client MUST _Fail the WebSocket Connection_."
        if !headers.list_contains("Connection", "upgrade") {
            return Err(HandshakeError::ConnectionMissing);
        }
        // "If the response lacks a |Sec-WebSocket-Accept| header field or the
        // |Sec-WebSocket-Accept| contains a value other than the base64-encoded SHA-1 …, the client
        // MUST _Fail the WebSocket Connection_."
        match headers.occurrence("Sec-WebSocket-Accept") {
            Occurrence::Missing => return Err(HandshakeError::AcceptMissing),
            Occurrence::Once(value) if value == accept.as_bytes() => {}
            Occurrence::Once(_) => return Err(HandshakeError::AcceptWrong),
            // "MUST NOT appear more than once in an HTTP response" (§11.3.3).
            Occurrence::Repeated => return Err(HandshakeError::AcceptRepeated),
        }
        let deflate = verify_extensions(&headers, request, deflate)?;
        let subprotocol = verify_subprotocol(&headers, request)?;
        Ok(Accepted { subprotocol, deflate, headers })
    }
}

/// "If the response includes a |Sec-WebSocket-Extensions| header field and this header field
/// indicates the use of an extension that was not present in the client's handshake …, the client
/// MUST _Fail the WebSocket Connection_" (§4.1, response item 5). Returns what was agreed on for
/// permessage-deflate.
fn verify_extensions(
    headers: &Headers,
    request: &Request,
    deflate: Option<&Deflate>,
) -> Result<Option<DeflateParameters>, HandshakeError> {
    let mut agreed = None;
    let mut own: Vec<&str> = Vec::new();
    for element in all_elements(headers.get_all("Sec-WebSocket-Extensions")) {
        let element = element.map_err(|_| HandshakeError::ExtensionsMalformed)?;
        match deflate {
            // "If a client receives an extension negotiation response that doesn't conform …, the
            // client MUST _Fail the WebSocket Connection_" (RFC 7692 §7).
            Some(deflate) if element.name() == PERMESSAGE_DEFLATE => {
                let parameters =
                    deflate.agree(&element).map_err(|_| HandshakeError::ExtensionInvalid)?;
                if agreed.replace(parameters).is_some() {
                    return Err(HandshakeError::ExtensionRepeated);
                }
            }
            _ => {
                let name = element.name();
                if request.extensions().iter().all(|offered| offered.name() != name) {
                    return Err(HandshakeError::ExtensionUnoffered);
                }
                if own.contains(&name) {
                    return Err(HandshakeError::ExtensionRepeated);
                }
                own.push(name);
            }
        }
    }
    Ok(agreed)
}

/// "If the response includes a |Sec-WebSocket-Protocol| header field and this header field
/// indicates the use of a subprotocol that was not present in the client's handshake …, the client
/// MUST _Fail the WebSocket Connection_" (§4.1, response item 6).
fn verify_subprotocol(
    headers: &Headers,
    request: &Request,
) -> Result<Option<ByteString>, HandshakeError> {
    match headers.occurrence("Sec-WebSocket-Protocol") {
        // Fetch: "If protocols is not the empty set and extracting header list values given
        // `Sec-WebSocket-Protocol` and response's header list results in null, …, then fail".
        Occurrence::Missing if request.is_subprotocol_required() => {
            Err(HandshakeError::SubprotocolMissing)
        }
        Occurrence::Missing => Ok(None),
        // A list of two is a value with a comma, which no offered name has.
        Occurrence::Once(value) => {
            match request.subprotocols().iter().find(|name| name.as_bytes() == value) {
                Some(name) => Ok(Some(name.clone())),
                None => Err(HandshakeError::SubprotocolUnoffered),
            }
        }
        // "MUST NOT appear more than once in an HTTP response" (§11.3.4).
        Occurrence::Repeated => Err(HandshakeError::SubprotocolRepeated),
    }
}

/// A server's answer other than 101: what it had to say instead of opening the connection.
///
/// Redirects aren't followed and credentials aren't asked for again: what to do with 3xx, 401 or
/// `Retry-After` is the application's to decide.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedResponse {
    status: u16,
    headers: Headers,
    body: Bytes,
}

impl ReceivedResponse {
    /// The status, from 200 to 999.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What whoever connects can do about it, in a few words, if the status says so much.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self.status {
            300..=399 => "redirects aren't followed, so use the URL that it names in Location",
            401 | 407 => "it wants credentials, as an Authorization header",
            403 => "it doesn't allow this client; check credentials and Origin",
            404 | 410 => "check the URL's path",
            426 => "it wants another version of the protocol",
            400..=428 | 430..=499 => "check the URL and the headers",
            429 => "there were too many requests; wait before the next",
            500..=599 => "the server has a problem; try again later",
            _ => return None,
        })
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// How the body starts: at most 4 KiB, less if the connection ended or the time was up before.
    /// Chunks are put together; a `Content-Encoding` is left as it is.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    pub(super) fn new(status: u16, headers: Headers, body: Bytes) -> ReceivedResponse {
        ReceivedResponse { status, headers, body }
    }
}

/// Why an answer other than 101 opens no connection.
impl From<&ReceivedResponse> for HandshakeError {
    fn from(response: &ReceivedResponse) -> HandshakeError {
        HandshakeError::Status(response.status())
    }
}

/// Shows status and headers, and the length of the body.
impl fmt::Debug for ReceivedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// The line that starts an answer ([RFC 9112 §4]).
///
/// [RFC 9112 §4]: https://www.rfc-editor.org/rfc/rfc9112#section-4
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatusLine {
    pub(super) version: (u8, u8),
    /// From 100 to 999.
    pub(super) status: u16,
}

impl StatusLine {
    /// Reads the line; the reason behind the status may be missing, with or without its space, and
    /// "a client SHOULD ignore the reason-phrase content".
    pub(super) fn parse(line: &[u8]) -> Result<StatusLine, Malformed> {
        let (version, rest) = line.split_at_checked(8).ok_or(Malformed::StartLine)?;
        let version = syntax::http_version(version).ok_or(Malformed::StartLine)?;
        match rest {
            [b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9']
            | [b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ..] => {
                let [a, b, c] = [a, b, c].map(|digit| u16::from(digit - b'0'));
                Ok(StatusLine { version, status: a * 100 + b * 10 + c })
            }
            _ => Err(Malformed::StartLine),
        }
    }
}
