//! The listeners, held to a model that follows the DOM's and HTML's own steps: a list that is cloned
//! for each event, and flags on what was removed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use wirebeat::websocket::{Event, EventType, ListenerId, Scope};
use wirebeat_harness::strategies::config;

use crate::rig::{Log, REGRESSIONS, Rig, text};

/// What a page, or a handler, does with the listeners.
#[derive(Clone, Debug)]
enum Op {
    Add {
        is_message: bool,
        once: bool,
        throws: bool,
        script: Vec<Op>,
    },
    /// Removes the listener that was added at this place of all that were added.
    Remove(usize),
    Set {
        is_message: bool,
        throws: bool,
        script: Vec<Op>,
    },
    Unset {
        is_message: bool,
    },
}

fn event_type(is_message: bool) -> EventType {
    if is_message { EventType::Message } else { EventType::Close }
}

fn op() -> impl Strategy<Value = Op> {
    let leaf = prop_oneof![
        (0_usize..12).prop_map(Op::Remove),
        any::<bool>().prop_map(|is_message| Op::Unset { is_message }),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let script = prop::collection::vec(inner, 0..4);
        let message = prop::bool::weighted(0.8);
        let throws = prop::bool::weighted(0.2);
        prop_oneof![
            (message, any::<bool>(), throws, script.clone()).prop_map(
                |(is_message, once, throws, script)| Op::Add { is_message, once, throws, script }
            ),
            (message, throws, script).prop_map(|(is_message, throws, script)| Op::Set {
                is_message,
                throws,
                script
            }),
        ]
    })
}

/// The DOM's "event listener", and HTML's event handler in the same list.
struct Listener {
    is_message: bool,
    once: bool,
    is_removed: Cell<bool>,
    /// What is called: its number, and what it does. An event handler's changes.
    callback: RefCell<(usize, Vec<Op>)>,
}

#[derive(Default)]
struct Model {
    list: RefCell<Vec<Rc<Listener>>>,
    added: RefCell<Vec<Rc<Listener>>>,
    handlers: RefCell<[Option<Rc<Listener>>; 2]>,
    callbacks: Cell<usize>,
    log: RefCell<Vec<usize>>,
}

impl Model {
    fn callback(&self, script: &[Op]) -> (usize, Vec<Op>) {
        self.callbacks.set(self.callbacks.get() + 1);
        (self.callbacks.get(), script.to_vec())
    }

    fn append(&self, is_message: bool, once: bool, script: &[Op]) -> Rc<Listener> {
        let callback = RefCell::new(self.callback(script));
        let listener =
            Rc::new(Listener { is_message, once, is_removed: Cell::new(false), callback });
        self.list.borrow_mut().push(listener.clone());
        listener
    }

    fn remove(&self, listener: &Rc<Listener>) {
        listener.is_removed.set(true);
        self.list.borrow_mut().retain(|other| !Rc::ptr_eq(other, listener));
    }

    fn perform(&self, ops: &[Op]) {
        for op in ops {
            match op {
                Op::Add { is_message, once, script, .. } => {
                    let listener = self.append(*is_message, *once, script);
                    self.added.borrow_mut().push(listener);
                }
                Op::Remove(at) => {
                    let listener = self.added.borrow().get(*at).cloned();
                    if let Some(listener) = listener {
                        self.remove(&listener);
                    }
                }
                Op::Set { is_message, script, .. } => {
                    let set = self.handlers.borrow()[usize::from(*is_message)].clone();
                    match set {
                        Some(handler) => {
                            let callback = self.callback(script);
                            *handler.callback.borrow_mut() = callback;
                        }
                        None => {
                            let handler = self.append(*is_message, false, script);
                            self.handlers.borrow_mut()[usize::from(*is_message)] = Some(handler);
                        }
                    }
                }
                Op::Unset { is_message } => {
                    let set = self.handlers.borrow_mut()[usize::from(*is_message)].take();
                    if let Some(handler) = set {
                        self.remove(&handler);
                    }
                }
            }
        }
    }

    /// DOM §2.9, "inner invoke"; that a callback throws changes nothing.
    fn fire(&self, is_message: bool) {
        let listeners = self.list.borrow().clone();
        for listener in listeners {
            if listener.is_removed.get() || listener.is_message != is_message {
                continue;
            }
            if listener.once {
                self.remove(&listener);
            }
            let (number, script) = listener.callback.borrow().clone();
            self.log.borrow_mut().push(number);
            self.perform(&script);
        }
    }
}

/// The same, done to ours.
#[derive(Clone, Default)]
struct Page {
    added: Arc<Mutex<Vec<ListenerId>>>,
    callbacks: Arc<Mutex<usize>>,
    log: Arc<Mutex<Vec<usize>>>,
}

impl Page {
    fn callback(
        &self,
        throws: bool,
        script: &[Op],
    ) -> impl FnMut(&mut Scope<'_>, &Event) + Send + use<> {
        let number = {
            let mut callbacks = self.callbacks.lock().expect("no panic held it");
            *callbacks += 1;
            *callbacks
        };
        let (page, script) = (self.clone(), script.to_vec());
        move |scope, _| {
            page.log.lock().expect("no panic held it").push(number);
            page.perform(&script, scope);
            if throws {
                std::panic::resume_unwind(Box::new(number));
            }
        }
    }

    fn perform(&self, ops: &[Op], scope: &mut Scope<'_>) {
        for op in ops {
            match op {
                Op::Add { is_message, once, throws, script } => {
                    let (event_type, callback) =
                        (event_type(*is_message), self.callback(*throws, script));
                    let listener = match once {
                        true => scope.add_event_listener_once(event_type, callback),
                        false => scope.add_event_listener(event_type, callback),
                    };
                    self.added.lock().expect("no panic held it").push(listener);
                }
                Op::Remove(at) => {
                    let listener = self.added.lock().expect("no panic held it").get(*at).copied();
                    if let Some(listener) = listener {
                        scope.remove_event_listener(listener);
                    }
                }
                Op::Set { is_message, throws, script } => {
                    let callback = self.callback(*throws, script);
                    scope.set_handler(event_type(*is_message), Some(Box::new(callback)));
                }
                Op::Unset { is_message } => scope.set_handler(event_type(*is_message), None),
            }
        }
    }
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    #[test]
    fn listeners_are_called_as_the_dom_calls_them(
        rounds in prop::collection::vec(prop::collection::vec(op(), 0..6), 1..6),
    ) {
        let mut rig = Rig::open();
        rig.log = Log::default();
        let (model, page) = (Model::default(), Page::default());
        for ops in &rounds {
            model.perform(ops);
            page.perform(ops, &mut rig.socket.scope(rig.now));
            model.fire(true);
            rig.receive(&text(""));
            prop_assert_eq!(&*model.log.borrow(), &*page.log.lock().unwrap());
        }
        model.fire(false);
        rig.lost();
        rig.dispatch();
        prop_assert_eq!(&*model.log.borrow(), &*page.log.lock().unwrap());
    }
}
