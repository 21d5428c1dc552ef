use std::fmt;
use std::sync::Arc;

use wirebeat::Message;
use wirebeat::session::SessionEvent;

use super::running::{Item, Shared};
use crate::ConnectError;

/// What happens to a [`Session`](super::Session), over all of its connections.
///
/// What isn't taken waits, up to 64 messages, pings and pongs, or 64 KiB of them. Beyond that
/// nothing more is read, so that the server has to wait; it isn't held to be dead meanwhile, but the
/// connection's own end isn't found out either. (Of attempts to connect that nobody hears of, the
/// last thousand events are kept.)
///
/// Whoever doesn't want to hear anything drops it: then all that comes is thrown away, and pings are
/// still answered. It doesn't keep the session alive.
pub struct SessionEvents {
    shared: Arc<Shared>,
    failure: Option<Arc<ConnectError>>,
}

impl SessionEvents {
    pub(super) fn new(shared: Arc<Shared>) -> SessionEvents {
        SessionEvents { shared, failure: None }
    }

    /// Waits for the next event. `None` if the session is over: the last event was a
    /// [`SessionEvent::Closed`] after which no attempt follows. After
    /// [`Session::reconnect`](super::Session::reconnect) there are events again.
    pub fn recv_event(&mut self) -> Option<SessionEvent<'static>> {
        let item = self.shared.take()?;
        Some(self.heard(item))
    }

    /// The next event, if there is one.
    pub fn try_recv_event(&mut self) -> Option<SessionEvent<'static>> {
        let item = self.shared.take_now()?;
        Some(self.heard(item))
    }

    /// Waits for the next message, over all connections, and passes over all other events. `None` if
    /// the session is over.
    pub fn recv(&mut self) -> Option<Message<'static>> {
        loop {
            if let SessionEvent::Message(message) = self.recv_event()? {
                return Some(message);
            }
        }
    }

    /// Why the attempt got no transport that the last event, a [`SessionEvent::Closed`], tells the
    /// end of: in more words than its cause has.
    #[must_use]
    pub fn failure(&self) -> Option<&ConnectError> {
        self.failure.as_deref()
    }

    fn heard(&mut self, (event, failure): Item) -> SessionEvent<'static> {
        self.failure = failure;
        event
    }
}

/// As [`recv_event`](SessionEvents::recv_event).
impl Iterator for SessionEvents {
    type Item = SessionEvent<'static>;

    fn next(&mut self) -> Option<SessionEvent<'static>> {
        self.recv_event()
    }
}

impl Drop for SessionEvents {
    fn drop(&mut self) {
        self.shared.discard();
    }
}

impl fmt::Debug for SessionEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionEvents").field("failure", &self.failure).finish_non_exhaustive()
    }
}
