use super::*;

/// The application gave up before there was a connection to close.
fn assert_gave_up(session: &mut Session, phase: Phase) {
    let events = poll(session);
    let closed = closed(&events);
    let cause = Cause { phase, reason: Reason::Aborted };
    let [.., SessionEvent::Error(error), SessionEvent::Closed(_)] = events[..] else {
        unreachable!("{events:?}")
    };
    assert_eq!((error, closed.closed.cause), (cause, cause));
    assert_eq!((closed.closed.code, closed.closed.was_clean), (CloseCode::ABNORMAL, false));
    assert!(closed.is_final());
    assert_stopped(session);
}

#[test]
fn while_it_asks() {
    let mut session = Session::asking(usual(), Seed::new([7; 32]), START);
    session.close(START, bye());
    assert_gave_up(&mut session, Phase::Dialing);
}

#[test]
fn while_dialing() {
    let mut session = session(usual(), START);
    let attempt = to_dial(&session);
    session.close(START, bye());
    assert_eq!(session.wanted(), Wanted::Nothing, "the driver stops dialing");
    assert_gave_up(&mut session, Phase::Dialing);
    session.handle_dialed(START, attempt);
    assert_stopped(&mut session);
}

/// RFC 6455 §7.1.7: a connection that isn't established is dropped without a frame.
#[test]
fn while_opening() {
    let mut session = session(usual(), START);
    let attempt = dial(&mut session, START);
    write(&mut session, START, attempt, 10);
    session.close(START, bye());
    assert_eq!(waiting(&mut session, attempt), []);
    assert_gave_up(&mut session, Phase::Opening);
}

#[test]
fn while_open() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    session.send(START, "last words").unwrap();
    session.close(START, bye());
    assert_eq!(session.ready_state(), ReadyState::Closing);
    session.close(START, None);
    let wire = write_all(&mut session, START, attempt);
    assert_eq!(texts(&wire), ["last words"]);
    assert_eq!(behaviour::frames(&wire)[1].payload, behaviour::close_body(1000, "bye"));
    let closed = peer_closes(&mut session, START, attempt, 1000);
    assert!(closed.closed.was_clean && closed.is_final());
    assert_eq!(closed.closed.cause.reason, Reason::ClosedByUs);
    assert_stopped(&mut session);
}

/// The closing handshake fails, and it's over all the same.
#[test]
fn while_open_on_a_transport_that_is_lost() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    session.close(START, bye());
    let closed = lose(&mut session, START, attempt);
    assert!(!closed.closed.was_clean && closed.is_final());
    assert_stopped(&mut session);
}

#[test]
fn while_the_peer_closes() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1012, ""));
    receive(&mut session, START, attempt, &close);
    assert_eq!(session.ready_state(), ReadyState::Closing);
    session.close(START, bye());
    write_all(&mut session, START, attempt);
    session.handle_eof(START, attempt);
    let closed = closed(&poll(&mut session));
    assert_eq!((closed.closed.code.get(), closed.next), (1012, Next::Never));
    assert_stopped(&mut session);
}

#[test]
fn while_it_waits() {
    let mut session = session(usual(), START);
    fail(&mut session, START, DialError::Refused);
    session.close(START, bye());
    assert_gave_up(&mut session, Phase::Dialing);
}

#[test]
fn while_offline() {
    let mut session = session(usual(), START);
    session.handle_offline(START);
    fail(&mut session, START, DialError::Refused);
    session.close(START, bye());
    assert_gave_up(&mut session, Phase::Dialing);
    session.handle_online(START);
    assert_stopped(&mut session);
}

#[test]
fn while_it_replaces_a_connection() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    session.reconnect(START, bye());
    session.close(START, None);
    assert!(lose(&mut session, START, attempt).is_final());
    assert_stopped(&mut session);
}

#[test]
fn once_it_is_over_nothing_more_is_said() {
    let mut session = session(never(), START);
    fail(&mut session, START, DialError::Refused);
    session.close(START, bye());
    assert_stopped(&mut session);
}

/// Who waits for events may stop when none is left, and not before.
#[test]
fn it_is_over_when_its_end_was_heard_of_until_it_connects_again() {
    let mut session = session(usual(), START);
    assert!(!session.is_over());
    session.close(START, bye());
    assert!(!session.is_over(), "its end waits to be heard of");
    poll(&mut session);
    assert!(session.is_over());
    session.reconnect(START, None);
    assert!(!session.is_over());
    poll(&mut session);
    assert!(!session.is_over(), "it dials");
}

/// Nothing comes of a session that was closed, however long one waits.
#[test]
fn after_a_close_no_time_brings_another_attempt() {
    for phase in 0..4 {
        let mut session = session(usual(), START);
        match phase {
            0 => {}
            1 => drop(fail(&mut session, START, DialError::Refused)),
            2 => drop(dial(&mut session, START)),
            _ => drop(open(&mut session, START)),
        }
        session.close(START, bye());
        session.handle_lost(START, session.attempt());
        poll(&mut session);
        session.handle_timeout(START + secs(1_000_000));
        session.handle_resumed(START + secs(1_000_000));
        session.handle_online(START + secs(1_000_000));
        assert_stopped(&mut session);
    }
}
