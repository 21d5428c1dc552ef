use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use wirebeat::handshake::Accepted;
use wirebeat::{Closed, Event, Message, ReadyState};

use crate::Socket;
use crate::calls::Hand;

/// The half of a WebSocket that receives: what [`split`](crate::WebSocket::split) gives besides
/// the [`Sender`](crate::Sender).
///
/// To drop it alone drops what comes from then on. To drop it as the last of all handles is like
/// dropping the [`WebSocket`](crate::WebSocket).
pub struct Receiver<S: Socket> {
    pub(crate) hand: Hand<S>,
    subprotocol: Option<Arc<str>>,
    accepted: Option<Box<Accepted>>,
}

impl<S: Socket> Receiver<S> {
    pub(crate) fn new(
        hand: Hand<S>,
        subprotocol: Option<Arc<str>>,
        accepted: Option<Box<Accepted>>,
    ) -> Receiver<S> {
        Receiver { hand, subprotocol, accepted }
    }

    /// Waits for the next message. `None` once the connection has ended, which may be as it should
    /// be: see [`closed`](Receiver::closed).
    ///
    /// # Cancel safety
    ///
    /// A message is either returned, or left for the next call.
    pub async fn recv(&mut self) -> Option<Message<'static>> {
        poll_fn(|cx| self.hand.poll_message(cx)).await
    }

    /// Waits for whatever happens next: messages, pings, pongs, the peer's wish to close, the end.
    /// `None` after [`Event::Closed`].
    ///
    /// Pings and pongs that come while nobody receives aren't reported, but answered and measured
    /// all the same.
    ///
    /// # Cancel safety
    ///
    /// An event is either returned, or left for the next call.
    pub async fn recv_event(&mut self) -> Option<Event<'static>> {
        poll_fn(|cx| self.hand.poll_event(cx)).await
    }

    /// How the connection ended, once that's known.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.hand.look(|state| state.closed().cloned())
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.hand.look(|state| state.connection.ready_state())
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

    /// What the server answered when it opened the connection: its headers. `None` on a server.
    #[must_use]
    pub fn accepted(&self) -> Option<&Accepted> {
        self.accepted.as_deref()
    }
}

impl<S: Socket> Drop for Receiver<S> {
    fn drop(&mut self) {
        self.hand.stop_receiving();
    }
}

impl<S: Socket> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("closed", &self.closed()).finish_non_exhaustive()
    }
}
