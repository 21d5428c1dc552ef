use super::Session;
use super::event::DropReason;
use super::state::{State, StateInput};
use crate::{Connection, Reason, Timestamp};

impl Session {
    /// When [`handle_timeout`](Session::handle_timeout) has something to do; `None` if no timer
    /// runs.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let connection = match self.state.has_connection() {
            true => self.connection.as_ref().and_then(Connection::poll_timeout),
            false => None,
        };
        [self.deadline, connection, self.outbox.expiry()].into_iter().flatten().min()
    }

    /// Does what is due at `now`. Too early, or repeated, it changes nothing.
    ///
    /// Input comes before time: a driver that may read does so before it calls this.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.advance_clock(now);
        if self.state.has_connection()
            && let Some(connection) = &mut self.connection
        {
            connection.handle_timeout(self.now);
            self.settle();
        }
        self.expire();
        if self.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.handle_deadline();
        }
    }

    fn handle_deadline(&mut self) {
        match self.state {
            State::Asking | State::Dialing => self.dial_failed(Reason::OpenTimeout),
            State::Waiting => self.apply(StateInput::Due),
            State::Opening
            | State::Open
            | State::Closing
            | State::Replacing
            | State::Offline
            | State::Stopped => debug_assert!(false, "no deadline runs"),
        }
    }

    /// Gives back what has waited too long.
    pub(super) fn expire(&mut self) {
        for waiting in self.outbox.expire(self.now) {
            self.drop_message(waiting, DropReason::Expired);
        }
    }
}
