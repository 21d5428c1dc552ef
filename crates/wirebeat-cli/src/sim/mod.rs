//! `wirebeat sim`: sessions and servers on a network that fails, in virtual time.
//!
//! | file | subject |
//! |---|---|
//! | `options` | what the command line says |
//! | `setup` | the hosts that it asks for |
//! | `run` | runs of one seed or of several, and what is written of them |
//! | `storm` | clients that lose a server all at once |
//! | `summary` | the table at the end |
//! | `progress` | how far it is |

mod options;
mod progress;
mod run;
mod setup;
mod storm;
mod summary;

pub(crate) use options::Arguments;

use crate::failure::Failure;

/// Runs what the command line asks for.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.storm.storm { storm::run(arguments) } else { run::run(arguments) }
}
