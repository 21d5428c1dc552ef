//! `Refusing`: the response is flushed, our side ends, and the client gets time to read it.

use super::*;

fn refusing() -> Connection {
    let mut server = new_server(&Config::default());
    assert_eq!(receive(&mut server, START, b"GET / HTTP/1.1\r\n\r\n"), []);
    assert_eq!(server.ready_state(), ReadyState::Connecting);
    server
}

const REASON: Reason = Reason::Refused(RequestRefusal::HostMissing);

#[test]
fn is_flushed_before_our_side_ends() {
    let mut server = refusing();
    let len = waiting(&mut server).len();
    for _ in 0..len {
        assert_eq!(server.transport(), Transport::Keep);
        write(&mut server, START, 1);
    }
    assert_eq!(server.transport(), Transport::ShutdownWrite);
    server.handle_eof(START);
    let events = poll(&mut server);
    assert_failed(&mut server, &events, REASON);
}

#[test]
fn lingers_for_a_second() {
    let mut server = refusing();
    write_all(&mut server, START + secs(3));
    assert_eq!(server.poll_timeout(), Some(START + secs(4)));
    server.handle_timeout(START + (secs(4) - TICK));
    assert_eq!(server.poll_event(), None);
    server.handle_timeout(START + secs(4));
    let events = poll(&mut server);
    assert_failed(&mut server, &events, REASON);
}

#[test]
fn is_flushed_also_after_the_client_ended_its_side() {
    let mut server = refusing();
    server.handle_eof(START);
    assert_eq!(server.poll_event(), None);
    assert!(write_all(&mut server, START).starts_with(b"HTTP/1.1 400 "));
    let events = poll(&mut server);
    assert_failed(&mut server, &events, REASON);
}

#[test]
fn ends_with_a_stall_if_it_is_not_taken() {
    let mut server = refusing();
    server.handle_write_blocked(START);
    server.handle_timeout(START + (secs(30) - TICK));
    assert_eq!(server.poll_event(), None);
    server.handle_timeout(START + secs(30));
    let events = poll(&mut server);
    assert_failed(&mut server, &events, REASON);
}

#[test]
fn throws_further_input_away() {
    let mut server = refusing();
    let waits = waiting(&mut server);
    assert_eq!(receive(&mut server, START, REQUEST), []);
    assert_eq!(waiting(&mut server), waits);
}

/// The application's own answer isn't an error.
#[test]
fn by_the_application_ends_without_an_error() {
    let mut server = deciding(&Config::default(), &[]);
    let response = Response::new(404).expect("a final status").body("nothing here\n");
    server.respond(START, &response).expect("a request waits");
    let wire = write_all(&mut server, START);
    let (head, body) = split_head(&wire);
    assert!(head.starts_with("HTTP/1.1 404 ") && body == b"nothing here\n", "{head}");
    server.handle_eof(START);
    let events = poll(&mut server);
    let (cause, closed) = ending(&mut server, &events);
    assert_eq!((cause, closed.cause.reason), (None, Reason::Responded));
    assert_eq!((closed.code, closed.was_clean), (CloseCode::ABNORMAL, false));
}
