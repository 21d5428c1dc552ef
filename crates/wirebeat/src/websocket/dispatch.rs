use super::WebSocket;
use super::event::Event;
use super::listeners::{Taken, Walk};
use super::scope::Scope;
use crate::Timestamp;

/// An event on its way through the listeners.
#[derive(Debug)]
pub(super) struct Current {
    event: Event,
    walk: Walk,
}

impl WebSocket {
    /// Calls the handlers of the next event that has happened. Returns whether there was one: call
    /// it until there's none.
    ///
    /// A handler that unwinds does so through this call. It keeps its place, as a listener does that
    /// throws in the browser, and the next call goes on with the listener behind it. A driver that
    /// catches the panic, and calls again, therefore loses nothing.
    pub fn dispatch(&mut self, now: Timestamp) -> bool {
        if self.current.is_none() {
            let event = self.inner.next_event(now);
            let listeners = &self.listeners;
            self.current =
                event.map(|event| Current { walk: listeners.walk(event.event_type()), event });
        }
        let Some(current) = &mut self.current else { return false };
        let mut scope = Scope::new(&mut self.inner, &mut self.listeners, now);
        while let Some(taken) = scope.listeners().take_next(&mut current.walk) {
            Running { scope: &mut scope, taken: Some(taken) }.call(&current.event);
        }
        self.current = None;
        true
    }
}

/// A handler that runs; it goes back to its slot however it ends.
struct Running<'r, 's> {
    scope: &'r mut Scope<'s>,
    taken: Option<Taken>,
}

impl Running<'_, '_> {
    fn call(mut self, event: &Event) {
        if let Some(taken) = &mut self.taken {
            (taken.handler)(self.scope, event);
        }
    }
}

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.scope.listeners().put_back(taken);
        }
    }
}
