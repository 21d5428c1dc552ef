//! The usual cases of receiving and sending a message, in one step each: one task, an open
//! connection, nothing in between. Everything else is left to `drive`.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use wirebeat::record::Recorded;
use wirebeat::{
    Event, Input, Message, ReadyState, SendError, SendErrorReason, Timestamp, Transmit,
};

use crate::Socket;
use crate::calls::Sending;
use crate::drive::poll_read;
use crate::scratch::Scratch;
use crate::shared::{Held, Shared, Whole};
use crate::state::{InputSide, OutputSide, State};
use crate::waiting::Way;

/// What has come of a quick attempt.
pub(crate) enum Quick<T> {
    /// What the call was for.
    Done(T),
    /// It has to wait, and is woken.
    Waits,
    /// Something unusual, for `drive`.
    Unusual,
}

impl<S: Socket> Shared<S> {
    /// Receives a message, if that's what comes next.
    #[inline]
    pub(crate) fn recv_quickly(&self, cx: &mut Context<'_>) -> Quick<Message<'static>> {
        let mut state = self.lock();
        if !state.is_usual() || state.expected_len().is_some() {
            return Quick::Unusual;
        }
        if !state.leftover.is_empty() {
            return state.take_message_at_hand();
        }
        if state.connection.read_target().is_some() {
            return Quick::Unusual;
        }
        let way = self.enter(&mut state, cx.waker());
        if state.has_output() && !write_first(&mut state, &mut way.context()) {
            return Quick::Unusual;
        }
        self.read_message(state, cx, way)
    }

    fn read_message(
        &self,
        mut state: Held<'_, S>,
        cx: &mut Context<'_>,
        way: Way<'_>,
    ) -> Quick<Message<'static>> {
        let Some((_, stream)) = state.unsplit() else { return Quick::Unusual };
        let mut scratch = Scratch::take();
        let bytes = scratch.bytes();
        match poll_read(stream, &mut way.context(), bytes) {
            Poll::Pending if state.keep_time(&mut way.context()) => Quick::Unusual,
            Poll::Pending => {
                state.is_served = true;
                self.wait(state, cx.waker(), way);
                Quick::Waits
            }
            Poll::Ready(Ok(len)) if len > 0 => state.begin_with_message(&mut bytes[..len]),
            Poll::Ready(ended) => {
                let now = state.now();
                state.end_read(&ended, now);
                Quick::Unusual
            }
        }
    }

    /// Queues a message, and writes it unless it may wait.
    #[inline]
    pub(crate) fn send_quickly<M>(
        &self,
        cx: &mut Context<'_>,
        sending: &mut Sending<M>,
        is_answer: bool,
        send: &mut impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Quick<Result<(), SendError<M>>> {
        let mut state = self.lock();
        if state.is_shared || state.is_holding() || state.output != OutputSide::Live {
            return Quick::Unusual;
        }
        let Sending::Unsent(unsent) = mem::replace(sending, Sending::Queued) else {
            return Quick::Unusual;
        };
        match send(&mut state.connection, Timestamp::ZERO, unsent) {
            Ok(()) => state.note_queued(),
            Err(SendError { reason: SendErrorReason::Full, unsent }) => {
                *sending = Sending::Unsent(unsent);
                return Quick::Unusual;
            }
            Err(error) => return Quick::Done(Err(error)),
        }
        if state.may_wait(is_answer, state.leftover.rest()) {
            return Quick::Done(Ok(()));
        }
        let way = self.enter(&mut state, cx.waker());
        match write_quickly(&mut state, &mut way.context()) && !state.has_news() {
            true => Quick::Done(Ok(())),
            false => Quick::Unusual,
        }
    }
}

/// Writes what waits, if it stands in one slice and the transport takes it at once. Returns whether it
/// did.
#[inline(always)]
fn write_quickly<S: Socket>(whole: &mut Whole<S>, cx: &mut Context<'_>) -> bool {
    let Some((state, stream)) = whole.unsplit() else { return false };
    let transmit = state.connection.poll_transmit();
    let Some(bytes) = transmit.as_ref().and_then(Transmit::as_slice) else { return false };
    let len = bytes.len();
    let taken = Pin::new(&mut *stream).poll_write(cx, bytes);
    if !matches!(taken, Poll::Ready(Ok(taken)) if taken == len) {
        state.end_write(None, taken);
        return false;
    }
    state.note_written(len);
    match Pin::new(stream).poll_flush(cx) {
        Poll::Ready(Ok(())) => state.is_unflushed = false,
        // A poll that isn't quick meets the same again.
        Poll::Ready(Err(_)) | Poll::Pending => {}
    }
    !state.is_unflushed
}

/// The same before a call that receives, where there's seldom anything.
#[inline(never)]
fn write_first<S: Socket>(whole: &mut Whole<S>, cx: &mut Context<'_>) -> bool {
    write_quickly(whole, cx)
}

impl State {
    /// Whether nothing is going on but that messages come and go.
    #[inline]
    fn is_usual(&self) -> bool {
        self.is_quiet
            && !self.is_shared
            && self.takes_input
            && self.inbox.is_empty()
            && !self.is_holding()
            && self.input == InputSide::Live
            && self.output == OutputSide::Live
            && self.connection.ready_state() == ReadyState::Open
    }

    /// Takes the next message out of what was read before.
    #[inline]
    fn take_message_at_hand(&mut self) -> Quick<Message<'static>> {
        if !self.connection.has_message_next(self.leftover.rest()) {
            return Quick::Unusual;
        }
        let mut chunk = self.leftover.chunk();
        let event = chunk.receive(&mut self.connection, Timestamp::ZERO);
        // A message that isn't UTF-8, or that answers the heartbeat, is unusual.
        let taken = match event {
            Some(Event::Message(message)) => {
                self.observers.tell(|observer| observer.received(&message));
                Quick::Done(message.into_owned())
            }
            _ => Quick::Unusual,
        };
        let left = chunk.left();
        self.leftover.cut_to(left);
        taken
    }

    /// Takes the message that was just read, and keeps what is behind it.
    #[inline(always)]
    fn begin_with_message(&mut self, bytes: &mut [u8]) -> Quick<Message<'static>> {
        let now = self.now();
        // All that waited was written before this was read, and no sink holds more.
        self.note_calm_sign_of_life(now);
        self.waiting.note(false);
        let len = bytes.len();
        let mut input = Input::new(bytes);
        let event = self.connection.receive(now, &mut input);
        let rest = input.len();
        let taken = match event {
            Some(Event::Message(message)) => {
                self.note_message(&message);
                Quick::Done(message.into_owned())
            }
            other => {
                self.note_other(other);
                Quick::Unusual
            }
        };
        // Behind a message there's nothing that isn't among the bytes.
        self.is_quiet = matches!(taken, Quick::Done(_));
        self.leftover.keep(&bytes[len - rest..]);
        taken
    }

    /// Takes note of what came instead of a message.
    #[cold]
    fn note_other(&mut self, event: Option<Event<'_>>) {
        match event {
            Some(Event::Pong { latency: Some(latency), .. }) => {
                self.observers.tell(|observer| observer.measured(latency));
            }
            Some(Event::Closed(closed)) => self.end(closed),
            _ => {}
        }
    }
}
