use super::*;

/// A new attempt has begun, and nothing of the old one is left.
fn assert_dials_anew(session: &mut Session, number: u64, now: Timestamp) {
    let attempt = to_dial(session);
    assert_eq!(attempt.number(), number);
    assert_eq!(session.failures(), 0);
    session.handle_dialed(now, attempt);
    assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::Keep));
}

#[test]
fn while_dialing_gives_the_attempt_up() {
    let mut session = session(usual(), START);
    poll(&mut session);
    session.reconnect(START, None);
    let events = poll(&mut session);
    assert_eq!(story(&events), ["error", "closed 1 1006 retry", "dialing 2"]);
    assert_eq!(closed(&events).next, Next::At(START));
    assert_dials_anew(&mut session, 2, START);
}

#[test]
fn while_opening_gives_the_connection_up() {
    let mut session = session(usual(), START);
    dial(&mut session, START);
    poll(&mut session);
    session.reconnect(START, None);
    assert_eq!(story(&poll(&mut session)), ["error", "closed 1 1006 retry", "dialing 2"]);
    assert_dials_anew(&mut session, 2, START);
}

/// There are never two: the old one is closed first.
#[test]
fn while_open_closes_first() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    session.send(START, "on the old one").unwrap();
    session.reconnect(START, bye());
    assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::Keep));
    assert_eq!(session.ready_state(), ReadyState::Closing);
    let id = session.send(START, "on the new one").expect("it waits");
    let wire = write_all(&mut session, START, attempt);
    assert_eq!(texts(&wire), ["on the old one"]);
    assert_eq!(behaviour::frames(&wire)[1].payload, behaviour::close_body(1000, "bye"));
    let closed = peer_closes(&mut session, START, attempt, 1000);
    assert_eq!((closed.next, closed.closed.was_clean), (Next::At(START), true));

    let attempt = open(&mut session, START);
    assert_eq!(attempt.number(), 2);
    assert_eq!(texts(&write_all(&mut session, START, attempt)), ["on the new one"]);
    assert_eq!(session.fate(id), Some(Fate::HandedOver));
}

/// A peer that doesn't answer our Close holds it up no longer than `close_timeout`.
#[test]
fn while_open_waits_for_a_silent_peer_no_longer_than_close_timeout() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    session.reconnect(START, bye());
    write_all(&mut session, START, attempt);
    let at = START + secs(5);
    assert_eq!(session.poll_timeout(), Some(at));
    session.handle_timeout(at);
    assert_dials_anew(&mut session, 2, at);
}

#[test]
fn while_it_waits_skips_the_wait() {
    let mut session = session(usual(), START);
    fail(&mut session, START, DialError::Refused);
    session.reconnect(START, None);
    assert_eq!(story(&poll(&mut session)), ["dialing 2"]);
    assert_dials_anew(&mut session, 2, START);
}

#[test]
fn while_offline_dials_all_the_same() {
    let mut session = session(usual(), START);
    session.handle_offline(START);
    fail(&mut session, START, DialError::Refused);
    session.reconnect(START, None);
    assert_dials_anew(&mut session, 2, START);
}

#[test]
fn while_it_closes_takes_the_close_back() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    session.close(START, bye());
    session.reconnect(START, None);
    write_all(&mut session, START, attempt);
    assert_eq!(peer_closes(&mut session, START, attempt, 1000).next, Next::At(START));
    assert_dials_anew(&mut session, 2, START);
}

#[test]
fn after_retries_ran_out_begins_again() {
    let reconnect = Some(Reconnect { max_retries: Some(0), ..Reconnect::default() });
    let mut session = session(SessionConfig { reconnect, ..usual() }, START);
    assert!(fail(&mut session, START, DialError::Refused).is_final());
    session.reconnect(START, None);
    assert_eq!(session.ready_state(), ReadyState::Connecting);
    assert_dials_anew(&mut session, 2, START);
}

#[test]
fn after_a_close_begins_again() {
    for config in [usual(), never()] {
        let mut session = session(config, START);
        session.close(START, None);
        poll(&mut session);
        session.reconnect(START, None);
        assert_eq!(story(&poll(&mut session)), ["dialing 2"]);
        assert_dials_anew(&mut session, 2, START);
    }
}
