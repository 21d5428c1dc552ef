//! What wirebeat's adapters have in common of TLS: whom their clients trust, what these show of
//! themselves, and what to do about what goes wrong. It's here once, so that a client trusts the same
//! servers whichever adapter it uses.
//!
//! Applications have no need of it: the adapters' builders have methods for all of it.
//!
//! | file | subject |
//! |---|---|
//! | `client` | what a client was told, and the configuration that comes of it |
//! | `advice` | what to do about an error |
#![forbid(unsafe_code)]

mod advice;
mod client;

pub use advice::advice;
pub use client::{ClientTls, ClientTlsError};
