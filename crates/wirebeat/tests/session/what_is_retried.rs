use super::*;

/// Whether a session retries after a Close of the peer's.
fn retries_after_close(code: u16) -> bool {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    let closed = peer_closes(&mut session, START, attempt, code);
    assert_eq!((closed.closed.code.get(), closed.closed.was_clean), (code, true));
    !closed.is_final()
}

#[test]
fn codes_of_servers_that_go_away_or_have_trouble_are_retried() {
    for code in [1001, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
        assert!(retries_after_close(code), "{code}");
    }
}

#[test]
fn codes_that_say_that_it_is_done_or_wrong_are_not_retried() {
    for code in [1000, 1002, 1003, 1007, 1008, 1009, 1010] {
        assert!(!retries_after_close(code), "{code}");
    }
}

#[test]
fn a_close_without_a_code_is_retried() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    let mut events = receive(&mut session, START, attempt, &from_peer_of(Role::Client, 0x88, b""));
    write_all(&mut session, START, attempt);
    session.handle_eof(START, attempt);
    events.extend(poll(&mut session));
    let closed = closed(&events);
    assert_eq!(closed.closed.code, CloseCode::NO_STATUS);
    assert!(!closed.is_final());
}

#[test]
fn losses_are_retried() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    let closed_by_loss = lose(&mut session, START, attempt);
    assert_eq!(closed_by_loss.closed.code, CloseCode::ABNORMAL);
    let at = wait_for_retry(&mut session, &closed_by_loss);
    let attempt = open(&mut session, at);
    session.handle_eof(at, attempt);
    let closed_by_eof = closed(&poll(&mut session));
    assert_eq!(closed_by_eof.closed.cause.reason, Reason::Eof);
    wait_for_retry(&mut session, &closed_by_eof);
}

#[test]
fn answers_that_may_pass_are_retried() {
    for status in [408, 425, 429, 500, 502, 503, 504, 599] {
        let closed = refuse(&mut session(usual(), START), START, status, &[]);
        assert!(!closed.is_final(), "{status}");
    }
}

#[test]
fn answers_that_stay_are_not_retried() {
    for status in [200, 204, 301, 302, 307, 400, 401, 403, 404, 410, 426, 451, 600] {
        let closed = refuse(&mut session(usual(), START), START, status, &[]);
        assert!(closed.is_final(), "{status}");
    }
}

#[test]
fn what_keeps_a_transport_away_is_retried_unless_it_stays() {
    for (why, is_retried) in [
        (DialError::Name, true),
        (DialError::Refused, true),
        (DialError::Unreachable, true),
        (DialError::Timeout, true),
        (DialError::Tls, true),
        (DialError::Proxy, true),
        (DialError::Other, true),
        (DialError::Certificate, false),
        (DialError::Configuration, false),
    ] {
        let closed = fail(&mut session(usual(), START), START, why);
        assert_eq!(!closed.is_final(), is_retried, "{why}");
        assert_eq!(closed.closed.cause, Cause { phase: Phase::Dialing, reason: Reason::Dial(why) });
    }
}

#[test]
fn a_101_that_does_not_verify_is_not_retried() {
    let mut session = session(usual(), START);
    let attempt = dial(&mut session, START);
    write_all(&mut session, START, attempt);
    let other = "GET / HTTP/1.1\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let events = receive(&mut session, START, attempt, &response_to(other.as_bytes()));
    assert!(closed(&events).is_final());
    assert_stopped(&mut session);
}

#[test]
fn a_peer_that_breaks_the_protocol_is_not_retried() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    let mut events = receive(&mut session, START, attempt, &[0xFF, 0]);
    write_all(&mut session, START, attempt);
    assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::ShutdownWrite));
    session.handle_eof(START, attempt);
    events.extend(poll(&mut session));
    let closed = closed(&events);
    assert_eq!(closed.closed.cause.phase, Phase::Open);
    assert!(closed.is_final());
}

/// One predicate overrides all of it, in both directions.
#[test]
fn a_predicate_overrides_the_rules() {
    let reconnect = |predicate: fn(u16) -> bool| {
        let reconnect = Reconnect { max_retries: Some(0), ..Reconnect::default() };
        Some(reconnect.should_reconnect(move |failure| predicate(failure.closed.code.get())))
    };
    for (code, predicate, is_retried) in [
        (1000, (|code| code == 1000) as fn(u16) -> bool, true),
        (1008, |code| code == 1008, true),
        (1001, |code| code != 1001, false),
        (4003, |code| code != 4003, false),
        (4004, |code| code != 4003, true),
    ] {
        let config = SessionConfig { reconnect: reconnect(predicate), ..usual() };
        let mut session = session(config, START);
        let attempt = open(&mut session, START);
        let closed = peer_closes(&mut session, START, attempt, code);
        assert_eq!(!closed.is_final(), is_retried, "{code}");
    }
}

#[test]
fn a_predicate_hears_what_the_rules_say() {
    let policy = Reconnect { max_retries: Some(1), ..Reconnect::default() };
    let reconnect = Some(policy.should_reconnect(|failure| {
        assert_eq!(failure.is_retryable, failure.failures <= 1);
        failure.is_retryable
    }));
    let mut session = session(SessionConfig { reconnect, ..usual() }, START);
    let closed = fail(&mut session, START, DialError::Refused);
    let at = wait_for_retry(&mut session, &closed);
    assert!(fail(&mut session, at, DialError::Refused).is_final());
}

#[test]
fn a_predicate_is_not_asked_when_the_application_closed() {
    let reconnect = Some(Reconnect::default().should_reconnect(|_| unreachable!("not asked")));
    let mut session = session(SessionConfig { reconnect, ..usual() }, START);
    let attempt = open(&mut session, START);
    session.close(START, bye());
    assert!(peer_closes(&mut session, START, attempt, 1000).is_final());
}
