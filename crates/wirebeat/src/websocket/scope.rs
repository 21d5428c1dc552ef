use alloc::boxed::Box;
use core::fmt;

use super::Inner;
use super::error::{CloseArgumentError, ConstructError, SendError};
use super::event::{BinaryType, CloseEvent, Event, EventType, MessageEvent};
use super::listeners::{Handler, ListenerId, Listeners};
use crate::session::SessionClosed;
use crate::{Message, ReadyState, Timestamp};

/// A WebSocket as its handlers reach it, at the time of the event.
///
/// All that the application may do is here. Nothing calls a handler: what happens because of a call
/// is heard of in later events.
pub struct Scope<'s> {
    inner: &'s mut Inner,
    listeners: &'s mut Listeners,
    now: Timestamp,
}

impl<'s> Scope<'s> {
    pub(super) fn new(
        inner: &'s mut Inner,
        listeners: &'s mut Listeners,
        now: Timestamp,
    ) -> Scope<'s> {
        Scope { inner, listeners, now }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// See [`WebSocket::url`](super::WebSocket::url).
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.url()
    }

    /// See [`WebSocket::protocol`](super::WebSocket::protocol).
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.inner.page.protocol
    }

    /// See [`WebSocket::extensions`](super::WebSocket::extensions).
    #[must_use]
    pub fn extensions(&self) -> &str {
        &self.inner.page.extensions
    }

    /// See [`WebSocket::ready_state`](super::WebSocket::ready_state).
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.inner.page.ready_state
    }

    /// See [`WebSocket::buffered_amount`](super::WebSocket::buffered_amount).
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.inner.buffered_amount()
    }

    /// See [`WebSocket::binary_type`](super::WebSocket::binary_type).
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        self.inner.page.binary_type
    }

    /// See [`WebSocket::set_binary_type`](super::WebSocket::set_binary_type).
    pub fn set_binary_type(&mut self, binary_type: BinaryType) {
        self.inner.page.binary_type = binary_type;
    }

    /// See [`WebSocket::closed`](super::WebSocket::closed).
    #[must_use]
    pub fn closed(&self) -> Option<&SessionClosed> {
        self.inner.closed()
    }

    /// See [`WebSocket::is_full`](super::WebSocket::is_full).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.inner.is_full
    }

    /// See [`WebSocket::retry_count`](super::WebSocket::retry_count).
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.inner.retry_count()
    }

    /// See [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError<'m>> {
        self.inner.send(self.now, message.into())
    }

    /// See [`WebSocket::close`](super::WebSocket::close).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn close(&mut self, arguments: Option<(u16, &str)>) -> Result<(), CloseArgumentError> {
        self.inner.close(self.now, arguments)
    }

    /// See [`WebSocket::reconnect`](super::WebSocket::reconnect).
    pub fn reconnect(&mut self) {
        self.inner.reconnect(self.now);
    }

    /// See [`WebSocket::set_url`](super::WebSocket::set_url).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn set_url(&mut self, url: &str) -> Result<(), ConstructError> {
        self.inner.set_url(url)
    }

    /// See [`WebSocket::on_open`](super::WebSocket::on_open).
    pub fn on_open(&mut self, mut handler: impl FnMut(&mut Scope<'_>) + Send + 'static) {
        self.set_handler(EventType::Open, Some(Box::new(move |scope, _: &Event| handler(scope))));
    }

    /// See [`WebSocket::on_message`](super::WebSocket::on_message).
    pub fn on_message(
        &mut self,
        mut handler: impl FnMut(&mut Scope<'_>, &MessageEvent) + Send + 'static,
    ) {
        self.set_handler(
            EventType::Message,
            Some(Box::new(move |scope, event: &Event| {
                if let Event::Message(message) = event {
                    handler(scope, message);
                }
            })),
        );
    }

    /// See [`WebSocket::on_error`](super::WebSocket::on_error).
    pub fn on_error(&mut self, mut handler: impl FnMut(&mut Scope<'_>) + Send + 'static) {
        self.set_handler(EventType::Error, Some(Box::new(move |scope, _: &Event| handler(scope))));
    }

    /// See [`WebSocket::on_close`](super::WebSocket::on_close).
    pub fn on_close(
        &mut self,
        mut handler: impl FnMut(&mut Scope<'_>, &CloseEvent) + Send + 'static,
    ) {
        self.set_handler(
            EventType::Close,
            Some(Box::new(move |scope, event: &Event| {
                if let Event::Close(close) = event {
                    handler(scope, close);
                }
            })),
        );
    }

    /// See [`WebSocket::set_handler`](super::WebSocket::set_handler).
    pub fn set_handler(&mut self, event_type: EventType, handler: Option<Handler>) {
        self.listeners.set_on(event_type, handler);
    }

    /// See [`WebSocket::add_event_listener`](super::WebSocket::add_event_listener).
    pub fn add_event_listener(
        &mut self,
        event_type: EventType,
        handler: impl FnMut(&mut Scope<'_>, &Event) + Send + 'static,
    ) -> ListenerId {
        self.listeners.add(event_type, false, Box::new(handler))
    }

    /// See [`WebSocket::add_event_listener_once`](super::WebSocket::add_event_listener_once).
    pub fn add_event_listener_once(
        &mut self,
        event_type: EventType,
        handler: impl FnMut(&mut Scope<'_>, &Event) + Send + 'static,
    ) -> ListenerId {
        self.listeners.add(event_type, true, Box::new(handler))
    }

    /// See [`WebSocket::remove_event_listener`](super::WebSocket::remove_event_listener).
    pub fn remove_event_listener(&mut self, listener: ListenerId) -> bool {
        self.listeners.remove(listener)
    }

    /// Takes the handler whose turn is next.
    pub(super) fn listeners(&mut self) -> &mut Listeners {
        self.listeners
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("ready_state", &self.ready_state())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
