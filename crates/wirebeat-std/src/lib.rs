//! Blocking WebSocket client and server over the [`wirebeat`] core.
