//! What is sent, in which order, how it's handed out, and how much may wait (design: why a send
//! queue of segments; RFC 6455 §5.4, §5.5).
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod a_pong;
mod a_transmit;
mod buffered_amount;
mod fragments;
mod large_payloads;
mod order;
mod the_limit;
#[cfg(feature = "std")]
mod vectored;
mod what_was_taken_out;

use behaviour::*;
use bytes::{Buf, Bytes};
use wirebeat::{
    Config, Connection, Event, Kind, Message, Outgoing, Prepared, Role, SendErrorReason,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

/// Something of everything that can be queued, small and large, in order.
fn fill(connection: &mut Connection) -> Vec<(u8, Vec<u8>)> {
    let large = Bytes::from((0..=255).cycle().take(9_000).collect::<Vec<u8>>());
    connection.send(START, "one").expect("room");
    connection.ping(START, b"two").expect("room");
    connection.send(START, large.clone()).expect("room");
    connection.send(START, "").expect("room");
    connection.send_fragment(START, Some(Kind::Text), "fi", false).expect("room");
    connection.send_fragment(START, None, vec![b'v'; 5_000], false).expect("room");
    connection.send_fragment(START, None, "e", true).expect("room");
    connection.send_prepared(START, &Prepared::new("six")).expect("room");
    connection.send_prepared(START, &Prepared::new(large.clone())).expect("room");
    connection.send(START, &[8; 300]).expect("room");
    connection.send(START, large.slice(..1_500)).expect("room");
    connection.send(START, &large[..1_500]).expect("room");
    connection.send(START, large[..1_024].to_vec()).expect("room");
    connection.close(START, None).expect("no code");
    vec![
        (TEXT, b"one".to_vec()),
        (PING, b"two".to_vec()),
        (BINARY, large.to_vec()),
        (TEXT, Vec::new()),
        (TEXT_BEGINS, b"fi".to_vec()),
        (CONTINUES, vec![b'v'; 5_000]),
        (CONTINUES_LAST, b"e".to_vec()),
        (TEXT, b"six".to_vec()),
        (BINARY, large.to_vec()),
        (BINARY, vec![8; 300]),
        (BINARY, large[..1_500].to_vec()),
        (BINARY, large[..1_500].to_vec()),
        (BINARY, large[..1_024].to_vec()),
        (CLOSE, Vec::new()),
    ]
}

/// The peer's ping, which is answered.
fn ping_from_peer(connection: &mut Connection, payload: &[u8]) {
    let bytes = from_peer_of(connection.role(), PING, payload);
    assert_eq!(receive(connection, START, &bytes), [Event::Ping(payload.into())]);
}

fn take(connection: &mut Connection, max: usize) -> Vec<u8> {
    let Some(mut outgoing) = connection.take_transmit(max) else { return Vec::new() };
    assert!((1..=max).contains(&outgoing.remaining()));
    let mut bytes = Vec::new();
    while outgoing.has_remaining() {
        // Written in parts, as a transport does.
        let part = outgoing.chunk().len().min(1_000);
        bytes.extend_from_slice(&outgoing.chunk()[..part]);
        outgoing.advance(part);
        connection.handle_written(START, part);
    }
    bytes
}
