//! RFC 6455 §4.1: the client waits for the answer. What it sends earlier is kept, within a limit.

use super::*;

fn messages() -> Vec<u8> {
    [
        from_peer_of(Role::Server, TEXT, "first".as_bytes()),
        from_peer_of(Role::Server, BINARY, b"second"),
        from_peer_of(Role::Server, TEXT, b"third")[..7].to_vec(),
    ]
    .concat()
}

#[test]
fn comes_out_as_messages_after_the_decision() {
    let mut server = deciding(&Config::default(), &messages());
    assert_eq!(server.poll_event(), None);
    assert!(!server.wants_read());
    accept(&mut server);
    assert!(server.wants_read());
    let rest = &from_peer_of(Role::Server, TEXT, b"third")[7..];
    let events = receive(&mut server, START, rest);
    let expected = ["first".into(), Message::from(b"second"), "third".into()];
    assert_eq!(events, expected.map(Event::Message));
}

#[test]
fn comes_out_without_further_input() {
    let mut server = deciding(&Config::default(), &messages());
    accept(&mut server);
    let expected = [Message::from("first"), Message::from(b"second")];
    assert_eq!(poll(&mut server), expected.map(Event::Message));
}

/// The limit is that of the head, inclusive.
#[test]
fn is_refused_beyond_the_limit() {
    let config = Config::default();
    let mut server = deciding(&config, &vec![0; config.head_len_max]);
    assert_eq!(waiting(&mut server), []);
    assert_eq!(server.ready_state(), ReadyState::Connecting);

    assert_eq!(receive(&mut server, START, &[0]), []);
    assert!(waiting(&mut server).starts_with(b"HTTP/1.1 400 "));
    write_all(&mut server, START);
    assert_eq!(server.transport(), Transport::ShutdownWrite);
    server.handle_eof(START);
    let events = poll(&mut server);
    let refusal = Reason::Refused(RequestRefusal::DataBeforeAnswer);
    assert_failed(&mut server, &events, refusal);
}

#[test]
fn is_forgotten_if_the_request_is_rejected() {
    let mut server = deciding(&Config::default(), &messages());
    server.respond(START, &Response::new(403).expect("a final status")).expect("it waits");
    assert_eq!(poll(&mut server), []);
}

#[test]
fn is_received_also_while_we_close() {
    let mut server = deciding(&Config::default(), &messages());
    accept(&mut server);
    server.close(START, None).expect("no code");
    let expected = [Message::from("first"), Message::from(b"second")];
    assert_eq!(poll(&mut server), expected.map(Event::Message));
}
