use super::Session;
use super::state::StateInput;
use crate::Timestamp;

/// What the host knows of its network and its sleep. All of it is hints: an open connection is
/// probed, not dropped, and a wait is cut short, not skipped.
impl Session {
    /// The host has a network again, or another one.
    ///
    /// An open connection is probed. A wait is cut to that of a first failure, so that the clients
    /// of a network that comes back don't come all at once; not below what a server asked for.
    pub fn handle_online(&mut self, now: Timestamp) {
        self.advance_clock(now);
        self.is_online = true;
        self.apply(StateInput::Online);
    }

    /// The host has no network.
    ///
    /// An open connection is probed. No attempt begins until
    /// [`handle_online`](Session::handle_online) or [`reconnect`](Session::reconnect); one that is
    /// under way goes on, as it may lead to the host itself.
    pub fn handle_offline(&mut self, now: Timestamp) {
        self.advance_clock(now);
        self.is_online = false;
        self.apply(StateInput::Offline);
    }

    /// The host slept, and doesn't know what became of its connections.
    ///
    /// An open connection is probed: the peer gets the heartbeat's whole timeout to answer, however
    /// long the sleep was. A wait is cut as by [`handle_online`](Session::handle_online). To be
    /// called before [`handle_timeout`](Session::handle_timeout).
    pub fn handle_resumed(&mut self, now: Timestamp) {
        self.advance_clock(now);
        self.apply(StateInput::Resumed);
    }

    /// Asks the peer for a sign of life.
    pub(super) fn probe(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.probe(self.now);
        }
    }

    /// Cuts the wait to that of a first failure.
    pub(super) fn hasten(&mut self) {
        let Some(policy) = &self.config.reconnect else { return };
        let soon = self.now + policy.backoff.soon(self.draw());
        let soon = self.not_before.map_or(soon, |not_before| soon.max(not_before));
        self.deadline = Some(self.deadline.map_or(soon, |deadline| deadline.min(soon)));
    }
}
