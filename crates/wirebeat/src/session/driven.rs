use super::Session;
use super::attempt::{Attempt, Wanted};
use super::target::Target;
use crate::{DialError, Outgoing, Timestamp, Transmit};

/// What holds at most one transport at a time and has many: a [`Session`], or the browser's object
/// over one. A driver of one is a driver of the other.
///
/// The methods are the type's own of the same names, which say what they're for. How input is
/// received is different, and isn't here.
pub trait Driven {
    /// What the driver is to hold or to dial.
    fn wanted(&self) -> Wanted;
    /// Where the attempt leads, once that's known.
    fn target(&self) -> Option<&Target>;
    /// The driver has a transport for this attempt.
    fn handle_dialed(&mut self, now: Timestamp, attempt: Attempt);
    /// The driver could get no transport for this attempt.
    fn handle_dial_failed(&mut self, now: Timestamp, attempt: Attempt, why: DialError);
    /// Whether the driver should read.
    fn wants_read(&self, attempt: Attempt) -> bool;
    /// The bytes to write.
    fn poll_transmit(&mut self, attempt: Attempt) -> Option<Transmit<'_>>;
    /// Takes out at most `max` bytes to write.
    fn take_transmit(&mut self, attempt: Attempt, max: usize) -> Option<Outgoing>;
    /// The transport took `bytes` bytes from the front of the queue.
    fn handle_written(&mut self, now: Timestamp, attempt: Attempt, bytes: usize);
    /// The transport takes no bytes just now, although some wait.
    fn handle_write_blocked(&mut self, now: Timestamp, attempt: Attempt);
    /// Whether bytes are read as they come.
    fn handle_reading(&mut self, now: Timestamp, attempt: Attempt, reading: bool);
    /// The peer ended its side of the transport.
    fn handle_eof(&mut self, now: Timestamp, attempt: Attempt);
    /// The transport failed, in either direction.
    fn handle_lost(&mut self, now: Timestamp, attempt: Attempt);
    /// When [`handle_timeout`](Driven::handle_timeout) has something to do.
    fn poll_timeout(&self) -> Option<Timestamp>;
    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Timestamp);
}

/// By a type's own methods.
macro_rules! impl_driven {
    ($type:ident) => {
        impl crate::session::Driven for $type {
            fn wanted(&self) -> crate::session::Wanted {
                $type::wanted(self)
            }

            fn target(&self) -> Option<&crate::session::Target> {
                $type::target(self)
            }

            fn handle_dialed(&mut self, now: Timestamp, attempt: Attempt) {
                $type::handle_dialed(self, now, attempt);
            }

            fn handle_dial_failed(&mut self, now: Timestamp, attempt: Attempt, why: DialError) {
                $type::handle_dial_failed(self, now, attempt, why);
            }

            fn wants_read(&self, attempt: Attempt) -> bool {
                $type::wants_read(self, attempt)
            }

            fn poll_transmit(&mut self, attempt: Attempt) -> Option<Transmit<'_>> {
                $type::poll_transmit(self, attempt)
            }

            fn take_transmit(&mut self, attempt: Attempt, max: usize) -> Option<Outgoing> {
                $type::take_transmit(self, attempt, max)
            }

            fn handle_written(&mut self, now: Timestamp, attempt: Attempt, bytes: usize) {
                $type::handle_written(self, now, attempt, bytes);
            }

            fn handle_write_blocked(&mut self, now: Timestamp, attempt: Attempt) {
                $type::handle_write_blocked(self, now, attempt);
            }

            fn handle_reading(&mut self, now: Timestamp, attempt: Attempt, reading: bool) {
                $type::handle_reading(self, now, attempt, reading);
            }

            fn handle_eof(&mut self, now: Timestamp, attempt: Attempt) {
                $type::handle_eof(self, now, attempt);
            }

            fn handle_lost(&mut self, now: Timestamp, attempt: Attempt) {
                $type::handle_lost(self, now, attempt);
            }

            fn poll_timeout(&self) -> Option<Timestamp> {
                $type::poll_timeout(self)
            }

            fn handle_timeout(&mut self, now: Timestamp) {
                $type::handle_timeout(self, now);
            }
        }
    };
}

impl_driven!(Session);

#[cfg(feature = "url")]
pub(crate) use impl_driven;
