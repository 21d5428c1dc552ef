//! What the property tests and the fuzz targets of `wirebeat` share.
//!
//! A harness function takes bytes, makes a case of them, runs the core on it and panics if an
//! invariant doesn't hold. A fuzz target is such a function and nothing else; the property tests run
//! the same functions on generated cases, and replay the fuzzers' seeds, on a stable compiler.
//!
//! | module | subject |
//! |---|---|
//! | [`model`] | a naive decoder: the whole stream in, all that it means out |
//! | [`frame`] | frames as a peer may send them, also broken ones; a reader for what we send |
//! | [`rules`] | role, delivery and limits of the connection under test |
//! | [`split`] | a stream, cut, against the model: [`frame_split`] |
//! | [`scenario`], [`runner`], [`trace`], [`invariants`] | any calls in any order, what was seen, what must hold: [`connection_ops`] |
//! | [`handshake`] | cut handshakes against httparse: [`handshake_request`], [`handshake_response`] |
//! | [`exchange`] | a client and a server that talk to each other |
//! | [`session`] | a session, its driver and a network that fails: [`session_ops`] |
//! | [`source`] | from a fuzzer's bytes to numbers and slices |
//! | `strategies` | generators for property tests (feature `proptest`) |
#![forbid(unsafe_code)]
// A harness says what is wrong by panicking, and what it gets from a fuzzer it cuts to size.
#![allow(clippy::panic, clippy::unwrap_used, clippy::cast_possible_truncation)]

pub mod exchange;
pub mod frame;
pub mod handshake;
pub mod invariants;
pub mod model;
pub mod rules;
pub mod runner;
pub mod scenario;
pub mod session;
pub mod source;
pub mod split;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod trace;

pub use handshake::{handshake_request, handshake_response};
pub use invariants::connection_ops;
pub use session::session_ops;
pub use split::frame_split;
