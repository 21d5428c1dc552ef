use super::*;

#[test]
fn is_due_after_exactly_the_timeout() {
    for role in ROLES {
        let (mut connection, _) = pinged(role);
        connection.handle_timeout(START + (secs(40) - TICK));
        assert_eq!(waiting(&mut connection), [], "one ping is in flight at a time");
        assert_dies_at(&mut connection, START + secs(40));
    }
}

/// Whatever it is: a byte of anything ends the wait, and the interval begins anew.
#[test]
fn is_any_byte() {
    for role in ROLES {
        for bytes in [
            from_peer_of(role, PONG, b"unasked"),
            from_peer_of(role, TEXT, b"hello"),
            from_peer_of(role, BINARY, b"half")[..3].to_vec(),
            vec![BINARY],
        ] {
            let (mut connection, _) = pinged(role);
            let now = START + (secs(40) - TICK);
            receive(&mut connection, now, &bytes);
            assert_eq!(connection.poll_timeout(), Some(now + secs(20)));
            pass(&mut connection, now + secs(20));
            write_ping(&mut connection, now + secs(20));
        }
    }
}

#[test]
fn is_due_from_when_the_ping_was_queued_if_the_transport_takes_nothing() {
    for role in ROLES {
        let mut connection = opened(role);
        pass(&mut connection, START + secs(20));
        assert_dies_at(&mut connection, START + secs(40));
    }
}

#[test]
fn is_due_from_when_the_ping_was_taken_if_that_is_later() {
    for role in ROLES {
        let mut connection = opened(role);
        pass(&mut connection, START + secs(20));
        write_ping(&mut connection, START + secs(33));
        assert_dies_at(&mut connection, START + secs(53));
    }
}

/// A slow transport that still moves is not a dead peer: each byte up to the ping's end counts.
#[test]
fn is_due_from_the_last_byte_that_was_taken_up_to_the_pings_end() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, &[0; 1000]).expect("room");
        write(&mut connection, START, 10);
        pass(&mut connection, START + secs(20));
        // The frame in progress goes first.
        write(&mut connection, START + secs(30), 100);
        assert_eq!(connection.poll_timeout(), Some(START + secs(50)));
        write_all(&mut connection, START + secs(45));
        assert_dies_at(&mut connection, START + secs(65));
    }
}

#[test]
fn is_not_put_off_by_bytes_that_are_taken_behind_the_ping() {
    for role in ROLES {
        let mut connection = opened(role);
        pass(&mut connection, START + secs(20));
        connection.send(START + secs(20), &[0; 1000]).expect("room");
        let ping_len = if role == Role::Client { 10 } else { 6 };
        write(&mut connection, START + secs(25), ping_len);
        write(&mut connection, START + secs(35), 500);
        connection.send(START + secs(36), &[0; 1000]).expect("room");
        write(&mut connection, START + secs(44), 500);
        assert_dies_at(&mut connection, START + secs(45));
    }
}

#[test]
fn is_not_put_off_by_bytes_that_were_taken_out_behind_the_ping() {
    for role in ROLES {
        let mut connection = opened(role);
        pass(&mut connection, START + secs(20));
        connection.send(START + secs(20), &[0; 1000]).expect("room");
        let outgoing = connection.take_transmit(4096).expect("something waits");
        let ping_len = if role == Role::Client { 10 } else { 6 };
        assert!(outgoing.remaining() > 1000);
        connection.handle_written(START + secs(21), ping_len - 1);
        connection.handle_written(START + secs(25), 1);
        connection.handle_written(START + secs(44), 500);
        assert_dies_at(&mut connection, START + secs(45));
    }
}

#[test]
fn is_awaited_once_more_while_the_ping_has_not_left() {
    for role in ROLES {
        let mut connection = opened(role);
        pass(&mut connection, START + secs(20));
        // The peer speaks, and falls silent again, before the ping could leave.
        receive(&mut connection, START + secs(30), &from_peer_of(role, TEXT, b"hello"));
        pass(&mut connection, START + secs(50));
        write_ping(&mut connection, START + secs(50));
        assert_dies_at(&mut connection, START + secs(70));
    }
}

/// A dead peer is found within interval + timeout; one that answers in time never is.
#[test]
fn that_comes_in_time_keeps_the_connection_open_for_hours() {
    for role in ROLES {
        let mut connection = opened(role);
        let mut now = START;
        for _ in 0..1_000 {
            now = connection.poll_timeout().expect("a heartbeat");
            connection.handle_timeout(now);
            let nonce = write_ping(&mut connection, now);
            now = now + (secs(20) - TICK);
            pass(&mut connection, now);
            let events = receive(&mut connection, now, &from_peer_of(role, PONG, &nonce));
            assert!(matches!(events[..], [Event::Pong { latency: Some(_), .. }]));
        }
        assert_eq!(connection.ready_state(), ReadyState::Open);
        pass(&mut connection, now + secs(20));
        write_ping(&mut connection, now + secs(20));
        assert_dies_at(&mut connection, now + secs(40));
    }
}

#[test]
fn that_fails_to_come_ends_it_at_once_and_sends_nothing() {
    for role in ROLES {
        let (mut connection, _) = pinged(role);
        connection.send(START + secs(30), "lost").expect("room");
        connection.handle_timeout(START + secs(40));
        let events = poll(&mut connection);
        let closed = assert_failed(&mut connection, &events, Reason::HeartbeatTimeout);
        assert_eq!(closed.messages_lost, 1);
    }
}
