//! How the core's clients that outlive their connections run on a thread.
//!
//! | file | subject |
//! |---|---|
//! | `machine` | what is driven: a session, or the browser's object |
//! | `driver` | the loop: what is wanted, what is held, and the time |
//! | `dialing` | one attempt, from a name to a transport that is secure if it has to be |
//! | `link` | the transport: bytes in and out, without waiting, over TLS or not |

mod dialing;
mod driver;
mod link;
mod machine;

pub(crate) use driver::{Clock, Driver};
pub(crate) use machine::Machine;
