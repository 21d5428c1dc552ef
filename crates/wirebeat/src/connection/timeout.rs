use super::Connection;
use super::cause::Reason;
use super::liveness::Due;
use super::state::{State, StateInput};
use super::timers::Expired;
use crate::Timestamp;
use crate::frame::{self, Rsv};

impl Connection {
    /// When [`handle_timeout`](Connection::handle_timeout) has something to do; `None` if no timer
    /// runs.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let heartbeat = match self.state {
            State::Open => self.liveness.deadline(self.is_reading),
            _ => None,
        };
        match (self.timers.next(self.is_reading), heartbeat) {
            (Some(timer), Some(heartbeat)) => Some(timer.min(heartbeat)),
            (timer, heartbeat) => timer.or(heartbeat),
        }
    }

    /// Does what is due at `now`. Too early, or repeated, it changes nothing.
    ///
    /// Input comes before time: a driver that may read does so before it calls this, so that a sign
    /// of life that is there is heard.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.advance_clock(now);
        while let Some(expired) = self.timers.expire(self.now, self.is_reading) {
            self.handle_expired(expired);
        }
        if self.state == State::Open {
            match self.liveness.due(self.now, self.is_reading) {
                Some(Due::Heartbeat) => self.beat(),
                Some(Due::Dead) => {
                    self.apply(StateInput::HeartbeatTimeout, Some(Reason::HeartbeatTimeout));
                }
                None => {}
            }
        }
    }

    /// Asks the peer for a sign of life now, whatever was heard before: after a sleep, or a change of
    /// networks. It gets the heartbeat's whole timeout to answer, also if an answer was due already.
    ///
    /// The write stall begins anew too. Changes nothing unless the connection is OPEN; without a
    /// heartbeat nothing is sent.
    pub fn probe(&mut self, now: Timestamp) {
        self.advance_clock(now);
        if self.state != State::Open {
            return;
        }
        if self.timers.write_stall.take().is_some() {
            self.handle_write_blocked(self.now);
        }
        if self.liveness.is_waiting() {
            self.liveness.wait_on(self.now);
        } else if self.liveness.is_on() {
            self.beat();
        }
    }

    fn handle_expired(&mut self, expired: Expired) {
        let (input, reason) = match expired {
            Expired::Open if self.finish_opening() => return,
            Expired::Open => (StateInput::OpenTimeout, Reason::OpenTimeout),
            Expired::Close => (StateInput::CloseTimeout, Reason::CloseTimeout),
            Expired::Linger => (StateInput::LingerTimeout, Reason::CloseTimeout),
            Expired::WriteStall => (StateInput::WriteStall, Reason::WriteStall),
        };
        self.apply(input, Some(reason));
    }

    /// The peer has been silent for an interval: it's asked for a sign of life. The silence is also
    /// the time to hand back what an idle connection doesn't need.
    fn beat(&mut self) {
        if self.queue.holds_heartbeat() {
            // One is in flight at a time; this one hasn't even left.
            return self.liveness.wait_on(self.now);
        }
        self.queue.release();
        let nonce = self.liveness.begin_wait(self.now);
        let key = self.masking_key();
        match self.liveness.message() {
            Some(heartbeat) if self.fragments.is_none() => {
                let opcode = heartbeat.message.kind().opcode();
                let first_byte = frame::first_byte(true, Rsv::NONE, opcode);
                self.queue.push_heartbeat(first_byte, heartbeat.message.as_bytes(), key);
            }
            // A message can't stand inside another message's fragments, but a ping can.
            Some(_) | None => self.queue.push_ping(&nonce, key),
        }
    }
}
