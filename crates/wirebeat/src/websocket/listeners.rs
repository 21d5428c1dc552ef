//! The list of listeners, and the walk along it for one event ([DOM §2.7–2.9], [HTML §8.1.8.1]).
//!
//! Handlers change the list while it's walked, so nothing borrows it meanwhile: the walk goes by
//! identifiers, which grow along the list, and takes each handler out of its slot for as long as it
//! runs.
//!
//! [DOM §2.7–2.9]: https://dom.spec.whatwg.org/#interface-eventtarget
//! [HTML §8.1.8.1]: https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::event::{Event, EventType};
use super::scope::Scope;

/// What is called with each event that it was registered for.
///
/// It has the WebSocket in its hands for as long as it runs, as [`Scope`]. It mustn't wait for anyone
/// else who uses the same WebSocket: a driver that shares it with other threads keeps them out
/// meanwhile.
pub type Handler = Box<dyn FnMut(&mut Scope<'_>, &Event) + Send>;

/// Names a listener, to remove it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(u64);

/// All listeners and `on…` handlers, in order of registration.
#[derive(Default)]
pub(super) struct Listeners {
    slots: Vec<Slot>,
    registered: u64,
}

struct Slot {
    /// Grows along the list: slots are only ever added at its end.
    id: ListenerId,
    event_type: EventType,
    kind: Kind,
    /// `None` while it's running.
    handler: Option<Handler>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// From `add_event_listener`.
    Listener { once: bool },
    /// The one `on…` handler of its type.
    On,
}

/// How far an event has come along the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    event_type: EventType,
    /// The first slot that hasn't had its turn.
    from: ListenerId,
    /// The first slot that was added too late for this event.
    until: ListenerId,
}

/// A handler that was taken out of its slot to run.
pub(super) struct Taken {
    id: ListenerId,
    pub(super) handler: Handler,
}

impl Listeners {
    /// Adds a listener at the end. It hears events whose turn begins after this.
    pub(super) fn add(
        &mut self,
        event_type: EventType,
        once: bool,
        handler: Handler,
    ) -> ListenerId {
        self.push(event_type, Kind::Listener { once }, handler)
    }

    /// Removes a listener: it isn't called any more, not even for the event under way. Returns
    /// whether there was one.
    pub(super) fn remove(&mut self, id: ListenerId) -> bool {
        match self.slots.iter().position(|slot| slot.id == id) {
            Some(at) if self.slots[at].kind != Kind::On => {
                self.slots.remove(at);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Sets the `on…` handler of a type. A new one takes the place of the old in the list; `None`
    /// gives the place up.
    pub(super) fn set_on(&mut self, event_type: EventType, handler: Option<Handler>) {
        let is_it = |slot: &Slot| slot.kind == Kind::On && slot.event_type == event_type;
        match (self.slots.iter().position(is_it), handler) {
            (Some(at), Some(handler)) => self.slots[at].handler = Some(handler),
            (Some(at), None) => {
                self.slots.remove(at);
            }
            (None, Some(handler)) => {
                self.push(event_type, Kind::On, handler);
            }
            (None, None) => {}
        }
    }

    /// Removes every listener and handler.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Begins to walk along the list as it is now: "let listeners be a clone of event's
    /// currentTarget attribute value's event listener list" (DOM §2.9, inner invoke).
    pub(super) fn walk(&self, event_type: EventType) -> Walk {
        Walk { event_type, from: ListenerId(0), until: ListenerId(self.registered) }
    }

    /// Takes out the next handler whose turn it is.
    pub(super) fn take_next(&mut self, walk: &mut Walk) -> Option<Taken> {
        let start = self.slots.partition_point(|slot| slot.id < walk.from);
        let behind = self.slots[start..].iter().position(|slot| slot.event_type == walk.event_type);
        let at = start + behind?;
        let id = self.slots[at].id;
        if id >= walk.until {
            return None;
        }
        walk.from = ListenerId(id.0 + 1);
        let handler = match self.slots[at].kind {
            // "If listener's once is true, then remove an event listener" comes before the callback.
            Kind::Listener { once: true } => self.slots.remove(at).handler,
            Kind::Listener { once: false } | Kind::On => self.slots[at].handler.take(),
        };
        debug_assert!(handler.is_some(), "only one event is walked at a time");
        handler.map(|handler| Taken { id, handler })
    }

    /// Puts a handler back that has run, unless it was removed or replaced meanwhile.
    pub(super) fn put_back(&mut self, taken: Taken) {
        if let Ok(at) = self.slots.binary_search_by_key(&taken.id, |slot| slot.id) {
            self.slots[at].handler.get_or_insert(taken.handler);
        }
    }

    fn push(&mut self, event_type: EventType, kind: Kind, handler: Handler) -> ListenerId {
        let id = ListenerId(self.registered);
        self.registered += 1;
        self.slots.push(Slot { id, event_type, kind, handler: Some(handler) });
        id
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots.iter().map(|slot| (slot.event_type, slot.kind))).finish()
    }
}
