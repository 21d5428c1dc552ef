//! The browser's `WebSocket` in its task. Time is tokio's, paused: nothing takes as long as it says.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "../support/network.rs"]
mod network;

mod drop;
mod events;
mod panics;
mod reconnect;
mod rig;
