//! URLs, against what the URL's record says of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use wirebeat::handshake::RequestError;
use wirebeat::session::{Target, TargetError};
use wirebeat::websocket::{ConstructError, WebSocket};
use wirebeat::{Config, Connection, Timestamp};

use crate::rules;
use crate::split::waiting;

/// The harness of the target `url`: a URL, or what may be none.
///
/// # Panics
///
/// If what is dialed and asked for isn't what the URL names, if the request isn't one, or if the
/// browser's object reads it otherwise.
pub fn url(data: &[u8]) {
    check_url(&String::from_utf8_lossy(data));
}

/// Checks what a session and the browser's object make of a URL.
///
/// # Panics
///
/// As [`url`](url()).
pub fn check_url(text: &str) {
    let target = Target::parse(text);
    let socket = WebSocket::new(text, &[], rules::seed(), Timestamp::ZERO);
    match Url::parse(text) {
        Err(_) => {
            assert!(matches!(target, Err(TargetError::Syntax(_))), "{target:?}");
            assert!(matches!(socket, Err(ConstructError::Url(_))), "{socket:?}");
        }
        Ok(record) if !matches!(record.scheme(), "ws" | "wss" | "http" | "https") => {
            assert_eq!(target, Err(TargetError::Scheme));
            assert_eq!(socket.err(), Some(ConstructError::Scheme(record.scheme().into())));
        }
        Ok(record) if record.fragment().is_some() => {
            assert_eq!(target, Err(TargetError::Fragment));
            assert_eq!(socket.err(), Some(ConstructError::Fragment));
        }
        Ok(record) => {
            match &target {
                Ok(target) => check_target(&record, target),
                // Path and query are encoded by the parser; of hosts it lets more pass than RFC 3986.
                Err(error) => assert_eq!(*error, TargetError::Request(RequestError::HostInvalid)),
            }
            check_href(socket.expect("it names a WebSocket").url(), &target);
        }
    }
    check_relative(text);
}

/// RFC 6455 §3: host, port, resource name and "secure" flag.
fn check_target(record: &Url, target: &Target) {
    let is_secure = matches!(record.scheme(), "wss" | "https");
    let host = record.host_str().expect("it has a host");
    assert_eq!(target.is_secure(), is_secure);
    assert_eq!(Some(target.port()), record.port_or_known_default());
    assert_eq!(target.host(), host.trim_matches(['[', ']']));
    let query = record.query().map_or_else(String::new, |query| format!("?{query}"));
    let resource = format!("{}{query}", record.path());

    let request = target.to_request();
    assert_eq!(request.target(), resource);
    let port = record.port().map_or_else(String::new, |port| format!(":{port}"));
    let mut expected = vec![("Host", format!("{host}{port}"))];
    if let Some(credentials) = credentials(record) {
        let value = format!("Basic {credentials}");
        assert!(!format!("{target:?}").contains(&value), "credentials are shown");
        expected.push(("Authorization", value));
    }
    let config = Config { heartbeat: None, ..Config::default() };
    let mut client = Connection::client(request, &config, &rules::seed(), Timestamp::ZERO);
    check_head(&waiting(&mut client), &resource, &expected);
}

/// The request is what was meant and nothing else: no part of a URL adds a line to it.
fn check_head(head: &[u8], resource: &str, expected: &[(&str, String)]) {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed.parse(head).expect("it's a request");
    assert_eq!(status, httparse::Status::Complete(head.len()));
    assert_eq!(
        (parsed.method, parsed.path, parsed.version),
        (Some("GET"), Some(resource), Some(1))
    );
    // Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version besides.
    assert_eq!(parsed.headers.len(), expected.len() + 4);
    for (name, value) in expected {
        let header = parsed.headers.iter().find(|header| header.name == *name);
        assert_eq!(header.expect(name).value, value.as_bytes());
    }
}

/// The URL's user and password, decoded, as Basic credentials (RFC 7617 §2).
fn credentials(record: &Url) -> Option<String> {
    if record.username().is_empty() && record.password().is_none() {
        return None;
    }
    let password = record.password().unwrap_or_default();
    let encoded = format!("{}:{password}", record.username());
    Some(STANDARD.encode(decoded(encoded.as_bytes())))
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    match text {
        [] => Vec::new(),
        [b'%', high, low, rest @ ..] if digit(high).is_some() && digit(low).is_some() => {
            let byte = digit(high).unwrap() * 16 + digit(low).unwrap();
            [vec![byte as u8], decoded(rest)].concat()
        }
        [byte, rest @ ..] => [vec![*byte], decoded(rest)].concat(),
    }
}

/// What the browser's object says its URL is names the same, and is said the same way again.
fn check_href(href: &str, target: &Result<Target, TargetError>) {
    assert!(href.starts_with("ws://") || href.starts_with("wss://"), "{href}");
    assert_eq!(Target::parse(href), *target, "{href}");
    let again = WebSocket::new(href, &[], rules::seed(), Timestamp::ZERO).expect("it was one");
    assert_eq!(again.url(), href);
}

/// What is relative to a page names what its URL, as a whole, does.
fn check_relative(text: &str) {
    let base = "https://example.com/app/page?a=b";
    let socket = WebSocket::new_with_base(text, base, &[], rules::seed(), Timestamp::ZERO);
    if let Ok(socket) = socket {
        check_href(socket.url(), &Target::parse(socket.url()));
        let base = Url::parse(base).expect("it's a URL");
        let joined = base.join(text).expect("it was joined before");
        let mapped = joined.as_str().strip_prefix("http").map(|rest| format!("ws{rest}"));
        assert_eq!(socket.url(), mapped.as_deref().unwrap_or(joined.as_str()));
    }
}
