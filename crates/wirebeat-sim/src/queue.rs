use core::time::Duration;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use wirebeat::Timestamp;

use crate::host::HostId;
use crate::net::Socket;

/// What happens at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A host starts, or starts again.
    Start(HostId),
    /// A host's own timer.
    HostTimer(HostId),
    /// The timer of a host's socket.
    SocketTimer(Socket),
    /// A request to connect reaches the host of this socket.
    Knock(Socket),
    /// The answer to it reaches the host of this socket.
    Answer(Socket),
    /// Bytes, or the end, reach this socket.
    Arrive(Socket),
    /// There is room again behind this socket.
    Room(Socket),
    /// The connection of this socket is gone.
    Lost(Socket),
    /// A host that stood still goes on.
    Resume(HostId),
    /// A host has a network again.
    Online(HostId),
    /// A host that was asked to go has gone.
    Gone(HostId),
    /// A host is restarted, and starts again after this long.
    Restart(HostId, Duration),
    /// The network's condition changes back.
    Heal,
    /// The fault of this index in the script.
    Fault(usize),
}

/// What happens next, and when.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Timestamp,
    /// What was put in first comes first among those of one time.
    number: u64,
    due: Due,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Timestamp, due: Due) {
        self.count += 1;
        self.heap.push(Reverse(Entry { at, number: self.count, due }));
    }

    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    pub(crate) fn pop(&mut self) -> Option<(Timestamp, Due)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.due))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}
