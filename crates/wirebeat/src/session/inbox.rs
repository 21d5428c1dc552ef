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
/// its own drives: each event, and with the end of an attempt that got no transport why, in the
/// driver's own words.
///
/// It's bounded. While it [is full](Inbox::is_full) the driver doesn't read, and tells so by
/// [`handle_reading`](super::Session::handle_reading), so that the server has to wait.
///
/// ```
/// use wirebeat::Message;
/// use wirebeat::session::{Inbox, SessionEvent};
///
/// let mut inbox = Inbox::<String>::default();
/// inbox.keep(SessionEvent::Message(Message::from(vec![0; 64 * 1024])));
/// assert!(inbox.is_full());
/// assert!(matches!(inbox.take(), Some((SessionEvent::Message(_), None))));
/// assert!(!inbox.is_full());
/// ```
#[derive(Debug)]
pub struct Inbox<F> {
    items: VecDeque<(SessionEvent<'static>, Option<F>)>,
    /// Why there's no transport, until the attempt's end is told of.
    failure: Option<F>,
    /// Bytes of payload in them.
    len: usize,
    /// How many of them tell of attempts.
    attempt_events: usize,
    /// Whether nobody is ever going to receive.
    is_discarding: bool,
}

impl<F> Inbox<F> {
    /// Takes note of why the attempt got no transport: it's handed over with the
    /// [`SessionEvent::Closed`] that follows.
    pub fn note_failure(&mut self, failure: F) {
        self.failure = Some(failure);
    }

    /// Keeps an event until it's taken, also if it's full: what was read is handed over. Of those
    /// that tell of attempts, the oldest is forgotten when there are a thousand.
    pub fn keep(&mut self, event: SessionEvent<'static>) {
        let is_end = matches!(event, SessionEvent::Closed(_));
        let failure = if is_end { self.failure.take() } else { None };
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
        self.items.push_back((event, failure));
    }

    /// The oldest event; with it, if it's the end of an attempt, why that got no transport.
    pub fn take(&mut self) -> Option<(SessionEvent<'static>, Option<F>)> {
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

impl<F> Default for Inbox<F> {
    fn default() -> Inbox<F> {
        Inbox {
            items: VecDeque::new(),
            failure: None,
            len: 0,
            attempt_events: 0,
            is_discarding: false,
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
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::session::{Session, SessionConfig};
    use crate::{
        CloseCode, CloseFrame, DialError, Fragment, Kind, Message, Payload, Seed, Timestamp,
    };

    const NOW: Timestamp = Timestamp::ZERO;

    fn message() -> SessionEvent<'static> {
        SessionEvent::Message(Message::from("a message"))
    }

    const END: SessionEvent<'static> = SessionEvent::Closing(None);

    #[test]
    fn reading_stops_at_so_many_events_of_the_peer_or_so_many_bytes() {
        let mut inbox = Inbox::<()>::default();
        for _ in 0..EVENTS_MAX {
            assert!(!inbox.is_full());
            inbox.keep(message());
            inbox.keep(END);
        }
        assert!(inbox.is_full());
        inbox.take().unwrap();
        assert!(!inbox.is_full());
    }

    #[test]
    fn reading_stops_at_64_kib_of_payload_whatever_it_belongs_to() {
        let piece = |len| {
            let payload = Payload::from(vec![0; len]);
            let (kind, first, last) = (Kind::Binary, true, true);
            SessionEvent::Fragment(Fragment { kind, payload, first, last })
        };
        let message = |len| SessionEvent::Message(Message::from(vec![0; len]));
        let ping = |len| SessionEvent::Ping(Payload::from(vec![0; len]));
        let pong = |len| SessionEvent::Pong { payload: Payload::from(vec![0; len]), latency: None };
        let kinds: [&dyn Fn(usize) -> SessionEvent<'static>; 4] = [&message, &piece, &ping, &pong];
        for event in kinds {
            let mut inbox = Inbox::<()>::default();
            inbox.keep(event(64 * 1024 - 1));
            assert!(!inbox.is_full());
            inbox.keep(event(1));
            assert!(inbox.is_full());
            inbox.take().unwrap();
            assert!(!inbox.is_full());
        }
    }

    #[test]
    fn what_nobody_hears_of_attempts_is_forgotten_and_no_message_is() {
        let mut inbox = Inbox::<()>::default();
        inbox.keep(SessionEvent::Closing(Some(CloseFrame::bare(CloseCode::NORMAL))));
        inbox.keep(message());
        for _ in 0..ATTEMPT_EVENTS_MAX {
            inbox.keep(END);
        }
        assert_eq!(inbox.take(), Some((message(), None)));
        assert_eq!(inbox.take(), Some((END, None)));
        assert_eq!(core::iter::from_fn(|| inbox.take()).count(), ATTEMPT_EVENTS_MAX - 1);
        assert!(!inbox.is_full() && inbox.len == 0 && inbox.attempt_events == 0);
    }

    #[test]
    fn why_there_is_no_transport_is_told_with_the_attempts_end_and_once() {
        let mut session = Session::asking(SessionConfig::default(), Seed::new([7; 32]), NOW);
        let mut inbox = Inbox::default();
        inbox.note_failure("no such host");
        inbox.keep(message());
        session.handle_dial_failed(NOW, session.attempt(), DialError::Name);
        while let Some(event) = session.poll_event() {
            inbox.keep(event);
        }
        session.reconnect(NOW, None);
        session.close(NOW, None);
        while let Some(event) = session.poll_event() {
            inbox.keep(event);
        }
        let taken: Vec<_> = core::iter::from_fn(|| inbox.take()).collect();
        let told = |event: &SessionEvent<'_>| matches!(event, SessionEvent::Closed(_));
        let ends: Vec<_> = taken.iter().filter(|(event, _)| told(event)).map(|end| end.1).collect();
        assert_eq!(ends, [Some("no such host"), None]);
        assert_eq!(taken.iter().filter(|(_, failure)| failure.is_some()).count(), 1);
    }

    #[test]
    fn nothing_is_kept_for_who_has_gone() {
        let mut inbox = Inbox::<()>::default();
        inbox.keep(message());
        inbox.discard();
        inbox.keep(message());
        assert!(inbox.take().is_none());
        assert!(!inbox.is_full());
    }
}
