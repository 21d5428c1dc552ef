use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Buf;
use tokio::io::AsyncWrite as _;
use wirebeat::session::{Attempt, Driven};
use wirebeat::{Input, Outgoing, Timestamp, Transport};

use super::dialing::BoxedSocket;
use super::machine::{Machine, Reach};
use crate::MaybeTls;
use crate::chunk::Leftover;
use crate::drive::poll_read;
use crate::scratch::Scratch;
use crate::state::{InputSide, OutputSide};
use crate::transport::poll_write;

/// How often it's read, and written, before others have their turn.
const TURNS_MAX: usize = 8;

/// How many bytes are taken out of the send queue at once.
const WRITE_LEN_MAX: usize = 64 * 1024;

/// A transport, and what is between it and its connection.
pub(crate) struct Link {
    stream: MaybeTls<BoxedSocket>,
    /// What was read, and the application doesn't take yet.
    leftover: Leftover,
    /// What was taken out to be written, of which the transport took only a part.
    rest: Option<Outgoing>,
    input: InputSide,
    output: OutputSide,
    /// Whether the application takes what comes, as the connection was last told.
    is_reading: bool,
    /// Whether the transport may have taken bytes that it keeps in a buffer of its own.
    is_unflushed: bool,
}

impl Link {
    pub(crate) fn new(stream: MaybeTls<BoxedSocket>) -> Link {
        Link {
            stream,
            leftover: Leftover::default(),
            rest: None,
            input: InputSide::Live,
            output: OutputSide::Live,
            is_reading: true,
            is_unflushed: false,
        }
    }

    /// Reads and writes what can be without waiting. Returns whether anything was.
    pub(crate) fn exchange(
        &mut self,
        cx: &mut Context<'_>,
        machine: &mut impl Reach,
        attempt: Attempt,
        now: Timestamp,
    ) -> bool {
        let has_read = self.take_in(cx, machine, attempt, now);
        self.put_out(cx, machine, attempt, now) || has_read
    }

    /// Does to the stream what the connection wants, but for dropping it. Returns whether anything
    /// was done.
    pub(crate) fn obey(
        &mut self,
        cx: &mut Context<'_>,
        machine: &mut impl Reach,
        attempt: Attempt,
        transport: Transport,
    ) -> bool {
        if transport != Transport::ShutdownWrite
            || self.output != OutputSide::Live
            || self.has_output(machine, attempt)
        {
            return false;
        }
        // It may have ended by itself, which the next read will tell.
        let is_shut = Pin::new(&mut self.stream).poll_shutdown(cx).is_ready();
        if is_shut {
            self.output = OutputSide::Shut;
        }
        is_shut
    }

    /// Whether nothing comes any more and nothing goes out: there's nothing left to wait for.
    pub(crate) fn is_at_its_end(&mut self, machine: &mut impl Reach, attempt: Attempt) -> bool {
        self.input == InputSide::Ended
            && self.leftover.is_empty()
            && (self.output != OutputSide::Live || !self.has_output(machine, attempt))
    }

    fn has_output(&mut self, machine: &mut impl Reach, attempt: Attempt) -> bool {
        self.rest.is_some()
            || machine.reach(|machine| machine.core_mut().poll_transmit(attempt).is_some())
    }

    fn take_in(
        &mut self,
        cx: &mut Context<'_>,
        machine: &mut impl Reach,
        attempt: Attempt,
        now: Timestamp,
    ) -> bool {
        // What is heard only now may want the transport to be treated differently.
        let mut has_read = machine.reach(|machine| self.eat_leftover(machine, attempt, now));
        for _ in 0..TURNS_MAX {
            if !machine.reach(|machine| self.wants_read(machine, attempt, now)) {
                return has_read;
            }
            let mut scratch = Scratch::take();
            let Poll::Ready(read) = poll_read(&mut self.stream, cx, scratch.bytes()) else {
                if self.output == OutputSide::Broken {
                    // All that could tell why has been read.
                    self.input = InputSide::Ended;
                    machine.reach(|machine| machine.core_mut().handle_lost(now, attempt));
                    return true;
                }
                return has_read;
            };
            has_read = true;
            machine.reach(|machine| match self.end_read(&read) {
                Read::Some(len) => {
                    let bytes = &mut scratch.bytes()[..len];
                    let mut input = Input::new(bytes);
                    machine.receive(now, attempt, &mut input);
                    let left = input.len();
                    self.leftover.keep(&bytes[len - left..]);
                }
                Read::Nothing => {}
                Read::End => machine.core_mut().handle_eof(now, attempt),
                Read::Lost => machine.core_mut().handle_lost(now, attempt),
            });
        }
        has_read
    }

    /// Hands over what was read before. Returns whether any was taken.
    fn eat_leftover(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
        now: Timestamp,
    ) -> bool {
        let len = self.leftover.rest().len();
        if len > 0 {
            self.leftover.eat(|input| machine.receive(now, attempt, input));
        }
        self.leftover.rest().len() < len
    }

    /// Whether more is to be read; of the application's not taking any, the connection is told.
    fn wants_read(&mut self, machine: &mut impl Machine, attempt: Attempt, now: Timestamp) -> bool {
        let is_reading = machine.takes_input();
        if self.is_reading != is_reading {
            self.is_reading = is_reading;
            machine.core_mut().handle_reading(now, attempt, is_reading);
        }
        is_reading
            && self.input == InputSide::Live
            && self.leftover.is_empty()
            && machine.core().wants_read(attempt)
    }

    /// What a read has come to.
    fn end_read(&mut self, read: &io::Result<usize>) -> Read {
        let end = match read {
            Ok(len) if *len > 0 => return Read::Some(*len),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Read::Nothing,
            Ok(_) => Read::End,
            // TLS that ends without saying so: what came is whole all the same.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Read::End,
            Err(_) => Read::Lost,
        };
        self.input = InputSide::Ended;
        match (end, self.output) {
            (Read::End, OutputSide::Live | OutputSide::Shut) => Read::End,
            // The write was told of the loss, and the system tells it once.
            _ => Read::Lost,
        }
    }

    fn put_out(
        &mut self,
        cx: &mut Context<'_>,
        machine: &mut impl Reach,
        attempt: Attempt,
        now: Timestamp,
    ) -> bool {
        let mut has_written = false;
        for _ in 0..TURNS_MAX {
            if self.output != OutputSide::Live {
                return has_written;
            }
            let take = || {
                machine.reach(|machine| machine.core_mut().take_transmit(attempt, WRITE_LEN_MAX))
            };
            let Some(mut outgoing) = self.rest.take().or_else(take) else {
                return self.flush(cx) || has_written;
            };
            match poll_write(&mut self.stream, cx, &outgoing) {
                Poll::Ready(Ok(taken)) if taken > 0 => {
                    machine.reach(|machine| machine.core_mut().handle_written(now, attempt, taken));
                    outgoing.advance(taken);
                    (has_written, self.is_unflushed) = (true, true);
                }
                Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Poll::Ready(_) => {
                    self.output = OutputSide::Broken;
                    // What came before may still tell why, and then it's told of the loss.
                    return true;
                }
                Poll::Pending => {
                    machine.reach(|machine| machine.core_mut().handle_write_blocked(now, attempt));
                    self.rest = Some(outgoing);
                    return has_written;
                }
            }
            if outgoing.has_remaining() {
                self.rest = Some(outgoing);
            }
        }
        has_written
    }

    /// Returns whether something has changed.
    fn flush(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_unflushed {
            return false;
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                self.is_unflushed = false;
                false
            }
            Poll::Ready(Err(_)) => {
                self.output = OutputSide::Broken;
                true
            }
            Poll::Pending => false,
        }
    }
}

enum Read {
    Some(usize),
    Nothing,
    End,
    Lost,
}

/// The peer is told the end of TLS, if there's room to.
impl Drop for Link {
    fn drop(&mut self) {
        if self.output == OutputSide::Live {
            let mut cx = Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut self.stream).poll_shutdown(&mut cx);
        }
    }
}
