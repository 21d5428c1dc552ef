use alloc::vec::Vec;

use bytes::buf::Limit;

use super::WebSocket;
use crate::session::{Attempt, Target, Wanted, impl_driven};
use crate::{DialError, Input, Outgoing, Timestamp, Transmit};

/// What a driver reports and is told: the calls of a [`Session`](crate::session::Session)'s driver.
/// After each of them it calls [`dispatch`](WebSocket::dispatch) until there's nothing to dispatch.
impl WebSocket {
    /// Which transport the driver is to hold, or to dial.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.inner.session.wanted()
    }

    /// Where to dial.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        self.inner.session.target()
    }

    /// The driver has a transport for this attempt: connected, and secure if the target wants it.
    pub fn handle_dialed(&mut self, now: Timestamp, attempt: Attempt) {
        self.inner.session.handle_dialed(now, attempt);
    }

    /// The driver could get no transport for this attempt.
    ///
    /// A page isn't told why; [`closed`](WebSocket::closed) tells the application.
    pub fn handle_dial_failed(&mut self, now: Timestamp, attempt: Attempt, why: DialError) {
        self.inner.session.handle_dial_failed(now, attempt, why);
    }

    /// Eats bytes that the transport gave, up to the next thing that the application has to hear of:
    /// [`dispatch`](WebSocket::dispatch) until there's nothing, then go on until the input is used
    /// up. While something waits to be dispatched, nothing is eaten.
    ///
    /// Bytes of an attempt that is over are thrown away.
    pub fn receive(&mut self, now: Timestamp, attempt: Attempt, input: &mut Input<'_>) {
        if self.current.is_none() {
            self.inner.receive(now, attempt, input);
        }
    }

    /// As [`Connection::read_target`](crate::Connection::read_target). `None` for an attempt that is
    /// over.
    pub fn read_target(&mut self, attempt: Attempt) -> Option<Limit<&mut Vec<u8>>> {
        self.inner.session.read_target(attempt)
    }

    /// Whether the driver should read. `false` for an attempt that is over.
    #[must_use]
    pub fn wants_read(&self, attempt: Attempt) -> bool {
        self.inner.session.wants_read(attempt)
    }

    /// The bytes to write, as [`Connection::poll_transmit`](crate::Connection::poll_transmit). `None`
    /// for an attempt that is over.
    pub fn poll_transmit(&mut self, attempt: Attempt) -> Option<Transmit<'_>> {
        self.inner.session.poll_transmit(attempt)
    }

    /// Takes out at most `max` bytes to write, as
    /// [`Connection::take_transmit`](crate::Connection::take_transmit). `None` for an attempt that is
    /// over.
    pub fn take_transmit(&mut self, attempt: Attempt, max: usize) -> Option<Outgoing> {
        self.inner.session.take_transmit(attempt, max)
    }

    /// The transport took `bytes` bytes from the front of the queue.
    pub fn handle_written(&mut self, now: Timestamp, attempt: Attempt, bytes: usize) {
        self.inner.session.handle_written(now, attempt, bytes);
    }

    /// The transport takes no bytes just now, although some wait.
    pub fn handle_write_blocked(&mut self, now: Timestamp, attempt: Attempt) {
        self.inner.session.handle_write_blocked(now, attempt);
    }

    /// Whether bytes are read as they come, as
    /// [`Connection::handle_reading`](crate::Connection::handle_reading).
    pub fn handle_reading(&mut self, now: Timestamp, attempt: Attempt, reading: bool) {
        self.inner.session.handle_reading(now, attempt, reading);
    }

    /// The server ended its side of the transport: everything it sent was received.
    pub fn handle_eof(&mut self, now: Timestamp, attempt: Attempt) {
        self.inner.session.handle_eof(now, attempt);
    }

    /// The transport failed, in either direction.
    pub fn handle_lost(&mut self, now: Timestamp, attempt: Attempt) {
        self.inner.session.handle_lost(now, attempt);
    }

    /// When [`handle_timeout`](WebSocket::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.inner.session.poll_timeout()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.inner.session.handle_timeout(now);
    }

    /// The host has a network again, as
    /// [`Session::handle_online`](crate::session::Session::handle_online).
    pub fn handle_online(&mut self, now: Timestamp) {
        self.inner.session.handle_online(now);
    }

    /// The host has no network, as
    /// [`Session::handle_offline`](crate::session::Session::handle_offline).
    pub fn handle_offline(&mut self, now: Timestamp) {
        self.inner.session.handle_offline(now);
    }

    /// The host slept, as [`Session::handle_resumed`](crate::session::Session::handle_resumed).
    pub fn handle_resumed(&mut self, now: Timestamp) {
        self.inner.session.handle_resumed(now);
    }
}

impl_driven!(WebSocket);
