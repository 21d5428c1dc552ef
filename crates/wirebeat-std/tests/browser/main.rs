//! The browser's `WebSocket` on its thread, with real servers. What happens is waited for, and never
//! when.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "../support/mod.rs"]
mod support;

mod drop;
mod events;
mod panics;
mod reconnect;
mod rig;
