//! The opening handshake inside a connection: its deadline, the application's decision, and what
//! comes too early or too late (RFC 6455 §4; design: `Opening`, `Refusing`, `Aborting`).
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod a_refusal;
mod a_rejection;
mod a_request_is_answered_once;
mod a_status;
mod before_it_is_open;
mod nothing_overtakes_the_101;
mod the_open_timeout;
mod what_comes_behind_the_request;

use behaviour::*;
use wirebeat::handshake::{AcceptError, Acceptance, HandshakeError, RequestRefusal, Response};
use wirebeat::{
    CloseCode, CloseFrame, Config, Connection, Event, Message, Phase, ReadyState, Reason, Role,
    Transport,
};

/// A server whose application has to decide.
fn deciding(config: &Config, behind: &[u8]) -> Connection {
    let mut server = new_server(config);
    let events = receive(&mut server, START, &[REQUEST, behind].concat());
    assert!(matches!(&events[..], [Event::Request(request)] if request.is_upgrade()), "{events:?}");
    server
}

fn accept(server: &mut Connection) {
    server.accept(START, &Acceptance::new()).expect("a request waits");
}

/// The head at the front of what was written, and what follows it.
fn split_head(wire: &[u8]) -> (&str, &[u8]) {
    let end = wire.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head") + 4;
    (core::str::from_utf8(&wire[..end]).expect("a head is text"), &wire[end..])
}

fn assert_is_101(head: &str) {
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
}

#[test]
fn a_connection_opens_on_both_ends() {
    let config = Config::default();
    let (mut client, mut server) = (new_client(&config), new_server(&config));
    assert_eq!(client.ready_state(), ReadyState::Connecting);
    let request = write_all(&mut client, START);
    receive(&mut server, START, &request);
    accept(&mut server);
    assert_eq!(server.ready_state(), ReadyState::Open);
    let events = receive(&mut client, START, &write_all(&mut server, START));
    assert!(matches!(&events[..], [Event::Open(_)]), "{events:?}");
    assert_eq!(client.ready_state(), ReadyState::Open);
}
