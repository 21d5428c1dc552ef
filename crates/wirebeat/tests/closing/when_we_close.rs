use super::*;

/// RFC 6455 §7.1.3, WHATWG `close()`: CLOSING at once.
#[test]
fn it_is_closing_at_once_and_nothing_is_reported() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.close(START, Some(frame(4321, "done"))).expect("a code of ours");
        assert_goes_on(&mut connection);
        assert_eq!(connection.transport(), Transport::Keep);
        assert!(connection.wants_read());
        let sent = plain(&write_all(&mut connection, START));
        assert_eq!(sent, [(CLOSE, close_body(4321, "done"))]);
    }
}

#[test]
fn without_a_code_the_frame_is_empty() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.close(START, None).expect("no code");
        assert_eq!(only_close(&write_all(&mut connection, START)), None);
    }
}

/// RFC 6455 §7.1.2; WHATWG: "queued data precedes Close".
#[test]
fn messages_that_wait_go_first() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "one").expect("room");
        connection.send(START, &[7; 5000]).expect("room");
        connection.close(START, None).expect("no code");
        let sent = plain(&write_all(&mut connection, START));
        let expected = [(TEXT, b"one".to_vec()), (BINARY, vec![7; 5000]), (CLOSE, Vec::new())];
        assert_eq!(sent, expected);
    }
}

/// §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
#[test]
fn nothing_can_be_sent_any_more() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
        connection.close(START, None).expect("no code");
        let waits = waiting(&mut connection);
        let refused = SendErrorReason::NotOpen(ReadyState::Closing);
        let error = connection.send(START, "x").expect_err("it's closing");
        assert_eq!((error.reason, error.unsent), (refused, Message::from("x")));
        let error = connection.send_fragment(START, None, "b", true).expect_err("closing");
        assert_eq!(error.reason, refused);
        let error = connection.ping(START, b"x").expect_err("it's closing");
        assert_eq!(error.reason, refused);
        assert_eq!(waiting(&mut connection), waits);
    }
}

/// The deadline runs from when the transport took the Close, not from `close()`.
#[test]
fn the_peer_has_the_close_timeout_from_the_flush_on() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.close(START, Some(frame(1000, ""))).expect("a code of ours");
        assert_eq!(connection.poll_timeout(), None, "before that, the stall governs");
        let flush = START + secs(17);
        write(&mut connection, START, 1);
        assert_eq!(connection.poll_timeout(), None);
        write_all(&mut connection, flush);
        assert_eq!(connection.poll_timeout(), Some(flush + secs(5)));
        connection.handle_timeout(flush + (secs(5) - TICK));
        assert_goes_on(&mut connection);
        connection.handle_timeout(flush + secs(5));
        let events = poll(&mut connection);
        let closed = assert_failed(&mut connection, &events, Reason::CloseTimeout);
        assert_eq!(closed.cause.phase, Phase::LocalClosing);
        assert!(!closed.is_retryable(), "it was we who closed");
    }
}

#[test]
fn pongs_that_wait_do_not_count_as_part_of_the_flush() {
    let mut server = opened(Role::Server);
    server.close(START, None).expect("no code");
    let close_len = waiting(&mut server).len();
    write(&mut server, START, close_len);
    receive(&mut server, START, &from_peer_of(Role::Server, PING, b"p"));
    assert_eq!(server.poll_timeout(), Some(START + secs(5)));
    let events = receive(&mut server, START, &peer_close(Role::Server, 1000));
    assert_clean(&mut server, &events);
}

#[test]
fn a_server_is_done_when_the_reply_has_come() {
    let mut server = close_sent(Role::Server);
    let events = receive(&mut server, START, &peer_close(Role::Server, 3000));
    assert!(matches!(&events[0], Event::Closing(Some(frame)) if frame.code().get() == 3000));
    let closed = assert_clean(&mut server, &events);
    assert_eq!(closed.cause.reason, Reason::ClosedByUs);
    assert_eq!(closed.cause.side(), Side::Local);
    assert_eq!(closed.code.get(), 3000, "§7.1.5: the code of the Close received");
}

/// §7.1.1: "the client SHOULD wait for the server to close the connection".
#[test]
fn a_client_waits_for_the_end_of_the_transport() {
    for end in [Connection::handle_eof, Connection::handle_lost] {
        let mut client = close_sent(Role::Client);
        let events = receive(&mut client, START, &peer_close(Role::Client, 1000));
        assert!(matches!(events[..], [Event::Closing(Some(_))]));
        assert_goes_on(&mut client);
        assert_eq!(client.transport(), Transport::Keep);
        assert!(client.wants_read());
        end(&mut client, START + secs(1));
        let events = poll(&mut client);
        assert_clean(&mut client, &events);
    }
}

#[test]
fn a_client_waits_no_longer_than_the_close_timeout() {
    let mut client = close_sent(Role::Client);
    receive(&mut client, START + secs(2), &peer_close(Role::Client, 1000));
    assert_eq!(client.poll_timeout(), Some(START + secs(5)), "counted from our flush");
    client.handle_timeout(START + (secs(5) - TICK));
    assert_goes_on(&mut client);
    client.handle_timeout(START + secs(5));
    let events = poll(&mut client);
    assert_clean(&mut client, &events);
}

/// RFC 6455 §5.5.1 lets data come until the peer's Close does; §5.5.2: a ping is answered
/// "unless it already received a Close frame".
#[test]
fn messages_still_arrive_and_pings_are_answered() {
    for role in ROLES {
        let mut connection = close_sent(role);
        let bytes = [from_peer_of(role, TEXT, b"late"), from_peer_of(role, PING, b"p")].concat();
        let events = receive(&mut connection, START, &bytes);
        let expected = [Event::Message("late".into()), Event::Ping((&b"p"[..]).into())];
        assert_eq!(events, expected);
        assert_eq!(plain(&write_all(&mut connection, START)), [(PONG, b"p".to_vec())]);
    }
}

/// A second Close isn't sent (§5.5.1 allows one), so it ends at once.
#[test]
fn a_violation_ends_it_without_a_second_close() {
    for role in ROLES {
        let mut connection = close_sent(role);
        let events = receive(&mut connection, START, &from_peer_of(role, 0x83, b""));
        let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
        let closed = assert_failed(&mut connection, &events, reason);
        assert_eq!(closed.cause.phase, Phase::LocalClosing);
    }
}

#[test]
fn eof_or_loss_before_the_reply_is_an_error() {
    for role in ROLES {
        for flushed in [false, true] {
            let mut connection = opened(role);
            connection.close(START, None).expect("no code");
            if flushed {
                write_all(&mut connection, START);
            }
            connection.handle_eof(START);
            let events = poll(&mut connection);
            assert_failed(&mut connection, &events, Reason::Eof);
        }
        let mut connection = close_sent(role);
        connection.handle_lost(START);
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::Lost);
    }
}

#[test]
fn a_heartbeat_is_sent_no_more() {
    for role in ROLES {
        let mut connection = close_sent(role);
        connection.handle_timeout(START + (secs(5) - TICK));
        assert_eq!(waiting(&mut connection), []);
        let config = Config { close_timeout: secs(1_000), ..Config::default() };
        let mut patient = open(role, &config);
        patient.close(START, None).expect("no code");
        write_all(&mut patient, START);
        patient.handle_timeout(START + secs(999));
        assert_goes_on(&mut patient);
        assert_eq!(waiting(&mut patient), []);
    }
}

/// `handle_reading(false)`: the peer's answer may be there, so the close deadline stands still.
#[test]
fn the_close_deadline_stands_still_while_our_application_is_slow() {
    for role in ROLES {
        let mut connection = close_sent(role);
        connection.handle_reading(START + secs(1), false);
        assert_eq!(connection.poll_timeout(), None);
        connection.handle_timeout(START + secs(1_000));
        assert_goes_on(&mut connection);
        connection.handle_reading(START + secs(1_000), true);
        assert_eq!(connection.poll_timeout(), Some(START + secs(1_005)), "whole");
        connection.handle_timeout(START + secs(1_005));
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::CloseTimeout);
    }
}
