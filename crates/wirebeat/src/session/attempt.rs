use core::fmt;

use crate::Transport;

/// One attempt to connect, and the connection that comes of it. They're numbered from 1.
///
/// Whatever a driver tells of a transport it tells with the attempt that the transport belongs to.
/// What comes late, from an attempt that is over, changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u64);

impl Attempt {
    /// Before the first.
    pub(super) const NONE: Attempt = Attempt(0);

    /// The attempt's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    pub(super) const fn next(self) -> Attempt {
        Attempt(self.0.saturating_add(1))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {}", self.0)
    }
}

/// What a driver is to hold: a level, to be compared with what it holds as often as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// No transport: drop any, and stop dialing.
    Nothing,
    /// A transport to [`Session::target`](super::Session::target): dial, and tell
    /// [`handle_dialed`](super::Session::handle_dialed) or
    /// [`handle_dial_failed`](super::Session::handle_dial_failed). Drop any other.
    Dial(Attempt),
    /// The transport that was dialed for this attempt, and what to do with it. Drop any other.
    Hold(Attempt, Transport),
}
