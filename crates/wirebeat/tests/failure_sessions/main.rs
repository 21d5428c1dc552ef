//! The failures of others with reconnecting and heartbeats, by virtual time. Each test is named for
//! the bug that it keeps away; T39 is a row of the list.
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;
#[path = "../support/session.rs"]
mod support;

mod attempts;
mod heartbeats;
mod messages;
mod storms;

use core::time::Duration;

use behaviour::{Numbers, START, TICK, close_body, frames, from_peer_of, millis, secs};
use support::*;
use wirebeat::session::{
    Backoff, Exponential, Fate, Next, Pause, Reconnect, Session, SessionClosed, SessionConfig,
    SessionEvent, Wanted,
};
use wirebeat::{
    CloseCode, CloseFrame, Config, DialError, Heartbeat, Reason, Role, Seed, Timestamp, Transport,
};

fn usual() -> SessionConfig {
    SessionConfig::default()
}

fn fixed() -> SessionConfig {
    let reconnect = Some(Reconnect::with(Backoff::fixed(secs(3))));
    SessionConfig { reconnect, ..SessionConfig::default() }
}

fn bye() -> Option<CloseFrame> {
    Some(CloseFrame::new(CloseCode::NORMAL, "").expect("it may be sent"))
}
