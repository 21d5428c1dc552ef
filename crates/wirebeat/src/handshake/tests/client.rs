//! RFC 6455 §4.1: what a client sends, and which answers it takes.

use alloc::string::String;
use alloc::vec::Vec;

use super::*;

fn accepted(answer: impl AsRef<[u8]>) -> Accepted {
    match answered(answer) {
        ClientOutcome::Open(accepted) => accepted,
        other => panic!("not opened: {other:?}"),
    }
}

fn failed(answer: impl AsRef<[u8]>) -> HandshakeError {
    match answered(answer) {
        ClientOutcome::Failed(error) => error,
        other => panic!("not failed: {other:?}"),
    }
}

fn rejected(answer: impl AsRef<[u8]>) -> ReceivedResponse {
    match answered(answer) {
        ClientOutcome::Rejected(response) => response,
        other => panic!("not rejected: {other:?}"),
    }
}

/// The lines of a head, in any order.
fn lines(head: &[u8]) -> Vec<&str> {
    let mut lines: Vec<&str> = core::str::from_utf8(head).unwrap().split("\r\n").collect();
    lines[1..].sort_unstable();
    lines
}

#[test]
fn the_request_is_that_of_section_1_2() {
    assert_eq!(lines(&client().request_bytes()), lines(REQUEST.as_bytes()));
}

#[test]
fn the_request_names_a_port_that_is_not_the_default() {
    let request = Request::new("[2001:db8::1]", Some(8080), "/a?b=c")
        .and_then(|request| request.header("Cookie", "a=b"))
        .unwrap();
    let bytes = ClientHandshake::new(request, None, NONCE, HeadLimits::default()).request_bytes();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("GET /a?b=c HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n"), "{text}");
    assert!(text.ends_with("\r\nCookie: a=b\r\n\r\n"), "{text}");
    assert!(!text.contains("Sec-WebSocket-Protocol"), "{text}");
    assert!(!text.contains("Origin"), "{text}");
}

#[test]
fn the_answer_of_section_1_2_opens() {
    let accepted = accepted(ANSWER);
    assert_eq!(accepted.subprotocol().map(|name| &**name), Some("chat"));
    assert_eq!(accepted.headers().len(), 4);
}

#[test]
fn an_answer_may_choose_no_subprotocol() {
    assert_eq!(accepted(with(ANSWER, "Sec-WebSocket-Protocol", &[])).subprotocol(), None);
}

#[test]
fn a_request_that_insists_on_a_subprotocol_fails_without_one() {
    let without = with(ANSWER, "Sec-WebSocket-Protocol", &[]);
    let answered = |request: Request, answer: &str| {
        let mut client = ClientHandshake::new(request, None, NONCE, HeadLimits::default());
        client.receive(answer.as_bytes()).1.expect("the answer is complete")
    };
    assert_eq!(
        answered(example().require_subprotocol(), &without),
        ClientOutcome::Failed(HandshakeError::SubprotocolMissing)
    );
    let chosen = answered(example().require_subprotocol(), ANSWER);
    assert!(matches!(chosen, ClientOutcome::Open(_)));
    // Nothing was offered, so there's nothing to choose.
    let none = Request::new("server.example.com", None, "/chat").unwrap().require_subprotocol();
    assert!(matches!(answered(none, &without), ClientOutcome::Open(_)));
}

#[test]
fn what_varies_among_good_servers_opens_too() {
    for answer in [
        // §4.1, response items 2 and 3: any case, and a list of tokens in Connection.
        with(ANSWER, "Upgrade", &["upgrade: WebSocket"]),
        with(ANSWER, "Connection", &["Connection: keep-alive, UPGRADE"]),
        with(ANSWER, "Connection", &["Connection: keep-alive", "Connection: upgrade"]),
        // Item 4: "ignoring any leading and trailing whitespace".
        with(
            ANSWER,
            "Sec-WebSocket-Accept",
            &["SEC-WEBSOCKET-ACCEPT: \t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t"],
        ),
        // RFC 9112 §4: the reason may be empty, and its space is left out by some.
        ANSWER.replace(" Switching Protocols", ""),
        ANSWER.replace(" Switching Protocols", " "),
        ANSWER.replace("Switching", "\u{fc}"),
        // RFC 9112 §2.2: a bare LF.
        ANSWER.replace("\r\n", "\n"),
        ANSWER.replace("\r\n\r\n", "\r\n\n"),
        // A body's headers mean nothing on a 101.
        and(ANSWER, "Content-Length: 100"),
        and(ANSWER, "Transfer-Encoding: chunked"),
        // An empty list names no extension.
        and(ANSWER, "Sec-WebSocket-Extensions: ,"),
        ANSWER.replace("HTTP/1.1", "HTTP/1.2"),
    ] {
        accepted(&answer);
    }
}

#[test]
fn interim_answers_are_skipped_up_to_eight() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    accepted(interim.repeat(8) + ANSWER);
    assert_eq!(failed(interim.repeat(9) + ANSWER), HandshakeError::TooManyInterim);
}

#[test]
fn an_answer_of_http_1_0_can_refuse_but_not_open() {
    assert_eq!(failed(ANSWER.replace("HTTP/1.1", "HTTP/1.0")), HandshakeError::HttpVersion);
    assert_eq!(failed("HTTP/2.0 404 \r\n\r\n"), HandshakeError::HttpVersion);
    let response = rejected("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(response.status(), 404);
}

#[test]
fn what_is_no_status_line_fails() {
    for line in [
        "",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 10",
        "HTTP/1.1 1010",
        "HTTP/1.1 099",
        "HTTP/1.1 1x1",
        "HTTP/1.1  101 OK",
        "HTTP/1.1\t101 OK",
        "HTTP/1.1 101\tOK",
        "http/1.1 101 OK",
        "HTTP/11 101 OK",
        "HTTP/1.10 101 OK",
        "ICY 200 OK",
        "\u{e4}\u{e4}\u{e4}\u{e4} 101 OK",
    ] {
        let answer = ANSWER.replace("HTTP/1.1 101 Switching Protocols", line);
        assert_eq!(failed(&answer), HandshakeError::Malformed(Malformed::StartLine), "{line:?}");
    }
}

#[test]
fn a_refusal_is_handed_over_with_its_headers_and_body() {
    let response = rejected(
        "HTTP/1.1 503 Service Unavailable\r\n\
        Retry-After: 120\r\n\
        Content-Length: 5\r\n\r\nlaterEXCESS",
    );
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers().get_str("retry-after"), Some("120"));
    assert_eq!(response.body(), "later");
    assert_eq!(HandshakeError::from(&response), HandshakeError::Status(503));
}

#[test]
fn a_refusal_without_length_waits_for_the_end() {
    let mut client = client();
    let (taken, outcome) = client.receive(b"HTTP/1.1 400 Bad Request\r\n\r\nno su");
    assert_eq!((taken, outcome), (33, None));
    assert_eq!(client.receive(b"ch page"), (7, None));
    let Some(ClientOutcome::Rejected(response)) = client.finish() else {
        panic!("what came is handed over");
    };
    assert_eq!(response.body(), "no such page");
    assert_eq!(client.finish(), None);
    assert_eq!(client.receive(b"more"), (0, None));
}

#[test]
fn there_is_nothing_to_finish_before_the_head_is_complete() {
    let mut client = client();
    assert_eq!(client.finish(), None);
    assert_eq!(client.receive(&ANSWER.as_bytes()[..40]), (40, None));
    assert_eq!(client.finish(), None);
    let (_, outcome) = client.receive(&ANSWER.as_bytes()[40..]);
    assert!(matches!(outcome, Some(ClientOutcome::Open(_))), "waiting goes on: {outcome:?}");
    assert_eq!(client.finish(), None);
}

#[test]
fn every_error_names_its_section_and_says_what_is_wrong() {
    for error in [
        failed("HTTP/1.1\r\n\r\n"),
        failed(with(ANSWER, "Upgrade", &[])),
        failed(with(ANSWER, "Connection", &[])),
    ] {
        assert!(error.section().contains('§'), "{error:?}");
        assert!(!alloc::format!("{error}").is_empty());
    }
}

/// Whatever the outcome was, there is only one: what comes behind it belongs to the caller.
#[test]
fn nothing_is_taken_after_an_outcome() {
    for (answer, opens) in [(ANSWER, true), ("HTTP/1.1 101 \r\n\r\n", false)] {
        let mut client = client();
        let (_, outcome) = client.receive(answer.as_bytes());
        assert_eq!(matches!(outcome, Some(ClientOutcome::Open(_))), opens);
        assert_eq!(client.receive(ANSWER.as_bytes()), (0, None), "{answer}");
    }
}
