use std::sync::Arc;

use wirebeat::session::{Attempt, Target, Wanted};
use wirebeat::{DialError, Input, Timestamp, Transmit};

use crate::ConnectError;

/// What a [`Driver`](super::Driver) drives. Most of it are the core's own calls.
pub(crate) trait Machine {
    fn wanted(&self) -> Wanted;
    fn target(&self) -> Option<&Target>;
    fn handle_dialed(&mut self, now: Timestamp, attempt: Attempt);
    fn handle_dial_failed(&mut self, now: Timestamp, attempt: Attempt, why: DialError);
    fn wants_read(&self, attempt: Attempt) -> bool;
    fn poll_transmit(&mut self, attempt: Attempt) -> Option<Transmit<'_>>;
    #[cfg(feature = "tls")]
    fn take_transmit(&mut self, attempt: Attempt, max: usize) -> Option<wirebeat::Outgoing>;
    fn handle_written(&mut self, now: Timestamp, attempt: Attempt, bytes: usize);
    fn handle_write_blocked(&mut self, now: Timestamp, attempt: Attempt);
    fn handle_reading(&mut self, now: Timestamp, attempt: Attempt, reading: bool);
    fn handle_eof(&mut self, now: Timestamp, attempt: Attempt);
    fn handle_lost(&mut self, now: Timestamp, attempt: Attempt);
    fn poll_timeout(&self) -> Option<Timestamp>;
    fn handle_timeout(&mut self, now: Timestamp);

    /// Eats input, and passes on what comes of it, as long as the application takes it.
    fn receive(&mut self, now: Timestamp, attempt: Attempt, input: &mut Input<'_>);

    /// Passes on what happened without input.
    fn deliver(&mut self, now: Timestamp);

    /// Whether the application takes what comes.
    fn takes_input(&self) -> bool;

    /// Why there's no transport, in more words than the core has. The end of the attempt follows.
    fn note_failure(&mut self, error: Arc<ConnectError>);
}

/// The core's calls, of a field that has them.
macro_rules! calls_of_the_core {
    ($field:ident) => {
        fn wanted(&self) -> wirebeat::session::Wanted {
            self.$field.wanted()
        }

        fn target(&self) -> Option<&wirebeat::session::Target> {
            self.$field.target()
        }

        fn handle_dialed(&mut self, now: Timestamp, attempt: Attempt) {
            self.$field.handle_dialed(now, attempt);
        }

        fn handle_dial_failed(
            &mut self,
            now: Timestamp,
            attempt: Attempt,
            why: wirebeat::DialError,
        ) {
            self.$field.handle_dial_failed(now, attempt, why);
        }

        fn wants_read(&self, attempt: Attempt) -> bool {
            self.$field.wants_read(attempt)
        }

        fn poll_transmit(&mut self, attempt: Attempt) -> Option<wirebeat::Transmit<'_>> {
            self.$field.poll_transmit(attempt)
        }

        #[cfg(feature = "tls")]
        fn take_transmit(&mut self, attempt: Attempt, max: usize) -> Option<wirebeat::Outgoing> {
            self.$field.take_transmit(attempt, max)
        }

        fn handle_written(&mut self, now: Timestamp, attempt: Attempt, bytes: usize) {
            self.$field.handle_written(now, attempt, bytes);
        }

        fn handle_write_blocked(&mut self, now: Timestamp, attempt: Attempt) {
            self.$field.handle_write_blocked(now, attempt);
        }

        fn handle_reading(&mut self, now: Timestamp, attempt: Attempt, reading: bool) {
            self.$field.handle_reading(now, attempt, reading);
        }

        fn handle_eof(&mut self, now: Timestamp, attempt: Attempt) {
            self.$field.handle_eof(now, attempt);
        }

        fn handle_lost(&mut self, now: Timestamp, attempt: Attempt) {
            self.$field.handle_lost(now, attempt);
        }

        fn poll_timeout(&self) -> Option<Timestamp> {
            self.$field.poll_timeout()
        }

        fn handle_timeout(&mut self, now: Timestamp) {
            self.$field.handle_timeout(now);
        }
    };
}

pub(crate) use calls_of_the_core;
