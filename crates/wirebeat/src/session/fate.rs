use alloc::collections::VecDeque;
use core::fmt;

/// A message that [`send`](super::Session::send) took. They're numbered from 1 in the order in which
/// they were taken, which is the order in which they're sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

impl MessageId {
    /// Before the first.
    pub(super) const NONE: MessageId = MessageId(0);

    /// The message's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    pub(super) const fn next(self) -> MessageId {
        MessageId(self.0.saturating_add(1))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}", self.0)
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It waits: for a connection, or for the transport to take it.
    Queued,
    /// A transport took all of it. Whether the peer got it, only the peer can tell.
    HandedOver,
    /// Its connection was over before the transport had all of it.
    Lost,
    /// It waited and wasn't sent; [`SessionEvent::Dropped`](super::SessionEvent::Dropped) gave it
    /// back.
    Dropped,
}

/// Messages with neighbouring numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: MessageId,
    pub(super) last: MessageId,
}

impl Run {
    pub(super) const fn one(id: MessageId) -> Run {
        Run { first: id, last: id }
    }

    /// How many there are.
    pub(super) const fn len(self) -> u64 {
        self.last.0 - self.first.0 + 1
    }

    pub(super) fn contains(self, id: MessageId) -> bool {
        self.first <= id && id <= self.last
    }

    /// The one that comes `offset` behind the first.
    pub(super) const fn at(self, offset: u64) -> MessageId {
        MessageId(self.first.0 + offset)
    }

    /// Where the message stands.
    pub(super) const fn offset_of(self, id: MessageId) -> u64 {
        id.0 - self.first.0
    }

    pub(super) fn ids(self) -> impl Iterator<Item = MessageId> {
        (self.first.0..=self.last.0).map(MessageId)
    }
}

/// What became of the latest messages, by runs that met the same fate.
#[derive(Debug, Default)]
pub(super) struct History {
    runs: VecDeque<(Run, Fate)>,
}

/// How many runs are remembered. A loss makes two at most, whatever the number of messages.
const RUNS_MAX: usize = 64;

impl History {
    pub(super) fn note(&mut self, run: Run, fate: Fate) {
        match self.runs.back_mut() {
            Some((last, last_fate)) if *last_fate == fate && last.last.next() == run.first => {
                last.last = run.last;
            }
            _ => {
                if self.runs.len() == RUNS_MAX {
                    self.runs.pop_front();
                }
                self.runs.push_back((run, fate));
            }
        }
    }

    /// `None` if it was too long ago.
    pub(super) fn fate(&self, id: MessageId) -> Option<Fate> {
        self.runs.iter().find(|(run, _)| run.contains(id)).map(|(_, fate)| *fate)
    }
}
