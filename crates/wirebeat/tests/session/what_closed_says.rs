use super::*;

#[test]
fn code_reason_cleanness_and_when_it_retries() {
    let mut session = session(fixed(), START);
    let attempt = open(&mut session, START);
    let closed = peer_closes(&mut session, START + secs(1), attempt, 1001);
    assert_eq!(closed.attempt, attempt);
    assert_eq!((closed.closed.code.get(), &*closed.closed.reason), (1001, "so it is"));
    assert!(closed.closed.was_clean);
    let cause = Cause { phase: Phase::PeerClosing, reason: Reason::ClosedByPeer };
    assert_eq!(closed.closed.cause, cause);
    assert_eq!(closed.next, Next::At(START + secs(4)));
    assert_eq!(
        closed.to_string(),
        "attempt 1: 1001 (going away) \"so it is\", clean: closed by the peer; \
         retry at 4.000000000s"
    );
}

#[test]
fn what_kept_the_transport_away() {
    let closed = fail(&mut session(never(), START), START, DialError::Certificate);
    assert_eq!(
        closed.to_string(),
        "attempt 1: 1006 (abnormal closure), not clean: the server's certificate isn't trusted; \
         no retry"
    );
}

/// Each lost connection and each failed attempt has one, in order, and an error before it unless a
/// side closed it.
#[test]
fn one_for_each_attempt() {
    let mut session = session(fixed(), START);
    let mut events = poll(&mut session);
    session.handle_dial_failed(START, session.attempt(), DialError::Refused);
    session.handle_timeout(START + secs(3));
    events.extend(poll(&mut session));

    let attempt = dial(&mut session, START + secs(3));
    write_all(&mut session, START + secs(3), attempt);
    events.extend(receive(&mut session, START + secs(3), attempt, &refusal(503, &[])));
    session.handle_timeout(START + secs(6));

    let (attempt, opened) = {
        events.extend(poll(&mut session));
        open_with_events(&mut session, START + secs(6))
    };
    events.extend(opened);
    session.handle_lost(START + secs(6), attempt);
    session.handle_lost(START + secs(6), attempt);
    session.handle_eof(START + secs(6), attempt);
    session.handle_timeout(START + secs(9));
    events.extend(poll(&mut session));

    let (attempt, opened) = open_with_events(&mut session, START + secs(9));
    events.extend(opened);
    session.close(START + secs(9), bye());
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1000, ""));
    write_all(&mut session, START + secs(9), attempt);
    events.extend(receive(&mut session, START + secs(9), attempt, &close));
    session.handle_eof(START + secs(9), attempt);
    events.extend(poll(&mut session));

    assert_eq!(
        story(&events),
        [
            "dialing 1",
            "error",
            "closed 1 1006 retry",
            "dialing 2",
            "rejected 503",
            "error",
            "closed 2 1006 retry",
            "dialing 3",
            "open",
            "error",
            "closed 3 1006 retry",
            "dialing 4",
            "open",
            "closing",
            "closed 4 1000 never",
        ]
    );
    assert_stopped(&mut session);
}
