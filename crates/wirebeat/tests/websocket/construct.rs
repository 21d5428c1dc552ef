use wirebeat::session::Wanted;
use wirebeat::websocket::{BinaryType, ConstructError, WebSocket};
use wirebeat::{DialError, Reason, Timestamp};

use crate::rig::{CONNECTING, Rig, URL, seed};

const NOW: Timestamp = Timestamp::ZERO;

#[test]
fn a_new_socket_has_the_attributes_that_the_standard_gives_it() {
    let socket = WebSocket::new("HTTPS://Example.com:443", &["a"], seed(), NOW).unwrap();
    assert_eq!(socket.url(), "wss://example.com/");
    assert_eq!(socket.ready_state(), CONNECTING);
    assert_eq!(socket.buffered_amount(), 0);
    assert_eq!((socket.protocol(), socket.extensions()), ("", ""));
    assert_eq!(socket.binary_type(), BinaryType::Blob);
    assert!(socket.closed().is_none());
}

#[test]
fn it_can_be_driven_on_another_thread() {
    fn is_send(_: impl Send) {}
    is_send(WebSocket::new(URL, &[], seed(), NOW));
}

#[test]
fn credentials_are_not_shown() {
    let builder = WebSocket::builder("ws://user:secret@example.com/");
    let with_header = builder.clone().header("Authorization", "secret");
    for builder in [builder, with_header] {
        assert!(!format!("{builder:?}").contains("secret"));
        let mut socket = builder.build(seed(), NOW).unwrap();
        let shown = format!("{socket:?}");
        assert!(shown.contains("ws://example.com") && !shown.contains("secret"), "{shown}");
        socket.on_open(|socket| assert!(!format!("{socket:?}").contains("secret")));
        let mut rig = Rig::new(socket);
        rig.accept("");
        assert_eq!(rig.events(), ["open 1"]);
    }
}

#[test]
fn the_url_is_judged_before_the_subprotocols() {
    let error = |url, protocols: &[&str]| WebSocket::new(url, protocols, seed(), NOW).unwrap_err();
    assert!(matches!(error("/", &["a b"]), ConstructError::Url(_)));
    assert_eq!(error("ftp://h/#", &["a b"]), ConstructError::Scheme("ftp".into()));
    assert_eq!(error("ws://h/#", &["a b"]), ConstructError::Fragment);
    assert_eq!(error(URL, &["a", "a b"]), ConstructError::SubprotocolInvalid("a b".into()));
    assert_eq!(error(URL, &["a", "a"]), ConstructError::SubprotocolRepeated("a".into()));
    for error in [error("/", &[]), error(URL, &[""])] {
        assert_eq!(error.exception_name(), "SyntaxError");
    }
}

#[test]
fn a_relative_url_needs_a_base() {
    let base = "https://example.com/app/page";
    let socket = WebSocket::new_with_base("chat", base, &[], seed(), NOW).unwrap();
    assert_eq!(socket.url(), "wss://example.com/app/chat");
    assert!(socket.target().unwrap().is_secure());
}

#[test]
fn the_request_is_the_browsers() {
    let socket = WebSocket::new("ws://u:p@h:81/a?b", &["x", "y"], seed(), NOW).unwrap();
    let mut rig = Rig::new(socket);
    rig.transmit();
    let request = String::from_utf8(rig.written.clone()).unwrap();
    let mut lines: Vec<&str> = request.lines().collect();
    assert_eq!(lines.remove(0), "GET /a?b HTTP/1.1");
    lines.retain(|line| !line.starts_with("Sec-WebSocket-Key: ") && !line.is_empty());
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "Authorization: Basic dTpw",
            "Connection: Upgrade",
            "Host: h:81",
            "Sec-WebSocket-Protocol: x, y",
            "Sec-WebSocket-Version: 13",
            "Upgrade: websocket",
        ]
    );
}

/// As WPT has it: Basic authentication, of what the URL's encoding stands for.
#[test]
fn user_and_password_of_the_url_are_credentials() {
    for (url, expected) in [
        ("ws://h/", None),
        ("ws://@h/", None),
        ("ws://:@h/", None),
        ("ws://u@h/", Some("Basic dTo=")),
        ("ws://:p@h/", Some("Basic OnA=")),
        // "us:er:p@ss"
        ("ws://us%3Aer:p%40ss@h/", Some("Basic dXM6ZXI6cEBzcw==")),
    ] {
        let socket = WebSocket::new(url, &[], seed(), NOW).unwrap();
        let request = socket.target().unwrap().to_request();
        assert_eq!(request.headers().get_str("Authorization"), expected, "{url}");
    }
}

#[test]
fn headers_and_origin_are_beside_the_browsers() {
    let socket = WebSocket::builder("ws://u:p@h/")
        .header("Authorization", "Bearer x")
        .origin("https://example.com")
        .build(seed(), NOW)
        .unwrap();
    let request = socket.target().unwrap().to_request();
    assert_eq!(request.headers().get_str("Authorization"), Some("Bearer x"));

    let error = WebSocket::builder(URL).header("Host", "other").build(seed(), NOW).unwrap_err();
    assert!(matches!(error, ConstructError::Request(_)), "{error}");
    let error = WebSocket::builder(URL).origin("nowhere").build(seed(), NOW).unwrap_err();
    assert!(matches!(error, ConstructError::Request(_)), "{error}");
}

/// Fetch, "port blocking": a network error, which is no error of the constructor.
#[test]
fn a_bad_port_fails_by_events_and_nothing_is_dialed() {
    let mut rig = Rig::new(WebSocket::new("ws://h:6000/", &[], seed(), NOW).unwrap());
    assert_eq!(rig.socket.ready_state(), CONNECTING);
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    let cause = rig.socket.closed().unwrap().closed.cause;
    assert_eq!(cause.reason, Reason::Dial(DialError::Configuration));
}

/// §4: "the user agent must not convey any failure information to scripts in a way that would allow
/// a script to distinguish".
#[test]
fn whatever_fails_before_it_is_open_looks_the_same() {
    let failures: [fn(&mut Rig); 8] = [
        |rig| {
            let attempt = rig.attempt();
            rig.socket.handle_dial_failed(NOW, attempt, DialError::Name);
        },
        |rig| {
            let attempt = rig.attempt();
            rig.socket.handle_dial_failed(NOW, attempt, DialError::Certificate);
        },
        |rig| {
            rig.transmit();
            rig.receive(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        },
        |rig| {
            rig.transmit();
            rig.receive(b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
        },
        |rig| {
            rig.transmit();
            rig.receive(b"garbage\r\n\r\n");
        },
        |rig| {
            rig.transmit();
            rig.eof();
        },
        |rig| {
            rig.transmit();
            rig.lost();
        },
        |rig| rig.accept("Sec-WebSocket-Protocol: unasked\r\n"),
    ];
    for fail in failures {
        let mut rig = Rig::plain();
        fail(&mut rig);
        assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
        assert_eq!(rig.frames(), [], "no frame goes out before it's open");
        assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    }
}

/// Fetch, changes to RFC 6455.
#[test]
fn a_server_must_choose_one_of_the_subprotocols() {
    for (lines, expected) in [
        ("Sec-WebSocket-Protocol: b\r\n", Some("b")),
        ("", None),
        ("Sec-WebSocket-Protocol: \r\n", None),
        ("Sec-WebSocket-Protocol: B\r\n", None),
        ("Sec-WebSocket-Protocol: a, b\r\n", None),
        ("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n", None),
    ] {
        let mut rig = Rig::new(WebSocket::new(URL, &["a", "b"], seed(), NOW).unwrap());
        rig.accept(lines);
        match expected {
            Some(protocol) => {
                assert_eq!(rig.events(), ["open 1"], "{lines:?}");
                assert_eq!(rig.socket.protocol(), protocol);
            }
            None => {
                assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"], "{lines:?}");
                assert_eq!(rig.socket.protocol(), "");
            }
        }
    }
}
