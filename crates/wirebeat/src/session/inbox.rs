use alloc::collections::VecDeque;

use super::event::SessionEvent;

/// How many events of the peer's wait at most before no more is read.
const EVENTS_MAX: usize = 64;

/// How many bytes of messages wait, at least, before no more is read.
const LEN_MAX: usize = 64 * 1024;

/// How many events wait that tell of attempts. A session that nobody listens to goes on trying, and
/// forgets what is oldest of it.
const ATTEMPT_EVENTS_MAX: usize = 1024;

/// What an application hasn't heard yet of a [`Session`](super::Session) that a thread or a task of
/// its own drives: each event, with what the driver has to add to it.
///
/// It's bounded. While it [is full](Inbox::is_full) the driver doesn't read, and tells so by
/// [`handle_reading`](super::Session::handle_reading), so that the server has to wait.
///
/// ```
/// use wirebeat::Message;
/// use wirebeat::session::{Inbox, SessionEvent};
///
/// let mut inbox = Inbox::default();
/// inbox.keep(SessionEvent::Message(Message::from(vec![0; 64 * 1024])), ());
/// assert!(inbox.is_full());
/// assert!(matches!(inbox.take(), Some((SessionEvent::Message(_), ()))));
/// assert!(!inbox.is_full());
/// ```
#[derive(Debug)]
pub struct Inbox<T> {
    items: VecDeque<(SessionEvent<'static>, T)>,
    /// Bytes of payload in them.
    len: usize,
    /// How many of them tell of attempts.
    attempt_events: usize,
    /// Whether nobody is ever going to receive.
    is_discarding: bool,
}

impl<T> Inbox<T> {
    /// Keeps an event until it's taken, also if it's full: what was read is handed over. Of those
    /// that tell of attempts, the oldest is forgotten when there are a thousand.
    pub fn keep(&mut self, event: SessionEvent<'static>, with: T) {
        if self.is_discarding {
            return;
        }
        if tells_of_attempts(&event) {
            if self.attempt_events == ATTEMPT_EVENTS_MAX {
                self.forget_oldest();
            }
            self.attempt_events += 1;
        }
        self.len += payload_len(&event);
        self.items.push_back((event, with));
    }

    /// The oldest event, and what was kept with it.
    pub fn take(&mut self) -> Option<(SessionEvent<'static>, T)> {
        let item = self.items.pop_front()?;
        self.len -= payload_len(&item.0);
        self.attempt_events -= usize::from(tells_of_attempts(&item.0));
        Some(item)
    }

    /// Drops everything, from now on: nobody is going to take it.
    pub fn discard(&mut self) {
        *self = Inbox { is_discarding: true, ..Inbox::default() };
    }

    /// Whether the application has to take something before more is read: 64 messages, pings and
    /// pongs, or 64 KiB of them, wait.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.items.len() - self.attempt_events >= EVENTS_MAX || self.len >= LEN_MAX
    }

    fn forget_oldest(&mut self) {
        let oldest = self.items.iter().position(|(event, _)| tells_of_attempts(event));
        if let Some(oldest) = oldest {
            self.items.remove(oldest);
            self.attempt_events -= 1;
        }
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Inbox<T> {
        Inbox { items: VecDeque::new(), len: 0, attempt_events: 0, is_discarding: false }
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
    use alloc::vec;

    use super::*;
    use crate::Message;

    fn message() -> SessionEvent<'static> {
        SessionEvent::Message(Message::from("a message"))
    }

    const END: SessionEvent<'static> = SessionEvent::Closing(None);

    #[test]
    fn reading_stops_at_so_many_events_of_the_peer_or_so_many_bytes() {
        let mut inbox = Inbox::default();
        for _ in 0..EVENTS_MAX {
            assert!(!inbox.is_full());
            inbox.keep(message(), ());
            inbox.keep(END, ());
        }
        assert!(inbox.is_full());
        inbox.take().unwrap();
        assert!(!inbox.is_full());
        let mut inbox = Inbox::default();
        inbox.keep(SessionEvent::Message(Message::from(vec![0; LEN_MAX])), ());
        assert!(inbox.is_full());
    }

    #[test]
    fn what_nobody_hears_of_attempts_is_forgotten_and_no_message_is() {
        let mut inbox = Inbox::default();
        inbox.keep(message(), 0);
        for number in 1..=2 * ATTEMPT_EVENTS_MAX {
            inbox.keep(END, number);
        }
        assert_eq!(inbox.take(), Some((message(), 0)));
        assert_eq!(inbox.take(), Some((END, ATTEMPT_EVENTS_MAX + 1)));
        assert_eq!(core::iter::from_fn(|| inbox.take()).count(), ATTEMPT_EVENTS_MAX - 1);
        assert!(!inbox.is_full() && inbox.len == 0 && inbox.attempt_events == 0);
    }

    #[test]
    fn nothing_is_kept_for_who_has_gone() {
        let mut inbox = Inbox::default();
        inbox.keep(message(), ());
        inbox.discard();
        inbox.keep(message(), ());
        assert!(inbox.take().is_none());
        assert!(!inbox.is_full());
    }
}
