//! What wirebeat costs, what other libraries cost, and what wirebeat may cost at most.
//!
//! A [`Workload`] is a stream of messages to receive or to send, always the same to the byte. A
//! [`Subject`] is a library that can do it: wirebeat ([`OURS`]), a loop written by hand ([`FLOOR`]),
//! and in the package `peers/`, other libraries. [`Job::run`] has a subject do a workload over a
//! transport in memory ([`Memory`]), and compares what it delivered, or wrote, with what it should
//! have. Two things are measured:
//!
//! - time ([`nanoseconds_per_message`]), in interleaved rounds: a comparison within one run, on a
//!   machine that does nothing else;
//! - instructions ([`callgrind`]), which are the same in each run, so there are limits on them
//!   ([`Limit`]).
//!
//! `README.md` has the commands, and says what they count.
#![forbid(unsafe_code)]

pub mod callgrind;
pub mod cli;
pub mod suite;
pub mod wire;

mod compressed;
mod floor;
mod job;
mod limits;
mod memory;
mod ours;
#[cfg(feature = "deflate")]
mod ours_compressed;
mod payload;
mod subject;
mod table;
mod timing;
mod workload;
mod zlib;

pub use compressed::{Codec, Compressed, Way};
pub use floor::FLOOR;
pub use job::{Delivered, Job, JobError, Payloads, ReceiveJob, SendJob};
pub use limits::{Limit, LimitError};
pub use memory::{CHUNK_LEN_MAX, Memory, Written};
pub use ours::OURS;
pub use payload::Content;
pub use subject::{Rank, Subject};
pub use timing::nanoseconds_per_message;
pub use workload::{BATCH_MESSAGES, Ownership, Receive, Send, Workload, WorkloadError};
