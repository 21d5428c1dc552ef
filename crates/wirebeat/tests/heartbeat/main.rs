//! The heartbeat by virtual time (design: heartbeat and liveness; RFC 6455 §5.5.2, §5.5.3).
//!
//! The default is used throughout: a ping after 20 s of silence, 20 s for the answer.
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod a_slow_application;
mod latency;
mod of_messages;
mod silence;
mod the_answer;
mod time;

use behaviour::*;
use bytes::{Buf, BufMut};
use wirebeat::{
    Config, Connection, Event, Heartbeat, Input, Kind, Message, Phase, ReadyState, Reason, Role,
    Side, Timestamp,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

/// Lets the time pass, as a driver does: at each deadline, and at the end.
fn pass(connection: &mut Connection, until: Timestamp) {
    while let Some(at) = connection.poll_timeout().filter(|at| *at <= until) {
        connection.handle_timeout(at);
        assert!(
            connection.poll_timeout().is_none_or(|next| next > at),
            "no deadline is left behind"
        );
    }
    connection.handle_timeout(until);
}

/// The nonce of the ping that is the only thing that waits, which is written at `now`.
fn write_ping(connection: &mut Connection, now: Timestamp) -> Vec<u8> {
    let mut frames = frames(&write_all(connection, now));
    assert_eq!(frames.len(), 1, "{frames:?}");
    let ping = frames.remove(0);
    assert_eq!((ping.first, ping.masked), (PING, connection.role() == Role::Client));
    ping.payload
}

/// A ping was due and is written, at 20 s.
fn pinged(role: Role) -> (Connection, Vec<u8>) {
    let mut connection = opened(role);
    pass(&mut connection, START + secs(20));
    let nonce = write_ping(&mut connection, START + secs(20));
    (connection, nonce)
}

fn assert_dead(connection: &mut Connection) {
    let events = poll(connection);
    let closed = assert_failed(connection, &events, Reason::HeartbeatTimeout);
    assert_eq!((closed.cause.phase, closed.cause.side()), (Phase::Open, Side::Transport));
    assert!(closed.is_retryable());
}

/// Still open one tick before `at`, and dead at it.
fn assert_dies_at(connection: &mut Connection, at: Timestamp) {
    assert_eq!(connection.poll_timeout(), Some(at));
    connection.handle_timeout(Timestamp::from_nanos(at.as_nanos() - 1));
    assert_eq!(connection.ready_state(), ReadyState::Open);
    connection.handle_timeout(at);
    assert_dead(connection);
}
