use std::ops::Range;

use wirebeat::{Closed, Event, Message, ReadyState, Timestamp};

use super::{Received, State};
use crate::chunk::Chunk;

/// How long messages are that are read into buffers of their own, and not copied.
const ADOPTED_LENS: Range<usize> = 4 * 1024..64 * 1024;

/// How much more room there is than such a message takes: for its header, and to tell that there's
/// nothing behind it.
const ADOPTED_ROOM: usize = 64;

/// From what was read to what the application is told.
impl State {
    /// How it ended, once all that came before was taken or kept.
    pub(crate) fn closed(&self) -> Option<&Closed> {
        self.closed.as_deref()
    }

    /// What happens next, as far as it's known: of what was kept, or in a chunk that was read at
    /// `now`.
    #[inline]
    pub(crate) fn next_event<'c>(
        &mut self,
        chunk: &'c mut Chunk<'_>,
        now: Timestamp,
    ) -> Option<Event<'c>> {
        if !self.inbox.is_empty() {
            self.has_news |= self.inbox.is_full();
            return self.inbox.take();
        }
        self.receive(chunk, now)
    }

    #[inline]
    fn receive<'c>(&mut self, chunk: &'c mut Chunk<'_>, now: Timestamp) -> Option<Event<'c>> {
        if chunk.rest().is_empty()
            && self.is_quiet
            && self.connection.ready_state() == ReadyState::Open
        {
            return None;
        }
        let event = chunk.receive(&mut self.connection, now);
        match &event {
            None => self.is_quiet = self.connection.ready_state() == ReadyState::Open,
            Some(Event::Closed(closed)) => {
                let closed = closed.clone();
                self.end(closed);
            }
            Some(Event::Message(message)) => self.note_message(message),
            Some(Event::Pong { latency: Some(latency), .. }) => {
                self.observers.tell(|observer| observer.measured(*latency));
            }
            Some(_) => {}
        }
        event
    }

    /// Takes note of how it ended.
    pub(crate) fn end(&mut self, closed: Closed) {
        self.observers.tell(|observer| observer.closed(&closed));
        self.span.closed(self.connection.role(), &closed);
        self.closed = Some(Box::new(closed));
        self.has_news = true;
    }

    /// Takes note of a message that came: how long binary messages are.
    #[inline]
    pub(crate) fn note_message(&mut self, message: &Message<'_>) {
        self.observers.tell(|observer| observer.received(message));
        if !message.is_text() {
            self.binary_len = message.len();
        }
    }

    /// Something was read: no heartbeat waits any more. If nothing waits to be written either, the
    /// connection needs not know when exactly what comes next is.
    #[inline]
    pub(crate) fn note_sign_of_life(&mut self, now: Timestamp) {
        let is_calm = !self.is_writing && self.rest.is_none() && !self.connection.has_transmit();
        (self.looked_at, self.is_calm) = (now, is_calm);
    }

    /// The same where nothing waits to be written.
    #[inline]
    pub(crate) fn note_calm_sign_of_life(&mut self, now: Timestamp) {
        debug_assert!(self.rest.is_none() && !self.connection.has_transmit());
        (self.looked_at, self.is_calm) = (now, true);
    }

    /// How much room is read into for the next message to stand in a buffer of its own, if it comes
    /// as the last did.
    pub(crate) fn expected_len(&self) -> Option<usize> {
        let is_worth_it = ADOPTED_LENS.contains(&self.binary_len) && !self.is_shared;
        is_worth_it.then_some(self.binary_len + ADOPTED_ROOM)
    }

    /// The next message, if one has come.
    #[inline]
    pub(crate) fn next_message(
        &mut self,
        chunk: &mut Chunk<'_>,
        now: Timestamp,
    ) -> Option<Received> {
        let is_adoptable = chunk.is_adoptable();
        let message = loop {
            if let Event::Message(message) = self.next_event(chunk, now)? {
                break message;
            }
        };
        if message.is_text() {
            return Some(Received::Message(message.into_owned()));
        }
        if !is_adoptable || message.is_owned() || message.len() < ADOPTED_LENS.start {
            return Some(Received::Message(message.into_owned()));
        }
        let len = message.len();
        Some(Received::Adopted(chunk.adopt(len)))
    }

    /// Keeps what has come until it's taken, as far as there is room.
    pub(crate) fn keep_events(&mut self, chunk: &mut Chunk<'_>, now: Timestamp) {
        // What comes last, when all is over, isn't the peer's to multiply.
        while !self.inbox.is_full() || self.connection.ready_state() == ReadyState::Closed {
            let Some(event) = self.receive(chunk, now).map(Event::into_owned) else { break };
            self.inbox.keep(event);
            self.has_news = true;
        }
    }

    /// Throws away what has come, kept or not.
    pub(crate) fn drop_events(&mut self, chunk: &mut Chunk<'_>, now: Timestamp) {
        while self.next_event(chunk, now).is_some() {}
    }

    /// What follows isn't taken by anybody any more.
    pub(crate) fn discard_events(&mut self) {
        self.inbox.discard();
        self.has_news = true;
    }

    /// Whether what comes next is a message, and is here already. `rest` is what was read and isn't
    /// eaten.
    pub(crate) fn has_message_at_hand(&self, rest: &[u8]) -> bool {
        if self.inbox.is_empty() {
            self.connection.has_message_next(rest)
        } else {
            self.inbox.has_message_next()
        }
    }

    /// Keeps what has come, but for a call's first look: then it isn't known yet whether it has to
    /// wait.
    pub(crate) fn keep_unless(&mut self, is_first: bool, chunk: &mut Chunk<'_>, now: Timestamp) {
        if !is_first {
            self.keep_events(chunk, now);
        }
    }
}
