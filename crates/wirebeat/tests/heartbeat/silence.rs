use super::*;

#[test]
fn a_ping_goes_out_after_exactly_the_interval() {
    for role in ROLES {
        let mut connection = opened(role);
        assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
        connection.handle_timeout(START + (secs(20) - TICK));
        assert_eq!(waiting(&mut connection), []);
        connection.handle_timeout(START + secs(20));
        assert_eq!(write_ping(&mut connection, START + secs(20)).len(), 4);
        assert_eq!(connection.poll_event(), None, "our own ping is no event");
    }
}

#[test]
fn it_counts_from_the_opening() {
    let config = Config::default();
    let mut server = new_server(&config);
    receive(&mut server, START, REQUEST);
    let opened = START + secs(8);
    server.accept(opened, &wirebeat::handshake::Acceptance::new()).expect("a request waits");
    assert_eq!(server.poll_timeout(), Some(opened + secs(20)));

    let mut client = new_client(&config);
    let response = response_to(&write_all(&mut client, START));
    receive(&mut client, opened, &response);
    assert_eq!(client.poll_timeout(), Some(opened + secs(20)));
}

/// What we send says nothing of the peer.
#[test]
fn it_is_not_broken_by_what_we_send() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START + secs(19), "hello").expect("room");
        write_all(&mut connection, START + secs(19));
        assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
    }
}

/// Any byte is a sign of life: of a header, of a payload, of a control frame.
#[test]
fn it_is_broken_by_any_byte_also_within_a_frame() {
    for role in ROLES {
        let message = from_peer_of(role, BINARY, &[7; 300]);
        let mut connection = opened(role);
        for (index, byte) in message.iter().enumerate() {
            let now = START + secs(19) * (u32::try_from(index).expect("small") + 1);
            pass(&mut connection, now);
            assert_eq!(waiting(&mut connection), [], "at byte {index}");
            receive(&mut connection, now, &[*byte]);
            assert_eq!(connection.poll_timeout(), Some(now + secs(20)));
        }
    }
}

#[test]
fn it_is_broken_by_bytes_that_are_read_straight_into_a_message() {
    for role in ROLES {
        let mut connection = opened(role);
        let head = head_from_peer_of(role, BINARY, 100_000);
        receive(&mut connection, START, &head);
        receive(&mut connection, START, &[0]);
        let now = START + secs(19);
        connection.read_target().expect("a large frame").put_slice(&[0; 100]);
        assert_eq!(connection.receive(now, &mut Input::default()), None);
        assert_eq!(connection.poll_timeout(), Some(now + secs(20)));
    }
}

#[test]
fn a_call_without_input_does_not_break_it() {
    for role in ROLES {
        let mut connection = opened(role);
        assert_eq!(connection.receive(START + secs(19), &mut Input::default()), None);
        assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
    }
}

#[test]
fn only_an_open_connection_pings() {
    let config = Config { open_timeout: None, ..Config::default() };
    for mut connection in [new_client(&config), new_server(&config)] {
        let before = waiting(&mut connection);
        connection.handle_timeout(START + secs(1_000));
        assert_eq!((connection.poll_timeout(), waiting(&mut connection)), (None, before));
    }
}

#[test]
fn it_may_last_for_ever_without_a_heartbeat() {
    let config = Config { heartbeat: None, ..Config::default() };
    for role in ROLES {
        let mut connection = open(role, &config);
        assert_eq!(connection.poll_timeout(), None);
        connection.handle_timeout(Timestamp::from_nanos(u64::MAX));
        assert_eq!(connection.ready_state(), ReadyState::Open);
        assert_eq!(waiting(&mut connection), []);
    }
}
