//! What makes a request that we received a WebSocket handshake ([RFC 6455 §4.2.1]).
//!
//! [RFC 6455 §4.2.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1

use alloc::boxed::Box;
use alloc::string::String;

use super::headers::{Headers, Occurrence};
use super::incoming::IncomingRequest;
use super::key::{self, accept_key};
use super::origin::OriginPolicy;
use super::refusal::RequestRefusal;
use super::syntax;
use crate::extension::{Answer, Deflate, all_elements};

/// The most subprotocols that a client may offer, inclusive. RFC 6455 sets no limit; this one lets
/// them be compared with each other in place.
const SUBPROTOCOLS_MAX: usize = 64;

/// A verified upgrade: what is needed to accept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upgrade {
    /// The value of `Sec-WebSocket-Accept`.
    pub(super) accept: String,
    /// The subprotocols offered, each followed by a comma.
    offered: Box<str>,
    /// The names of the extensions offered, each followed by a comma.
    extensions: Box<str>,
    /// The answer to the first offer to compress that can be granted.
    pub(super) deflate: Option<Answer>,
}

impl Upgrade {
    /// Checks a request that asks for an upgrade.
    pub(super) fn verify(
        request: &IncomingRequest,
        origins: &OriginPolicy,
        deflate: Option<&Deflate>,
    ) -> Result<Upgrade, RequestRefusal> {
        let headers = request.headers();
        // "An HTTP/1.1 or higher GET request" (item 1). Methods are case-sensitive.
        if request.method() != "GET" {
            return Err(RequestRefusal::Method);
        }
        // "A |Connection| header field that includes the token "Upgrade", treated as an ASCII
        // case-insensitive value" (item 4).
        if !headers.list_contains("Connection", "upgrade") {
            return Err(RequestRefusal::ConnectionMissing);
        }
        verify_version(headers)?;
        let key = verify_key(headers)?;
        verify_subprotocols(headers)?;
        verify_origin(request, origins)?;
        let (extensions, deflate) = read_extensions(headers, deflate)?;
        let mut offered = String::new();
        for name in request.subprotocols() {
            offered.push_str(name);
            offered.push(',');
        }
        Ok(Upgrade { accept: accept_key(key), offered: offered.into(), extensions, deflate })
    }

    /// Whether the client offered this subprotocol.
    pub(super) fn is_offered(&self, subprotocol: &str) -> bool {
        self.offered.split_terminator(',').any(|name| name == subprotocol)
    }

    /// Whether the client offered an extension of this name.
    pub(super) fn is_extension_offered(&self, extension: &str) -> bool {
        self.extensions.split_terminator(',').any(|name| name == extension)
    }
}

/// "A |Sec-WebSocket-Version| header field, with a value of 13" (item 6). "If this version doesn't
/// match a version understood by the server, the server MUST abort the WebSocket handshake described
/// in this section and instead send an appropriate HTTP error code (such as 426 Upgrade Required)
/// and a |Sec-WebSocket-Version| header field" (§4.2.2, item 4).
fn verify_version(headers: &Headers) -> Result<(), RequestRefusal> {
    match headers.occurrence("Sec-WebSocket-Version") {
        Occurrence::Once(b"13") => Ok(()),
        Occurrence::Missing | Occurrence::Once(_) => Err(RequestRefusal::WebSocketVersion),
        // "MUST NOT appear more than once in an HTTP request" (§11.3.5).
        Occurrence::Repeated => Err(RequestRefusal::WebSocketVersionRepeated),
    }
}

/// "A |Sec-WebSocket-Key| header field with a base64-encoded value that, when decoded, is 16 bytes
/// in length" (item 5).
fn verify_key(headers: &Headers) -> Result<&str, RequestRefusal> {
    match headers.occurrence("Sec-WebSocket-Key") {
        Occurrence::Missing => Err(RequestRefusal::KeyMissing),
        Occurrence::Once(value) if key::is_key(value) => {
            core::str::from_utf8(value).map_err(|_| RequestRefusal::KeyInvalid)
        }
        Occurrence::Once(_) => Err(RequestRefusal::KeyInvalid),
        // "MUST NOT appear more than once in an HTTP request" (§11.3.1).
        Occurrence::Repeated => Err(RequestRefusal::KeyRepeated),
    }
}

/// "The elements that comprise this value MUST be non-empty strings with characters in the range
/// U+0021 to U+007E not including separator characters … and MUST all be unique strings" (§4.1,
/// request item 10).
fn verify_subprotocols(headers: &Headers) -> Result<(), RequestRefusal> {
    let mut seen: [&[u8]; SUBPROTOCOLS_MAX] = [&[]; SUBPROTOCOLS_MAX];
    let offered = headers.get_all("Sec-WebSocket-Protocol").flat_map(syntax::list);
    for (index, name) in offered.enumerate() {
        if index == SUBPROTOCOLS_MAX {
            return Err(RequestRefusal::TooManySubprotocols);
        }
        if !syntax::is_token(name) {
            return Err(RequestRefusal::SubprotocolInvalid);
        }
        if seen[..index].contains(&name) {
            return Err(RequestRefusal::SubprotocolRepeated);
        }
        seen[index] = name;
    }
    Ok(())
}

/// The names of the extensions that are offered, each followed by a comma, and the answer to the
/// first offer to compress that can be granted: "the order of elements is important as it specifies
/// the client's preferences" (RFC 7692 §5.1). What isn't named in the answer is declined (§4.2.2,
/// item 5.6).
fn read_extensions(
    headers: &Headers,
    deflate: Option<&Deflate>,
) -> Result<(Box<str>, Option<Answer>), RequestRefusal> {
    let (mut names, mut answer) = (String::new(), None);
    for element in all_elements(headers.get_all("Sec-WebSocket-Extensions")) {
        // "If a value is received by either the client or the server during negotiation that does
        // not conform to the ABNF below, the recipient of such malformed data MUST immediately
        // _Fail the WebSocket Connection_" (§9.1).
        let element = element.map_err(|_| RequestRefusal::ExtensionsMalformed)?;
        names.push_str(element.name());
        names.push(',');
        answer = answer.or_else(|| deflate?.answer(&element));
    }
    Ok((names.into(), answer))
}

/// "If the server does not validate the origin, it will accept connections from anywhere. If the
/// server does not wish to accept this connection, it MUST return an appropriate HTTP error code
/// (e.g., 403 Forbidden)" (§4.2.2, item 4).
fn verify_origin(request: &IncomingRequest, origins: &OriginPolicy) -> Result<(), RequestRefusal> {
    let origin = match request.headers().occurrence("Origin") {
        Occurrence::Missing => None,
        Occurrence::Once(value) => Some(value),
        // "The user agent MUST NOT include more than one Origin header field in any HTTP request"
        // (RFC 6454 §7.3).
        Occurrence::Repeated => return Err(RequestRefusal::OriginRepeated),
    };
    match origins.allows(origin, request.host()) {
        true => Ok(()),
        false => Err(RequestRefusal::OriginRefused),
    }
}
