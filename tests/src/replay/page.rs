//! The page of a scenario: what it does with its WebSocket, and what it notes.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wirebeat::Message;
use wirebeat::websocket::{BinaryType, Blob, Event, EventType, ListenerId, MessageData, Scope};

use super::bytes::from_hex;
use super::compare::Step;
use super::scenario::{Action, BinaryKind, FillKind, Scenario};
use crate::content::hex;

/// What long messages are filled with.
const FILL: u8 = b'f';

const NANOS_PER_MS: u64 = 1_000_000;

/// A page. Its clones are one page, as its listeners must reach it.
#[derive(Clone)]
pub(super) struct Page(Arc<Mutex<State>>);

struct State {
    /// What it does at its triggers.
    client: BTreeMap<String, Vec<Action>>,
    steps: Vec<Step>,
    /// What isn't as the standard has it, beside the steps.
    surprises: Vec<String>,
    timers: Vec<(u64, Vec<Action>)>,
    listeners: BTreeMap<(String, String), ListenerId>,
    messages: u32,
    has_closed: bool,
    origin: String,
}

impl Page {
    /// A page that expects messages to come from `origin`.
    pub(super) fn new(scenario: &Scenario, origin: &str) -> Page {
        Page(Arc::new(Mutex::new(State {
            client: scenario.client.clone(),
            steps: Vec::new(),
            surprises: Vec::new(),
            timers: Vec::new(),
            listeners: BTreeMap::new(),
            messages: 0,
            has_closed: false,
            origin: origin.to_owned(),
        })))
    }

    /// Begins to listen, then does what the page does once the constructor has returned.
    pub(super) fn construct(&self, scope: &mut Scope<'_>) {
        for event_type in EventType::ALL {
            let page = self.clone();
            scope.add_event_listener(event_type, move |scope, event| page.notice(scope, event));
        }
        self.trigger("construct", scope);
    }

    /// When the next timer is due.
    pub(super) fn wakes_at(&self) -> Option<u64> {
        self.state().timers.iter().map(|(at, _)| *at).min()
    }

    /// Does what is due, one timer after another. Returns whether anything was.
    pub(super) fn run_timers(&self, now: u64, scope: &mut Scope<'_>) -> bool {
        let mut has_run = false;
        loop {
            let due = {
                let timers = &mut self.state().timers;
                let next = (0..timers.len()).min_by_key(|at| timers[*at].0);
                match next.filter(|at| timers[*at].0 <= now) {
                    Some(at) => timers.remove(at).1,
                    None => return has_run,
                }
            };
            self.perform(&due, scope);
            has_run = true;
        }
    }

    /// Whether the close event came.
    pub(super) fn has_closed(&self) -> bool {
        self.state().has_closed
    }

    /// What it noted: the steps, and what else isn't right.
    pub(super) fn notes(&self) -> (Vec<Step>, Vec<String>) {
        let state = self.state();
        (state.steps.clone(), state.surprises.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn note(&self, step: Value) {
        match step {
            Value::Object(step) => self.state().steps.push(step),
            other => unreachable!("a step is an object, not {other}"),
        }
    }

    fn trigger(&self, name: &str, scope: &mut Scope<'_>) {
        let actions = self.state().client.get(name).cloned().unwrap_or_default();
        self.perform(&actions, scope);
    }

    /// Notes an event and does what the page does then.
    fn notice(&self, scope: &mut Scope<'_>, event: &Event) {
        let rs = scope.ready_state() as u8;
        let name = event.event_type().name();
        let trigger = match event {
            Event::Open => {
                let (protocol, extensions) = (scope.protocol(), scope.extensions());
                self.note(json!({
                    "ev": name, "rs": rs, "protocol": protocol, "extensions": extensions,
                }));
                name.to_owned()
            }
            Event::Message(message) => {
                self.note_message(rs, &message.data);
                let mut state = self.state();
                if message.origin != state.origin {
                    let surprise = format!("a message comes from {:?}", message.origin);
                    state.surprises.push(surprise);
                }
                state.messages += 1;
                format!("message:{}", state.messages)
            }
            Event::Error => {
                self.note(json!({ "ev": name, "rs": rs }));
                name.to_owned()
            }
            Event::Close(close) => {
                self.note(json!({
                    "ev": name, "rs": rs, "code": close.code.get(), "reason": &*close.reason,
                    "wasClean": close.was_clean,
                }));
                self.state().has_closed = true;
                name.to_owned()
            }
        };
        self.trigger(&trigger, scope);
    }

    fn note_message(&self, rs: u8, data: &MessageData) {
        let (kind, bytes) = match data {
            // JavaScript counts UTF-16 code units.
            MessageData::Text(text) => {
                let len = text.encode_utf16().count();
                return self.note(json!({
                    "ev": "message", "rs": rs, "data": "text", "len": len, "text": &**text,
                }));
            }
            MessageData::Blob(blob) => ("blob", blob.as_bytes()),
            MessageData::ArrayBuffer(buffer) => ("arraybuffer", &**buffer),
        };
        self.note(json!({
            "ev": "message", "rs": rs, "data": kind, "len": bytes.len(), "hex": hex(bytes),
        }));
    }

    fn perform(&self, actions: &[Action], scope: &mut Scope<'_>) {
        for action in actions {
            self.act(action, scope);
        }
    }

    fn act(&self, action: &Action, scope: &mut Scope<'_>) {
        match action {
            Action::Close { code, reason } => self.close(*code, reason.as_ref(), scope),
            Action::Send { text, js_utf16, hex, kind } => {
                let text = match js_utf16 {
                    // What Web IDL makes of a JavaScript string before `send` sees it.
                    Some(units) => Some(String::from_utf16_lossy(units)),
                    None => text.clone(),
                };
                let bytes = from_hex(hex.as_deref().unwrap_or_default()).expect("checked hex");
                let message = match (text, kind) {
                    (Some(text), _) => Message::from(text),
                    (None, Some(BinaryKind::Blob)) => Blob::new(bytes).into(),
                    (None, Some(BinaryKind::View | BinaryKind::ArrayBuffer) | None) => bytes.into(),
                };
                self.send(Value::Null, message, scope);
            }
            Action::SendFill { kind, n } => {
                let message = match kind {
                    FillKind::Text => Message::from("f".repeat(*n)),
                    FillKind::Binary => vec![FILL; *n].into(),
                };
                self.send(json!(n), message, scope);
            }
            Action::SetBinaryType { v } => {
                match v.as_str() {
                    "blob" => scope.set_binary_type(BinaryType::Blob),
                    "arraybuffer" => scope.set_binary_type(BinaryType::ArrayBuffer),
                    // Web IDL ignores what is no value of the enumeration; Rust has no such value.
                    _ => {}
                }
                self.note_call("set binaryType", json!([v]), None, scope);
            }
            Action::Snap { label } => self.note(json!({
                "snap": label, "rs": scope.ready_state() as u8, "ba": scope.buffered_amount(),
                "binaryType": match scope.binary_type() {
                    BinaryType::Blob => "blob",
                    BinaryType::ArrayBuffer => "arraybuffer",
                },
            })),
            Action::Listen { .. } | Action::Unlisten { .. } | Action::On { .. } => {
                self.change_listeners(action, scope);
            }
            Action::Later { ms, actions } => {
                let at = scope.now().as_nanos() + ms * NANOS_PER_MS;
                self.state().timers.push((at, actions.clone()));
            }
            // There are no microtasks here; they'd come before anything else.
            Action::Micro { actions } => self.perform(actions, scope),
        }
    }

    fn change_listeners(&self, action: &Action, scope: &mut Scope<'_>) {
        match action {
            Action::Listen { event, id, once, throws, actions } => {
                self.listen((event.clone(), id.clone()), *once, *throws, actions, scope);
            }
            Action::Unlisten { event, id } => {
                let listener = self.state().listeners.remove(&(event.clone(), id.clone()));
                if let Some(listener) = listener {
                    scope.remove_event_listener(listener);
                }
            }
            Action::On { event, id, actions } => {
                let handler = id.as_ref().map(|id| {
                    let listener = self.listener(event, id, false, actions);
                    Box::new(listener) as wirebeat::websocket::Handler
                });
                scope.set_handler(event_type(event), handler);
            }
            Action::Close { .. }
            | Action::Send { .. }
            | Action::SendFill { .. }
            | Action::SetBinaryType { .. }
            | Action::Snap { .. }
            | Action::Later { .. }
            | Action::Micro { .. } => {}
        }
    }

    fn close(
        &self,
        code: Option<Option<i64>>,
        reason: Option<&Option<String>>,
        scope: &mut Scope<'_>,
    ) {
        let args: Vec<Value> =
            code.map(|code| json!(code)).into_iter().chain(reason.map(|r| json!(r))).collect();
        let reason = reason.and_then(Option::as_deref).unwrap_or_default();
        let arguments = match code.flatten() {
            // Web IDL's [Clamp].
            Some(code) => Some((u16::try_from(code.max(0)).unwrap_or(u16::MAX), reason)),
            None if reason.is_empty() => None,
            // A reason without a code can't be said in Rust; the golden steps have 1000.
            None => Some((1000, reason)),
        };
        let threw = scope.close(arguments).err().map(|error| error.exception_name());
        self.note_call("close", Value::Array(args), threw, scope);
    }

    fn send(&self, args: Value, message: Message<'_>, scope: &mut Scope<'_>) {
        let threw = scope.send(message).err().map(|error| {
            error.reason.exception_name().unwrap_or("an error that the browser doesn't know")
        });
        self.note_call("send", args, threw, scope);
    }

    fn note_call(&self, call: &str, args: Value, threw: Option<&str>, scope: &Scope<'_>) {
        self.note(json!({
            "call": call, "args": args, "threw": threw,
            "rs": scope.ready_state() as u8, "ba": scope.buffered_amount(),
        }));
    }

    /// Adds a listener. The same one twice is one, as in the DOM; in Rust no two closures are the
    /// same, so it's up to us.
    fn listen(
        &self,
        key: (String, String),
        once: bool,
        throws: bool,
        actions: &[Action],
        scope: &mut Scope<'_>,
    ) {
        if self.state().listeners.contains_key(&key) {
            return;
        }
        let (event_type, mut called) =
            (event_type(&key.0), self.listener(&key.0, &key.1, throws, actions));
        let listener = if once {
            let (page, key) = (self.clone(), key.clone());
            scope.add_event_listener_once(event_type, move |scope, event| {
                page.state().listeners.remove(&key);
                called(scope, event);
            })
        } else {
            scope.add_event_listener(event_type, called)
        };
        self.state().listeners.insert(key, listener);
    }

    /// What a listener of this name does.
    fn listener(
        &self,
        event: &str,
        id: &str,
        throws: bool,
        actions: &[Action],
    ) -> impl FnMut(&mut Scope<'_>, &Event) + Send + use<> {
        let (page, event, id) = (self.clone(), event.to_owned(), id.to_owned());
        let actions = actions.to_vec();
        move |scope, _| {
            page.note(json!({ "inv": id, "type": event, "rs": scope.ready_state() as u8 }));
            page.perform(&actions, scope);
            if throws {
                // Without the hook, which would print it.
                resume_unwind(Box::new("thrown by the page"));
            }
        }
    }
}

fn event_type(name: &str) -> EventType {
    EventType::ALL
        .into_iter()
        .find(|event_type| event_type.name() == name)
        .unwrap_or_else(|| unreachable!("{name:?} is no event of a WebSocket"))
}
