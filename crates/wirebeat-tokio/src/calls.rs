//! What the calls of every handle have in common.

use std::mem;
use std::ops::Deref;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use wirebeat::record::Recorded;
use wirebeat::{
    CloseError, CloseFrame, Closed, Event, Message, ReadyState, SendError, SendErrorReason,
    SendMessageError, Timestamp,
};

use crate::Socket;
use crate::drive::Purpose;
use crate::quick::Quick;
use crate::shared::Shared;
use crate::state::{Received, State};

/// One hand on a connection, which it lets go of when it's dropped.
#[derive(Debug)]
pub(crate) struct Hand<S: Socket>(Arc<Shared<S>>);

impl<S: Socket> Hand<S> {
    /// The first hand on it.
    pub(crate) fn new(shared: Arc<Shared<S>>) -> Hand<S> {
        Hand(shared)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<S>> {
        &self.0
    }
}

impl<S: Socket> Clone for Hand<S> {
    fn clone(&self) -> Hand<S> {
        self.0.add_hand();
        Hand(Arc::clone(&self.0))
    }
}

impl<S: Socket> Deref for Hand<S> {
    type Target = Shared<S>;

    fn deref(&self) -> &Shared<S> {
        &self.0
    }
}

impl<S: Socket> Drop for Hand<S> {
    fn drop(&mut self) {
        self.0.drop_hand();
    }
}

/// How far a call that sends has come.
#[derive(Debug)]
pub(crate) enum Sending<M> {
    /// What is sent isn't in the queue.
    Unsent(M),
    /// It's in the queue, and is to be written.
    Queued,
    /// The call has returned.
    Done,
}

/// When a call that sends returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// When it's in the queue.
    Queued,
    /// When it's written, or others write it together with what follows.
    Written {
        /// Whether it's the answer to a message that was just received.
        is_answer: bool,
    },
}

impl<S: Socket> Shared<S> {
    /// Waits for the next message; `None` once it has ended.
    #[inline]
    pub(crate) fn poll_message(&self, cx: &mut Context<'_>) -> Poll<Option<Message<'static>>> {
        match self.recv_quickly(cx) {
            Quick::Done(message) => Poll::Ready(Some(message)),
            Quick::Waits => Poll::Pending,
            Quick::Unusual => self.poll_any_message(cx),
        }
    }

    #[inline(never)]
    fn poll_any_message(&self, cx: &mut Context<'_>) -> Poll<Option<Message<'static>>> {
        let received = ready!(self.poll_drive(cx, Purpose::Input, |state, chunk, now| {
            match state.next_message(chunk, now) {
                Some(received) => Some(Some(received)),
                None => state.closed().map(|_| None),
            }
        }));
        Poll::Ready(received.map(|received| match received {
            Received::Message(message) => message,
            Received::Adopted(range) => {
                let buffer = mem::take(&mut self.lock().adopted);
                Message::from(Bytes::from(buffer).slice(range))
            }
        }))
    }

    /// Waits for whatever happens next; `None` once it has ended.
    pub(crate) fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<Event<'static>>> {
        let event = ready!(self.poll_drive(cx, Purpose::Input, |state, chunk, now| {
            match state.next_event(chunk, now) {
                Some(event) => Some(Some(event.into_owned())),
                None => state.closed().map(|_| None),
            }
        }));
        if matches!(event, Some(Event::Ping(_) | Event::Closing(_))) {
            // The answer is queued, and the application may be away for a while.
            let mut state = self.lock();
            let way = self.enter(&mut state, cx.waker());
            drop(self.write_out(state, &mut way.context()));
        }
        Poll::Ready(event)
    }

    /// Queues what `send` sends, as soon as there's room, and writes it.
    #[inline]
    pub(crate) fn poll_send<M>(
        &self,
        cx: &mut Context<'_>,
        sending: &mut Sending<M>,
        until: Until,
        send: &mut impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Poll<Result<(), SendError<M>>> {
        if let (Until::Written { is_answer }, Sending::Unsent(_)) = (until, &*sending) {
            match self.send_quickly(cx, sending, is_answer, send) {
                Quick::Done(sent) => return Poll::Ready(sent),
                Quick::Waits | Quick::Unusual => {}
            }
        }
        self.poll_send_anyhow(cx, sending, until, send)
    }

    #[inline(never)]
    fn poll_send_anyhow<M>(
        &self,
        cx: &mut Context<'_>,
        sending: &mut Sending<M>,
        until: Until,
        send: &mut impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Poll<Result<(), SendError<M>>> {
        let mut is_first = true;
        self.poll_drive(cx, Purpose::Output, |state, chunk, now| {
            match mem::replace(sending, Sending::Done) {
                Sending::Unsent(unsent) => match state.try_send(unsent, send) {
                    Ok(()) => *sending = Sending::Queued,
                    Err(SendError { reason: SendErrorReason::Full, unsent }) => {
                        *sending = Sending::Unsent(unsent);
                        state.keep_unless(is_first, chunk, now);
                        is_first = false;
                        return None;
                    }
                    Err(error) => return Some(Err(error)),
                },
                Sending::Queued => *sending = Sending::Queued,
                Sending::Done => return Some(Ok(())),
            }
            let is_done = match until {
                Until::Queued => true,
                Until::Written { is_answer } => {
                    state.may_wait(is_answer, chunk.rest())
                        || state.is_written(is_first, chunk, now)
                }
            };
            is_first = false;
            is_done.then(|| {
                *sending = Sending::Done;
                Ok(())
            })
        })
    }

    /// Queues a message if there's room.
    pub(crate) fn try_feed<'m>(&self, message: Message<'m>) -> Result<(), SendMessageError<'m>> {
        self.change(|state| {
            state.try_send(message, &mut |connection, now, message| connection.send(now, message))
        })
    }

    /// Waits until all that waits is written. Returns before, if the peer may be waiting for our
    /// application to receive before it reads on.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut is_first = true;
        self.poll_drive(cx, Purpose::Output, |state, chunk, now| {
            let is_written = state.is_written(is_first, chunk, now);
            is_first = false;
            is_written.then_some(())
        })
    }

    /// Waits until a sink can take a message.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        let mut is_first = true;
        self.poll_drive(cx, Purpose::Output, |state, chunk, now| {
            match state.connection.ready_state() {
                ReadyState::Open if !state.is_holding() => return Some(Ok(())),
                ReadyState::Open => {}
                closing => return Some(Err(SendErrorReason::NotOpen(closing))),
            }
            state.keep_unless(is_first, chunk, now);
            is_first = false;
            None
        })
    }

    /// Goes on until it's closed, and keeps what comes as far as there's room.
    pub(crate) fn poll_keep(&self, cx: &mut Context<'_>, purpose: Purpose) -> Poll<Closed> {
        self.poll_drive(cx, purpose, |state, chunk, now| {
            state.keep_events(chunk, now);
            state.closed().cloned()
        })
    }

    /// Begins to close.
    pub(crate) fn start_close(&self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.change(|state| {
            let now = state.now();
            state.connection.close(now, frame)
        })
    }

    /// An application that only sends still answers pings, and notices that its peer has gone.
    pub(crate) fn look_if_overdue(&self, cx: &mut Context<'_>) {
        if !self.lock().is_look_due() {
            return;
        }
        let mut is_first = true;
        let _ = self.poll_drive(cx, Purpose::Input, |state, chunk, now| {
            state.keep_events(chunk, now);
            // Once before there's anything to read, and once after.
            let is_done = !is_first || state.closed().is_some();
            is_first = false;
            is_done.then_some(())
        });
    }
}

impl State {
    /// Queues what `send` sends, if there's room.
    pub(crate) fn try_send<M>(
        &mut self,
        unsent: M,
        send: &mut impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Result<(), SendError<M>> {
        if self.is_holding() {
            // What a sink has taken goes first.
            return Err(SendError { reason: SendErrorReason::Full, unsent });
        }
        // The time is told with what is written.
        send(&mut self.connection, Timestamp::ZERO, unsent)?;
        self.note_queued();
        Ok(())
    }

    /// Tells that something was queued.
    #[inline]
    pub(crate) fn note_queued(&self) {
        self.observers.tell(|observer| observer.queued(self.connection.buffered_amount()));
    }
}
