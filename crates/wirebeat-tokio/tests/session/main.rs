//! Sessions in their tasks. Over pipes time is tokio's, paused: nothing takes as long as it says.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "../support/network.rs"]
mod network;

mod drop;
mod ends;
mod flow;
mod reconnect;
mod rig;
mod sink;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
