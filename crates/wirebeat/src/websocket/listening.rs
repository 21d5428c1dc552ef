use super::WebSocket;
use super::event::{CloseEvent, Event, EventType, MessageEvent};
use super::listeners::{Handler, ListenerId};
use super::scope::Scope;
use crate::Timestamp;

/// Who is called with what happens.
impl WebSocket {
    /// Sets the handler of `open`; see [`set_handler`](WebSocket::set_handler).
    pub fn on_open(&mut self, handler: impl FnMut(&mut Scope<'_>) + Send + 'static) {
        self.scope(Timestamp::ZERO).on_open(handler);
    }

    /// Sets the handler of `message`; see [`set_handler`](WebSocket::set_handler).
    pub fn on_message(
        &mut self,
        handler: impl FnMut(&mut Scope<'_>, &MessageEvent) + Send + 'static,
    ) {
        self.scope(Timestamp::ZERO).on_message(handler);
    }

    /// Sets the handler of `error`; see [`set_handler`](WebSocket::set_handler).
    pub fn on_error(&mut self, handler: impl FnMut(&mut Scope<'_>) + Send + 'static) {
        self.scope(Timestamp::ZERO).on_error(handler);
    }

    /// Sets the handler of `close`; see [`set_handler`](WebSocket::set_handler).
    pub fn on_close(&mut self, handler: impl FnMut(&mut Scope<'_>, &CloseEvent) + Send + 'static) {
        self.scope(Timestamp::ZERO).on_close(handler);
    }

    /// Sets the one `on…` handler of a type, or takes it away ([HTML §8.1.8.1]).
    ///
    /// It stands among the listeners where the first one was set; a new one takes that place, and
    /// `None` gives it up.
    ///
    /// [HTML §8.1.8.1]: https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
    pub fn set_handler(&mut self, event_type: EventType, handler: Option<Handler>) {
        self.listeners.set_on(event_type, handler);
    }

    /// Adds a listener, to be called behind those added before ([DOM §2.7]).
    ///
    /// One that is added while an event is dispatched hears the next.
    ///
    /// [DOM §2.7]: https://dom.spec.whatwg.org/#dom-eventtarget-addeventlistener
    pub fn add_event_listener(
        &mut self,
        event_type: EventType,
        listener: impl FnMut(&mut Scope<'_>, &Event) + Send + 'static,
    ) -> ListenerId {
        self.scope(Timestamp::ZERO).add_event_listener(event_type, listener)
    }

    /// Adds a listener that is removed before it's called.
    pub fn add_event_listener_once(
        &mut self,
        event_type: EventType,
        listener: impl FnMut(&mut Scope<'_>, &Event) + Send + 'static,
    ) -> ListenerId {
        self.scope(Timestamp::ZERO).add_event_listener_once(event_type, listener)
    }

    /// Removes a listener, at once: it isn't called any more, even if its turn were next. Returns
    /// whether it was there.
    pub fn remove_event_listener(&mut self, listener: ListenerId) -> bool {
        self.listeners.remove(listener)
    }
}
