use alloc::vec::Vec;
use core::time::Duration;

use bytestring::ByteString;

use super::Session;
use super::event::{DropReason, Dropped, Next, SessionClosed, SessionEvent};
use super::failure::{Failure, Pause, retry_after};
use super::fate::{Fate, MessageId, Run};
use super::outbox::Waiting;
use super::state::{Effect, State, StateInput, Verdict};
use crate::{Cause, CloseCode, Closed, Connection, Event, Phase, Reason, Transport};

impl Session {
    /// Whatever ended the connection: hears its last events, and decides what follows.
    pub(super) fn settle(&mut self) {
        while self.state.has_connection()
            && let Some(connection) = &mut self.connection
            && connection.transport() == Transport::Drop
            && let Some(event) = connection.poll_event()
        {
            self.note_ending(event);
        }
    }

    /// Takes note of one of a connection's last events.
    pub(super) fn note_ending(&mut self, event: Event<'_>) {
        match event {
            Event::Rejected(response) => {
                self.retry_after = retry_after(&response);
                self.events.push_back(SessionEvent::Rejected(response));
            }
            Event::Closed(closed) => self.connection_ended(closed),
            // The last event says it all again.
            Event::Error(_) => {}
            Event::Request(_)
            | Event::Open(_)
            | Event::Message(_)
            | Event::Fragment(_)
            | Event::Ping(_)
            | Event::Pong { .. }
            | Event::Closing(_) => debug_assert!(false, "a connection that is over says no more"),
        }
    }

    /// The attempt ends without a connection.
    pub(super) fn dial_failed(&mut self, reason: Reason) {
        match self.state {
            State::Asking | State::Dialing => self.ended(no_connection(reason), Vec::new()),
            State::Opening
            | State::Open
            | State::Closing
            | State::Replacing
            | State::Waiting
            | State::Offline
            | State::Stopped => {}
        }
    }

    /// The application gave up between two connections, or before the first.
    pub(super) fn give_up(&mut self) {
        self.report(no_connection(Reason::Aborted), Vec::new(), Next::Never);
        self.deadline = None;
    }

    /// The application wants another attempt in place of the one that is under way.
    pub(super) fn restart(&mut self) {
        self.report(no_connection(Reason::Aborted), Vec::new(), Next::At(self.now));
        self.announce();
    }

    fn connection_ended(&mut self, mut closed: Closed) {
        let untouched = self.connection.as_ref().map_or(0, Connection::messages_untouched);
        let waiting_len = self.outbox.len();
        let lost =
            self.ledger.close(closed.messages_lost, untouched, &mut self.outbox, &mut self.history);
        self.app_len_back = (self.outbox.len() - waiting_len) as u64;
        closed.messages_lost = lost.len() as u64;
        self.ended(closed, lost);
    }

    fn ended(&mut self, closed: Closed, lost: Vec<MessageId>) {
        if self.was_up_long_enough() {
            self.failures = 0;
        }
        self.opened_at = None;
        self.deadline = None;
        let verdict = match self.state {
            // What the application ends is no failure, and no policy is asked.
            State::Closing | State::Replacing => Verdict::Stop,
            State::Asking
            | State::Dialing
            | State::Opening
            | State::Open
            | State::Waiting
            | State::Offline
            | State::Stopped => self.judge(&closed),
        };
        let Some(transition) = self.state.on(StateInput::Ended(verdict)) else { return };
        self.state = transition.to;
        let next = match transition.to {
            State::Waiting => Next::At(self.deadline.unwrap_or(self.now)),
            State::Offline => {
                self.deadline = None;
                Next::WhenOnline
            }
            State::Asking => Next::At(self.now),
            State::Dialing
            | State::Opening
            | State::Open
            | State::Closing
            | State::Replacing
            | State::Stopped => Next::Never,
        };
        self.report(closed, lost, next);
        if transition.effect == Effect::Announce {
            self.announce();
        }
    }

    /// Asks the policy, and sets the time for the next attempt.
    fn judge(&mut self, closed: &Closed) -> Verdict {
        self.failures = self.failures.saturating_add(1);
        let Some(policy) = &self.config.reconnect else { return Verdict::Stop };
        let failure = Failure {
            attempt: self.attempt,
            closed,
            failures: self.failures,
            pause: Pause::of(closed, self.retry_after),
            is_retryable: closed.is_retryable()
                && policy.max_retries.is_none_or(|max| self.failures <= max),
        };
        if !policy.retries(&failure) {
            return Verdict::Stop;
        }
        let at = self.now + policy.backoff.delay(&failure, self.draw());
        let is_asked = failure.pause != Pause::Unasked;
        self.deadline = Some(at);
        self.not_before = is_asked.then_some(at);
        if self.is_online { Verdict::Retry } else { Verdict::Hold }
    }

    /// Tells the application how an attempt ended. If none follows, what waits is given back first.
    fn report(&mut self, closed: Closed, lost: Vec<MessageId>, next: Next) {
        if next == Next::Never {
            self.app_len_given_up = self.app_len_given_up.saturating_add(self.outbox.len() as u64);
            for waiting in self.outbox.drain() {
                self.drop_message(waiting, DropReason::Stopped);
            }
        }
        if closed.cause.is_error() {
            self.events.push_back(SessionEvent::Error(closed.cause));
        }
        let (attempt, failures) = (self.attempt, self.failures);
        let closed = SessionClosed { attempt, closed, lost, failures, next };
        self.events.push_back(SessionEvent::Closed(closed));
    }

    /// Gives a message back that waited.
    pub(super) fn drop_message(&mut self, waiting: Waiting, reason: DropReason) {
        let Waiting { id, message, .. } = waiting;
        self.history.note(Run::one(id), Fate::Dropped);
        self.events.push_back(SessionEvent::Dropped(Dropped { id, message, reason }));
    }

    /// Whether the connection has been open for so long that the failures before it don't count.
    pub(super) fn was_up_long_enough(&self) -> bool {
        let min_uptime = self.config.reconnect.as_ref().map_or(Duration::ZERO, |p| p.min_uptime);
        self.opened_at.is_some_and(|at| self.now.since(at) >= min_uptime)
    }
}

/// How an attempt ends that had no connection: what the browser shows as 1006.
fn no_connection(reason: Reason) -> Closed {
    Closed {
        code: CloseCode::ABNORMAL,
        reason: ByteString::new(),
        was_clean: false,
        cause: Cause { phase: Phase::Dialing, reason },
        messages_lost: 0,
    }
}
