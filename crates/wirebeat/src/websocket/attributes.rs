use super::{BinaryType, WebSocket};
use crate::ReadyState;
use crate::session::SessionClosed;

/// The attributes of the browser's object, and what is kept from a page.
impl WebSocket {
    /// The URL, as the standard serialises it: `https://Example.com:443` is `wss://example.com/`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.url()
    }

    /// The subprotocol that the server chose; empty if it chose none, or hasn't yet.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.inner.page.protocol
    }

    /// The extensions in use, as the server's header names them; empty if there are none, or it
    /// isn't open yet.
    #[must_use]
    pub fn extensions(&self) -> &str {
        &self.inner.page.extensions
    }

    /// The state, as far as events have told of it; CLOSING at once when the application closes.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.inner.page.ready_state
    }

    /// The bytes of payload that were passed to [`send`](WebSocket::send) and that the transport
    /// hasn't taken.
    ///
    /// What was passed after closing began counts too, for ever, and so does what a connection had
    /// to give up.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.inner.buffered_amount()
    }

    /// What binary messages are handed over as.
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        self.inner.page.binary_type
    }

    /// Changes what binary messages are handed over as, from the next event on.
    pub fn set_binary_type(&mut self, binary_type: BinaryType) {
        self.inner.page.binary_type = binary_type;
    }

    /// How the last connection or attempt ended, once one has: what the browser keeps from a page.
    #[must_use]
    pub fn closed(&self) -> Option<&SessionClosed> {
        self.inner.closed()
    }

    /// Whether more was sent than can wait, so that the connection was given up: the standard's
    /// "flagged as full". [`closed`](WebSocket::closed) then speaks of a transport that was lost.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.inner.is_full
    }

    /// How many attempts failed in a row since a connection was good.
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.inner.retry_count()
    }
}
