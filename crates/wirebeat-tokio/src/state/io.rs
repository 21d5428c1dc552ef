use std::io::{self, ErrorKind};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use wirebeat::{Outgoing, ReadyState, Timestamp};

use super::{InputSide, OutputSide, State, Written};

/// How many bytes are taken out of the send queue at once, where several tasks use a connection.
const WRITE_LEN_MAX: usize = 64 * 1024;

/// How often a call that only sends looks at what has come.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// What the transport and the clock have to say.
impl State {
    /// Whether a call that only sends is to look at what has come, which it does now and then.
    pub(crate) fn is_look_due(&mut self) -> bool {
        let now = self.now();
        let is_due = now.since(self.looked_at) >= LOOK_INTERVAL && !self.inbox.is_full();
        if is_due {
            self.looked_at = now;
        }
        is_due
    }

    /// Takes out what is to be written without holding the connection.
    pub(crate) fn begin_write(&mut self) -> Option<Outgoing> {
        let outgoing = self.rest.take().or_else(|| self.connection.take_transmit(WRITE_LEN_MAX));
        self.is_writing = outgoing.is_some();
        outgoing
    }

    /// Tells what has become of a write, and gives back what was taken out for it.
    pub(crate) fn end_write(
        &mut self,
        outgoing: Option<Outgoing>,
        taken: Poll<io::Result<usize>>,
    ) -> Written {
        self.is_writing = false;
        if taken.is_ready() {
            self.tell_refused();
        }
        let (taken, written) = match taken {
            Poll::Ready(Ok(taken)) if taken > 0 => {
                self.note_written(taken);
                (taken, Written::All)
            }
            Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => (0, Written::All),
            Poll::Ready(_) => {
                self.break_output();
                (0, Written::Broken)
            }
            Poll::Pending => {
                let now = self.now();
                self.is_calm = false;
                self.connection.handle_write_blocked(now);
                (0, Written::Blocked)
            }
        };
        if let Some(mut outgoing) = outgoing {
            outgoing.advance(taken);
            if outgoing.has_remaining() && self.output != OutputSide::Dropped {
                self.rest = Some(outgoing);
            }
        }
        written
    }

    /// Tells the connection what the transport has taken.
    #[inline(always)]
    pub(crate) fn note_written(&mut self, taken: usize) {
        let is_calm = self.is_calm && self.connection.ready_state() == ReadyState::Open;
        let now = if is_calm { Timestamp::ZERO } else { self.now() };
        self.connection.handle_written(now, taken);
        self.observers.tell(|observer| observer.written(taken));
        self.is_unflushed = true;
        if self.is_holding() {
            self.queue_held();
        }
    }

    pub(crate) fn break_output(&mut self) {
        self.is_unflushed = false;
        if self.output == OutputSide::Live {
            self.output = OutputSide::Broken;
        }
    }

    /// Tells the connection what was read, unless it was read into one of its messages.
    pub(crate) fn end_read(&mut self, read: &io::Result<usize>, now: Timestamp) {
        self.is_reading = false;
        self.tell_refused();
        (self.looked_at, self.is_quiet) = (now, false);
        match read {
            Ok(0) => self.end_input(now),
            Ok(_) => self.note_sign_of_life(now),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                // TLS that ends without saying so: what came is whole all the same.
                ErrorKind::UnexpectedEof => self.end_input(now),
                _ => {
                    self.input = InputSide::Ended;
                    self.connection.handle_lost(now);
                }
            },
        }
    }

    fn end_input(&mut self, now: Timestamp) {
        self.input = InputSide::Ended;
        match self.output {
            OutputSide::Live | OutputSide::Shut => self.connection.handle_eof(now),
            // The write was told of the loss, and the system tells it once.
            OutputSide::Broken | OutputSide::Dropped => self.connection.handle_lost(now),
        }
    }

    /// Gives up what can't go on: there's nothing to read, and what is to be written can't be; or
    /// nothing comes and nothing goes out. Returns whether that was so.
    #[inline]
    pub(crate) fn lose_if_stuck(&mut self) -> bool {
        let may_be = self.input == InputSide::Ended || self.output != OutputSide::Live;
        may_be && self.lose_what_is_stuck()
    }

    #[cold]
    fn lose_what_is_stuck(&mut self) -> bool {
        if self.is_writing || self.connection.ready_state() == ReadyState::Closed {
            return false;
        }
        let is_stuck = match (self.has_output(), self.output, self.input) {
            (true, OutputSide::Live, _) => false,
            (true, OutputSide::Shut | OutputSide::Broken | OutputSide::Dropped, _) => true,
            (false, _, input) => input == InputSide::Ended,
        };
        if is_stuck {
            self.lose();
        }
        is_stuck
    }

    /// The transport is lost.
    pub(crate) fn lose(&mut self) {
        let now = self.now();
        self.connection.handle_lost(now);
        self.has_news = true;
    }

    /// Does what is due. Returns whether anything was. Input comes before time: all that there was
    /// to read is read.
    #[inline]
    pub(crate) fn keep_time(&mut self, cx: &mut Context<'_>) -> bool {
        // There is but the heartbeat, which moves away with each message.
        let is_calm = self.is_calm && self.connection.ready_state() == ReadyState::Open;
        !(is_calm && self.timer.is_running()) && self.do_what_is_due(cx)
    }

    fn do_what_is_due(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(at) = self.connection.poll_timeout() else { return false };
        if self.timer.poll(cx, self.clock, at).is_pending() {
            return false;
        }
        let now = self.now().max(at);
        (self.is_quiet, self.is_calm) = (false, false);
        self.connection.handle_timeout(now);
        self.has_news = true;
        true
    }

    /// The time has passed in which nobody has looked: what is due is done before what follows.
    pub(crate) fn let_time_pass(&mut self) {
        let now = self.now();
        self.connection.handle_timeout(now);
    }

    /// Tells the connection whether our application takes what comes.
    pub(crate) fn set_reading(&mut self, takes_input: bool) {
        if self.takes_input != takes_input {
            self.takes_input = takes_input;
            let now = self.now();
            self.connection.handle_reading(now, takes_input);
        }
    }
}
