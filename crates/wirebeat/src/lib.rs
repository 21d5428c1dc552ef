//! A sans-IO WebSocket: bytes and time go in; events, bytes and the next deadline come out.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod handshake;
mod role;
mod seed;
mod time;

pub use role::{ReadyState, Role};
pub use seed::Seed;
pub use time::Timestamp;
