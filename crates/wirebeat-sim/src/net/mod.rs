//! Transports between hosts: bytes under way, and what can go wrong with them.
//!
//! | file | subject |
//! |---|---|
//! | `pipe` | one direction: what was written and not read |
//! | `wire` | a transport and its two ends |
//! | `actions` | what hosts do to their transports |
//! | `condition` | what is wrong with the network at a time |

mod actions;
mod condition;
mod pipe;
mod wire;

pub(crate) use condition::{Condition, Trouble, Who};
pub(crate) use pipe::Readable;
pub use wire::Socket;
pub(crate) use wire::{Side, Wires};
