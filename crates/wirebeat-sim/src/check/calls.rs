use wirebeat::session::{Attempt, Session};
use wirebeat::{Connection, Timestamp};

use super::violation::Violation;

/// What is told of an attempt that is over changes nothing.
pub(crate) fn check_stale(
    session: &mut Session,
    now: Timestamp,
    stale: Attempt,
) -> Result<(), Violation> {
    let is_unheard = changes_nothing(session, session_levels, |session| {
        session.handle_dialed(now, stale);
        session.handle_eof(now, stale);
        session.handle_lost(now, stale);
    });
    if is_unheard && session.poll_transmit(stale).is_none() {
        return Ok(());
    }
    let what = format!("{stale} is over, and was heard");
    Err(Violation::new("invariant 10, a stale attempt has no effect", what))
}

/// A session of which nothing is due isn't changed by being asked for it, nor by no bytes.
pub(crate) fn check_idle_session(
    session: &mut Session,
    now: Timestamp,
    attempt: Option<Attempt>,
) -> Result<(), Violation> {
    check_idle(session, session_levels, |session| {
        session.handle_timeout(now);
        if let Some(attempt) = attempt {
            session.handle_written(now, attempt, 0);
        }
    })
}

/// As for a session.
pub(crate) fn check_idle_connection(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<(), Violation> {
    let levels = |connection: &Connection| {
        let waits = (connection.poll_timeout(), connection.buffered_amount());
        (connection.ready_state(), connection.transport(), connection.wants_read(), waits)
    };
    check_idle(connection, levels, |connection| {
        connection.handle_timeout(now);
        connection.handle_written(now, 0);
    })
}

fn check_idle<E, L: PartialEq>(
    endpoint: &mut E,
    levels: impl Fn(&E) -> L,
    calls: impl FnOnce(&mut E),
) -> Result<(), Violation> {
    if changes_nothing(endpoint, levels, calls) {
        return Ok(());
    }
    let what = "there was nothing to do, and something was done";
    Err(Violation::new("invariant 7, calls that have nothing to do change nothing", what))
}

/// Whether an endpoint shows the same after some calls as before.
fn changes_nothing<E, L: PartialEq>(
    endpoint: &mut E,
    levels: impl Fn(&E) -> L,
    calls: impl FnOnce(&mut E),
) -> bool {
    let before = levels(endpoint);
    calls(endpoint);
    levels(endpoint) == before
}

fn session_levels(session: &Session) -> impl PartialEq + use<> {
    let waits = (session.poll_timeout(), session.buffered_amount());
    (session.wanted(), session.ready_state(), session.failures(), waits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::attempts::tests::{NOW, attempt_after, dialing};

    #[test]
    fn an_attempt_that_is_heard_is_told_from_one_that_is_over() {
        let (mut session, first) = dialing();
        let second = attempt_after(&mut session, first);
        assert_eq!(check_stale(&mut session, NOW, first), Ok(()));
        // This one isn't over, so it's heard.
        let violation = check_stale(&mut session, NOW, second).unwrap_err();
        assert!(violation.rule.starts_with("invariant 10"), "{violation}");
    }

    /// An endpoint that does something whenever it's called.
    #[test]
    fn an_endpoint_that_does_something_when_nothing_is_due_is_found() {
        let mut count = 0;
        assert_eq!(check_idle(&mut count, |count| *count, |_| {}), Ok(()));
        let violation = check_idle(&mut count, |count| *count, |count| *count += 1).unwrap_err();
        assert!(violation.rule.starts_with("invariant 7"), "{violation}");
    }

    #[test]
    fn a_session_that_is_due_is_found_to_do_something() {
        let (mut session, first) = dialing();
        assert_eq!(check_idle_session(&mut session, NOW, Some(first)), Ok(()));
        let due = session.poll_timeout().expect("connecting has its time");
        assert!(check_idle_session(&mut session, due, Some(first)).is_err());
    }
}
