use alloc::collections::VecDeque;
use core::fmt;

use super::fate::MessageId;
use crate::{Message, Timestamp};

/// Messages that wait for a connection, in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Waiting>,
    /// Bytes of payload.
    len: usize,
    /// When the first of them expires.
    expiry: Option<Timestamp>,
}

/// A message that waits, or a copy of one that a connection was given and hasn't begun.
pub(super) struct Waiting {
    pub(super) id: MessageId,
    pub(super) message: Message<'static>,
    /// When it's too late to send it.
    pub(super) expires_at: Option<Timestamp>,
}

/// Shows how long the message is, not what it says.
impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("id", &self.id)
            .field("message_len", &self.message.len())
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

impl Outbox {
    /// Bytes of payload that wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Messages that wait.
    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        debug_assert!(self.waiting.back().is_none_or(|last| last.id < waiting.id));
        self.note(&waiting);
        self.waiting.push_back(waiting);
    }

    /// Puts a message back that was taken out; the last one first.
    pub(super) fn put_back(&mut self, waiting: Waiting) {
        debug_assert!(self.waiting.front().is_none_or(|first| waiting.id < first.id));
        self.note(&waiting);
        self.waiting.push_front(waiting);
    }

    /// Takes out the message that was sent first.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.len -= waiting.message.len();
        if self.waiting.is_empty() {
            self.expiry = None;
        }
        Some(waiting)
    }

    /// Takes out all.
    pub(super) fn drain(&mut self) -> VecDeque<Waiting> {
        core::mem::take(self).waiting
    }

    pub(super) fn contains(&self, id: MessageId) -> bool {
        self.waiting.binary_search_by_key(&id, |waiting| waiting.id).is_ok()
    }

    /// When the first message expires.
    pub(super) fn expiry(&self) -> Option<Timestamp> {
        self.expiry
    }

    /// Takes out what has expired.
    pub(super) fn expire(&mut self, now: Timestamp) -> VecDeque<Waiting> {
        let mut expired = VecDeque::new();
        if self.expiry.is_none_or(|at| at > now) {
            return expired;
        }
        for waiting in self.drain() {
            if waiting.expires_at.is_some_and(|at| at <= now) {
                expired.push_back(waiting);
            } else {
                self.push(waiting);
            }
        }
        expired
    }

    fn note(&mut self, waiting: &Waiting) {
        self.len += waiting.message.len();
        self.expiry = match (self.expiry, waiting.expires_at) {
            (Some(first), Some(at)) => Some(first.min(at)),
            (first, at) => first.or(at),
        };
    }
}
