use alloc::boxed::Box;
use alloc::format;

use super::headers::{Headers, Occurrence};
use super::refusal::RequestRefusal;
use super::syntax::{self, Authority};
use crate::extension::{Element, all_elements};

/// What a server received: an upgrade to accept or refuse, or a plain HTTP request to answer.
///
/// All that RFC 6455 §4.2.1 asks of a request has been checked; what the application decides is
/// whether this client may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingRequest {
    method: Box<str>,
    target: Box<str>,
    host: Box<str>,
    headers: Headers,
}

impl IncomingRequest {
    /// The method, `GET` for an upgrade.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path and query, still percent-encoded: it starts with `/`, except that a plain OPTIONS may
    /// ask for `*`.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The host that the client wants to reach, with its port if it named one. It's the client's
    /// claim: compare it with the names that the server has.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The page that the request comes from, if a browser sent it (and the text is UTF-8).
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.headers.get_str("Origin")
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The subprotocols that the client offers, the preferred one first.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.headers
            .get_all("Sec-WebSocket-Protocol")
            .flat_map(syntax::list)
            .filter_map(|name| core::str::from_utf8(name).ok())
    }

    /// The extensions that the client offers, the preferred one first.
    ///
    /// permessage-deflate is among them; whether it's used is decided by the configuration.
    pub fn extensions(&self) -> impl Iterator<Item = Element<'_>> {
        all_elements(self.headers.get_all("Sec-WebSocket-Extensions")).filter_map(Result::ok)
    }

    /// Whether this is an upgrade to WebSocket, to be accepted or refused. If not, it's a plain HTTP
    /// request, of any method, to be answered.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        // "An |Upgrade| header field containing the value "websocket", treated as an ASCII
        // case-insensitive value" (§4.2.1, item 3): in requests it's a list (RFC 9110 §7.8).
        self.headers.list_contains("Upgrade", "websocket")
    }

    /// Checks what holds for upgrades and plain requests alike.
    pub(super) fn new(
        line: &RequestLine<'_>,
        headers: Headers,
    ) -> Result<IncomingRequest, RequestRefusal> {
        // "An HTTP/1.1 or higher GET request" (§4.2.1, item 1). HTTP/1.0 can't upgrade, and need
        // not name a host; HTTP/2 wouldn't look like this.
        if !syntax::can_upgrade(line.version) {
            return Err(RequestRefusal::HttpVersion);
        }
        let named = named_host(&headers)?;
        let (target, host) = match Target::parse(line.method, line.target) {
            Some(Target::Path(path)) => (path.into(), named),
            // "When an origin server receives a request with an absolute-form of request-target,
            // the origin server MUST ignore the received Host header field (if any) and instead
            // replace it with the host information of the request-target" (RFC 9112 §3.2.2).
            Some(Target::Absolute { authority, path_and_query }) => {
                let slash = if path_and_query.starts_with('/') { "" } else { "/" };
                (format!("{slash}{path_and_query}").into(), authority)
            }
            None => return Err(RequestRefusal::TargetInvalid),
        };
        let host = host.into();
        refuse_body(&headers)?;
        Ok(IncomingRequest { method: line.method.into(), target, host, headers })
    }
}

/// "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that
/// lacks a Host header field and to any request message that contains more than one Host header
/// field line or a Host header field with an invalid field value" (RFC 9112 §3.2).
fn named_host(headers: &Headers) -> Result<&str, RequestRefusal> {
    match headers.occurrence("Host") {
        Occurrence::Missing => Err(RequestRefusal::HostMissing),
        Occurrence::Repeated => Err(RequestRefusal::HostRepeated),
        Occurrence::Once(value) => core::str::from_utf8(value)
            .ok()
            .filter(|host| Authority::parse(host).is_some())
            .ok_or(RequestRefusal::HostInvalid),
    }
}

/// "The presence of a message body in a request is signaled by a Content-Length or
/// Transfer-Encoding header field" (RFC 9112 §6). A length of zero is none.
fn refuse_body(headers: &Headers) -> Result<(), RequestRefusal> {
    let empty = match headers.occurrence("Content-Length") {
        Occurrence::Missing => true,
        Occurrence::Once(value) => !value.is_empty() && value.iter().all(|digit| *digit == b'0'),
        Occurrence::Repeated => false,
    };
    if !empty || headers.get("Transfer-Encoding").is_some() {
        return Err(RequestRefusal::Body);
    }
    Ok(())
}

/// The line that starts a request ([RFC 9112 §3]).
///
/// [RFC 9112 §3]: https://www.rfc-editor.org/rfc/rfc9112#section-3
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'l> {
    pub(super) method: &'l str,
    target: &'l str,
    version: (u8, u8),
}

impl<'l> RequestLine<'l> {
    /// Splits the line at its two spaces. More of them, or other white space, are refused: those
    /// who read it otherwise would see another target.
    pub(super) fn parse(line: &'l [u8]) -> Option<RequestLine<'l>> {
        let mut words = core::str::from_utf8(line).ok()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !syntax::is_token(method.as_bytes()) || target.is_empty() {
            return None;
        }
        let version = syntax::http_version(version.as_bytes())?;
        Some(RequestLine { method, target, version })
    }
}

/// What a request asks for ([RFC 9112 §3.2]).
///
/// The authority-form of CONNECT is for proxies and isn't one.
///
/// [RFC 9112 §3.2]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target<'t> {
    /// The origin-form, or the `*` of OPTIONS.
    Path(&'t str),
    /// The absolute-form: "an absolute HTTP/HTTPS URI containing the /resource name/"
    /// (RFC 6455 §4.2.1, item 1), which every server must understand.
    Absolute { authority: &'t str, path_and_query: &'t str },
}

impl<'t> Target<'t> {
    fn parse(method: &str, target: &'t str) -> Option<Target<'t>> {
        if syntax::is_path_and_query(target) || (target == "*" && method == "OPTIONS") {
            return Some(Target::Path(target));
        }
        let (scheme, rest) = target.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let (authority, path_and_query) =
            rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Authority::parse(authority)?;
        syntax::is_target_text(path_and_query)
            .then_some(Target::Absolute { authority, path_and_query })
    }
}
