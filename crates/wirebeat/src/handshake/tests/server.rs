//! RFC 6455 §4.2: which requests a server takes, and what it answers.

use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// The answer that is sent with a refusal.
fn refusal_text(request: impl AsRef<[u8]>) -> String {
    match asked(request) {
        ServerOutcome::Refused(_, answer) => String::from_utf8(answer).unwrap(),
        ServerOutcome::Request(request) => panic!("not refused: {request:?}"),
    }
}

#[test]
fn the_request_of_section_1_2_is_an_upgrade() {
    let request = request(REQUEST);
    assert!(request.is_upgrade());
    assert_eq!(request.method(), "GET");
    assert_eq!(request.target(), "/chat");
    assert_eq!(request.host(), "server.example.com");
    assert_eq!(request.origin(), Some("http://example.com"));
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(request.headers().len(), 7);
}

#[test]
fn the_answer_is_that_of_section_1_2() {
    let mut server = server();
    server.receive(REQUEST.as_bytes());
    let consent = server.accept(&Acceptance::new().subprotocol("chat")).unwrap();
    let Consent { response: answer, subprotocol, .. } = consent;
    assert_eq!(String::from_utf8(answer).unwrap(), ANSWER);
    assert_eq!(subprotocol.as_deref(), Some("chat"));
}

#[test]
fn an_acceptance_carries_its_headers_and_may_choose_no_subprotocol() {
    let mut server = server();
    server.receive(REQUEST.as_bytes());
    let acceptance = Acceptance::new().header("Set-Cookie", "id=17").unwrap();
    let Consent { response: answer, subprotocol, .. } = server.accept(&acceptance).unwrap();
    let expected = with(ANSWER, "Sec-WebSocket-Protocol", &["Set-Cookie: id=17"]);
    assert_eq!(String::from_utf8(answer).unwrap(), expected);
    assert_eq!(subprotocol, None);
}

#[test]
fn a_subprotocol_that_was_not_offered_cannot_be_accepted() {
    let mut server = server();
    server.receive(REQUEST.as_bytes());
    for name in ["Chat", "cha", "chat,superchat", "chat, superchat", "", "chat\r\nX: y"] {
        let accepted = server.accept(&Acceptance::new().subprotocol(name)).map(|_| ());
        assert_eq!(accepted, Err(AcceptError::SubprotocolUnoffered), "{name:?}");
    }
}

#[test]
fn only_a_waiting_upgrade_can_be_accepted() {
    let mut server = server();
    assert_eq!(server.accept(&Acceptance::new()).map(|_| ()), Err(AcceptError::Gone));
    server.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(server.accept(&Acceptance::new()).map(|_| ()), Err(AcceptError::NotAnUpgrade));

    let mut server = super::server();
    server.receive(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(server.accept(&Acceptance::new()).map(|_| ()), Err(AcceptError::Gone));
}

#[test]
fn nothing_is_taken_behind_the_head() {
    let mut server = server();
    let mut bytes = Vec::from(REQUEST);
    bytes.extend_from_slice(b"\x81\x85early");
    assert_eq!(server.receive(&bytes).0, REQUEST.len());
    assert_eq!(server.receive(b"\x81\x85early"), (0, None));
}

#[test]
fn what_varies_among_good_clients_is_an_upgrade_too() {
    for head in [
        // §4.2.1, items 3 and 4: lists of tokens, in any case.
        with(REQUEST, "Upgrade", &["UPGRADE: h2c, WebSocket"]),
        with(REQUEST, "Upgrade", &["Upgrade: h2c", "Upgrade: websocket"]),
        with(REQUEST, "Connection", &["Connection: keep-alive,, upgrade ,"]),
        with(REQUEST, "Connection", &["Connection: keep-alive", "Connection: Upgrade"]),
        // Item 5: the last character's spare bits are free.
        with(REQUEST, "Sec-WebSocket-Key", &["Sec-WebSocket-Key:AAAAAAAAAAAAAAAAAAAAAB=="]),
        // Item 8: lists may be split over lines.
        with(
            REQUEST,
            "Sec-WebSocket-Protocol",
            &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: Chat"],
        ),
        // Item 9: extensions are declined by silence.
        and(REQUEST, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
        // RFC 9112 §6.3: a length of zero is no body.
        and(REQUEST, "Content-Length: 0"),
        with(REQUEST, "Origin", &[]),
        with(REQUEST, "Host", &["Host: [::1]:8080"]),
        REQUEST.replace("HTTP/1.1", "HTTP/1.9"),
        REQUEST.replace("/chat", "/chat?a=[{|}]&b='^`\\%zz"),
    ] {
        assert!(request(&head).is_upgrade(), "{head}");
    }
}

#[test]
fn a_request_without_upgrade_is_plain() {
    for head in [
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: websockets\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nOrigin: null\r\n\r\n",
        "DELETE /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    ] {
        let request = request(head);
        assert!(!request.is_upgrade(), "{head}");
        assert_eq!(request.target(), "/health");
    }
}

#[test]
fn a_plain_request_is_answered_in_full_and_head_without_body() {
    let response = Response::new(200).unwrap().body("fine");
    let text = |method: &str| {
        let mut server = server();
        server.receive(alloc::format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        String::from_utf8(server.respond(&response)).unwrap()
    };
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n";
    assert_eq!(text("GET"), alloc::format!("{head}fine"));
    assert_eq!(text("HEAD"), head);
}

#[test]
fn statuses_without_content_are_sent_without() {
    let text = |status| {
        let response = Response::new(status).unwrap().body("fine");
        String::from_utf8(response.encode_with(true)).unwrap()
    };
    assert_eq!(text(204), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    assert_eq!(text(304), "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
    assert_eq!(text(205), "HTTP/1.1 205 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn a_refusal_says_why_and_what_would_do() {
    assert_eq!(
        refusal_text(with(REQUEST, "Host", &[])),
        "HTTP/1.1 400 Bad Request\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Connection: close\r\n\
        Content-Length: 24\r\n\r\n\
        the request has no Host\n"
    );
    // RFC 9110 §15.5.6: Allow is a MUST.
    assert!(refusal_text(REQUEST.replace("GET", "POST")).contains("\r\nAllow: GET\r\n"));
    // RFC 9110 §9.3.2: nothing follows the head in answer to HEAD.
    assert!(refusal_text(REQUEST.replace("GET", "HEAD")).ends_with("\r\n\r\n"));
    // §4.4: the versions that would do; RFC 9110 §15.5.22: Upgrade is a MUST.
    let text = refusal_text(with(REQUEST, "Sec-WebSocket-Version", &[]));
    assert!(text.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{text}");
    for line in ["Sec-WebSocket-Version: 13", "Upgrade: websocket", "Connection: Upgrade, close"] {
        assert!(text.lines().any(|candidate| candidate == line), "{line}: {text}");
    }
}

#[test]
fn a_target_in_absolute_form_replaces_the_host() {
    for (target, path, host) in [
        ("http://b.example/chat?x", "/chat?x", "b.example"),
        ("HTTPS://b.example:8443", "/", "b.example:8443"),
        ("http://b.example?x", "/?x", "b.example"),
    ] {
        let request = request(REQUEST.replace("/chat", target));
        assert_eq!((request.target(), request.host()), (path, host));
    }
}

#[test]
fn a_target_that_is_none_is_refused() {
    for target in [
        "*",
        "chat",
        "server.example.com:80",
        "ws://server.example.com/chat",
        "http://",
        "http:///chat",
        "http://user@server.example.com/chat",
        "http://server.example.com:99999/chat",
        "/chat#top",
        "/ch\"at",
        "/ch<at",
        "/ch\u{e4}t",
    ] {
        assert_eq!(refusal(REQUEST.replace("/chat", target)), RequestRefusal::TargetInvalid);
    }
    let options = "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(request(options).target(), "*");
}

#[test]
fn a_request_line_that_is_none_is_refused() {
    for line in [
        "",
        "GET",
        "GET /chat",
        "GET /chat HTTP/1.1 ",
        "GET  /chat HTTP/1.1",
        "GET\t/chat HTTP/1.1",
        " GET /chat HTTP/1.1",
        "GET /chat  HTTP/1.1",
        "GET /ch at HTTP/1.1",
        "G(T /chat HTTP/1.1",
        "GET  HTTP/1.1",
        "GET /chat http/1.1",
        "GET /chat HTTP/1.1x",
        "GET /chat HTTP/1",
    ] {
        let head = REQUEST.replace("GET /chat HTTP/1.1", line);
        assert_eq!(refusal(&head), RequestRefusal::Malformed(Malformed::StartLine), "{line:?}");
    }
}

#[test]
fn other_versions_of_http_are_refused() {
    for (version, status) in [("HTTP/1.0", 505), ("HTTP/2.0", 505), ("HTTP/0.9", 505)] {
        let refusal = refusal(REQUEST.replace("HTTP/1.1", version));
        assert_eq!((refusal, refusal.status()), (RequestRefusal::HttpVersion, status));
    }
    // How HTTP/2 begins (RFC 9113 §3.4).
    assert_eq!(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), RequestRefusal::HttpVersion);
}

#[test]
fn a_host_that_is_none_is_refused() {
    for host in [
        "", "a b", "a/b", "user@a", "a:b", "a:80:80", "a:65536", "a:+80", "::1", "[::1", "[::g]",
        "[::1]x", "[]", "a\u{e4}", "a,b:c",
    ] {
        let head = with(REQUEST, "Host", &[&alloc::format!("Host: {host}")]);
        assert_eq!(refusal(&head), RequestRefusal::HostInvalid, "{host:?}");
    }
}

#[test]
fn more_subprotocols_than_can_be_compared_are_refused() {
    let offering = |count: usize| {
        let names: Vec<String> = (0..count).map(|index| alloc::format!("p{index}")).collect();
        with(
            REQUEST,
            "Sec-WebSocket-Protocol",
            &[&alloc::format!("Sec-WebSocket-Protocol: {}", names.join(","))],
        )
    };
    assert_eq!(request(offering(64)).subprotocols().count(), 64);
    assert_eq!(refusal(offering(65)), RequestRefusal::TooManySubprotocols);
}

#[test]
fn the_origin_policy_holds_for_upgrades() {
    let mut server = ServerHandshake::new(OriginPolicy::SameHost, None, HeadLimits::default());
    let (_, outcome) = server.receive(REQUEST.as_bytes());
    let Some(ServerOutcome::Refused(refusal, answer)) = outcome else {
        panic!("a page of another host: {outcome:?}");
    };
    assert_eq!((refusal, refusal.status()), (RequestRefusal::OriginRefused, 403));
    assert!(answer.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));

    let mut server = ServerHandshake::new(OriginPolicy::SameHost, None, HeadLimits::default());
    let same = with(REQUEST, "Origin", &["Origin: https://Server.Example.com"]);
    assert!(matches!(server.receive(same.as_bytes()).1, Some(ServerOutcome::Request(_))));
}

#[test]
fn every_refusal_has_a_status_and_a_section() {
    for refusal in [
        refusal(REQUEST.replace("HTTP/1.1", "HTTP/1.0")),
        refusal(with(REQUEST, "Sec-WebSocket-Key", &[])),
        refusal(REQUEST.replace("\r\n", "\n")),
    ] {
        assert!((400..=599).contains(&refusal.status()), "{refusal:?}");
        assert!(refusal.section().contains('§'), "{refusal:?}");
    }
}

/// Whatever the outcome was, there is only one: a refused client can't try again.
#[test]
fn nothing_is_taken_after_a_refusal() {
    let mut server = server();
    let (_, outcome) = server.receive(REQUEST.replace("GET", "POST").as_bytes());
    assert!(matches!(outcome, Some(ServerOutcome::Refused(RequestRefusal::Method, _))));
    assert_eq!(server.receive(REQUEST.as_bytes()), (0, None));
}
