use bytes::buf::Limit;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Session;
use super::attempt::Attempt;
use super::event::SessionEvent;
use super::state::StateInput;
use crate::handshake::Accepted;
use crate::{Connection, Event, Input, Outgoing, Timestamp, Transmit};

/// What the driver reports of its transport: as on a [`Connection`], with the attempt that the
/// transport belongs to.
impl Session {
    /// Eats bytes that the transport gave, until something has happened or they're used up; as
    /// [`Connection::receive`].
    ///
    /// What happened earlier comes first. Bytes of an attempt that is over are thrown away.
    #[inline]
    pub fn receive<'i>(
        &mut self,
        now: Timestamp,
        attempt: Attempt,
        input: &mut Input<'i>,
    ) -> Option<SessionEvent<'i>> {
        self.advance_clock(now);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let now = self.now;
            let Some(connection) = self.held(attempt) else {
                input.discard();
                return None;
            };
            return Some(match connection.receive(now, input) {
                Some(Event::Message(message)) => SessionEvent::Message(message),
                Some(Event::Fragment(fragment)) => SessionEvent::Fragment(fragment),
                Some(Event::Ping(payload)) => SessionEvent::Ping(payload),
                Some(Event::Pong { payload, latency }) => SessionEvent::Pong { payload, latency },
                Some(Event::Closing(frame)) => SessionEvent::Closing(frame),
                Some(Event::Open(accepted)) => {
                    self.opened(accepted);
                    continue;
                }
                Some(
                    event @ (Event::Request(_)
                    | Event::Rejected(_)
                    | Event::Error(_)
                    | Event::Closed(_)),
                ) => {
                    self.note_ending(event);
                    self.settle();
                    continue;
                }
                None => {
                    self.settle();
                    return self.events.pop_front();
                }
            });
        }
    }

    /// What happened without input: a timeout, a loss, the application's own calls.
    pub fn poll_event(&mut self) -> Option<SessionEvent<'static>> {
        self.receive(self.now, self.attempt, &mut Input::default())
    }

    /// As [`Connection::read_target`]. `None` for an attempt that is over.
    #[inline]
    pub fn read_target(&mut self, attempt: Attempt) -> Option<Limit<&mut Vec<u8>>> {
        self.held(attempt)?.read_target()
    }

    /// Whether the driver should read, as [`Connection::wants_read`]. `false` for an attempt that is
    /// over.
    #[must_use]
    pub fn wants_read(&self, attempt: Attempt) -> bool {
        self.state.has_connection()
            && attempt == self.attempt
            && self.connection.as_ref().is_some_and(Connection::wants_read)
    }

    /// The bytes to write, as [`Connection::poll_transmit`]. `None` for an attempt that is over.
    #[inline]
    pub fn poll_transmit(&mut self, attempt: Attempt) -> Option<Transmit<'_>> {
        self.held(attempt)?.poll_transmit()
    }

    /// Takes out at most `max` bytes to write, as [`Connection::take_transmit`]. `None` for an
    /// attempt that is over.
    pub fn take_transmit(&mut self, attempt: Attempt, max: usize) -> Option<Outgoing> {
        self.held(attempt)?.take_transmit(max)
    }

    /// The transport took `bytes` bytes from the front of the queue. Nothing else moves it.
    #[inline]
    pub fn handle_written(&mut self, now: Timestamp, attempt: Attempt, bytes: usize) {
        self.report_to(now, attempt, |connection, now| connection.handle_written(now, bytes));
        if self.ledger.kept_count() > 0
            && let Some(connection) = &self.connection
        {
            self.ledger.release(connection.buffered_amount());
        }
    }

    /// The transport takes no bytes just now, although some wait.
    pub fn handle_write_blocked(&mut self, now: Timestamp, attempt: Attempt) {
        self.report_to(now, attempt, Connection::handle_write_blocked);
    }

    /// Whether bytes are read as they come; as [`Connection::handle_reading`].
    pub fn handle_reading(&mut self, now: Timestamp, attempt: Attempt, reading: bool) {
        self.report_to(now, attempt, |connection, now| connection.handle_reading(now, reading));
    }

    /// The peer ended its side of the transport: everything it sent was received.
    pub fn handle_eof(&mut self, now: Timestamp, attempt: Attempt) {
        self.report_to(now, attempt, Connection::handle_eof);
    }

    /// The transport failed, in either direction.
    pub fn handle_lost(&mut self, now: Timestamp, attempt: Attempt) {
        self.report_to(now, attempt, Connection::handle_lost);
    }

    #[inline]
    fn report_to(
        &mut self,
        now: Timestamp,
        attempt: Attempt,
        report: impl FnOnce(&mut Connection, Timestamp),
    ) {
        self.advance_clock(now);
        let now = self.now;
        if let Some(connection) = self.held(attempt) {
            report(connection, now);
            self.settle();
        }
    }

    /// The connection of this attempt, if the driver holds its transport.
    #[inline]
    fn held(&mut self, attempt: Attempt) -> Option<&mut Connection> {
        if self.state.has_connection() && attempt == self.attempt {
            self.connection.as_mut()
        } else {
            None
        }
    }

    /// What has to go out first stands in the queue before the application hears that it's open.
    fn opened(&mut self, accepted: Box<Accepted>) {
        self.apply(StateInput::Opened);
        self.events.push_back(SessionEvent::Open(accepted));
    }
}
