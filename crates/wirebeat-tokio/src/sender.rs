use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use wirebeat::record::Recorded;
use wirebeat::{
    CloseError, CloseFrame, Closed, Kind, Message, Payload, Prepared, ReadyState, SendError,
    SendMessageError, SendPayloadError, Timestamp,
};

use crate::Socket;
use crate::calls::{Hand, Sending, Until};
use crate::drive::Purpose;

/// The half of a WebSocket that sends: what [`split`](crate::WebSocket::split) gives besides the
/// [`Receiver`](crate::Receiver).
///
/// It can be cloned, and any number of tasks may send: messages don't mix. To drop it doesn't close
/// the connection; the last of all handles does, like dropping the [`WebSocket`](crate::WebSocket).
pub struct Sender<S: Socket> {
    pub(crate) hand: Hand<S>,
    subprotocol: Option<Arc<str>>,
}

impl<S: Socket> Sender<S> {
    pub(crate) fn new(hand: Hand<S>, subprotocol: Option<Arc<str>>) -> Sender<S> {
        Sender { hand, subprotocol }
    }

    /// Sends a message.
    ///
    /// It returns when the stream has taken it. If the stream has no room, that takes until the peer
    /// reads on, or until the write stall or the heartbeat end the connection. What comes meanwhile,
    /// while nobody receives, is kept for the [`Receiver`](crate::Receiver). If no more can be kept,
    /// `send` returns as soon as the message is in the send queue, and the next call on either half
    /// goes on writing.
    ///
    /// `Ok` doesn't mean that the peer has it: [`Closed::messages_lost`] counts those that never
    /// left, and only the peer can acknowledge the others.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send`](crate::WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// The message is queued as soon as the send queue has room, mostly at the first poll, and is
    /// written by this call or a later one. If the future is dropped before, it isn't sent. Whoever
    /// has to know uses [`try_feed`](Sender::try_feed) and [`flush`](Sender::flush).
    pub async fn send<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| connection.send(now, message))
            .await
    }

    /// Queues a message, and leaves it to the next call to write it. Waits only for room.
    ///
    /// # Errors
    ///
    /// As for [`send`](Sender::send).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](Sender::send).
    pub async fn feed<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        let mut sending = Sending::Unsent(message.into());
        let mut send = |connection: &mut Recorded, now, message| connection.send(now, message);
        poll_fn(|cx| self.hand.poll_send(cx, &mut sending, Until::Queued, &mut send)).await
    }

    /// Queues a message if there's room, and leaves it to the next call to write it.
    ///
    /// # Errors
    ///
    /// With the message, untouched: as for [`send`](Sender::send), and
    /// [`SendErrorReason::Full`](crate::SendErrorReason::Full) if [`flush`](Sender::flush) has to
    /// make room first.
    pub fn try_feed<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.hand.try_feed(message.into())
    }

    /// Writes all that was sent. Returns before, if no more can be kept for the
    /// [`Receiver`](crate::Receiver).
    ///
    /// # Cancel safety
    ///
    /// What isn't written is written by the next call.
    pub async fn flush(&self) {
        poll_fn(|cx| self.hand.poll_flush(cx)).await;
    }

    /// Sends a message that is never compressed, because it has a secret in it: see
    /// [`Connection::send_uncompressed`](wirebeat::Connection::send_uncompressed).
    ///
    /// # Errors
    ///
    /// As for [`send`](Sender::send).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](Sender::send).
    pub async fn send_uncompressed<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| {
            connection.send_uncompressed(now, message)
        })
        .await
    }

    /// Sends a message that was encoded before, for any number of connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](Sender::send).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](Sender::send).
    pub async fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError<()>> {
        self.send_with((), |connection, now, ()| connection.send_prepared(now, prepared)).await
    }

    /// Sends a part of a message that is too big to hold, as
    /// [`WebSocket::send_fragment`](crate::WebSocket::send_fragment) does. Until it's ended, no
    /// clone of this half can send a message.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send_fragment`](crate::WebSocket::send_fragment).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](Sender::send).
    pub async fn send_fragment<'p>(
        &self,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| {
            connection.send_fragment(now, first, payload, fin)
        })
        .await
    }

    /// Sends a ping of the application's own. The heartbeat needs none: it sends its pings itself.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::ping`](crate::WebSocket::ping).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](Sender::send).
    pub async fn ping<'p>(
        &self,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| connection.ping(now, payload))
            .await
    }

    /// Closes the connection, and waits until it's closed. What the peer still sends is kept for the
    /// [`Receiver`](crate::Receiver), as far as there's room.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    ///
    /// # Cancel safety
    ///
    /// The Close is queued at the first poll. After that, any later call goes on with it.
    pub async fn close(&self, frame: Option<CloseFrame>) -> Result<Closed, CloseError> {
        self.hand.start_close(frame)?;
        Ok(poll_fn(|cx| self.hand.poll_keep(cx, Purpose::End)).await)
    }

    /// Begins the closing handshake, and returns when the stream has taken our Close, as
    /// [`send`](Sender::send) does. The [`Receiver`](crate::Receiver) goes on with it, and hands over
    /// what the peer still sends before it closes too.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    ///
    /// # Cancel safety
    ///
    /// As of [`close`](Sender::close).
    pub async fn start_close(&self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.hand.start_close(frame)?;
        self.flush().await;
        Ok(())
    }

    /// How the connection ended, once that's known: the [`Receiver`](crate::Receiver) may have
    /// something left to receive.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.hand.look(|state| state.closed().cloned())
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.hand.look(|state| state.connection.ready_state())
    }

    /// The application's bytes that were sent and that the stream hasn't taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.hand.look(|state| state.connection.buffered_amount())
    }

    /// What was agreed on for permessage-deflate, if messages are compressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<wirebeat::extension::DeflateParameters> {
        self.hand.look(|state| state.connection.deflate())
    }

    /// What compression has saved so far; `None` where there's none.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn savings(&self) -> Option<wirebeat::Savings> {
        self.hand.look(|state| state.connection.savings())
    }

    /// The latency that the last heartbeat measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.hand.look(|state| state.connection.latency())
    }

    /// The subprotocol that was chosen, if any.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    async fn send_with<M>(
        &self,
        unsent: M,
        mut send: impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Result<(), SendError<M>> {
        let mut sending = Sending::Unsent(unsent);
        let until = Until::Written { is_answer: false };
        poll_fn(|cx| {
            self.hand.look_if_overdue(cx);
            self.hand.poll_send(cx, &mut sending, until, &mut send)
        })
        .await
    }
}

impl<S: Socket> Clone for Sender<S> {
    fn clone(&self) -> Sender<S> {
        Sender { hand: self.hand.clone(), subprotocol: self.subprotocol.clone() }
    }
}

impl<S: Socket> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("ready_state", &self.ready_state()).finish_non_exhaustive()
    }
}
