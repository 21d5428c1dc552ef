//! What went wrong in other implementations, and the tests that keep it from going wrong here.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// Draft-75 clients made a server fall back to another framing: only version 13 is spoken.
#[test]
fn failure_t02_only_version_13_is_spoken() {
    for version in ["", "0", "6", "7", "8", "12", "14", "25", "013", "13.0", "1 3", "13, 8", "x"] {
        let line = format!("Sec-WebSocket-Version: {version}");
        let refused = refusal(with(REQUEST, "Sec-WebSocket-Version", &[&line]));
        assert_eq!((refused, refused.status()), (RequestRefusal::WebSocketVersion, 426), "{line}");
    }
    let missing = with(REQUEST, "Sec-WebSocket-Version", &[]);
    assert_eq!(refusal(missing), RequestRefusal::WebSocketVersion);
    let hixie = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n";
    assert_eq!(refusal(hixie), RequestRefusal::WebSocketVersion);
}

/// Heads that were parsed anew with each read took quadratic time; the cure, a cap on reads, made
/// the verdict depend on how the head was cut.
#[test]
fn failure_t14_a_head_that_dribbles_costs_the_same_and_gets_the_same_verdict() {
    let padded = and(REQUEST, &format!("P: {}", "x".repeat(15_000)));
    let mut whole = server();
    let expected = whole.receive(padded.as_bytes());
    let mut dribbled = server();
    let every: Vec<usize> = (0..padded.len()).collect();
    assert_eq!(in_pieces(padded.as_bytes(), &every, |bytes| dribbled.receive(bytes)), expected);
    assert_eq!((whole.work(), dribbled.work()), (padded.len(), padded.len()));

    let padded = and(ANSWER, &format!("P: {}", "x".repeat(15_000)));
    let mut whole = client();
    let expected = whole.receive(padded.as_bytes());
    let mut dribbled = client();
    let every: Vec<usize> = (0..padded.len()).collect();
    assert_eq!(in_pieces(padded.as_bytes(), &every, |bytes| dribbled.receive(bytes)), expected);
    assert_eq!((whole.work(), dribbled.work()), (padded.len(), padded.len()));
}

/// Many headers crashed servers, or went past a limit that counted something else.
#[test]
fn failure_t15_headers_are_limited_in_number() {
    for count in [0, 1, 63, 64, 65, 66, 128, 1_000, 10_000] {
        let plain = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a:\r\n".repeat(count));
        let in_request = count + 1;
        match asked(&plain) {
            ServerOutcome::Request(request) => {
                assert!(in_request <= 64, "{in_request} headers");
                assert_eq!(request.headers().len(), in_request);
            }
            ServerOutcome::Refused(refusal, _) => {
                assert!(in_request > 64, "{in_request} headers: {refusal}");
                assert_eq!((refusal, refusal.status()), (RequestRefusal::TooManyHeaders, 431));
            }
        }
        let answer = format!("HTTP/1.1 101 \r\n{}\r\n", "a:\r\n".repeat(count));
        let expected = match count <= 64 {
            true => HandshakeError::UpgradeMissing,
            false => HandshakeError::TooManyHeaders,
        };
        assert_eq!(answered(&answer), ClientOutcome::Failed(expected), "{count}");
    }
}

/// The header that is one too many is refused when it starts: nothing of it is kept.
#[test]
fn failure_t15_too_many_headers_are_refused_before_the_head_ends() {
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}", "a:\r\n".repeat(1_000));
    let (taken, outcome) = server().receive(many.as_bytes());
    assert_eq!(taken, "GET / HTTP/1.1\r\nHost: a\r\n".len() + 63 * "a:\r\n".len() + 1);
    assert!(matches!(outcome, Some(ServerOutcome::Refused(RequestRefusal::TooManyHeaders, _))));
}

/// Every byte, in a header's name and in its value (RFC 9110 §5.1, §5.5).
#[test]
fn failure_t15_every_byte_in_a_header_is_taken_or_refused_by_the_grammar() {
    let name_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let value_allowed = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    for byte in 0..=u8::MAX {
        for (before, after, allowed) in [
            ("X", "X: y", name_allowed(byte)),
            ("X: y", "y", value_allowed(byte)),
            // Long enough for a parser's vectors.
            (
                "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
                "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
                value_allowed(byte),
            ),
        ] {
            // A colon ends the name, and what follows is a value.
            let allowed = allowed || (byte == b':' && before == "X");
            for (head, is_taken) in [
                (
                    REQUEST,
                    (|head| matches!(asked(head), ServerOutcome::Request(_))) as fn(&[u8]) -> bool,
                ),
                (ANSWER, |head| matches!(answered(head), ClientOutcome::Open(_))),
            ] {
                let mut bytes = Vec::from(head.strip_suffix("\r\n").unwrap());
                bytes.extend_from_slice(before.as_bytes());
                bytes.push(byte);
                bytes.extend_from_slice(after.as_bytes());
                bytes.extend_from_slice(b"\r\n\r\n");
                // An answer's line may end in LF: then two lines, of which the second is a header
                // only where the name is cut.
                let cut = byte == b'\n' && head == ANSWER;
                assert!(cut || is_taken(&bytes) == allowed, "{byte:#04x} in {before}?{after}");
            }
        }
    }
}

/// Headers that made matchers backtrack: what is done is done once per byte.
#[test]
fn failure_t16_work_is_linear_in_the_head() {
    for filler in [" ", "\t ", ",", ", ", "a,", "\"", "\\\"", ";", "=", "a=\"b\";", "x"] {
        for name in ["X", "Connection", "Upgrade", "Sec-WebSocket-Extensions"] {
            let work = |len: usize| {
                let line = format!("{name}: {}y", filler.repeat(len / filler.len()));
                let head = and(REQUEST, &line);
                let mut server = server();
                let every: Vec<usize> = (0..head.len()).collect();
                let (_, outcome) =
                    in_pieces(head.as_bytes(), &every, |bytes| server.receive(bytes));
                let malformed = RequestRefusal::ExtensionsMalformed;
                match outcome {
                    Some(ServerOutcome::Request(_)) => {}
                    Some(ServerOutcome::Refused(refusal, _)) if refusal == malformed => {
                        assert_eq!(name, "Sec-WebSocket-Extensions");
                    }
                    other => panic!("{line}: {other:?}"),
                }
                server.work()
            };
            let (once, twice) = (work(7_000), work(14_000));
            assert!(twice * 10 <= once * 22, "{name}: {filler:?}: {once}, {twice}");
        }
    }
}

/// A server that waited for a body before it upgraded buffered it without limit.
#[test]
fn failure_t17_a_body_on_a_request_is_refused() {
    let plain = "POST / HTTP/1.1\r\nHost: a\r\n\r\n";
    for line in [
        "Content-Length: 1",
        "Content-Length: 18446744073709551616",
        "Content-Length: -0",
        "Content-Length: +0",
        "Content-Length: 0, 0",
        "Content-Length: 0x0",
        "Content-Length:",
        "Content-Length: 0\r\nContent-Length: 0",
        "content-length: 5",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
    ] {
        for head in [REQUEST, plain] {
            let refused = refusal(and(head, line));
            assert_eq!((refused, refused.status()), (RequestRefusal::Body, 400), "{line}");
        }
    }
}

/// A client that followed redirects took its credentials along.
#[test]
fn failure_t20_a_redirect_is_handed_over_and_not_followed() {
    for status in [300, 301, 302, 303, 304, 305, 307, 308, 401, 407] {
        let mut client = client();
        let sent = client.request_bytes();
        let answer = format!(
            "HTTP/1.1 {status} \r\nLocation: ws://evil.example/\r\nContent-Length: 0\r\n\r\n"
        );
        let (_, outcome) = client.receive((answer + ANSWER).as_bytes());
        let Some(ClientOutcome::Rejected(response)) = outcome else {
            panic!("{status}: {outcome:?}");
        };
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().get_str("location"), Some("ws://evil.example/"));
        assert_eq!(client.request_bytes(), sent);
        assert_eq!(client.receive(ANSWER.as_bytes()), (0, None), "{status} is final");
    }
}

/// Upgrades that weren't proved were taken: each field of the request is (§4.2.1).
#[test]
fn failure_t21_a_request_with_any_field_wrong_is_refused() {
    use RequestRefusal::*;
    let table: &[(&str, &[&str], RequestRefusal)] = &[
        ("Host", &[], HostMissing),
        ("Host", &["Host: a", "Host: a"], HostRepeated),
        ("Host", &["Host: a b"], HostInvalid),
        ("Connection", &[], ConnectionMissing),
        ("Connection", &["Connection: keep-alive"], ConnectionMissing),
        ("Connection", &["Connection: Upgrades"], ConnectionMissing),
        ("Connection", &["Connection: Upgrade keep-alive"], ConnectionMissing),
        ("Sec-WebSocket-Key", &[], KeyMissing),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key:"], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE="], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSEh"], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==="], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhl-HNhbXBsZSBub25jZQ=="], KeyInvalid),
        ("Sec-WebSocket-Key", &["Sec-WebSocket-Key: dGhl HNhbXBsZSBub25jZQ=="], KeyInvalid),
        (
            "Sec-WebSocket-Key",
            &[
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            ],
            KeyRepeated,
        ),
        (
            "Sec-WebSocket-Version",
            &["Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13"],
            WebSocketVersionRepeated,
        ),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: chat, chat"], SubprotocolRepeated),
        (
            "Sec-WebSocket-Protocol",
            &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"],
            SubprotocolRepeated,
        ),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: ch at"], SubprotocolInvalid),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: chat, \u{e4}"], SubprotocolInvalid),
        ("Origin", &["Origin: http://a", "Origin: http://a"], OriginRepeated),
    ];
    for (name, lines, expected) in table {
        assert_eq!(refusal(with(REQUEST, name, lines)), *expected, "{lines:?}");
    }
    for method in ["POST", "get", "CONNECT", "HEAD"] {
        let refused = refusal(REQUEST.replace("GET", method));
        assert_eq!((refused, refused.status()), (Method, 405), "{method}");
    }
}

/// Upgrades that weren't proved were taken: each field of the answer is (§4.1).
#[test]
fn failure_t21_an_answer_with_any_field_wrong_fails() {
    use HandshakeError::*;
    let table: &[(&str, &[&str], HandshakeError)] = &[
        ("Upgrade", &[], UpgradeMissing),
        ("Upgrade", &["Upgrade:"], UpgradeWrong),
        ("Upgrade", &["Upgrade: websockets"], UpgradeWrong),
        ("Upgrade", &["Upgrade: h2c, websocket"], UpgradeWrong),
        ("Upgrade", &["Upgrade: websocket", "Upgrade: websocket"], UpgradeWrong),
        ("Connection", &[], ConnectionMissing),
        ("Connection", &["Connection: close"], ConnectionMissing),
        ("Connection", &["Connection: Upgraded"], ConnectionMissing),
        ("Sec-WebSocket-Accept", &[], AcceptMissing),
        ("Sec-WebSocket-Accept", &["Sec-WebSocket-Accept:"], AcceptWrong),
        // The key itself, sent back.
        ("Sec-WebSocket-Accept", &["Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ=="], AcceptWrong),
        (
            "Sec-WebSocket-Accept",
            &["Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
            AcceptWrong,
        ),
        (
            "Sec-WebSocket-Accept",
            &["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo"],
            AcceptWrong,
        ),
        (
            "Sec-WebSocket-Accept",
            &["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x"],
            AcceptWrong,
        ),
        (
            "Sec-WebSocket-Accept",
            &[
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            ],
            AcceptRepeated,
        ),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol:"], SubprotocolUnoffered),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: Chat"], SubprotocolUnoffered),
        ("Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: soap"], SubprotocolUnoffered),
        (
            "Sec-WebSocket-Protocol",
            &["Sec-WebSocket-Protocol: chat, superchat"],
            SubprotocolUnoffered,
        ),
        (
            "Sec-WebSocket-Protocol",
            &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"],
            SubprotocolRepeated,
        ),
    ];
    for (name, lines, expected) in table {
        let outcome = answered(with(ANSWER, name, lines));
        assert_eq!(outcome, ClientOutcome::Failed(*expected), "{lines:?}");
    }
    let extended = and(ANSWER, "Sec-WebSocket-Extensions: permessage-deflate");
    assert_eq!(answered(extended), ClientOutcome::Failed(ExtensionUnoffered));
}

/// What came in the same segment as the 101 was lost.
#[test]
fn failure_t22_exactly_the_head_is_taken_of_a_101_at_every_split() {
    let mut bytes = Vec::from(ANSWER);
    bytes.extend_from_slice(b"\x81\x05Hello\x81\x05Hello\r\n\r\n");
    let whole = client().receive(&bytes);
    assert_eq!(whole.0, ANSWER.len());
    assert!(matches!(whole.1, Some(ClientOutcome::Open(_))));
    for first in 0..bytes.len() {
        for second in [first, first + 1, ANSWER.len() - 1, ANSWER.len(), ANSWER.len() + 1] {
            let mut client = client();
            let pieces = in_pieces(&bytes, &[first, second], |bytes| client.receive(bytes));
            assert_eq!(pieces, whole, "cut at {first} and {second}");
        }
    }
}

/// The same behind a request: what comes early belongs to the caller.
#[test]
fn failure_t22_exactly_the_head_is_taken_of_a_request_at_every_split() {
    let bytes = String::from(REQUEST) + "\x01\x02early\r\n\r\n";
    let whole = server().receive(bytes.as_bytes());
    assert_eq!(whole.0, REQUEST.len());
    for cut in 0..bytes.len() {
        let mut server = server();
        let pieces = in_pieces(bytes.as_bytes(), &[cut], |bytes| server.receive(bytes));
        assert_eq!(pieces, whole, "cut at {cut}");
    }
}
