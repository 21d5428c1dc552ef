//! What goes wrong: by script, or at random.
//!
//! | file | subject |
//! |---|---|
//! | `kind` | the faults that there are |
//! | `script` | faults at their times, as text |
//! | `parse` | from text to a script |
//! | `random` | swarms of faults from a seed |
//! | `strategy` | swarms of faults for proptest |
//! | `apply` | what a fault does to a simulation |

mod apply;
mod kind;
mod parse;
mod random;
mod script;
#[cfg(feature = "proptest")]
mod strategy;

pub use kind::{Fault, FaultKind, Hosts};
pub use random::{FaultKinds, Swarm};
pub use script::{Event, Script, ScriptError, ScriptErrorReason};
