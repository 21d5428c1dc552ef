use core::time::Duration;

use wirebeat::session::{Attempt, Backoff, Next, Pause, SessionClosed, SessionEvent};
use wirebeat::{Phase, Reason, Timestamp};

use super::violation::Violation;

const RULE: &str = "invariant 10, one attempt at a time, at its time";

/// A session's attempts: one after the other, and each after a delay that its policy states.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    announced: u64,
    ended: u64,
    /// The one before the last.
    pub(crate) stale: Option<Attempt>,
    last: Option<Attempt>,
    retry_after: Option<Duration>,
    /// Whether the application asked for a new connection since the last attempt began.
    is_replaced: bool,
    is_over: bool,
    /// The latest time that the session was told of: one that goes backwards stands still.
    latest: Timestamp,
}

impl Attempts {
    /// The application asked for a new connection.
    pub(crate) fn replaced(&mut self) {
        self.is_replaced = true;
        self.is_over = false;
    }

    /// The session is told this time.
    pub(crate) fn pass_to(&mut self, now: Timestamp) {
        self.latest = self.latest.max(now);
    }

    /// Whether no attempt follows by itself.
    pub(crate) fn are_over(&self) -> bool {
        self.is_over
    }

    pub(crate) fn heard(
        &mut self,
        event: &SessionEvent<'_>,
        backoff: Option<&Backoff>,
    ) -> Result<(), Violation> {
        if self.is_over {
            return Err(Violation::new("invariant 5, nothing follows Closed", "an event does"));
        }
        match event {
            SessionEvent::Dialing(attempt) => {
                if attempt.number() != self.announced + 1 || self.ended != self.announced {
                    let what = format!("{attempt} begins, and {} ended", self.ended);
                    return Err(Violation::new(RULE, what));
                }
                self.announced += 1;
                self.stale = self.last.replace(*attempt);
                self.is_replaced = false;
                self.retry_after = None;
                Ok(())
            }
            SessionEvent::Rejected(response) => {
                let value = response.headers().get_str("Retry-After");
                let seconds = value.and_then(|value| value.parse().ok());
                self.retry_after = seconds.map(Duration::from_secs);
                Ok(())
            }
            SessionEvent::Closed(closed) => self.closed(closed, backoff),
            _ => Ok(()),
        }
    }

    fn closed(
        &mut self,
        closed: &SessionClosed,
        backoff: Option<&Backoff>,
    ) -> Result<(), Violation> {
        if self.ended == self.announced && !closed.is_final() {
            return Err(Violation::new(RULE, format!("{} ends twice", closed.attempt)));
        }
        self.ended = self.announced;
        self.is_over = closed.is_final();
        let Next::At(at) = closed.next else { return Ok(()) };
        let delay = at.since(self.latest);
        let range = backoff.and_then(|backoff| backoff.range(closed.failures, self.pause(closed)));
        let is_right = match range {
            _ if self.is_replaced => delay.is_zero(),
            Some(range) => range.contains(&delay),
            None => !delay.is_zero(),
        };
        if is_right {
            return Ok(());
        }
        let what = format!("{} is followed after {delay:?}", closed.attempt);
        Err(Violation::new(RULE, what))
    }

    fn pause(&self, closed: &SessionClosed) -> Pause {
        match (closed.closed.cause.phase, closed.closed.code.get()) {
            (Phase::PeerClosing, 1012 | 1013) => Pause::Restart,
            (Phase::Opening, _) if matches!(closed.closed.cause.reason, Reason::Handshake(_)) => {
                self.retry_after.map_or(Pause::Unasked, Pause::RetryAfter)
            }
            _ => Pause::Unasked,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use wirebeat::handshake::Request;
    use wirebeat::session::{Session, SessionConfig, Target};
    use wirebeat::{DialError, Seed};

    use super::*;

    pub(in crate::check) const NOW: Timestamp = Timestamp::ZERO;

    /// A session that dials for the first time.
    pub(in crate::check) fn dialing() -> (Session, Attempt) {
        let request = Request::new("example.com", None, "/").unwrap();
        let target = Target::new(request, false);
        let mut session = Session::new(target, SessionConfig::default(), Seed::new([7; 32]), NOW);
        match session.poll_event() {
            Some(SessionEvent::Dialing(attempt)) => (session, attempt),
            other => unreachable!("a session begins by dialing, not by {other:?}"),
        }
    }

    /// The attempt after one that fails.
    pub(in crate::check) fn attempt_after(session: &mut Session, attempt: Attempt) -> Attempt {
        let closed = fail(session, attempt);
        let Next::At(at) = closed.next else { unreachable!("{closed:?} is tried again") };
        session.handle_timeout(at);
        match session.poll_event() {
            Some(SessionEvent::Dialing(attempt)) => attempt,
            other => unreachable!("it dials again, and is no {other:?}"),
        }
    }

    fn fail(session: &mut Session, attempt: Attempt) -> SessionClosed {
        session.handle_dial_failed(NOW, attempt, DialError::Refused);
        let mut events = core::iter::from_fn(|| session.poll_event());
        let closed = events.find_map(|event| match event {
            SessionEvent::Closed(closed) => Some(closed),
            _ => None,
        });
        closed.expect("it ends")
    }

    /// What is found of a session's first failure, as a broken one tells it.
    fn heard(change: impl FnOnce(&mut SessionClosed)) -> Result<(), Violation> {
        let (mut session, attempt) = dialing();
        let mut closed = fail(&mut session, attempt);
        change(&mut closed);
        let mut attempts = Attempts::default();
        let backoff = Backoff::default();
        attempts.heard(&SessionEvent::Dialing(attempt), Some(&backoff))?;
        attempts.heard(&SessionEvent::Closed(closed), Some(&backoff))
    }

    #[test]
    fn a_retry_outside_of_the_range_of_its_policy_is_found() {
        assert_eq!(heard(|_| {}), Ok(()));
        for wrong in [NOW, NOW + Duration::from_nanos(1), NOW + Duration::from_secs(3600)] {
            assert!(heard(|closed| closed.next = Next::At(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_attempts_at_a_time_are_found() {
        let (mut session, first) = dialing();
        let second = attempt_after(&mut session, first);
        let mut attempts = Attempts::default();
        assert!(attempts.heard(&SessionEvent::Dialing(first), None).is_ok());
        assert!(attempts.heard(&SessionEvent::Dialing(second), None).is_err());
        // Nor may one be left out.
        assert!(Attempts::default().heard(&SessionEvent::Dialing(second), None).is_err());
    }

    #[test]
    fn an_attempt_that_ends_twice_is_found() {
        let (mut session, attempt) = dialing();
        let closed = fail(&mut session, attempt);
        let mut attempts = Attempts::default();
        assert!(attempts.heard(&SessionEvent::Dialing(attempt), None).is_ok());
        assert!(attempts.heard(&SessionEvent::Closed(closed.clone()), None).is_ok());
        assert!(attempts.heard(&SessionEvent::Closed(closed), None).is_err());
    }

    #[test]
    fn what_follows_the_last_close_is_found() {
        let (mut session, attempt) = dialing();
        let last = SessionClosed { next: Next::Never, ..fail(&mut session, attempt) };
        let mut attempts = Attempts::default();
        assert!(attempts.heard(&SessionEvent::Dialing(attempt), None).is_ok());
        assert!(attempts.heard(&SessionEvent::Closed(last), None).is_ok());
        let violation = attempts.heard(&SessionEvent::Dialing(attempt), None).unwrap_err();
        assert!(violation.rule.starts_with("invariant 5"), "{violation}");
    }
}
