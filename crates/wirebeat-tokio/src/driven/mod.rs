//! How the core's clients that outlive their connections run in a task.
//!
//! | file | subject |
//! |---|---|
//! | `machine` | what is driven: a session, or the browser's object |
//! | `driver` | the loop as one poll: what is wanted, what is held, and the time |
//! | `dialing` | one attempt, from a name to a transport that is secure if it has to be |
//! | `link` | the transport: bytes in and out |

mod dialing;
mod driver;
mod link;
mod machine;

pub(crate) use dialing::{Connector, Route, boxed};
pub(crate) use driver::Driver;
pub(crate) use machine::{Machine, Reach};
