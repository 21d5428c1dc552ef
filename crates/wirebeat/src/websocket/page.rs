//! What the application sees of a WebSocket: its attributes, and the tasks that change them.
//!
//! The standard's user agent never changes an attribute, or fires an event, when something happens
//! on the network: it queues a task. Tasks are run one after another, between the application's
//! turns, so that an event's handlers see the state that belongs to the event, whatever came since
//! ([WHATWG WebSockets §4]).
//!
//! [WHATWG WebSockets §4]: https://websockets.spec.whatwg.org/#feedback-from-the-protocol

use alloc::collections::VecDeque;

use bytestring::ByteString;

use super::event::{BinaryType, CloseEvent, Event, MessageData, MessageEvent};
use crate::{Message, ReadyState};

/// The attributes of a WebSocket, and the tasks that wait to change them.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) ready_state: ReadyState,
    pub(super) protocol: ByteString,
    pub(super) extensions: ByteString,
    pub(super) binary_type: BinaryType,
    /// What messages say that they come from.
    origin: ByteString,
    tasks: VecDeque<Task>,
}

/// Something that happened and that the application hasn't seen.
#[derive(Debug)]
pub(super) enum Task {
    /// An attempt to connect begins again.
    Connecting,
    /// "When the WebSocket connection is established".
    Open { protocol: ByteString, extensions: ByteString },
    /// "When a WebSocket message has been received".
    Message(Message<'static>),
    /// "When the WebSocket closing handshake is started".
    Closing,
    /// "When the WebSocket connection is closed, possibly cleanly".
    Closed { is_error: bool, event: CloseEvent },
    /// The second half of [`Closed`](Task::Closed), behind the error event.
    Close(CloseEvent),
}

impl Page {
    pub(super) fn new(origin: ByteString) -> Page {
        Page {
            ready_state: ReadyState::Connecting,
            protocol: ByteString::new(),
            extensions: ByteString::new(),
            binary_type: BinaryType::default(),
            origin,
            tasks: VecDeque::new(),
        }
    }

    pub(super) fn queue(&mut self, task: Task) {
        self.tasks.push_back(task);
    }

    /// Whether a task waits.
    pub(super) fn has_task(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Whether a task waits that may fire an event.
    pub(super) fn has_event(&self) -> bool {
        self.tasks.iter().any(|task| match task {
            Task::Connecting | Task::Closing => false,
            Task::Open { .. } | Task::Message(_) | Task::Closed { .. } | Task::Close(_) => true,
        })
    }

    /// Messages come from somewhere else from now on.
    pub(super) fn set_origin(&mut self, origin: ByteString) {
        self.origin = origin;
    }

    /// Forgets what the application won't see any more.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }

    /// Runs tasks up to one that fires an event.
    pub(super) fn run_tasks(&mut self) -> Option<Event> {
        while let Some(task) = self.tasks.pop_front() {
            let event = self.run(task);
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn run(&mut self, task: Task) -> Option<Event> {
        match task {
            // Anything else was decided since by the application, and its Close follows.
            Task::Connecting if self.ready_state != ReadyState::Closed => None,
            Task::Connecting => {
                self.ready_state = ReadyState::Connecting;
                self.protocol = ByteString::new();
                self.extensions = ByteString::new();
                None
            }
            Task::Open { protocol, extensions } => {
                // close() came first: the connection was given up, whatever the server answered.
                if self.ready_state != ReadyState::Connecting {
                    return None;
                }
                self.ready_state = ReadyState::Open;
                self.protocol = protocol;
                self.extensions = extensions;
                Some(Event::Open)
            }
            // "If ready state is not OPEN (1), then return."
            Task::Message(_) if self.ready_state != ReadyState::Open => None,
            Task::Message(message) => Some(Event::Message(self.message_event(message))),
            Task::Closing => {
                self.ready_state = ReadyState::Closing;
                None
            }
            Task::Closed { is_error: true, event } => {
                self.ready_state = ReadyState::Closed;
                self.tasks.push_front(Task::Close(event));
                Some(Event::Error)
            }
            Task::Closed { is_error: false, event } | Task::Close(event) => {
                self.ready_state = ReadyState::Closed;
                Some(Event::Close(event))
            }
        }
    }

    fn message_event(&self, message: Message<'static>) -> MessageEvent {
        let data = match message {
            Message::Text(text) => MessageData::Text(text.into_byte_string()),
            Message::Binary(payload) => MessageData::binary(payload, self.binary_type),
        };
        MessageEvent { data, origin: self.origin.clone() }
    }
}
