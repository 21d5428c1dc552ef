//! What the driver sees after each step: events, and what is wanted (invariant 10).

use core::time::Duration;

use wirebeat::session::{Attempt, Next, Pause, SessionClosed, SessionEvent, Wanted};
use wirebeat::{DialError, Input, Phase, Reason, Transport};

use super::{World, target};

impl World {
    /// Whatever is told of an attempt that is over changes nothing (invariant 10).
    pub(super) fn stale(&mut self, back: u64) {
        let Some(attempt) = self.past_attempt(back) else { return };
        let before = format!("{:?}", self.session);
        let (session, now) = (&mut self.session, self.now);
        session.dial(now, attempt, target());
        session.handle_dialed(now, attempt);
        session.handle_dial_failed(now, attempt, DialError::Refused);
        let mut bytes = [0x88, 0];
        assert!(session.receive(now, attempt, &mut Input::new(&mut bytes)).is_none());
        session.handle_written(now, attempt, 1);
        session.handle_write_blocked(now, attempt);
        session.handle_reading(now, attempt, false);
        session.handle_eof(now, attempt);
        session.handle_lost(now, attempt);
        assert!(session.poll_transmit(attempt).is_none());
        assert!(session.take_transmit(attempt, 1).is_none());
        assert!(session.read_target(attempt).is_none() && !session.wants_read(attempt));
        assert_eq!(before, format!("{session:?}"), "{attempt} is over");
    }

    fn past_attempt(&self, back: u64) -> Option<Attempt> {
        let number = self.announced.checked_sub(2 + back)?;
        self.attempts.get(usize::try_from(number).ok()?).copied()
    }

    /// Hears the events, and compares what is held with what is wanted.
    pub(super) fn look(&mut self) {
        while let Some(event) = self.session.poll_event() {
            self.note(event);
        }
        let wanted = self.session.wanted();
        assert_eq!(wanted, self.session.wanted(), "a level stays");
        let held = self.peer.as_ref().map(|peer| peer.attempt);
        let is_wanted = match wanted {
            Wanted::Nothing | Wanted::Dial(_) => false,
            Wanted::Hold(attempt, transport) => {
                assert_eq!(held, Some(attempt), "no transport is wanted that wasn't dialed");
                assert_ne!(transport, Transport::Drop, "then it's not wanted");
                if transport == Transport::ShutdownWrite {
                    self.at_server(|peer, now| peer.server.handle_eof(now));
                }
                true
            }
        };
        if !is_wanted {
            self.account.wires.extend(self.peer.take().map(|peer| peer.wire));
        }
    }

    pub(super) fn note(&mut self, event: SessionEvent<'_>) {
        assert!(!self.is_final, "{event:?} after the last event");
        match event {
            SessionEvent::Dialing(attempt) => {
                assert_eq!(attempt.number(), self.announced + 1, "one after the other");
                assert_eq!(self.ended, self.announced, "at most one attempt lives");
                self.announced += 1;
                self.attempts.push(attempt);
                self.is_replaced = false;
                self.retry_after = None;
            }
            SessionEvent::Rejected(response) => {
                let value = response.headers().get_str("Retry-After");
                self.retry_after = value.and_then(|value| value.parse().ok());
            }
            SessionEvent::Dropped(dropped) => self.account.dropped.push(dropped.id),
            SessionEvent::Closed(closed) => self.closed(&closed),
            SessionEvent::Open(_)
            | SessionEvent::Message(_)
            | SessionEvent::Fragment(_)
            | SessionEvent::Ping(_)
            | SessionEvent::Pong { .. }
            | SessionEvent::Closing(_)
            | SessionEvent::Error(_) => {}
        }
    }

    fn closed(&mut self, closed: &SessionClosed) {
        self.account.lost.extend(&closed.lost);
        assert_eq!(closed.attempt.number(), self.announced);
        // Between two attempts there is nothing to end but the session.
        assert!(self.ended < self.announced || closed.is_final());
        self.ended = self.announced;
        match closed.next {
            Next::Never => self.is_final = true,
            Next::WhenOnline => {}
            Next::At(at) if self.is_replaced => assert_eq!(at, self.now, "at once"),
            Next::At(at) => {
                let delay = at.since(self.now);
                let range = self.backoff.range(closed.failures, self.pause(closed));
                let range = range.expect("it's known");
                assert!(range.contains(&delay), "{delay:?} isn't in {range:?}");
                assert!(delay > Duration::ZERO);
            }
        }
    }

    fn pause(&self, closed: &SessionClosed) -> Pause {
        match (closed.closed.cause.phase, closed.closed.code.get()) {
            (Phase::PeerClosing, 1012 | 1013) => Pause::Restart,
            (Phase::Opening, _) if matches!(closed.closed.cause.reason, Reason::Handshake(_)) => {
                let asked = self.retry_after.map(Duration::from_secs);
                asked.map_or(Pause::Unasked, Pause::RetryAfter)
            }
            _ => Pause::Unasked,
        }
    }
}
