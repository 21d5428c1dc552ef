use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use wirebeat::handshake::Accepted;
use wirebeat::{CloseError, CloseFrame, Closed, ReadyState};

use super::WebSocket;
use crate::Socket;
use crate::observer::Observer;

/// How it is, and how it ends.
impl<S: Socket> WebSocket<S> {
    /// Closes the connection, and waits until it's closed: until the peer has answered, or
    /// `close_timeout` has passed. Returns how it ended, also if it had ended before.
    ///
    /// Messages that come meanwhile are dropped. To receive them, use
    /// [`start_close`](WebSocket::start_close), and [`recv`](WebSocket::recv) until it returns
    /// `None`.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    ///
    /// # Cancel safety
    ///
    /// The Close is queued at the first poll. After that, any later call goes on with it.
    pub async fn close(&mut self, frame: Option<CloseFrame>) -> Result<Closed, CloseError> {
        self.hand.start_close(frame)?;
        Ok(poll_fn(|cx| self.hand.poll_end(cx)).await)
    }

    /// Begins the closing handshake and returns; [`recv`](WebSocket::recv) goes on with it, and
    /// hands over what the peer still sends before it closes too.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    ///
    /// # Cancel safety
    ///
    /// As of [`close`](WebSocket::close).
    pub async fn start_close(&mut self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.has_received = false;
        self.hand.start_close(frame)?;
        self.flush().await;
        Ok(())
    }

    /// How the connection ended, once [`recv`](WebSocket::recv) has returned `None`,
    /// [`recv_event`](WebSocket::recv_event) has reported it or [`close`](WebSocket::close) has
    /// returned.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.hand.look(|state| state.closed().cloned())
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.hand.look(|state| state.connection.ready_state())
    }

    /// The subprotocol that was chosen, if any.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// What the server answered when it opened the connection: its headers. `None` on a server.
    #[must_use]
    pub fn accepted(&self) -> Option<&Accepted> {
        self.accepted.as_deref()
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

    /// Has somebody told of what happens from now on, for metrics: instead of whoever was before.
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.hand.change(|state| state.observers.set(observer));
    }

    /// Looks at the stream. Bytes that are read or written past the WebSocket break the connection.
    pub fn look<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.hand.look_at_stream(look)
    }
}

impl<S: Socket> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("ready_state", &self.ready_state())
            .field("closed", &self.closed())
            .finish_non_exhaustive()
    }
}
