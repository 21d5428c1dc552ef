//! The README's client, of the URL that is given.
#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/client.rs"));
