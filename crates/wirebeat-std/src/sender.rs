use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wirebeat::record::Recorded;
use wirebeat::{
    CloseError, CloseFrame, Closed, Kind, Message, Payload, Prepared, ReadyState, SendError,
    SendMessageError, SendPayloadError, Timestamp,
};

#[cfg(doc)]
use crate::SendErrorReason;
use crate::access::Access;
use crate::monitor::StdMonitor;
use crate::shared::{Held, Shared};
use crate::state::State;
use crate::{Receiver, Socket, WebSocket};

/// The half of a WebSocket that sends: what [`split`](crate::WebSocket::split) gives besides the
/// [`Receiver`].
///
/// It can be cloned, and any number of threads may send: messages don't mix. To drop it doesn't
/// close the connection; the last of all handles does, like dropping the [`WebSocket`].
pub struct Sender<S: Socket> {
    shared: Arc<Shared<S, StdMonitor<Held>>>,
    subprotocol: Option<Arc<str>>,
}

impl<S: Socket> Sender<S> {
    pub(crate) fn new(
        shared: Arc<Shared<S, StdMonitor<Held>>>,
        subprotocol: Option<Arc<str>>,
    ) -> Sender<S> {
        Sender { shared, subprotocol }
    }

    /// Sends a message.
    ///
    /// It returns when the socket has taken it. If the socket has no room, that takes until the peer
    /// reads on, or until the write stall or the heartbeat end the connection. What comes meanwhile,
    /// while nobody receives, is kept for the [`Receiver`]. If no more can be kept, `send` returns
    /// as soon as the message is in the send queue, and the next call on either half goes on writing.
    ///
    /// `Ok` doesn't mean that the peer has it: [`Closed::messages_lost`] counts those that never
    /// left, and only the peer can acknowledge the others.
    ///
    /// # Errors
    ///
    /// With the message, untouched:
    ///
    /// - [`SendErrorReason::NotOpen`]: closing has begun, or it's over;
    /// - [`SendErrorReason::FragmentsInProgress`]: end the message that is being sent first.
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| connection.send(now, message))
    }

    /// Sends a message that is never compressed, because it has a secret in it: see
    /// [`Connection::send_uncompressed`](wirebeat::Connection::send_uncompressed).
    ///
    /// # Errors
    ///
    /// As for [`send`](Sender::send).
    pub fn send_uncompressed<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| {
            connection.send_uncompressed(now, message)
        })
    }

    /// Sends a message that was encoded before, for any number of connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](Sender::send).
    pub fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError<()>> {
        self.send_with((), |connection, now, ()| connection.send_prepared(now, prepared))
    }

    /// Sends a part of a message that is too big to hold, as
    /// [`WebSocket::send_fragment`](crate::WebSocket::send_fragment) does. Until it's ended, no
    /// clone of this half can send a message.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send_fragment`](crate::WebSocket::send_fragment).
    pub fn send_fragment<'p>(
        &self,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| {
            connection.send_fragment(now, first, payload, fin)
        })
    }

    /// Sends a ping of the application's own. The heartbeat needs none: it sends its pings itself.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::ping`](crate::WebSocket::ping).
    pub fn ping<'p>(&self, payload: impl Into<Payload<'p>>) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| connection.ping(now, payload))
    }

    /// Closes the connection, and waits until it's closed: until the peer has answered, or
    /// `close_timeout` has passed. Returns how it ended, also if it had ended before.
    ///
    /// The [`Receiver`] receives what still comes. What nobody receives is kept as far as there is
    /// room; if there is none, the peer's answer can't be read, and `close_timeout` ends the wait.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    pub fn close(&self, frame: Option<CloseFrame>) -> Result<Closed, CloseError> {
        (&*self.shared).start_close(frame)?;
        Ok((&*self.shared).wait_for_end(State::keep_events))
    }

    /// Begins the closing handshake, and returns when the socket has taken our Close, as
    /// [`send`](Sender::send) does. The [`Receiver`] goes on with it, and hands over what the peer
    /// still sends before it closes too.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    pub fn start_close(&self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        (&*self.shared).start_close(frame)?;
        (&*self.shared).flush();
        Ok(())
    }

    /// How the connection ended, once that's known: the [`Receiver`] may have something left to
    /// receive.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.shared.look(|state| state.closed().cloned())
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.shared.look(|state| state.connection.ready_state())
    }

    /// The application's bytes that were sent and that the socket hasn't taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.shared.look(|state| state.connection.buffered_amount())
    }

    /// The latency that the last heartbeat measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.shared.look(|state| state.connection.latency())
    }

    /// What compression has saved so far; `None` where there's none.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn savings(&self) -> Option<wirebeat::Savings> {
        self.shared.look(|state| state.connection.savings())
    }

    /// The subprotocol that was chosen, if any.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The socket, as of [`WebSocket::get_ref`](crate::WebSocket::get_ref).
    #[must_use]
    pub fn get_ref(&self) -> &S {
        self.shared.socket()
    }

    /// Puts the halves together again.
    ///
    /// # Errors
    ///
    /// With the halves, if they don't belong together, if there are clones of the sender, or if a
    /// thread keeps the connection going ([`spawn`](WebSocket::spawn)).
    pub fn reunite(self, mut receiver: Receiver<S>) -> Result<WebSocket<S>, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.shared, receiver.shared()) || !self.shared.join_hands() {
            return Err(ReuniteError { sender: self, receiver });
        }
        let shared = Arc::clone(&self.shared);
        let (accepted, closed) = receiver.take_facts();
        drop((self, receiver));
        match Arc::try_unwrap(shared) {
            Ok(shared) => Ok(WebSocket::reunited(shared.into_driver(), accepted, closed)),
            // All hands were joined, and each has one reference.
            Err(_) => unreachable!("nobody else has a hand in it"),
        }
    }

    /// Starts the thread that keeps the connection going.
    pub(crate) fn start_keeper(&self) -> io::Result<()>
    where
        S: Send + Sync + 'static,
    {
        let shared = Arc::clone(&self.shared);
        shared.set_kept(true);
        let thread = thread::Builder::new().name("wirebeat".into());
        let started = thread.spawn(move || shared.keep());
        if started.is_err() {
            self.shared.set_kept(false);
        }
        started.map(drop)
    }

    fn send_with<M>(
        &self,
        unsent: M,
        send: impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Result<(), SendError<M>> {
        let mut access = &*self.shared;
        access.look_if_overdue();
        access.queue(unsent, send)?;
        access.flush();
        Ok(())
    }
}

impl<S: Socket> Clone for Sender<S> {
    fn clone(&self) -> Sender<S> {
        self.shared.add_hand();
        Sender { shared: Arc::clone(&self.shared), subprotocol: self.subprotocol.clone() }
    }
}

impl<S: Socket> Drop for Sender<S> {
    fn drop(&mut self) {
        self.shared.drop_hand();
    }
}

impl<S: Socket> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("ready_state", &self.ready_state()).finish_non_exhaustive()
    }
}

/// Halves that can't be put together: they aren't of the same connection, or not all there is of it.
pub struct ReuniteError<S: Socket> {
    /// The half that sends.
    pub sender: Sender<S>,
    /// The half that receives.
    pub receiver: Receiver<S>,
}

impl<S: Socket> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<S: Socket> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves aren't of the same connection, or others have a part in it")
    }
}

impl<S: Socket> Error for ReuniteError<S> {}
