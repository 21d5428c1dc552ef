//! What an application may put into a handshake, and which pages a server lets in.
#![forbid(unsafe_code)]

use wirebeat::handshake::{
    Acceptance, HeaderError, Origin, OriginPolicy, Request, RequestError, Response, ResponseError,
    accept_key,
};

fn request() -> Request {
    Request::new("example.com", None, "/").expect("host and target are valid")
}

#[test]
fn the_accept_key_is_that_of_section_1_3() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn hosts_are_names_and_addresses() {
    for host in
        ["localhost", "example.com", "a_b.example", "127.0.0.1", "[::1]", "xn--bcher-kva.de"]
    {
        assert!(Request::new(host, Some(8080), "/").is_ok(), "{host}");
    }
    for host in
        ["", "a b", "a:80", "::1", "[::1", "[::1]:80", "[v7.a]", "user@a", "a/b", "bücher.de"]
    {
        assert_eq!(Request::new(host, None, "/"), Err(RequestError::HostInvalid), "{host}");
    }
}

#[test]
fn targets_are_encoded_paths() {
    for target in ["/", "/a/b?c=d&e=%20", "//a", "/?", "/a?b=[{|}]^`'\\"] {
        assert!(Request::new("a", None, target).is_ok(), "{target}");
    }
    for target in ["", "a", "?a", "*", "http://a/", "/#", "/a#b", "/a\"b", "/<a>", "/ä", "/a b"] {
        assert_eq!(Request::new("a", None, target), Err(RequestError::TargetInvalid), "{target}");
    }
}

#[test]
fn subprotocols_are_unique_and_case_sensitive() {
    let request = request().subprotocol("chat").unwrap().subprotocol("Chat").unwrap();
    assert_eq!(request.subprotocols(), ["chat", "Chat"]);
    assert_eq!(request.subprotocol("chat"), Err(RequestError::SubprotocolRepeated));
}

#[test]
fn the_last_origin_counts() {
    let once = request().origin("https://a.example").unwrap();
    let twice = request().origin("null").unwrap().origin("https://a.example").unwrap();
    assert_eq!(once, twice);
}

#[test]
fn headers_of_the_handshake_cannot_be_set() {
    for name in [
        "Host",
        "UPGRADE",
        "connection",
        "Content-Length",
        "Transfer-Encoding",
        "TE",
        "Trailer",
        "Expect",
        "Keep-Alive",
        "Proxy-Connection",
        "Origin",
        "Sec-WebSocket-Key",
        "sec-websocket-protocol",
        "SEC-WEBSOCKET-Extensions",
        "Sec-WebSocket-",
    ] {
        let reserved = HeaderError::Reserved;
        assert_eq!(request().header(name, "x"), Err(RequestError::Header(reserved)), "{name}");
        let refused = Err(ResponseError::Header(reserved));
        assert_eq!(Acceptance::new().header(name, "x"), refused, "{name}");
        let refused = Err(ResponseError::Header(reserved));
        assert_eq!(Response::new(200).unwrap().header(name, "x"), refused, "{name}");
    }
    for name in ["Sec-WebSocket", "Sec-Fetch-Mode", "Hosts", "X-Upgrade", "Authorization"] {
        assert!(request().header(name, "x").is_ok(), "{name}");
    }
}

#[test]
fn final_statuses_can_be_answered() {
    for (status, valid) in
        [(0, false), (101, false), (199, false), (200, true), (599, true), (600, false)]
    {
        assert_eq!(Response::new(status).is_ok(), valid, "{status}");
    }
}

/// Line ends in what an application passed on made further headers and requests.
#[test]
fn failure_t19_nothing_that_is_sent_can_hold_a_line_end() {
    for bad in ["a\rb", "a\nb", "a\r\nX: y", "a\0b", "\r", "\n", "a\x0bb", "a\x7fb", "a\x1bb"] {
        let target = format!("/{bad}");
        assert_eq!(Request::new("a", None, &target), Err(RequestError::TargetInvalid), "{bad:?}");
        assert_eq!(Request::new(bad, None, "/"), Err(RequestError::HostInvalid), "{bad:?}");
        let subprotocol = request().subprotocol(bad);
        assert_eq!(subprotocol, Err(RequestError::SubprotocolInvalid), "{bad:?}");
        let origin = request().origin(&format!("http://{bad}"));
        assert_eq!(origin, Err(RequestError::OriginInvalid), "{bad:?}");

        let name = HeaderError::NameInvalid;
        let value = HeaderError::ValueInvalid;
        assert_eq!(request().header(bad, "x"), Err(RequestError::Header(name)), "{bad:?}");
        assert_eq!(request().header("X", bad), Err(RequestError::Header(value)), "{bad:?}");
        let header = Acceptance::new().header(bad, "x");
        assert_eq!(header, Err(ResponseError::Header(name)), "{bad:?}");
        let header = Acceptance::new().header("X", bad);
        assert_eq!(header, Err(ResponseError::Header(value)), "{bad:?}");
        let header = Response::new(200).and_then(|response| response.header(bad, "x"));
        assert_eq!(header, Err(ResponseError::Header(name)), "{bad:?}");
        let header = Response::new(200).and_then(|response| response.header("X", bad));
        assert_eq!(header, Err(ResponseError::Header(value)), "{bad:?}");
    }
    for name in ["", "a b", "a:", "ä", "a,b", "(a)", "a\"", "[a]", "a/b", "a@b", "{a}"] {
        let header = request().header(name, "x");
        assert_eq!(header, Err(RequestError::Header(HeaderError::NameInvalid)), "{name:?}");
        let subprotocol = request().subprotocol(name);
        assert_eq!(subprotocol, Err(RequestError::SubprotocolInvalid), "{name:?}");
    }
    for value in [" a", "a ", "\ta", "a\t", " "] {
        let header = request().header("X", value);
        assert_eq!(header, Err(RequestError::Header(HeaderError::ValueInvalid)), "{value:?}");
    }
}

#[test]
fn values_may_be_empty_or_beyond_ascii() {
    let request = request().header("X", "").unwrap().header("Y", "a\tä b").unwrap();
    let request = request.header("Z", b"\xff").unwrap();
    assert_eq!(request.headers().get_str("x"), Some(""));
    assert_eq!(request.headers().get_str("y"), Some("a\tä b"));
    assert_eq!(
        (request.headers().get("z"), request.headers().get_str("z")),
        (Some(&[0xff][..]), None)
    );
}

/// Cross-site hijacking: origins that only look like those that are allowed.
#[test]
fn failure_t24_only_the_very_origin_is_allowed() {
    let origins = ["https://example.com", "http://localhost:3000", "https://[2001:db8:0::1]"];
    let policy = OriginPolicy::Allow(origins.map(|text| Origin::new(text).unwrap()).into());
    for (origin, allowed) in [
        ("https://example.com", true),
        ("HTTPS://EXAMPLE.COM", true),
        ("https://example.com:443", true),
        ("http://localhost:3000", true),
        ("https://[2001:db8::1]", true),
        ("https://[2001:DB8::0:1]:443", true),
        // Scheme and port.
        ("http://example.com", false),
        ("wss://example.com", false),
        ("http://example.com:443", false),
        ("https://example.com:80", false),
        ("https://example.com:4433", false),
        ("http://localhost", false),
        ("http://localhost:30000", false),
        // Parts of hosts.
        ("https://example.com.evil.example", false),
        ("https://evilexample.com", false),
        ("https://sub.example.com", false),
        ("https://example.co", false),
        ("https://example.com.", false),
        ("https://xample.com", false),
        // What isn't an origin.
        ("", false),
        ("null", false),
        ("Null", false),
        ("*", false),
        ("example.com", false),
        ("//example.com", false),
        ("https:example.com", false),
        ("https://", false),
        ("https://example.com/", false),
        ("https://example.com:", false),
        ("https://example.com:+443", false),
        ("https://example.com@evil.example", false),
        ("https://evil.example#https://example.com", false),
        ("https://evil.example?https://example.com", false),
        ("https://example.com https://evil.example", false),
        ("https://example.com, https://evil.example", false),
        (" https://example.com", false),
        ("https://example.com\0", false),
        ("https://ex\u{e4}mple.com", false),
    ] {
        let host = "api.example.com";
        assert_eq!(policy.allows(Some(origin.as_bytes()), host), allowed, "{origin:?}");
        assert!(OriginPolicy::Any.allows(Some(origin.as_bytes()), host), "{origin:?}");
    }
    assert!(!policy.allows(Some(b"https://example.com\xff"), "example.com"));
    assert!(!OriginPolicy::Allow(Vec::new()).allows(Some(b"https://example.com"), "example.com"));
}

/// Cross-site hijacking: the host that the request names is the only one whose pages may connect.
#[test]
fn failure_t24_only_pages_of_the_same_host_are_the_same_host() {
    for (origin, host, allowed) in [
        ("https://example.com", "example.com", true),
        ("https://Example.com", "EXAMPLE.com", true),
        ("https://example.com", "example.com:443", true),
        ("http://example.com", "example.com:80", true),
        ("http://example.com:8080", "example.com:8080", true),
        ("http://[::1]:8080", "[::1]:8080", true),
        ("http://[::1]", "[0::1]", true),
        ("http://example.com", "example.com:443", false),
        ("https://example.com", "example.com:80", false),
        ("http://example.com:8080", "example.com", false),
        ("http://example.com", "example.com:8080", false),
        ("http://sub.example.com", "example.com", false),
        ("http://example.com", "sub.example.com", false),
        ("http://example.com.evil.example", "example.com", false),
        ("http://evil.example", "example.com", false),
        ("null", "null", false),
        ("null", "example.com", false),
        ("", "example.com", false),
        ("file://example.com", "example.com", false),
        ("chrome-extension://example.com", "example.com", false),
        ("http://example.com", "", false),
        ("http://example.com", "example.com:x", false),
    ] {
        let allows = OriginPolicy::SameHost.allows(Some(origin.as_bytes()), host);
        assert_eq!(allows, allowed, "{origin} on {host}");
    }
}

/// Whoever can leave the header out isn't a browser, and could forge it as well.
#[test]
fn failure_t24_a_client_that_is_no_browser_is_allowed() {
    for policy in [OriginPolicy::Any, OriginPolicy::SameHost, OriginPolicy::Allow(Vec::new())] {
        assert!(policy.allows(None, "example.com"), "{policy:?}");
    }
}

#[test]
fn null_is_allowed_only_if_it_is_listed() {
    let policy = OriginPolicy::Allow(vec![Origin::new("null").unwrap()]);
    assert!(policy.allows(Some(b"null"), "example.com"));
    assert!(!policy.allows(Some(b"NULL"), "example.com"));
    assert!(!policy.allows(Some(b"https://example.com"), "example.com"));
}

#[test]
fn what_could_never_match_cannot_be_listed() {
    for text in
        ["*", "https://*.example.com", "https://example.com/", "example.com", "https://a:", ""]
    {
        assert!(Origin::new(text).is_err(), "{text}");
    }
}

/// RFC 3986 §3.1: "a letter and followed by any combination of letters, digits, plus, period, or
/// hyphen".
#[test]
fn a_scheme_is_what_a_uri_may_begin_with() {
    for scheme in ["", "1http", "+http", "ht_tp", "ht tp", "hätp", "http:"] {
        assert!(Origin::new(&format!("{scheme}://example.com")).is_err(), "{scheme}");
    }
    for scheme in ["h", "chrome-extension", "h2.tp+x"] {
        assert!(Origin::new(&format!("{scheme}://example.com")).is_ok(), "{scheme}");
    }
}

/// RFC 6454 §6.2.
#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for (text, written) in [
        ("null", "null"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:80", "https://example.com:80"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
        ("http://[::]:8080", "http://[::]:8080"),
        ("app://local", "app://local"),
        ("app://local:7", "app://local:7"),
    ] {
        assert_eq!(Origin::new(text).map(|origin| origin.to_string()), Ok(written.into()));
    }
}

#[test]
fn an_answer_can_be_looked_at() {
    let acceptance = Acceptance::new();
    assert_eq!(acceptance.subprotocol_name(), None);
    assert!(acceptance.headers().is_empty());
    let acceptance = acceptance.subprotocol("chat").header("X", "1").expect("a header");
    assert_eq!(acceptance.subprotocol_name(), Some("chat"));
    assert_eq!(acceptance.headers().get_str("X"), Some("1"));
    let response = Response::new(404).expect("a status").header("X", "1").expect("a header");
    assert_eq!((response.status(), response.content()), (404, &b""[..]));
    let response = response.body("none");
    assert_eq!((response.headers().len(), response.content()), (1, &b"none"[..]));
}
