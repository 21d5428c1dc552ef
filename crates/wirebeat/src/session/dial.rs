use alloc::sync::Arc;

use rand_core::Rng;

use super::Session;
use super::attempt::Attempt;
use super::backoff::Backoff;
use super::event::SessionEvent;
use super::ledger::Ledger;
use super::state::{State, StateInput};
use super::target::Target;
use crate::{Config, Connection, DialError, Reason, Seed, Timestamp};

impl Session {
    /// Answers [`SessionEvent::Dialing`]: says where the attempt leads. At once or later, within
    /// `connect_timeout`; after that, or twice, it changes nothing.
    pub fn dial(&mut self, now: Timestamp, attempt: Attempt, target: Target) {
        self.advance_clock(now);
        if self.state == State::Asking && attempt == self.attempt {
            self.target = Some(Arc::new(target));
            self.apply(StateInput::Targeted);
        }
    }

    /// The driver has a transport for this attempt: connected, and secure if the target wants it.
    pub fn handle_dialed(&mut self, now: Timestamp, attempt: Attempt) {
        self.advance_clock(now);
        if attempt == self.attempt {
            self.apply(StateInput::Dialed);
        }
    }

    /// The driver could get no transport for this attempt. The host may say so as well, if it can't
    /// say where it leads.
    pub fn handle_dial_failed(&mut self, now: Timestamp, attempt: Attempt, why: DialError) {
        self.advance_clock(now);
        if attempt == self.attempt {
            self.dial_failed(Reason::Dial(why));
        }
    }

    /// The next attempt begins.
    pub(super) fn announce(&mut self) {
        self.attempt = self.attempt.next();
        self.deadline = self.config.connect_timeout.map(|timeout| {
            // Never zero, so that no deadline is left behind.
            self.now + timeout.max(Backoff::DELAY_MIN)
        });
        self.not_before = None;
        self.retry_after = None;
        self.app_len_given_up = 0;
        self.events.push_back(SessionEvent::Dialing(self.attempt));
        self.target.clone_from(&self.every_target);
        if self.target.is_some() {
            self.apply(StateInput::Targeted);
        }
    }

    /// A connection begins on the transport that was dialed.
    pub(super) fn connect(&mut self) {
        let Some(target) = &self.target else { return };
        let open_timeout = self.deadline.take().map(|deadline| deadline.since(self.now));
        let config = Config { open_timeout, ..self.config.connection.clone() };
        let seed = self.seed.child(self.attempt.number().wrapping_mul(2));
        let connection = Connection::client(target.to_request(), &config, &seed, self.now);
        #[cfg(feature = "deflate")]
        self.keep_savings();
        self.connection = Some(connection);
        self.app_len_back = 0;
        self.ledger = Ledger::default();
    }

    /// One of all numbers, the same for each call of one attempt.
    pub(super) fn draw(&self) -> u64 {
        let label = self.attempt.number().wrapping_mul(2).wrapping_add(1);
        draw(&self.seed, label)
    }
}

/// Delays have seeds of their own, beside those of the connections, so that neither disturbs the
/// other.
fn draw(seed: &Seed, label: u64) -> u64 {
    seed.child(label).generator().next_u64()
}
