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
}

impl Upgrade {
    /// Checks a request that asks for an upgrade.
    pub(super) fn verify(
        request: &IncomingRequest,
        origins: &OriginPolicy,
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
        // The extensions that are offered ("optionally", item 9) aren't looked at: none is
        // supported yet, and a server that names none has declined them all (§4.2.2, item 5.6).
        let mut offered = String::new();
        for name in request.subprotocols() {
            offered.push_str(name);
            offered.push(',');
        }
        Ok(Upgrade { accept: accept_key(key), offered: offered.into() })
    }

    /// Whether the client offered this subprotocol.
    pub(super) fn is_offered(&self, subprotocol: &str) -> bool {
        self.offered.split_terminator(',').any(|name| name == subprotocol)
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
