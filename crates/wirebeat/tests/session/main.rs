//! A session by virtual time: dialing, backing off, closing, what waits (design: session).
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;
#[path = "../support/session.rs"]
mod support;

mod backing_off;
mod close_in_every_phase;
#[cfg(feature = "deflate")]
mod compression;
mod delays_of_the_application;
mod dialing;
mod greeting_outbox_open;
mod heartbeat;
mod hints;
mod its_connection;
mod kept_until_it_is_out;
mod outbox;
mod reconnect;
#[cfg(feature = "url")]
mod url;
mod what_closed_says;
mod what_is_retried;

use behaviour::{START, TICK, from_peer_of, millis, response_to, secs};
use support::*;
use wirebeat::handshake::Request;
use wirebeat::session::{
    Backoff, DropReason, Exponential, Fate, Next, Pause, Reconnect, Session, SessionConfig,
    SessionEvent, Target, Wanted,
};
use wirebeat::{
    Cause, CloseCode, CloseFrame, Config, DialError, Heartbeat, Message, Phase, ReadyState, Reason,
    Role, Seed, SendErrorReason, Timestamp, Transport,
};

fn usual() -> SessionConfig {
    SessionConfig::default()
}

/// As the simplest wrapper does it: the same delay each time, and no randomness.
fn fixed() -> SessionConfig {
    let reconnect = Some(Reconnect::with(Backoff::fixed(secs(3))));
    SessionConfig { reconnect, ..SessionConfig::default() }
}

fn never() -> SessionConfig {
    SessionConfig { reconnect: None, ..SessionConfig::default() }
}

fn bye() -> Option<CloseFrame> {
    Some(CloseFrame::new(CloseCode::NORMAL, "bye").expect("it may be sent"))
}
