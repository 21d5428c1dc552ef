use super::*;

#[test]
fn a_session_begins_by_dialing() {
    let mut session = session(usual(), START);
    let attempt = to_dial(&session);
    assert_eq!(attempt.number(), 1);
    assert_eq!(poll(&mut session), [SessionEvent::Dialing(attempt)]);
    assert_eq!(session.wanted(), Wanted::Dial(attempt), "a level stays");
    assert_eq!(session.ready_state(), ReadyState::Connecting);
}

#[test]
fn what_is_dialed_becomes_a_connection() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::Keep));
    assert_eq!(session.ready_state(), ReadyState::Open);
    let id = session.send(START, "hello").expect("it's open");
    assert_eq!(texts(&write_all(&mut session, START, attempt)), ["hello"]);
    assert_eq!(session.fate(id), Some(Fate::HandedOver));
    let events = receive(&mut session, START, attempt, &from_peer_of(Role::Client, 0x81, b"hi"));
    assert_eq!(events, [SessionEvent::Message("hi".into())]);
}

/// A token, a URL that is signed, headers: whatever doesn't last is asked for anew.
#[test]
fn a_session_that_asks_is_told_where_each_attempt_leads() {
    let mut session = Session::asking(fixed(), Seed::new([7; 32]), START);
    let mut now = START;
    for token in ["first", "second", "third"] {
        let [SessionEvent::Dialing(attempt)] = poll(&mut session)[..] else {
            unreachable!("it asks")
        };
        assert_eq!((session.wanted(), session.target()), (Wanted::Nothing, None));
        let target = Target::new(Request::new("example.com", None, "/").unwrap(), true)
            .header("Authorization", token)
            .and_then(|target| target.subprotocol(token))
            .unwrap();
        session.dial(now, attempt, target.clone());
        assert_eq!(session.target(), Some(&target));
        session.dial(now, attempt, support::target());
        assert_eq!(session.target(), Some(&target), "the first answer counts");

        assert_eq!(dial(&mut session, now), attempt);
        let request = String::from_utf8(write_all(&mut session, now, attempt)).unwrap();
        assert!(request.contains(&format!("\r\nAuthorization: {token}\r\n")), "{request}");
        assert!(request.contains(&format!("\r\nSec-WebSocket-Protocol: {token}\r\n")));
        let closed = lose(&mut session, now, attempt);
        now = wait_for_retry(&mut session, &closed);
    }
}

#[test]
fn the_target_may_change_for_the_attempts_to_come() {
    let mut session = session(fixed(), START);
    let other = Target::new(Request::new("other.example", Some(8080), "/").unwrap(), false);
    session.set_target(Some(other.clone()));
    assert_eq!(session.target(), Some(&target()), "this one is under way");
    let closed = fail(&mut session, START, DialError::Refused);
    wait_for_retry(&mut session, &closed);
    assert_eq!(session.target(), Some(&other));
    assert_eq!((other.host(), other.port()), ("other.example", 8080));

    session.set_target(None);
    let closed = fail(&mut session, START, DialError::Refused);
    wait_for_retry(&mut session, &closed);
    assert_eq!((session.target(), session.wanted()), (None, Wanted::Nothing), "it asks");
}

#[test]
fn each_attempt_has_keys_of_its_own() {
    let mut session = session(fixed(), START);
    let mut now = START;
    let mut keys = Vec::new();
    for _ in 0..3 {
        let attempt = dial(&mut session, now);
        let request = String::from_utf8(write_all(&mut session, now, attempt)).unwrap();
        keys.push(behaviour::header(&request, "Sec-WebSocket-Key").unwrap().to_owned());
        let closed = lose(&mut session, now, attempt);
        now = wait_for_retry(&mut session, &closed);
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3);
}

#[test]
fn an_attempt_that_is_never_answered_times_out() {
    let mut session = Session::asking(usual(), Seed::new([7; 32]), START);
    poll(&mut session);
    assert_eq!(session.poll_timeout(), Some(START + secs(10)));
    session.handle_timeout(START + (secs(10) - TICK));
    assert_eq!(poll(&mut session), []);
    session.handle_timeout(START + secs(10));
    let closed = closed(&poll(&mut session));
    assert_eq!(closed.closed.cause, Cause { phase: Phase::Dialing, reason: Reason::OpenTimeout });
    assert!(matches!(closed.next, Next::At(_)));
}

/// The time is one for the whole of it: the host's answer, the transport, the handshake.
#[test]
fn connect_timeout_runs_from_dialing_to_open() {
    let mut session = Session::asking(usual(), Seed::new([7; 32]), START);
    let attempt = session.attempt();
    session.dial(START + secs(4), attempt, target());
    session.handle_dialed(START + secs(8), attempt);
    write_all(&mut session, START + secs(8), attempt);
    assert_eq!(session.poll_timeout(), Some(START + secs(10)));
    session.handle_timeout(START + secs(10));
    let closed = closed(&poll(&mut session));
    assert_eq!(closed.closed.cause, Cause { phase: Phase::Opening, reason: Reason::OpenTimeout });
    assert_eq!(session.wanted(), Wanted::Nothing);
}

#[test]
fn connect_timeout_ends_with_open() {
    let config = Config { heartbeat: None, ..Config::default() };
    let mut session = session(SessionConfig { connection: config, ..usual() }, START);
    open(&mut session, START + secs(9));
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn without_connect_timeout_an_attempt_may_take_for_ever() {
    let mut session = session(SessionConfig { connect_timeout: None, ..usual() }, START);
    assert_eq!(session.poll_timeout(), None);
    let attempt = dial(&mut session, START + secs(100_000));
    write_all(&mut session, START + secs(100_000), attempt);
    assert_eq!(session.poll_timeout(), None);
}

/// A transport that was dialed for an attempt that is over, and whatever is told of it.
#[test]
fn what_belongs_to_an_attempt_that_is_over_changes_nothing() {
    let mut session = session(fixed(), START);
    let first = open(&mut session, START);
    let closed = lose(&mut session, START, first);
    let at = wait_for_retry(&mut session, &closed);
    let second = open(&mut session, at);
    session.send(at, "hello").unwrap();
    let before = format!("{session:?}");
    let mut late = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1000, ""));
    late.extend(from_peer_of(Role::Client, 0x81, b"late"));

    session.dial(at, first, target());
    session.handle_dialed(at, first);
    session.handle_dial_failed(at, first, DialError::Refused);
    assert_eq!(receive(&mut session, at, first, &late), []);
    assert!(session.read_target(first).is_none());
    assert!(!session.wants_read(first));
    assert!(session.poll_transmit(first).is_none());
    assert!(session.take_transmit(first, 100).is_none());
    session.handle_written(at, first, 100);
    session.handle_write_blocked(at, first);
    session.handle_reading(at, first, false);
    session.handle_eof(at, first);
    session.handle_lost(at, first);

    assert_eq!(format!("{session:?}"), before);
    assert_eq!(session.wanted(), Wanted::Hold(second, Transport::Keep));
    assert!(session.wants_read(second));
    assert_eq!(texts(&write_all(&mut session, at, second)), ["hello"]);
}

/// The same between two attempts, when the last one has no successor yet.
#[test]
fn what_comes_late_while_it_waits_changes_nothing() {
    let mut session = session(fixed(), START);
    let attempt = dial(&mut session, START);
    lose(&mut session, START, attempt);
    let before = format!("{session:?}");
    session.handle_dialed(START, attempt);
    session.handle_dial_failed(START, attempt, DialError::Refused);
    session.handle_lost(START, attempt);
    assert_eq!(receive(&mut session, START, attempt, b"HTTP/1.1 101 Yes\r\n\r\n"), []);
    assert_eq!(format!("{session:?}"), before);
    assert_eq!(session.wanted(), Wanted::Nothing);
}

#[test]
fn time_that_goes_backwards_stands_still() {
    let late = START + secs(100);
    let mut session = session(fixed(), late);
    let attempt = to_dial(&session);
    session.handle_dial_failed(START, attempt, DialError::Refused);
    assert_eq!(retry_at(&closed(&poll(&mut session))), late + secs(3));
}
