//! The handshake, from both ends and with answers of any kind (RFC 7692 §5, §7.1).

use super::*;
use wirebeat::handshake::{Acceptance, HandshakeError};
use wirebeat::{CloseCode, Transport};

fn config(deflate: Deflate) -> Config {
    Config { deflate: Some(deflate), ..Config::default() }
}

/// A client, and its request.
fn asking(deflate: Deflate) -> (Connection, String) {
    let mut client = new_client(&config(deflate));
    let request = write_all(&mut client, START);
    (client, String::from_utf8(request).expect("a head is text"))
}

/// A client that was answered by a 101 with these lines.
fn answered(deflate: Deflate, lines: &str) -> (Connection, Vec<Event<'static>>) {
    let (mut client, request) = asking(deflate);
    let response = String::from_utf8(response_to(request.as_bytes())).expect("a head is text");
    let response = response.strip_suffix("\r\n").expect("a head").to_owned() + lines + "\r\n";
    let events = receive(&mut client, START, response.as_bytes());
    (client, events)
}

#[test]
fn both_ends_agree_and_compress() {
    for parameters in [takeover(), no_takeover()] {
        let (mut client, request) = asking(Deflate::default().parameters(parameters));
        let mut server = new_server(&config(Deflate::default()));
        let events = receive(&mut server, START, request.as_bytes());
        let [Event::Request(request)] = &events[..] else { unreachable!("{events:?}") };
        assert_eq!(request.extensions().count(), 1);
        server.accept(START, &Acceptance::new()).expect("it waits");
        let events = pass(&mut server, &mut client, 7);
        let [Event::Open(accepted)] = &events[..] else { unreachable!("{events:?}") };
        assert_eq!(accepted.deflate(), Some(parameters));
        assert_eq!((client.deflate(), server.deflate()), (Some(parameters), Some(parameters)));

        let text = json(5000);
        for _ in 0..3 {
            client.send(START, &*text).expect("room");
            assert!(waiting(&mut client).len() < text.len() / 3);
            assert_eq!(messages(pass(&mut client, &mut server, 100)), [Message::from(&*text)]);
            server.send(START, &*text).expect("room");
            assert_eq!(messages(pass(&mut server, &mut client, 100)), [Message::from(&*text)]);
        }
        let savings = client.savings().expect("it compresses");
        assert_eq!((savings.sent, savings.received), (15_000, 15_000));
        assert_eq!(Some(savings.sent_on_wire), server.savings().map(|it| it.received_on_wire));
        assert!(savings.sent_on_wire < 5_000);
        let (sent, received) = (savings.sent_on_wire, savings.received_on_wire);
        let shown = format!("sent 15000 bytes as {sent}, received 15000 bytes as {received}");
        assert_eq!(savings.to_string(), shown);
    }
}

#[test]
fn nothing_is_compressed_unless_both_want_it() {
    for (of_client, of_server, acceptance) in [
        (None, Some(Deflate::default()), Acceptance::new()),
        (Some(Deflate::default()), None, Acceptance::new()),
        (Some(Deflate::default()), Some(Deflate::default()), Acceptance::new().compress(false)),
    ] {
        let mut client = new_client(&Config { deflate: of_client, ..Config::default() });
        let mut server = new_server(&Config { deflate: of_server, ..Config::default() });
        let request = write_all(&mut client, START);
        assert!(matches!(receive(&mut server, START, &request)[..], [Event::Request(_)]));
        server.accept(START, &acceptance).expect("it waits");
        assert!(matches!(pass(&mut server, &mut client, 999)[..], [Event::Open(_)]));
        assert_eq!((client.deflate(), server.deflate()), (None, None));
        assert_eq!((client.savings(), server.savings()), (None, None));
        let text = json(500);
        server.send(START, &*text).expect("room");
        assert_eq!(plain(&waiting(&mut server)), [(TEXT, text.into_bytes())]);
    }
}

#[test]
fn a_server_takes_the_first_offer_that_it_can_grant() {
    let offers = "Sec-WebSocket-Extensions: x-mine, permessage-deflate; server_max_window_bits=8\r\n\
        sec-websocket-extensions: permessage-deflate; foo, \
        permessage-deflate; server_max_window_bits=10, permessage-deflate\r\n\r\n";
    let request = [&REQUEST[..REQUEST.len() - 2], offers.as_bytes()].concat();
    let mut server = new_server(&config(Deflate::default()));
    assert!(matches!(receive(&mut server, START, &request)[..], [Event::Request(_)]));
    server.accept(START, &Acceptance::new()).expect("it waits");
    let response = String::from_utf8(write_all(&mut server, START)).expect("a head is text");
    let answer = header(&response, "Sec-WebSocket-Extensions");
    assert_eq!(answer, Some("permessage-deflate; server_max_window_bits=10"));
}

/// RFC 7692 §7.1: "the client MUST _Fail the WebSocket Connection_"; RFC 6455 §4.1: no connection was
/// established, so no frame is sent.
#[test]
fn an_answer_that_was_not_offered_fails_the_handshake() {
    for (value, error) in [
        ("permessage-deflate; client_max_window_bits", HandshakeError::ExtensionInvalid),
        ("permessage-deflate; server_max_window_bits=16", HandshakeError::ExtensionInvalid),
        ("permessage-deflate; foo=1", HandshakeError::ExtensionInvalid),
        (
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            HandshakeError::ExtensionInvalid,
        ),
        ("permessage-deflate, permessage-deflate", HandshakeError::ExtensionRepeated),
        ("permessage-deflate;;", HandshakeError::ExtensionsMalformed),
        ("permessage-deflate, x-mine", HandshakeError::ExtensionUnoffered),
        ("x-webkit-deflate-frame", HandshakeError::ExtensionUnoffered),
    ] {
        let line = format!("Sec-WebSocket-Extensions: {value}\r\n");
        let (mut client, events) = answered(Deflate::default(), &line);
        assert_failed(&mut client, &events, Reason::Handshake(error));
    }
    let strict = Deflate::default().parameters(no_takeover());
    let (mut client, events) = answered(strict, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert_failed(&mut client, &events, Reason::Handshake(HandshakeError::ExtensionInvalid));
}

/// RFC 6455 §7.4.1: 1010, "because it has expected the server to negotiate one or more extension, but
/// the server didn't return them in the response message".
#[test]
fn a_client_that_requires_compression_says_so_to_a_server_without() {
    let (mut client, events) = answered(Deflate::default().required(true), "");
    assert_eq!(events, []);
    let sent = frames(&write_all(&mut client, START));
    let [Sent { first: CLOSE, payload, .. }] = &sent[..] else { unreachable!("{sent:?}") };
    assert_eq!(payload[..], close_body(CloseCode::EXTENSION_REQUIRED.get(), "permessage-deflate"));
    assert_eq!(client.transport(), Transport::ShutdownWrite);
    client.handle_eof(START);
    let events = poll(&mut client);
    assert_failed(&mut client, &events, Reason::Handshake(HandshakeError::ExtensionMissing));

    // Without the requirement it goes on without.
    let (_, events) = answered(Deflate::default(), "");
    assert!(matches!(events[..], [Event::Open(_)]));
    // An answer that isn't valid is told nothing, required or not.
    let line = "Sec-WebSocket-Extensions: permessage-deflate; foo\r\n";
    let (mut client, events) = answered(Deflate::default().required(true), line);
    assert_failed(&mut client, &events, Reason::Handshake(HandshakeError::ExtensionInvalid));
}

/// A window of 256 bytes is one that no zlib compresses with: all goes as it is, which is allowed.
#[test]
fn a_client_that_is_told_to_use_a_window_of_8_sends_as_it_is() {
    let line = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8\r\n";
    let (mut client, events) = answered(Deflate::default(), line);
    assert!(matches!(events[..], [Event::Open(_)]));
    assert_eq!(client.deflate().map(|it| it.client_max_window_bits), Some(WindowBits::MIN));
    let text = json(500);
    client.send(START, &*text).expect("room");
    client.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
    client.send_fragment(START, None, &*text, true).expect("room");
    let sent = plain(&waiting(&mut client));
    let text = text.into_bytes();
    assert_eq!(sent[0], (TEXT, text.clone()));
    assert_eq!(sent[1..], [(TEXT_BEGINS, b"a".to_vec()), (CONTINUES_LAST, text)]);
}
