use std::fmt;
use std::time::Duration;

use wirebeat::handshake::Accepted;
use wirebeat::{CloseError, CloseFrame, Closed, ReadyState};

use super::WebSocket;
use crate::Socket;
use crate::access::Access;
use crate::output::Patience;
use crate::state::State;

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
    pub fn close(&mut self, frame: Option<CloseFrame>) -> Result<Closed, CloseError> {
        self.hold.start_close(frame)?;
        self.catch_up_unless(false);
        let closed = self.hold.wait_for_end(State::drop_events);
        self.closed = Some(Box::new(closed.clone()));
        Ok(closed)
    }

    /// Begins the closing handshake and returns; [`recv`](WebSocket::recv) goes on with it, and
    /// hands over what the peer still sends before it closes too.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    pub fn start_close(&mut self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.has_received = false;
        self.hold.start_close(frame)?;
        self.hold.write_out(Patience::Some);
        self.is_behind = false;
        Ok(())
    }

    /// How the connection ended, once [`recv`](WebSocket::recv) has returned `None`,
    /// [`recv_event`](WebSocket::recv_event) has reported it or [`close`](WebSocket::close) has
    /// returned.
    #[must_use]
    pub fn closed(&self) -> Option<&Closed> {
        self.closed.as_deref()
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.hold.look(|state| state.connection.ready_state())
    }

    /// What was agreed on for permessage-deflate, if messages are compressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<wirebeat::extension::DeflateParameters> {
        self.hold.look(|state| state.connection.deflate())
    }

    /// What compression has saved so far; `None` where there's none.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn savings(&self) -> Option<wirebeat::Savings> {
        self.hold.look(|state| state.connection.savings())
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

    /// The application's bytes that were sent and that the socket hasn't taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.hold.look(|state| state.connection.buffered_amount())
    }

    /// The latency that the last heartbeat measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.hold.look(|state| state.connection.latency())
    }

    /// Looks at what TLS has agreed on and shown: the peer's certificate, the version. `None` without
    /// TLS.
    #[cfg(feature = "tls")]
    pub fn tls<T>(&self, look: impl FnOnce(&rustls::CommonState) -> T) -> Option<T> {
        self.hold.look(|state| state.tls().map(|tls| look(tls.session())))
    }

    /// The socket. Its timeouts and blocking mode belong to the WebSocket and change as it needs
    /// them; bytes that are read or written past it break the connection.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        self.hold.socket()
    }
}

impl<S: Socket> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("ready_state", &self.ready_state())
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
