//! The closing handshake and every other end, by virtual time (RFC 6455 §5.5.1, §7; design:
//! `CloseSent`, `CloseReceived`, `Draining`, `Failing`).
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod close_codes;
mod close_in_every_state;
mod when_both_close;
mod when_the_peer_breaks_the_protocol;
mod when_the_peer_closes;
mod when_the_transport_ends;
mod when_the_transport_stalls;
mod when_we_close;

use behaviour::*;
use wirebeat::{
    CloseCode, CloseError, CloseFrame, CloseFrameError, Closed, Config, Connection, Event, Kind,
    Message, Phase, ProtocolError, ReadyState, Reason, Role, SendErrorReason, Side, Timestamp,
    Transport,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

fn frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame::new(code, reason.to_owned()).expect("a frame that may be sent")
}

/// We closed, and the transport took it.
fn close_sent(role: Role) -> Connection {
    let mut connection = opened(role);
    connection.close(START, Some(frame(1000, ""))).expect("a code of ours");
    assert_eq!(only_close(&write_all(&mut connection, START)), Some(1000));
    connection
}

/// The peer closed, and our reply waits.
fn close_received(role: Role) -> Connection {
    let mut connection = opened(role);
    receive(&mut connection, START, &peer_close(role, 1000));
    connection
}

/// The client's wait for the end of the transport.
fn draining() -> Connection {
    let mut connection = close_received(Role::Client);
    write_all(&mut connection, START);
    connection
}

/// The peer broke the protocol, and our Close waits.
fn failing(role: Role) -> Connection {
    let mut connection = opened(role);
    receive(&mut connection, START, &from_peer_of(role, 0x83, b""));
    connection
}

fn closed(role: Role) -> Connection {
    let mut connection = opened(role);
    connection.handle_lost(START);
    poll(&mut connection);
    connection
}

fn assert_clean(connection: &mut Connection, events: &[Event<'static>]) -> Closed {
    let (cause, closed) = ending(connection, events);
    assert_eq!(cause, None, "a clean end is no error");
    assert!(closed.was_clean);
    closed
}

/// Nothing has ended it, and it waits.
fn assert_goes_on(connection: &mut Connection) {
    assert_eq!(connection.poll_event(), None);
    assert_eq!(connection.ready_state(), ReadyState::Closing);
}
