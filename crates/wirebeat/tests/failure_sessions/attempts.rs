//! Attempts that come twice, too late, or not at all, and the events that should tell of them.

use super::*;

/// A timer of an old connection fires into the new one and closes it: VueUse#2506 and four more,
/// websocket-client#260.
#[test]
fn stale_timers_of_an_old_connection() {
    let mut session = session(usual(), START);
    let first = open(&mut session, START);
    // A heartbeat is out, a Close is unanswered, a write is stuck: everything is due at 60 s.
    session.handle_timeout(START + secs(20));
    session.handle_write_blocked(START + secs(20), first);
    let old_deadline = session.poll_timeout().expect("the answer is awaited");
    let closed = lose(&mut session, START + secs(20), first);
    let now = wait_for_retry(&mut session, &closed);
    let second = open(&mut session, now);
    assert!(now < old_deadline);
    assert_eq!(session.poll_timeout(), Some(now + secs(20)), "the new heartbeat's, nothing else");
    session.handle_timeout(old_deadline);
    assert_eq!(session.wanted(), Wanted::Hold(second, Transport::Keep));
    assert_eq!(poll(&mut session), []);
}

/// The old socket's `close` comes when the new one is open, and is taken for the new one's: another
/// reconnect, and so on for ever.
#[test]
fn late_events_of_an_old_connection() {
    let mut session = session(fixed(), START);
    let first = open(&mut session, START);
    let closed = lose(&mut session, START, first);
    let now = wait_for_retry(&mut session, &closed);
    let second = open(&mut session, now);
    session.handle_eof(now, first);
    session.handle_lost(now, first);
    session.handle_dial_failed(now, first, DialError::Refused);
    let close = from_peer_of(Role::Client, 0x88, &close_body(1000, ""));
    assert_eq!(receive(&mut session, now, first, &close), []);
    assert_eq!(session.wanted(), Wanted::Hold(second, Transport::Keep));
    assert_eq!(session.attempt().number(), 2);
}

/// A dial that was given up succeeds after all, and its transport is kept beside the next one's.
#[test]
fn two_attempts_at_once() {
    let mut session = session(fixed(), START);
    let slow = to_dial(&session);
    session.handle_timeout(START + secs(10));
    assert_eq!(session.wanted(), Wanted::Nothing, "what is dialed is to be dropped");
    session.handle_dialed(START + secs(11), slow);
    assert_eq!(session.wanted(), Wanted::Nothing);
    session.handle_timeout(START + secs(13));
    let second = to_dial(&session);
    session.handle_dialed(START + secs(13), slow);
    assert_eq!(session.wanted(), Wanted::Dial(second), "the late one is not it");
    for _ in 0..3 {
        session.reconnect(START + secs(13), None);
    }
    let last = to_dial(&session);
    session.handle_dialed(START + secs(13), second);
    assert_eq!(session.wanted(), Wanted::Dial(last));
}

/// `close()` while a timer waits to reconnect, which then reconnects.
#[test]
fn close_during_backoff() {
    let mut session = session(usual(), START);
    let closed = fail(&mut session, START, DialError::Refused);
    session.close(START, bye());
    assert!(support::closed(&poll(&mut session)).is_final());
    session.handle_timeout(retry_at(&closed));
    session.handle_timeout(START + secs(3600));
    assert_stopped(&mut session);
}

/// pladaria/reconnecting-websocket#126, whatwg/websockets#39: the same token is refused for ever.
#[test]
fn retry_after_401() {
    for status in [401, 403] {
        let mut session = session(usual(), START);
        let closed = refuse(&mut session, START, status, &[]);
        assert_eq!(closed.next, Next::Never);
        assert_stopped(&mut session);
    }
}

/// robust-websocket retries anything but three codes; the server's policy stands all the same.
#[test]
fn retry_after_a_policy_violation() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    assert!(peer_closes(&mut session, START, attempt, 1008).is_final());
}

/// Whatever ends a connection, in whatever order it's told and however often: one `Closed`, and one
/// that is final.
#[test]
fn never_a_close_event_or_two_of_them() {
    // What happens to an open connection, each of these once, in every order.
    let ends: [fn(&mut Session, Timestamp); 5] = [
        |session, now| session.handle_lost(now, session.attempt()),
        |session, now| session.handle_eof(now, session.attempt()),
        |session, now| session.close(now, bye()),
        |session, now| session.handle_timeout(now + secs(3600)),
        |session, now| {
            let attempt = session.attempt();
            let mut close = from_peer_of(Role::Client, 0x88, &close_body(1001, ""));
            let mut input = wirebeat::Input::new(&mut close);
            // Its events wait for `poll_event`, as in a driver that hands them on elsewhere.
            let closing = session.receive(now, attempt, &mut input);
            assert!(matches!(
                closing,
                None | Some(SessionEvent::Closing(_) | SessionEvent::Error(_))
            ));
        },
    ];
    let reconnects = [None, Some(Reconnect { max_retries: Some(0), ..Reconnect::default() })];
    for reconnect in reconnects {
        for order in permutations(ends.len()) {
            let config = SessionConfig { reconnect: reconnect.clone(), ..usual() };
            let mut session = session(config, START);
            open(&mut session, START);
            let mut now = START;
            let mut events = Vec::new();
            for index in order {
                ends[index](&mut session, now);
                now = now + secs(3600);
                events.extend(poll(&mut session));
            }
            let closed = support::closed(&events);
            assert!(closed.is_final());
            assert!(matches!(events.last(), Some(SessionEvent::Closed(_))), "{events:?}");
            assert_stopped(&mut session);
        }
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    shorter
        .iter()
        .flat_map(|order| {
            (0..count).map(move |at| {
                let mut order = order.clone();
                order.insert(at, count - 1);
                order
            })
        })
        .collect()
}
