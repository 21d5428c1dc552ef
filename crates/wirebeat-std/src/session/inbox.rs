use std::collections::VecDeque;
use std::sync::Arc;

use wirebeat::session::SessionEvent;

use crate::ConnectError;

/// How many events of the peer's wait at most before no more is read.
const EVENTS_MAX: usize = 64;

/// How many bytes of messages wait, at least, before no more is read.
const LEN_MAX: usize = 64 * 1024;

/// How many events wait that tell of attempts. A session that nobody listens to goes on trying, and
/// forgets what is oldest of it.
const ATTEMPT_EVENTS_MAX: usize = 1024;

/// An event, and why there was no transport, if it's the end of an attempt that got none.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) event: SessionEvent<'static>,
    pub(super) failure: Option<Arc<ConnectError>>,
}

/// What the application hasn't heard yet.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    items: VecDeque<Item>,
    /// Bytes of payload in them.
    len: usize,
    /// How many of them tell of attempts.
    attempt_events: usize,
    /// Whether nobody is ever going to receive.
    is_discarding: bool,
}

impl Inbox {
    pub(super) fn keep(&mut self, item: Item) {
        if self.is_discarding {
            return;
        }
        if tells_of_attempts(&item.event) {
            if self.attempt_events == ATTEMPT_EVENTS_MAX {
                self.forget_oldest();
            }
            self.attempt_events += 1;
        }
        self.len += payload_len(&item.event);
        self.items.push_back(item);
    }

    pub(super) fn take(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.len -= payload_len(&item.event);
        self.attempt_events -= usize::from(tells_of_attempts(&item.event));
        Some(item)
    }

    /// Drops everything, from now on.
    pub(super) fn discard(&mut self) {
        *self = Inbox { is_discarding: true, ..Inbox::default() };
    }

    /// Whether the application has to take something before more is read.
    pub(super) fn is_full(&self) -> bool {
        self.items.len() - self.attempt_events >= EVENTS_MAX || self.len >= LEN_MAX
    }

    fn forget_oldest(&mut self) {
        let oldest = self.items.iter().position(|item| tells_of_attempts(&item.event));
        if let Some(oldest) = oldest {
            self.items.remove(oldest);
            self.attempt_events -= 1;
        }
    }
}

/// Whether an event comes of a connection's beginning or end, and not of what the peer sends on it
/// or of the application's own calls.
fn tells_of_attempts(event: &SessionEvent<'_>) -> bool {
    match event {
        SessionEvent::Dialing(_)
        | SessionEvent::Rejected(_)
        | SessionEvent::Open(_)
        | SessionEvent::Closing(_)
        | SessionEvent::Error(_)
        | SessionEvent::Closed(_) => true,
        SessionEvent::Message(_)
        | SessionEvent::Fragment(_)
        | SessionEvent::Ping(_)
        | SessionEvent::Pong { .. }
        | SessionEvent::Dropped(_) => false,
    }
}

fn payload_len(event: &SessionEvent<'_>) -> usize {
    match event {
        SessionEvent::Message(message) => message.len(),
        SessionEvent::Fragment(fragment) => fragment.payload.len(),
        SessionEvent::Ping(payload) | SessionEvent::Pong { payload, .. } => payload.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use wirebeat::Message;

    use super::*;

    fn item(event: SessionEvent<'static>) -> Item {
        Item { event, failure: None }
    }

    fn message() -> Item {
        item(SessionEvent::Message(Message::from("a message")))
    }

    fn end() -> Item {
        item(SessionEvent::Closing(None))
    }

    #[test]
    fn reading_stops_at_so_many_events_of_the_peer_or_so_many_bytes() {
        let mut inbox = Inbox::default();
        for _ in 0..EVENTS_MAX {
            assert!(!inbox.is_full());
            inbox.keep(message());
            inbox.keep(end());
        }
        assert!(inbox.is_full());
        inbox.take().unwrap();
        assert!(!inbox.is_full());
        let mut inbox = Inbox::default();
        inbox.keep(item(SessionEvent::Message(Message::from(vec![0; LEN_MAX]))));
        assert!(inbox.is_full());
    }

    #[test]
    fn what_nobody_hears_of_attempts_is_forgotten_and_no_message_is() {
        let mut inbox = Inbox::default();
        inbox.keep(message());
        for _ in 0..2 * ATTEMPT_EVENTS_MAX {
            inbox.keep(end());
        }
        assert_eq!(inbox.take().unwrap().event, message().event);
        assert_eq!(std::iter::from_fn(|| inbox.take()).count(), ATTEMPT_EVENTS_MAX);
        assert!(!inbox.is_full() && inbox.len == 0 && inbox.attempt_events == 0);
    }

    #[test]
    fn nothing_is_kept_for_who_has_gone() {
        let mut inbox = Inbox::default();
        inbox.keep(message());
        inbox.discard();
        inbox.keep(message());
        assert!(inbox.take().is_none());
        assert!(!inbox.is_full());
    }
}
