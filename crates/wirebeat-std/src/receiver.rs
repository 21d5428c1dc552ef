use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wirebeat::handshake::Accepted;
use wirebeat::{Closed, Event, Message, ReadyState};

use crate::Socket;
use crate::access::Access;
use crate::monitor::StdMonitor;
use crate::shared::{Held, Shared};

/// The half of a WebSocket that receives: what [`split`](crate::WebSocket::split) gives besides the
/// [`Sender`](crate::Sender).
///
/// To drop it alone drops what comes from then on. To drop it as the last of all handles is like
/// dropping the [`WebSocket`](crate::WebSocket).
pub struct Receiver<S: Socket> {
    shared: Arc<Shared<S, StdMonitor<Held>>>,
    subprotocol: Option<Arc<str>>,
    accepted: Option<Box<Accepted>>,
    /// How it ended, once [`Event::Closed`] was handed over.
    closed: Option<Box<Closed>>,
}

impl<S: Socket> Receiver<S> {
    pub(crate) fn new(
        shared: Arc<Shared<S, StdMonitor<Held>>>,
        subprotocol: Option<Arc<str>>,
        accepted: Option<Box<Accepted>>,
        closed: Option<Box<Closed>>,
    ) -> Receiver<S> {
        Receiver { shared, subprotocol, accepted, closed }
    }

    /// Waits for the next message. `None` once the connection has ended, which may be as it should
    /// be: see [`closed`](Receiver::closed).
    ///
    /// With [`Delivery::Pieces`](wirebeat::Delivery::Pieces) there are no whole messages: use
    /// [`recv_event`](Receiver::recv_event).
    pub fn recv(&mut self) -> Option<Message<'static>> {
        loop {
            if let Event::Message(message) = self.recv_event()? {
                return Some(message);
            }
        }
    }

    /// Waits for whatever happens next: messages, pings, pongs, the peer's wish to close, the end.
    /// `None` after [`Event::Closed`].
    ///
    /// Pings and pongs that come while nobody receives aren't reported, but answered and measured
    /// all the same.
    pub fn recv_event(&mut self) -> Option<Event<'static>> {
        let event = (&*self.shared).recv_event();
        if let Some(Event::Closed(closed)) = &event {
            self.closed = Some(Box::new(closed.clone()));
        }
        event
    }

    /// How the connection ended, once [`recv`](Receiver::recv) has returned `None` or
    /// [`recv_event`](Receiver::recv_event) has reported it.
    #[must_use]
    pub fn closed(&self) -> Option<&Closed> {
        self.closed.as_deref()
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.shared.look(|state| state.connection.ready_state())
    }

    /// The latency that the last heartbeat measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.shared.look(|state| state.connection.latency())
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

    /// The socket, as of [`WebSocket::get_ref`](crate::WebSocket::get_ref).
    #[must_use]
    pub fn get_ref(&self) -> &S {
        self.shared.socket()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<S, StdMonitor<Held>>> {
        &self.shared
    }

    /// What only this half has.
    pub(crate) fn take_facts(&mut self) -> (Option<Box<Accepted>>, Option<Box<Closed>>) {
        (self.accepted.take(), self.closed.take())
    }
}

impl<S: Socket> Drop for Receiver<S> {
    fn drop(&mut self) {
        self.shared.stop_receiving();
        self.shared.drop_hand();
    }
}

impl<S: Socket> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("closed", &self.closed).finish_non_exhaustive()
    }
}
