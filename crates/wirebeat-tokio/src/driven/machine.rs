use std::sync::Arc;

use wirebeat::session::{Attempt, Driven};
use wirebeat::{Input, Timestamp};

use crate::ConnectError;

/// What a [`Driver`](super::Driver) drives: a session or the browser's object, and what comes of it.
pub(crate) trait Machine {
    type Core: Driven;

    fn core(&self) -> &Self::Core;

    fn core_mut(&mut self) -> &mut Self::Core;

    /// Eats input, and passes on what comes of it, as long as the application takes it.
    fn receive(&mut self, now: Timestamp, attempt: Attempt, input: &mut Input<'_>);

    /// Passes on what happened without input. Returns whether anything had.
    fn deliver(&mut self, now: Timestamp) -> bool;

    /// Whether the application takes what comes.
    fn takes_input(&self) -> bool;

    /// Why there's no transport, in more words than the core has. The end of the attempt follows.
    fn note_failure(&mut self, error: Arc<ConnectError>);
}

/// A machine, wherever it is. It isn't held while a transport is used, which may be code of the
/// application's.
pub(crate) trait Reach {
    type Machine: Machine;

    fn reach<T>(&mut self, act: impl FnOnce(&mut Self::Machine) -> T) -> T;
}
