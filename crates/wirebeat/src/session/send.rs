use super::Session;
use super::fate::{Fate, MessageId};
use super::outbox::Waiting;
use super::state::State;
use crate::{
    Connection, Kind, Message, Payload, ReadyState, SendError, SendErrorReason, SendMessageError,
    SendPayloadError, Timestamp,
};
use core::time::Duration;

impl Session {
    /// Sends a message, at once if a connection is open, and otherwise when one is.
    ///
    /// `Ok` means that it's taken: it will be handed to one transport whole and in order, or
    /// [`SessionClosed::lost`](super::SessionClosed::lost) or
    /// [`SessionEvent::Dropped`](super::SessionEvent::Dropped) names it. It's never sent twice.
    ///
    /// # Errors
    ///
    /// With the message, untouched:
    ///
    /// - [`SendErrorReason::Full`]: the connection's send queue is full, or, without an open
    ///   connection, the outbox is;
    /// - [`SendErrorReason::NotOpen`]: the session is closing or over, or there's no outbox;
    /// - [`SendErrorReason::FragmentsInProgress`]: end the message that is being sent first.
    #[inline]
    pub fn send<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<MessageId, SendMessageError<'m>> {
        self.advance_clock(now);
        let message = message.into();
        if self.is_open() { self.send_now(message) } else { self.send_later(message, None) }
    }

    /// Sends a message that is of no use any more when `ttl` has passed: if it still waits in the
    /// outbox then, it's dropped.
    ///
    /// # Errors
    ///
    /// As for [`send`](Session::send).
    pub fn send_with_ttl<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
        ttl: Duration,
    ) -> Result<MessageId, SendMessageError<'m>> {
        self.advance_clock(now);
        let message = message.into();
        if self.is_open() {
            return self.send_now(message);
        }
        self.send_later(message, Some(self.now + ttl))
    }

    /// Sends a part of a message on the open connection, as [`Connection::send_fragment`]. Parts
    /// don't wait: a connection that is lost takes the message's begin with it.
    ///
    /// Returns the message's number with its last part.
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_fragment`].
    pub fn send_fragment<'p>(
        &mut self,
        now: Timestamp,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<Option<MessageId>, SendPayloadError<'p>> {
        self.advance_clock(now);
        let payload = payload.into();
        let len = payload.len();
        let (now, state) = (self.now, self.ready_state());
        match self.connection.as_mut().filter(|_| self.state == State::Open) {
            Some(connection) => connection.send_fragment(now, first, payload, fin)?,
            None => {
                let reason = self.too_late(len).unwrap_or(SendErrorReason::NotOpen(state));
                return Err(SendError { reason, unsent: payload });
            }
        }
        if fin {
            return Ok(Some(self.given(len)));
        }
        self.ledger.give_unnumbered(len);
        Ok(None)
    }

    /// Queues a ping on the open connection, as [`Connection::ping`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::ping`].
    pub fn ping<'p>(
        &mut self,
        now: Timestamp,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        self.advance_clock(now);
        let (now, state) = (self.now, self.ready_state());
        match self.connection.as_mut().filter(|_| self.state == State::Open) {
            Some(connection) => connection.ping(now, payload),
            None => {
                let reason = SendErrorReason::NotOpen(state);
                Err(SendError { reason, unsent: payload.into() })
            }
        }
    }

    /// What became of a message; `None` if no such message was taken, or if it was so long ago that
    /// it's forgotten.
    ///
    /// It's known of every message that waits or that the connection was given, and of those before
    /// as far back as their fates changed some dozens of times.
    #[must_use]
    pub fn fate(&self, id: MessageId) -> Option<Fate> {
        if self.outbox.contains(id) {
            return Some(Fate::Queued);
        }
        let waiting = self.connection.as_ref().map_or(0, Connection::messages_waiting);
        self.ledger.fate(id, waiting).or_else(|| self.history.fate(id))
    }

    /// How many messages wait for a connection.
    #[must_use]
    pub fn outbox_messages(&self) -> usize {
        self.outbox.count()
    }

    /// Greeting and outbox go into the queue of the connection that is open now.
    pub(super) fn greet(&mut self) {
        self.opened_at = Some(self.now);
        self.expire();
        let Some(connection) = &mut self.connection else { return };
        for message in &self.greeting.0 {
            connection.send_past_limit(message.borrow());
            self.ledger.give_unnumbered(message.len());
        }
        while let Some(waiting) = self.outbox.pop() {
            connection.send_past_limit(waiting.message.borrow());
            self.ledger.keep(waiting);
        }
    }

    #[inline]
    fn send_now<'m>(&mut self, message: Message<'m>) -> Result<MessageId, SendMessageError<'m>> {
        let len = message.len();
        if let Some(connection) = &mut self.connection {
            connection.send(self.now, message)?;
        }
        Ok(self.given(len))
    }

    /// The connection took a message.
    #[inline]
    fn given(&mut self, len: usize) -> MessageId {
        self.last_id = self.last_id.next();
        self.ledger.give(self.last_id, len);
        self.last_id
    }

    fn send_later<'m>(
        &mut self,
        message: Message<'m>,
        expires_at: Option<Timestamp>,
    ) -> Result<MessageId, SendMessageError<'m>> {
        if let Some(reason) = self.refusal(message.len()) {
            return Err(SendError { reason, unsent: message });
        }
        self.last_id = self.last_id.next();
        let (id, message) = (self.last_id, message.into_owned());
        self.outbox.push(Waiting { id, message, expires_at });
        Ok(id)
    }

    /// Why a message can't wait.
    fn refusal(&mut self, len: usize) -> Option<SendErrorReason> {
        let reason = self.too_late(len);
        if reason.is_some() {
            return reason;
        }
        let count_max = self.config.outbox_messages_max;
        if count_max == 0 {
            return Some(SendErrorReason::NotOpen(self.ready_state()));
        }
        // Copies of what hasn't gone out count too: they may have to wait again.
        let count = self.outbox.count() + self.ledger.kept_count();
        let waiting = self.outbox.len().saturating_add(self.ledger.kept_len());
        let has_room = count < count_max
            && (count == 0
                || self.config.outbox_len_max.checked_sub(waiting).is_some_and(|room| len <= room));
        (!has_room).then_some(SendErrorReason::Full)
    }

    /// Whether no connection follows on which a message could be sent. It counts as buffered, for
    /// ever, as in [`Connection::buffered_amount`].
    fn too_late(&mut self, len: usize) -> Option<SendErrorReason> {
        let state = self.ready_state();
        let is_too_late = match self.state {
            State::Closing | State::Stopped => true,
            State::Open => state != ReadyState::Open && self.config.reconnect.is_none(),
            State::Asking
            | State::Dialing
            | State::Opening
            | State::Replacing
            | State::Waiting
            | State::Offline => false,
        };
        if !is_too_late {
            return None;
        }
        self.app_len_given_up = self.app_len_given_up.saturating_add(len as u64);
        Some(SendErrorReason::NotOpen(state))
    }
}
