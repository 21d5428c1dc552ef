use super::*;

/// §5.5.1: "the endpoint typically echos the status code it received".
#[test]
fn the_reply_echoes_the_code_without_the_reason() {
    for role in ROLES {
        for code in [1000, 1001, 1011, 3000, 4999] {
            let mut connection = opened(role);
            let bytes = from_peer_of(role, CLOSE, &close_body(code, "because"));
            let events = receive(&mut connection, START, &bytes);
            assert_eq!(events, [Event::Closing(Some(frame(code, "because")))]);
            assert_goes_on(&mut connection);
            assert_eq!(plain(&waiting(&mut connection)), [(CLOSE, close_body(code, ""))]);
        }
    }
}

#[test]
fn an_empty_close_is_answered_with_an_empty_one_and_shows_as_1005() {
    for role in ROLES {
        let mut connection = opened(role);
        let events = receive(&mut connection, START, &from_peer_of(role, CLOSE, b""));
        assert_eq!(events, [Event::Closing(None)]);
        assert_eq!(only_close(&write_all(&mut connection, START)), None);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        let closed = assert_clean(&mut connection, &events);
        assert_eq!((closed.code, &*closed.reason), (CloseCode::NO_STATUS, ""));
    }
}

/// §7.1.1: the server closes first, and at once.
#[test]
fn a_server_is_done_when_its_reply_was_taken() {
    let mut server = close_received(Role::Server);
    let len = waiting(&mut server).len();
    write(&mut server, START, len - 1);
    assert_goes_on(&mut server);
    assert_eq!(server.transport(), Transport::Keep);
    write(&mut server, START, 1);
    assert_eq!(server.transport(), Transport::Drop);
    let events = poll(&mut server);
    let closed = assert_clean(&mut server, &events);
    assert_eq!(closed.cause.phase, Phase::PeerClosing);
    assert_eq!(closed.cause.reason, Reason::ClosedByPeer);
}

#[test]
fn a_client_then_waits_for_the_server_to_end_the_transport() {
    for end in [Connection::handle_eof, Connection::handle_lost] {
        let mut client = draining();
        assert_goes_on(&mut client);
        assert_eq!(client.transport(), Transport::Keep);
        end(&mut client, START);
        let events = poll(&mut client);
        assert_clean(&mut client, &events);
    }
}

#[test]
fn a_client_waits_no_longer_than_the_close_timeout_from_its_flush() {
    let mut client = close_received(Role::Client);
    assert_eq!(client.poll_timeout(), None);
    let flush = START + secs(3);
    write_all(&mut client, flush);
    assert_eq!(client.poll_timeout(), Some(flush + secs(5)));
    client.handle_timeout(flush + (secs(5) - TICK));
    assert_goes_on(&mut client);
    client.handle_timeout(flush + secs(5));
    let events = poll(&mut client);
    assert_clean(&mut client, &events);
}

#[test]
fn code_and_reason_are_the_peers() {
    for role in ROLES {
        let mut connection = opened(role);
        receive(&mut connection, START, &from_peer_of(role, CLOSE, &close_body(4000, "tschüß")));
        write_all(&mut connection, START);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        let closed = assert_clean(&mut connection, &events);
        assert_eq!((closed.code.get(), &*closed.reason), (4000, "tschüß"));
    }
}

/// §5.5.1: "An endpoint MAY delay sending a Close frame until its current message is sent"; what
/// hasn't begun isn't sent, and is reported.
#[test]
fn the_frame_in_progress_is_finished_and_the_rest_reported_lost() {
    for role in ROLES {
        for large in [100, 10_000] {
            let mut connection = opened(role);
            connection.send(START, vec![1; large]).expect("room");
            connection.send(START, "second").expect("room");
            connection.send(START, "third!").expect("room");
            let begun = write(&mut connection, START, 20);
            let before = connection.buffered_amount();
            receive(&mut connection, START, &peer_close(role, 1000));
            assert_eq!(connection.buffered_amount(), before, "what is lost stays counted");
            let rest = write_all(&mut connection, START);
            let sent = plain(&[begun, rest].concat());
            assert_eq!(sent, [(BINARY, vec![1; large]), (CLOSE, close_body(1000, ""))]);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            let closed = assert_clean(&mut connection, &events);
            assert_eq!(closed.messages_lost, 2);
            assert_eq!(connection.buffered_amount(), 12, "the two that were lost");
        }
    }
}

#[test]
fn nothing_of_a_message_that_has_not_begun_is_sent() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "lost").expect("room");
        receive(&mut connection, START, &peer_close(role, 1000));
        assert_eq!(only_close(&write_all(&mut connection, START)), Some(1000));
        connection.handle_eof(START);
        let events = poll(&mut connection);
        assert_eq!(assert_clean(&mut connection, &events).messages_lost, 1);
    }
}

/// What was taken out to be written can't be called back: it's as good as sent.
#[test]
fn what_was_taken_out_is_finished_first() {
    use bytes::Buf;
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "first").expect("room");
        connection.send(START, "second").expect("room");
        let mut outgoing = connection.take_transmit(4).expect("something waits");
        receive(&mut connection, START, &peer_close(role, 1000));
        assert_eq!(waiting(&mut connection), [], "not while something is taken out");
        let mut wire = outgoing.copy_to_bytes(4).to_vec();
        connection.handle_written(START, 4);
        assert_eq!(connection.transport(), Transport::Keep);
        wire.extend(write_all(&mut connection, START));
        let sent = plain(&wire);
        assert_eq!(sent, [(TEXT, b"first".to_vec()), (CLOSE, close_body(1000, ""))]);
    }
}

#[test]
fn a_message_that_is_being_sent_in_fragments_breaks_off() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
        let mut wire = write_all(&mut connection, START);
        connection.send_fragment(START, None, "b", true).expect("room");
        receive(&mut connection, START, &peer_close(role, 1000));
        wire.extend(write_all(&mut connection, START));
        let sent = plain(&wire);
        assert_eq!(sent, [(TEXT_BEGINS, b"a".to_vec()), (CLOSE, close_body(1000, ""))]);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        assert_eq!(assert_clean(&mut connection, &events).messages_lost, 1);
    }
}

/// §5.5.1; WHATWG: "later bytes are discarded", a second Close among them, and §5.5.2: no pong
/// once a Close was received.
#[test]
fn what_follows_is_thrown_away() {
    for role in ROLES {
        let mut connection = opened(role);
        let bytes = [
            peer_close(role, 1000),
            from_peer_of(role, TEXT, b"late"),
            from_peer_of(role, PING, b"p"),
            peer_close(role, 4000),
            vec![0xFF; 40],
        ]
        .concat();
        assert_eq!(receive(&mut connection, START, &bytes).len(), 1);
        assert_eq!(receive(&mut connection, START, &bytes), []);
        assert_eq!(only_close(&waiting(&mut connection)), Some(1000));
        write_all(&mut connection, START);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        assert_eq!(assert_clean(&mut connection, &events).code.get(), 1000);
    }
}

/// §5.5.2: "unless it already received a Close frame".
#[test]
fn pongs_that_wait_are_not_sent() {
    for role in ROLES {
        let mut connection = opened(role);
        let bytes = [from_peer_of(role, PING, b"p"), peer_close(role, 1000)].concat();
        receive(&mut connection, START, &bytes);
        assert_eq!(only_close(&waiting(&mut connection)), Some(1000));
    }
}

#[test]
fn eof_is_noted_and_the_reply_still_flushed() {
    for role in ROLES {
        let mut connection = close_received(role);
        connection.handle_eof(START);
        assert_goes_on(&mut connection);
        assert_eq!(connection.transport(), Transport::Keep);
        assert_eq!(only_close(&write_all(&mut connection, START)), Some(1000));
        let events = poll(&mut connection);
        assert_clean(&mut connection, &events);
    }
}

/// The peer's code stays, but our reply never left: not clean (§7.1.4).
#[test]
fn a_transport_lost_before_the_reply_is_an_error_with_the_peers_code() {
    for role in ROLES {
        for stalls in [false, true] {
            let mut connection = close_received(role);
            if stalls {
                connection.handle_write_blocked(START);
                assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
                connection.handle_timeout(START + (secs(30) - TICK));
                assert_goes_on(&mut connection);
                connection.handle_timeout(START + secs(30));
            } else {
                connection.handle_lost(START);
            }
            let events = poll(&mut connection);
            let (cause, closed) = ending(&mut connection, &events);
            let reason = if stalls { Reason::WriteStall } else { Reason::Lost };
            assert_eq!(cause.map(|cause| cause.reason), Some(reason));
            assert_eq!((closed.code, closed.was_clean), (CloseCode::NORMAL, false));
        }
    }
}
