//! The failures of others in reading frames, each with the row of the list that it's from.
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod after_an_error;
mod compression;
mod empty_frames;
mod lengths;
mod progress;
mod utf8;

use behaviour::*;
use wirebeat::{
    Config, Connection, Event, Input, Message, ProtocolError, ReadyState, Reason, Role,
};

const MAX: u64 = 16 * 1024 * 1024;

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}
