//! What must hold in every run, looked at whenever something happens.
//!
//! | file | subject |
//! |---|---|
//! | `violation` | what doesn't hold |
//! | `wire` | what an endpoint writes, read again: frames, and messages |
//! | `tap` | what one endpoint's calls and bytes must keep to |
//! | `model` | what the two ends of a connection must agree on |
//! | `account` | what became of each message that a session took |
//! | `calls` | what must change nothing: calls of an attempt that is over, or with nothing to do |
//! | `attempts` | a session's attempts, one after the other, at the right times |

mod account;
mod attempts;
mod calls;
mod model;
mod tap;
mod violation;
mod wire;

pub(crate) use account::Account;
pub(crate) use attempts::Attempts;
pub(crate) use calls::{check_idle_connection, check_idle_session, check_stale};
pub(crate) use model::{Model, Said};
pub(crate) use tap::{Tap, check_buffered, check_timeout};
pub use violation::Violation;
pub(crate) use wire::Spoken;
