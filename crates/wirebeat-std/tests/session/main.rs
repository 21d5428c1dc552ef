//! Sessions on their threads, with real servers that die, fall silent, or never answer. What happens
//! is waited for, and never when.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "../support/mod.rs"]
mod support;

mod drop;
mod ends;
mod flow;
mod reconnect;
mod rig;
#[cfg(feature = "tls")]
mod tls;
