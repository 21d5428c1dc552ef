//! permessage-deflate on a connection (RFC 7692), as both ends see it and as it is on the wire.
#![cfg(feature = "deflate")]
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod bombs;
mod buffered_amount;
mod frugality;
mod negotiation;
mod pieces;
mod prepared;
mod ratio;
mod receiving;
mod sending;

use behaviour::*;
use wirebeat::extension::{Deflate, DeflateParameters, WindowBits};
use wirebeat::{
    Config, Connection, Delivery, Event, Input, Kind, Message, Prepared, ProtocolError, Reason,
    Role, SendErrorReason,
};

/// First bytes of the first frame of a compressed message (RFC 7692 §6).
const RSV1: u8 = 0x40;

/// "Hello", compressed (RFC 7692 §7.2.3.1); and once more, with the window of the first.
const HELLO: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const HELLO_AGAIN: &[u8] = &[0xf2, 0x00, 0x11, 0x00, 0x00];

fn takeover() -> DeflateParameters {
    DeflateParameters::default()
}

fn no_takeover() -> DeflateParameters {
    DeflateParameters {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        ..DeflateParameters::default()
    }
}

/// An open connection that compresses, with these parameters.
fn deflated(role: Role, config: &Config, parameters: DeflateParameters) -> Connection {
    deflated_with(role, config, &Deflate::default(), parameters)
}

fn deflated_with(
    role: Role,
    config: &Config,
    deflate: &Deflate,
    parameters: DeflateParameters,
) -> Connection {
    open(role, config).with_deflate(deflate, parameters)
}

/// Both ends, which compress with these parameters.
fn pair(deflate: &Deflate, parameters: DeflateParameters) -> [Connection; 2] {
    ROLES.map(|role| deflated_with(role, &Config::default(), deflate, parameters))
}

fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

/// All that waits at one end, received by the other in pieces of at most `len` bytes.
fn pass(from: &mut Connection, to: &mut Connection, len: usize) -> Vec<Event<'static>> {
    write_all(from, START).chunks(len).flat_map(|piece| receive(to, START, piece)).collect()
}

fn messages(events: Vec<Event<'static>>) -> Vec<Message<'static>> {
    let message = |event| match event {
        Event::Message(message) => message,
        other => unreachable!("no message: {other:?}"),
    };
    events.into_iter().map(message).collect()
}

/// JSON of about this length, in which much comes again.
fn json(len: usize) -> String {
    let mut numbers = Numbers::new(len as u64);
    let mut text = String::from("[");
    while text.len() < len {
        let (id, price) = (numbers.below(10_000), numbers.below(1_000_000));
        text.push_str(&format!(
            "{{\"id\":{id},\"symbol\":\"WIRE\",\"price\":{price},\"ok\":true}},"
        ));
    }
    text.truncate(len);
    text
}
