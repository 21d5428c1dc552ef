//! Where a WebSocket connects to: what the constructor makes of its URL and subprotocols
//! ([WHATWG WebSockets §3.1], the constructor's steps).
//!
//! [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#dom-websocket-websocket

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytestring::ByteString;
use url::Url;

use super::error::{ConstructError, UrlError};
use crate::handshake::{Request, RequestError, is_token};
use crate::session::Target;

/// Ports that Fetch doesn't connect to, because what listens there may take a request for something
/// else ([Fetch §2.10, "port blocking"]). In order.
///
/// [Fetch §2.10, "port blocking"]: https://fetch.spec.whatwg.org/#port-blocking
const BAD_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// A URL that a WebSocket may be made of: `ws` or `wss`, with a host, without a fragment.
#[derive(Clone)]
pub(super) struct Address {
    url: Url,
    base: Option<Url>,
}

impl Address {
    /// "Get a URL record", with the scheme mapped.
    pub(super) fn parse(url: &str, base: Option<&str>) -> Result<Address, ConstructError> {
        let base = base.map(Url::parse).transpose().map_err(url_error)?;
        Address::resolve(url, base)
    }

    /// Another URL, relative to the same base.
    pub(super) fn join(&self, url: &str) -> Result<Address, ConstructError> {
        Address::resolve(url, self.base.clone())
    }

    fn resolve(url: &str, base: Option<Url>) -> Result<Address, ConstructError> {
        let mut url = Url::options().base_url(base.as_ref()).parse(url).map_err(url_error)?;
        let mapped = match url.scheme() {
            "http" => Some("ws"),
            "https" => Some("wss"),
            "ws" | "wss" => None,
            other => return Err(ConstructError::Scheme(other.into())),
        };
        if let Some(scheme) = mapped {
            let result = url.set_scheme(scheme);
            debug_assert_eq!(result, Ok(()), "these four are special schemes");
        }
        // "If urlRecord's fragment is non-null": an empty one isn't null.
        if url.fragment().is_some() {
            return Err(ConstructError::Fragment);
        }
        Ok(Address { url, base })
    }

    /// The URL, serialised.
    pub(super) fn href(&self) -> &str {
        self.url.as_str()
    }

    /// Scheme, host and port: what messages say they come from.
    pub(super) fn origin(&self) -> ByteString {
        self.url.origin().ascii_serialization().into()
    }

    /// Where to connect, unless it's somewhere that nothing is ever sent to: a bad port, or a host
    /// that no Host header can name.
    pub(super) fn target(&self, opening: &Opening) -> Option<Target> {
        if self.url.port().is_some_and(|port| BAD_PORTS.binary_search(&port).is_ok()) {
            return None;
        }
        let target = Target::from_url(&self.url).ok()?;
        opening.apply_to(target).ok()
    }
}

/// Shows where it leads, and hides what may be a secret: user, password, path and query.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

/// What a request says besides where it goes.
#[derive(Clone, Default)]
pub(super) struct Opening {
    pub(super) protocols: Vec<ByteString>,
    pub(super) headers: Vec<(Box<str>, Box<[u8]>)>,
    pub(super) origin: Option<String>,
}

/// Hides the headers' values.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Opening")
            .field("protocols", &self.protocols)
            .field("headers", &headers)
            .field("origin", &self.origin)
            .finish()
    }
}

impl Opening {
    /// Whether every request can say it.
    pub(super) fn check(&self) -> Result<(), ConstructError> {
        Request::new("h", None, "/")
            .and_then(|request| self.apply_to(Target::new(request, false)))
            .map_err(ConstructError::Request)?;
        Ok(())
    }

    fn apply_to(&self, mut target: Target) -> Result<Target, RequestError> {
        for name in &self.protocols {
            target = target.subprotocol(name)?;
        }
        for (name, value) in &self.headers {
            target = target.header(name, value)?;
        }
        if let Some(origin) = &self.origin {
            target = target.origin(origin)?;
        }
        Ok(target.require_subprotocol())
    }
}

/// Checks the names of subprotocols: "If any of the values in protocols occur more than once or
/// otherwise fail to match the requirements for elements that comprise the value of
/// |Sec-WebSocket-Protocol| fields …, then throw a SyntaxError".
pub(super) fn check_subprotocols(names: &[&str]) -> Result<Vec<ByteString>, ConstructError> {
    let mut checked: Vec<ByteString> = Vec::with_capacity(names.len());
    for name in names {
        if !is_token(name.as_bytes()) {
            return Err(ConstructError::SubprotocolInvalid(Box::from(*name)));
        }
        if checked.iter().any(|earlier| earlier == name) {
            return Err(ConstructError::SubprotocolRepeated(Box::from(*name)));
        }
        checked.push(ByteString::from(*name));
    }
    Ok(checked)
}

fn url_error(error: url::ParseError) -> ConstructError {
    ConstructError::Url(UrlError(error))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    fn href(url: &str) -> String {
        Address::parse(url, None).map_or_else(|error| error.to_string(), |url| url.href().into())
    }

    #[test]
    fn a_url_is_serialised_as_the_standard_does_it() {
        for (given, expected) in [
            ("ws://h", "ws://h/"),
            ("WS://EXAMPLE.com/Path?Query", "ws://example.com/Path?Query"),
            ("ws://h:80/", "ws://h/"),
            ("wss://h:443/", "wss://h/"),
            ("ws://h:443/", "ws://h:443/"),
            ("http://h/", "ws://h/"),
            ("https://h/a", "wss://h/a"),
            ("http://h:80/", "ws://h/"),
            ("https://h:443", "wss://h/"),
            ("http://h:443/", "ws://h:443/"),
            ("https://h:80/", "wss://h:80/"),
            ("ws://u:p%40@h/", "ws://u:p%40@h/"),
            ("ws:h", "ws://h/"),
            ("ws:/h", "ws://h/"),
            ("ws:\\\\h\\a", "ws://h/a"),
            (" \u{1}ws://h/a\tb\nc\r ", "ws://h/abc"),
            ("ws://h/?é", "ws://h/?%C3%A9"),
            ("ws://h/é ?\"'<>", "ws://h/%C3%A9%20?%22%27%3C%3E"),
            ("ws://bücher.example/", "ws://xn--bcher-kva.example/"),
            ("ws://[::0:1]:8080/", "ws://[::1]:8080/"),
            ("ws://0x7f.1/", "ws://127.0.0.1/"),
            ("ws://h/a/../b", "ws://h/b"),
        ] {
            assert_eq!(href(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_url_that_names_no_websocket_is_refused() {
        for given in ["", "h", "/a", "//h/a", "ws:", "ws://", "ws://foo bar.com/", "ws://h:65536/"]
        {
            let error = Address::parse(given, None).unwrap_err();
            assert!(matches!(error, ConstructError::Url(_)), "{given:?}: {error:?}");
            assert_eq!(error.exception_name(), "SyntaxError");
        }
        for scheme in ["ftp", "mailto", "about", "file", "wsss"] {
            let error = Address::parse(&format!("{scheme}://h/"), None).unwrap_err();
            assert_eq!(error, ConstructError::Scheme(scheme.into()));
        }
        for given in ["ws://h/#", "ws://h/#x", "ws://h/?a#", "https://h/#"] {
            let error = Address::parse(given, None).unwrap_err();
            assert_eq!(error, ConstructError::Fragment, "{given:?}");
        }
        // The scheme is judged before the fragment.
        let error = Address::parse("ftp://h/#", None).unwrap_err();
        assert_eq!(error, ConstructError::Scheme("ftp".into()));
    }

    #[test]
    fn a_relative_url_is_resolved_against_the_base() {
        let base = Some("https://example.com/app/page.html?q#f");
        for (given, expected) in [
            ("chat", "wss://example.com/app/chat"),
            ("/chat?room=1", "wss://example.com/chat?room=1"),
            ("//other.example/", "wss://other.example/"),
            ("?x", "wss://example.com/app/page.html?x"),
            // "ws" isn't the base's scheme, so this is a host.
            ("ws:chat", "ws://chat/"),
            ("https:chat", "wss://example.com/app/chat"),
            // The base's fragment isn't inherited.
            ("", "wss://example.com/app/page.html?q"),
        ] {
            assert_eq!(Address::parse(given, base).unwrap().href(), expected, "{given:?}");
        }
        assert!(Address::parse("chat", Some("not a URL")).is_err());
        assert_eq!(Address::parse("#", base).unwrap_err(), ConstructError::Fragment);
    }

    #[test]
    fn messages_come_from_scheme_host_and_port() {
        for (url, expected) in [
            ("ws://u:p@h/a?b", "ws://h"),
            ("wss://h:443/", "wss://h"),
            ("ws://127.0.0.1:8080/", "ws://127.0.0.1:8080"),
            ("https://h/", "wss://h"),
        ] {
            assert_eq!(Address::parse(url, None).unwrap().origin(), expected);
        }
    }

    fn target(url: &str, protocols: &[&str]) -> Option<Target> {
        let protocols = check_subprotocols(protocols).unwrap();
        Address::parse(url, None).unwrap().target(&Opening { protocols, ..Opening::default() })
    }

    #[test]
    fn the_request_has_what_the_url_says() {
        let target = target("wss://us%3Aer:p%40ss@h:8080/a%20b?c=%26", &["b", "a"]).unwrap();
        assert_eq!((target.host(), target.port(), target.is_secure()), ("h", 8080, true));
        let request = target.to_request();
        assert_eq!(request.target(), "/a%20b?c=%26");
        assert_eq!(request.subprotocols(), ["b", "a"]);
        assert!(request.is_subprotocol_required());
    }

    #[test]
    fn no_request_goes_to_a_bad_port() {
        assert!(BAD_PORTS.is_sorted(), "they are searched by halves");
        for (url, is_sent) in [
            ("ws://h:6000/", false),
            ("wss://h:1/", false),
            ("http://h:10080/", false),
            ("ws://h:6001/", true),
            ("ws://h/", true),
            ("ws://h:443/", true),
            ("ws://h:8080/", true),
        ] {
            assert_eq!(target(url, &[]).is_some(), is_sent, "{url}");
        }
    }

    #[test]
    fn a_host_that_no_header_can_name_is_a_url_all_the_same() {
        assert_eq!(href("ws://a`b/"), "ws://a`b/");
        assert!(target("ws://a`b/", &[]).is_none());
    }

    #[test]
    fn subprotocols_are_tokens_and_occur_once() {
        for names in [&[][..], &["a"], &["chat.v2", "Chat.v2"], &["!#$%&'*+-.^_`|~09azAZ"]] {
            assert_eq!(check_subprotocols(names).unwrap(), names);
        }
        for invalid in [
            "", " ", "a b", "a,b", "a;b", "a/b", "a\"", "é", "\u{7f}", "\u{1f}", "(", ")", "<",
            ">", "@", ":", "\\", "[", "]", "?", "=", "{", "}", "\t",
        ] {
            let error = check_subprotocols(&["ok", invalid]).unwrap_err();
            assert_eq!(error, ConstructError::SubprotocolInvalid(invalid.into()));
        }
        let error = check_subprotocols(&["a", "b", "a"]).unwrap_err();
        assert_eq!(error, ConstructError::SubprotocolRepeated("a".into()));
    }
}
