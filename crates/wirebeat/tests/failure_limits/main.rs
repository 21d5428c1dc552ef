//! The failures of others with limits, floods and queues, each with the row of the list that it's
//! from. What concerns memory alone is in `allocation`.
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod both_ends_flood;
mod limits_of_every_constructor;
mod masking_keys;
mod message_len;
mod pong_flood;
mod slow_application;
mod stalled_peer;

use behaviour::*;
use bytes::Bytes;
use wirebeat::handshake::Acceptance;
use wirebeat::{
    CloseCode, CloseFrame, Config, Connection, Event, Input, Kind, Message, Prepared,
    ProtocolError, ReadyState, Reason, Role, SendErrorReason, Transport,
};
