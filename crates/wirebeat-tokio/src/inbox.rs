use std::collections::VecDeque;

use wirebeat::Event;

/// How many messages are kept.
const MESSAGES_MAX: usize = 16;

/// How many bytes of messages are kept, at least, before no more are taken.
const LEN_MAX: usize = 16 * 1024;

/// What came while nobody was receiving, until somebody is.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// There when it's needed: most connections never do.
    kept: Option<Box<Kept>>,
    /// Whether nobody is ever going to receive.
    is_discarding: bool,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event<'static>>,
    len: usize,
}

impl Inbox {
    /// Keeps an event. Pings and pongs are answered and measured by now, and aren't kept: a peer
    /// could send any number of them.
    pub(crate) fn keep(&mut self, event: Event<'static>) {
        match event {
            Event::Ping(_) | Event::Pong { .. } => {}
            _ if self.is_discarding => {}
            event => {
                let kept = self.kept.get_or_insert_default();
                kept.len += payload_len(&event);
                kept.events.push_back(event);
            }
        }
    }

    /// The oldest event.
    pub(crate) fn take(&mut self) -> Option<Event<'static>> {
        let kept = self.kept.as_mut()?;
        let event = kept.events.pop_front();
        if let Some(event) = &event {
            kept.len -= payload_len(event);
        }
        if kept.events.is_empty() {
            self.kept = None;
        }
        event
    }

    /// Drops everything, from now on.
    pub(crate) fn discard(&mut self) {
        *self = Inbox { kept: None, is_discarding: true };
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_none()
    }

    /// Whether the oldest event is a message.
    pub(crate) fn has_message_next(&self) -> bool {
        let front = self.kept.as_ref().and_then(|kept| kept.events.front());
        matches!(front, Some(Event::Message(_)))
    }

    /// Whether the application has to take something before more can come.
    pub(crate) fn is_full(&self) -> bool {
        let is_full = |kept: &Kept| kept.events.len() >= MESSAGES_MAX || kept.len >= LEN_MAX;
        self.kept.as_deref().is_some_and(is_full)
    }
}

fn payload_len(event: &Event<'_>) -> usize {
    match event {
        Event::Message(message) => message.len(),
        Event::Fragment(fragment) => fragment.payload.len(),
        _ => 0,
    }
}
