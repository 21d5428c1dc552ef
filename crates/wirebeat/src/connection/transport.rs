use super::Connection;
use super::cause::Reason;
use super::queue::{Outgoing, Transmit};
use super::state::{State, StateInput};
use crate::Timestamp;

/// What the driver is to do with its transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Keep it.
    Keep,
    /// End our side of it, and go on reading: the peer needs time to read our last bytes.
    ShutdownWrite,
    /// Drop it: nothing is left to send, or sending was given up.
    Drop,
}

impl Connection {
    /// What to do with the transport.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match self.state {
            State::Aborting | State::Closed => Transport::Drop,
            State::Refusing | State::Failing if self.queue.is_data_taken() => {
                Transport::ShutdownWrite
            }
            State::Opening
            | State::Refusing
            | State::Open
            | State::CloseSent
            | State::CloseReceived
            | State::Draining
            | State::Failing => Transport::Keep,
        }
    }

    /// Whether the driver should read: not while a server's application decides on a request, nor
    /// when it's over.
    #[must_use]
    pub fn wants_read(&self) -> bool {
        match self.state {
            State::Opening => !self.opening.as_ref().is_some_and(|opening| opening.is_deciding()),
            State::Aborting | State::Closed => false,
            State::Refusing
            | State::Open
            | State::CloseSent
            | State::CloseReceived
            | State::Draining
            | State::Failing => true,
        }
    }

    /// The bytes to write, if there are any.
    ///
    /// It shows the front of the queue and changes nothing. Tell
    /// [`handle_written`](Connection::handle_written) what the transport took, before any other
    /// call: what is queued in between may go first. A driver that can't uses
    /// [`take_transmit`](Connection::take_transmit).
    #[inline]
    pub fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.queue.transmit()
    }

    /// Whether [`poll_transmit`](Connection::poll_transmit) has bytes to write.
    #[must_use]
    #[inline]
    pub fn has_transmit(&self) -> bool {
        self.queue.has_transmit()
    }

    /// Takes out at most `max` bytes to write, so that the connection needn't be held meanwhile.
    ///
    /// While some of them aren't reported by [`handle_written`](Connection::handle_written), there
    /// are no others: here and in [`poll_transmit`](Connection::poll_transmit).
    pub fn take_transmit(&mut self, max: usize) -> Option<Outgoing> {
        self.queue.take(max)
    }

    /// The transport took `bytes` bytes from the front of the queue. Nothing else moves it.
    #[inline]
    pub fn handle_written(&mut self, now: Timestamp, bytes: usize) {
        self.advance_clock(now);
        if self.state == State::Open && self.queue.is_data_of(bytes) && !self.liveness.is_waiting()
        {
            self.timers.write_stall = None;
            return self.queue.clear_data();
        }
        self.handle_written_in_part(bytes);
    }

    #[inline(never)]
    fn handle_written_in_part(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        if self.liveness.is_waiting() && self.queue.holds_heartbeat() {
            self.liveness.progressed(self.now);
        }
        let was_taken = self.queue.is_data_taken();
        self.queue.advance(bytes);
        if self.timers.write_stall.is_some() {
            self.timers.write_stall = None;
            if !self.queue.is_empty() {
                self.handle_write_blocked(self.now);
            }
        }
        if self.state != State::Open && !was_taken && self.queue.is_data_taken() {
            self.apply(StateInput::Flushed { eof: self.is_eof }, None);
        }
    }

    /// Hands back the buffers that messages are sent from, if nothing waits in them.
    ///
    /// Each heartbeat does this, when a connection has been silent for its interval. It's for a
    /// driver that knows better: that what was written was a handshake, or that nothing will be sent
    /// for a while.
    pub fn release_buffers(&mut self) {
        self.queue.release();
    }

    /// The transport takes no bytes just now, although some wait. The write stall runs from here,
    /// and anew from each byte that it takes.
    pub fn handle_write_blocked(&mut self, now: Timestamp) {
        self.advance_clock(now);
        if self.timers.write_stall.is_none() && !self.queue.is_empty() {
            let timeout = self.limits.write_stall_timeout;
            self.timers.write_stall = timeout.map(|timeout| self.now + timeout);
        }
    }

    /// Whether bytes are read as they come. `false`: some are left unread because our application
    /// is slow, so that silence says nothing of the peer.
    ///
    /// Meanwhile the heartbeat's and the close deadline stand still; they begin anew when reading
    /// goes on.
    pub fn handle_reading(&mut self, now: Timestamp, reading: bool) {
        self.advance_clock(now);
        if reading && !self.is_reading {
            self.liveness.progressed(self.now);
            if let Some(close) = &mut self.timers.close {
                *close = self.now + self.limits.close_timeout;
            }
        }
        self.is_reading = reading;
    }

    /// The peer ended its side of the transport: everything it sent was received.
    pub fn handle_eof(&mut self, now: Timestamp) {
        self.advance_clock(now);
        if self.is_eof {
            return;
        }
        self.is_eof = true;
        if self.finish_opening() {
            return;
        }
        let flushed = self.queue.is_data_taken();
        self.apply(StateInput::Eof { flushed }, Some(Reason::Eof));
    }

    /// The transport failed, in either direction.
    pub fn handle_lost(&mut self, now: Timestamp) {
        self.advance_clock(now);
        if !self.finish_opening() {
            self.apply(StateInput::Lost, Some(Reason::Lost));
        }
    }

    /// The start of a refusal is all that will come of it: it's reported as it is.
    pub(super) fn finish_opening(&mut self) -> bool {
        let Some(opened) = self.opening.as_mut().and_then(|opening| opening.finish()) else {
            return false;
        };
        let event = self.conclude_opening(opened);
        debug_assert!(event.is_none(), "only a refusal is finished, and its events wait");
        true
    }
}
