use std::collections::VecDeque;

use wirebeat::Event;

/// How many messages are kept. Tests have fewer to fill it with.
const MESSAGES_MAX: usize = if cfg!(test) { 2 } else { 16 };

/// How many bytes of messages are kept, at least, before no more are taken.
const LEN_MAX: usize = 16 * 1024;

/// What came while nobody was receiving, until somebody is.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    events: VecDeque<Event<'static>>,
    len: usize,
    /// Whether nobody is ever going to receive.
    is_discarding: bool,
}

impl Inbox {
    /// Keeps an event. Pings and pongs are answered and measured by now, and aren't kept: a peer
    /// could send any number of them.
    pub(crate) fn keep(&mut self, event: Event<'static>) {
        match event {
            Event::Ping(_) | Event::Pong { .. } => {}
            _ if self.is_discarding => {}
            event => {
                self.len += payload_len(&event);
                self.events.push_back(event);
            }
        }
    }

    /// The oldest event.
    pub(crate) fn take(&mut self) -> Option<Event<'static>> {
        let event = self.events.pop_front()?;
        self.len -= payload_len(&event);
        Some(event)
    }

    /// Drops everything, from now on.
    pub(crate) fn discard(&mut self) {
        *self = Inbox { is_discarding: true, ..Inbox::default() };
    }

    /// Whether the oldest event is a message.
    pub(crate) fn has_message_next(&self) -> bool {
        matches!(self.events.front(), Some(Event::Message(_)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the application has to take something before more can come.
    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= MESSAGES_MAX || self.len >= LEN_MAX
    }
}

fn payload_len(event: &Event<'_>) -> usize {
    match event {
        Event::Message(message) => message.len(),
        Event::Fragment(fragment) => fragment.payload.len(),
        _ => 0,
    }
}
