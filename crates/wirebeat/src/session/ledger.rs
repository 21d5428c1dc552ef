use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::fate::{Fate, History, MessageId, Run};
use super::outbox::{Outbox, Waiting};

/// What was given to the connection, in order, as far as it isn't known that the transport has it.
///
/// The connection counts; this knows which messages are counted. Of those that had waited in the
/// outbox it keeps a copy until the transport has a part of them: if the connection is lost before,
/// they wait again.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    runs: VecDeque<Run>,
    kept: VecDeque<Kept>,
    /// Bytes of payload in `kept`.
    kept_len: usize,
    /// Bytes of payload that the connection was given so far.
    app_len: u64,
}

#[derive(Debug)]
struct Kept {
    waiting: Waiting,
    /// `app_len` with this message.
    end: u64,
}

impl Ledger {
    /// Copies that are kept.
    pub(super) fn kept_count(&self) -> usize {
        self.kept.len()
    }

    /// Bytes of payload in the copies that are kept.
    pub(super) fn kept_len(&self) -> usize {
        self.kept_len
    }

    /// The connection was given a message.
    pub(super) fn give(&mut self, id: MessageId, len: usize) {
        self.app_len += len as u64;
        match self.runs.back_mut() {
            Some(run) if run.last.next() == id => run.last = id,
            _ => self.runs.push_back(Run::one(id)),
        }
    }

    /// The connection was given a message from the outbox.
    pub(super) fn keep(&mut self, waiting: Waiting) {
        self.give(waiting.id, waiting.message.len());
        self.kept_len += waiting.message.len();
        self.kept.push_back(Kept { waiting, end: self.app_len });
    }

    /// The connection was given what has no number: a message of the greeting, which comes before all
    /// that have one, or a part of a message that isn't its end.
    pub(super) fn give_unnumbered(&mut self, len: usize) {
        self.app_len += len as u64;
    }

    /// Of the bytes that the connection was given it still has `app_len`: copies of what has gone
    /// out whole are of no use any more.
    pub(super) fn release(&mut self, app_len: u64) {
        let taken = self.app_len.saturating_sub(app_len);
        // An empty message is out when something behind it is.
        let is_out = |kept: &Kept| match kept.waiting.message.is_empty() {
            true => kept.end < taken,
            false => kept.end <= taken,
        };
        while self.kept.front().is_some_and(is_out) {
            self.pop_kept();
        }
    }

    /// What became of a message, when `waiting` of those that the connection was given wait.
    pub(super) fn fate(&self, id: MessageId, waiting: u64) -> Option<Fate> {
        let mut handed_over = self.handed_over(waiting);
        for run in &self.runs {
            if run.contains(id) {
                let is_handed_over = run.offset_of(id) < handed_over;
                return Some(if is_handed_over { Fate::HandedOver } else { Fate::Queued });
            }
            handed_over = handed_over.saturating_sub(run.len());
        }
        None
    }

    /// The connection is over: `waiting` messages didn't get out whole, and of these the last
    /// `untouched` hadn't begun. What can wait again does, and the others are returned.
    pub(super) fn close(
        &mut self,
        waiting: u64,
        untouched: u64,
        outbox: &mut Outbox,
        history: &mut History,
    ) -> Vec<MessageId> {
        let handed_over = self.handed_over(waiting);
        for run in self.take_front(handed_over) {
            history.note(run, Fate::HandedOver);
        }
        let begun = self.len().saturating_sub(untouched);
        let mut lost: Vec<MessageId> =
            self.take_front(begun).into_iter().flat_map(Run::ids).collect();
        let first_untouched = self.runs.front().map(|run| run.first);
        lost.extend(self.runs.iter().copied().flat_map(Run::ids));
        let mut back = VecDeque::new();
        while let Some(Kept { waiting, .. }) = self.kept.pop_back() {
            if first_untouched.is_none_or(|first| waiting.id < first) {
                break;
            }
            back.push_front(waiting.id);
            outbox.put_back(waiting);
        }
        lost.retain(|id| back.binary_search(id).is_err());
        for id in &lost {
            history.note(Run::one(*id), Fate::Lost);
        }
        *self = Ledger::default();
        lost
    }

    /// Messages with a number that aren't known to be handed over.
    fn len(&self) -> u64 {
        self.runs.iter().map(|run| run.len()).sum()
    }

    /// How many messages with a number the transport has, when `waiting` wait. If those of the greeting
    /// are among these, it has none.
    fn handed_over(&self, waiting: u64) -> u64 {
        self.len().saturating_sub(waiting)
    }

    /// Takes out the first `count` messages.
    fn take_front(&mut self, mut count: u64) -> Vec<Run> {
        let mut taken = Vec::new();
        while count > 0
            && let Some(run) = self.runs.front_mut()
        {
            if run.len() > count {
                taken.push(Run { first: run.first, last: run.at(count - 1) });
                run.first = run.at(count);
                break;
            }
            count -= run.len();
            taken.extend(self.runs.pop_front());
        }
        taken
    }

    fn pop_kept(&mut self) {
        if let Some(kept) = self.kept.pop_front() {
            self.kept_len -= kept.waiting.message.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_one_after_the_other_take_no_more_room_than_one() {
        let mut ledger = Ledger::default();
        let first = MessageId::NONE.next();
        let mut id = first;
        for _ in 0..1000 {
            ledger.give(id, 1);
            id = id.next();
        }
        assert_eq!(ledger.runs.len(), 1);
        assert_eq!((ledger.fate(first, 0), ledger.fate(id, 0)), (Some(Fate::HandedOver), None));
    }
}
