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
//! | `deflate` | permessage-deflate (feature `deflate`): [`extension_header`], [`inflate`], [`deflate_pair`] |
//! | [`exchange`] | a client and a server that talk to each other: [`roundtrip`] |
//! | [`pair`](mod@pair) | a client, a server and links that fail, against a naive connection: [`pair`](pair()) |
//! | [`close_body`](mod@close_body), [`utf8`](mod@utf8), [`masking`] | one part of the wire format each: [`close_body`](close_body()), [`utf8`](utf8()), [`mask`] |
//! | `url` | what a URL names, against its record (feature `url`) |
//! | `differential` | our decoder against tungstenite's (feature `tungstenite`) |
//! | [`session`](mod@session) | a session, its driver and a network that fails: [`session`](session()) |
//! | [`source`] | from a fuzzer's bytes to numbers and slices |
//! | `strategies` | generators for property tests (feature `proptest`) |
#![forbid(unsafe_code)]
// A harness says what is wrong by panicking, and what it gets from a fuzzer it cuts to size.
#![allow(clippy::panic, clippy::unwrap_used, clippy::cast_possible_truncation)]

pub mod close_body;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(feature = "tungstenite")]
pub mod differential;
pub mod exchange;
pub mod frame;
pub mod handshake;
pub mod invariants;
pub mod masking;
pub mod model;
pub mod pair;
pub mod rules;
pub mod runner;
pub mod scenario;
pub mod session;
pub mod source;
pub mod split;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod trace;
#[cfg(feature = "url")]
pub mod url;
pub mod utf8;

pub use close_body::close_body;
#[cfg(feature = "deflate")]
pub use deflate::{deflate_pair, extension_header, inflate};
#[cfg(feature = "tungstenite")]
pub use differential::differential_tungstenite;
pub use exchange::roundtrip;
pub use handshake::{handshake_request, handshake_response};
pub use invariants::connection_ops;
pub use masking::mask;
pub use pair::pair;
pub use session::session;
pub use split::frame_split;
#[cfg(feature = "url")]
pub use url::url;
pub use utf8::utf8;

/// What a fuzz target is: it panics if something doesn't hold.
pub type Harness = fn(&[u8]);

/// The fuzz targets: the name of each, and its harness function.
pub const TARGETS: &[(&str, Harness)] = &[
    ("close_body", close_body),
    ("connection_ops", connection_ops),
    #[cfg(feature = "deflate")]
    ("deflate_pair", deflate_pair),
    #[cfg(feature = "tungstenite")]
    ("differential_tungstenite", differential_tungstenite),
    #[cfg(feature = "deflate")]
    ("extension_header", extension_header),
    ("frame_split", frame_split),
    ("handshake_request", handshake_request),
    ("handshake_response", handshake_response),
    #[cfg(feature = "deflate")]
    ("inflate", inflate),
    ("mask", mask),
    ("pair", pair),
    ("roundtrip", roundtrip),
    ("session", session),
    #[cfg(feature = "url")]
    ("url", url),
    ("utf8", utf8),
];
