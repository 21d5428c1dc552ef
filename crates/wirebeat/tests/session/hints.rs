use super::*;

fn silent() -> SessionConfig {
    let heartbeat = Some(Heartbeat::pings(secs(20), secs(20)));
    let connection = Config { heartbeat, ..Config::default() };
    SessionConfig { connection, ..fixed() }
}

/// What is written is a ping and nothing else.
fn assert_pinged(session: &mut Session, now: Timestamp) {
    let attempt = session.attempt();
    let frames = behaviour::frames(&write_all(session, now, attempt));
    assert_eq!(frames.iter().map(|frame| frame.first).collect::<Vec<u8>>(), [0x89]);
}

#[test]
fn an_open_connection_is_probed_at_once() {
    let hints: [fn(&mut Session, Timestamp); 3] =
        [Session::handle_online, Session::handle_offline, Session::handle_resumed];
    for hint in hints {
        let mut session = session(silent(), START);
        let attempt = open(&mut session, START);
        hint(&mut session, START + secs(1));
        assert_eq!(session.ready_state(), ReadyState::Open, "a hint isn't proof");
        assert_pinged(&mut session, START + secs(1));
        assert_eq!(session.poll_timeout(), Some(START + secs(21)));
        session.handle_timeout(START + secs(21));
        let closed = closed(&poll(&mut session));
        assert_eq!(closed.closed.cause.reason, Reason::HeartbeatTimeout);
        assert_eq!(closed.attempt, attempt);
    }
}

#[test]
fn a_probe_that_is_answered_leaves_the_connection_open() {
    let mut session = session(silent(), START);
    let attempt = open(&mut session, START);
    session.handle_resumed(START + secs(1));
    assert_pinged(&mut session, START + secs(1));
    receive(&mut session, START + secs(20), attempt, &from_peer_of(Role::Client, 0x8A, b""));
    session.handle_timeout(START + secs(21));
    assert_eq!(session.ready_state(), ReadyState::Open);
}

/// The clock stood still, or the machine did, for an hour while an answer was due.
#[test]
fn after_a_sleep_the_peer_gets_the_whole_timeout_to_answer() {
    let mut session = session(silent(), START);
    let attempt = open(&mut session, START);
    session.handle_timeout(START + secs(20));
    assert_pinged(&mut session, START + secs(20));
    session.send(START + secs(20), "stuck").unwrap();
    session.handle_write_blocked(START + secs(20), attempt);

    let woken = START + secs(3600);
    session.handle_resumed(woken);
    session.handle_timeout(woken);
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.handle_timeout(woken + (secs(20) - TICK));
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.handle_timeout(woken + secs(20));
    assert_eq!(closed(&poll(&mut session)).closed.cause.reason, Reason::HeartbeatTimeout);
}

#[test]
fn without_a_heartbeat_nothing_is_probed() {
    let connection = Config { heartbeat: None, ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    let attempt = open(&mut session, START);
    session.handle_resumed(START);
    assert_eq!((waiting(&mut session, attempt), session.poll_timeout()), (vec![], None));
}

#[test]
fn offline_no_attempt_begins() {
    let mut session = session(usual(), START);
    session.handle_offline(START);
    let closed = fail(&mut session, START, DialError::Unreachable);
    assert_eq!((closed.next, session.poll_timeout()), (Next::WhenOnline, None));
    session.handle_timeout(START + secs(100_000));
    assert_eq!(session.wanted(), Wanted::Nothing);
    let online = START + secs(100_000);
    session.handle_online(online);
    let at = session.poll_timeout().expect("it retries");
    assert!((millis(100)..=secs(1)).contains(&at.since(online)), "{at}");
    session.handle_timeout(at);
    to_dial(&session);
}

#[test]
fn an_attempt_that_is_under_way_goes_on_offline() {
    let mut session = session(usual(), START);
    session.handle_offline(START);
    open(&mut session, START);
}

#[test]
fn offline_takes_the_end_from_a_wait() {
    let mut session = session(usual(), START);
    let closed = fail(&mut session, START, DialError::Unreachable);
    session.handle_offline(START);
    assert_eq!(session.poll_timeout(), None);
    session.handle_timeout(retry_at(&closed));
    assert_eq!(session.wanted(), Wanted::Nothing);
    assert_eq!(poll(&mut session), []);
}

/// Not to nothing: all the clients of a network come back with it.
#[test]
fn a_wait_is_cut_to_that_of_a_first_failure() {
    for hint in [Session::handle_online, Session::handle_resumed] {
        let mut session = session(usual(), START);
        let mut now = START;
        let closed = loop {
            let closed = fail(&mut session, now, DialError::Unreachable);
            if retry_at(&closed).since(now) > secs(5) {
                break closed;
            }
            now = wait_for_retry(&mut session, &closed);
        };
        hint(&mut session, now + secs(1));
        let at = session.poll_timeout().expect("it retries");
        assert!((millis(100)..=secs(1)).contains(&at.since(now + secs(1))));
        for _ in 0..10 {
            hint(&mut session, now + secs(1));
        }
        assert_eq!(session.poll_timeout(), Some(at), "the same draw each time");
        assert!(at < retry_at(&closed));
    }
}

#[test]
fn a_wait_is_never_made_longer() {
    let mut session = session(usual(), START);
    let closed = fail(&mut session, START, DialError::Unreachable);
    let at = retry_at(&closed);
    session.handle_online(Timestamp::from_nanos(at.as_nanos() - 1));
    assert_eq!(session.poll_timeout(), Some(at));
}

#[test]
fn a_wait_that_a_server_asked_for_is_not_cut() {
    let mut session = session(usual(), START);
    let closed = refuse(&mut session, START, 503, &[("Retry-After", "60")]);
    session.handle_online(START + secs(1));
    session.handle_resumed(START + secs(2));
    assert_eq!(session.poll_timeout(), Some(retry_at(&closed)));
    session.handle_offline(START + secs(3));
    session.handle_online(START + secs(4));
    assert_eq!(session.poll_timeout(), Some(retry_at(&closed)));
}
