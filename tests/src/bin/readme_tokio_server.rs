//! The README's server for tokio, on a free port of 127.0.0.1, which it prints.
#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/tokio_server.rs"));
