//! `Failing`: our Close says why, is flushed, our side ends, and the peer gets time to read it.

use super::*;

/// One way into `Failing` for each code.
fn violations(role: Role) -> [(Vec<u8>, u16); 4] {
    let limit = Config::default().message_len_max;
    [
        (from_peer_of(role, 0x83, b""), 1002),
        (from_peer_of(role, TEXT, b"\xFF"), 1007),
        (head_from_peer_of(role, BINARY, limit + 1), 1009),
        (from_peer_of(role, CLOSE, b"\x03"), 1002),
    ]
}

#[test]
fn it_is_told_why_and_gets_time_to_read_it() {
    for role in ROLES {
        for (bytes, code) in violations(role) {
            let mut connection = opened(role);
            assert_eq!(receive(&mut connection, START, &bytes), [], "{code}");
            assert_goes_on(&mut connection);
            assert_eq!(connection.transport(), Transport::Keep);
            let len = waiting(&mut connection).len();
            let mut wire = write(&mut connection, START, len - 1);
            assert_eq!(connection.transport(), Transport::Keep);
            wire.extend(write_all(&mut connection, START));
            assert_eq!(only_close(&wire), Some(code));
            assert_eq!(connection.transport(), Transport::ShutdownWrite);
            assert!(connection.wants_read(), "unread input would make the kernel reset");
            assert_goes_on(&mut connection);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            let Some(cause) = connection.cause() else { unreachable!("it failed") };
            let closed = assert_failed(&mut connection, &events, cause.reason);
            assert!(matches!(cause.reason, Reason::Protocol(e) if e.close_code().get() == code));
            assert_eq!((closed.cause.phase, closed.cause.side()), (Phase::Open, Side::Peer));
            assert!(!closed.is_retryable());
        }
    }
}

#[test]
fn it_lingers_for_a_second_after_the_flush() {
    for role in ROLES {
        let mut connection = failing(role);
        let flush = START + secs(2);
        write_all(&mut connection, flush);
        assert_eq!(connection.poll_timeout(), Some(flush + secs(1)));
        connection.handle_timeout(flush + (secs(1) - TICK));
        assert_goes_on(&mut connection);
        connection.handle_timeout(flush + secs(1));
        let events = poll(&mut connection);
        let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
        assert_failed(&mut connection, &events, reason);
    }
}

#[test]
fn the_flush_may_take_the_close_timeout() {
    for role in ROLES {
        let mut connection = failing(role);
        assert_eq!(connection.poll_timeout(), Some(START + secs(5)));
        write(&mut connection, START + secs(4), 1);
        connection.handle_timeout(START + (secs(5) - TICK));
        assert_goes_on(&mut connection);
        connection.handle_timeout(START + secs(5));
        let events = poll(&mut connection);
        let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
        assert_failed(&mut connection, &events, reason);
    }
}

#[test]
fn eof_before_the_flush_is_noted_and_flushing_goes_on() {
    for role in ROLES {
        let mut connection = failing(role);
        connection.handle_eof(START);
        assert_goes_on(&mut connection);
        assert_eq!(only_close(&write_all(&mut connection, START)), Some(1002));
        assert_eq!(connection.transport(), Transport::Drop);
        let events = poll(&mut connection);
        let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
        assert_failed(&mut connection, &events, reason);
    }
}

#[test]
fn a_lost_transport_keeps_the_cause() {
    for role in ROLES {
        let mut connection = failing(role);
        connection.handle_lost(START);
        let events = poll(&mut connection);
        let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
        assert_failed(&mut connection, &events, reason);
    }
}

/// The frame in progress is finished, or our Close would be taken for its payload.
#[test]
fn frames_that_have_not_begun_are_dropped() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "begun").expect("room");
        connection.send(START, "not begun").expect("room");
        receive(&mut connection, START, &from_peer_of(role, PING, b"unanswered"));
        let mut wire = write(&mut connection, START, 3);
        receive(&mut connection, START, &from_peer_of(role, 0x83, b""));
        wire.extend(write_all(&mut connection, START));
        let sent = plain(&wire);
        // The pong was put in front, and is what was begun.
        assert_eq!(sent, [(PONG, b"unanswered".to_vec()), (CLOSE, close_body(1002, ""))]);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        assert_eq!(ending(&mut connection, &events).1.messages_lost, 2);
    }
}

/// WHATWG, "fail": no further input is processed, "even the reply".
#[test]
fn its_own_close_after_that_is_not_heard() {
    for role in ROLES {
        let mut connection = failing(role);
        assert_eq!(receive(&mut connection, START, &peer_close(role, 1000)), []);
        write_all(&mut connection, START);
        assert_eq!(receive(&mut connection, START, &peer_close(role, 1000)), []);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
        assert_failed(&mut connection, &events, reason);
    }
}

#[test]
fn good_messages_before_it_are_delivered() {
    for role in ROLES {
        let mut connection = opened(role);
        let bytes = [from_peer_of(role, TEXT, b"good"), from_peer_of(role, 0x83, b"")].concat();
        let events = receive(&mut connection, START, &bytes);
        assert_eq!(events, [Event::Message("good".into())]);
        assert_eq!(only_close(&waiting(&mut connection)), Some(1002));
    }
}
