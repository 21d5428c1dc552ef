//! The same over TLS, and what can go wrong with it.
#![cfg(feature = "tls")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "../support/mod.rs"]
mod support;

mod ends;
mod exchange;
mod rig;
mod trust;
