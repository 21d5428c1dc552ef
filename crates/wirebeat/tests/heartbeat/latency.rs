use super::*;

#[test]
fn is_the_time_from_the_ping_to_its_pong() {
    for role in ROLES {
        let (mut connection, nonce) = pinged(role);
        assert_eq!(connection.latency(), None);
        let pong = from_peer_of(role, PONG, &nonce);
        let events = receive(&mut connection, START + (secs(20) + millis(87)), &pong);
        let latency = Some(millis(87));
        assert_eq!(events, [Event::Pong { payload: nonce.into(), latency }]);
        assert_eq!(connection.latency(), latency);
    }
}

/// RFC 6455 §5.5.3: "A Pong frame MAY be sent unsolicited", and a pong to an earlier ping may
/// come late: neither measures anything, and neither disturbs what is measured.
#[test]
fn is_not_measured_by_a_pong_with_another_nonce() {
    for role in ROLES {
        let (mut connection, old) = pinged(role);
        receive(&mut connection, START + secs(30), &from_peer_of(role, TEXT, b"alive"));
        pass(&mut connection, START + secs(50));
        let nonce = write_ping(&mut connection, START + secs(50));
        assert_ne!(old, nonce);
        for payload in [&old[..], b"", b"unasked", &[&nonce[..], b"x"].concat()] {
            let pong = from_peer_of(role, PONG, payload);
            let events = receive(&mut connection, START + secs(51), &pong);
            assert_eq!(events, [Event::Pong { payload: payload.into(), latency: None }]);
        }
        assert_eq!(connection.latency(), None);
        let pong = from_peer_of(role, PONG, &nonce);
        receive(&mut connection, START + secs(52), &pong);
        assert_eq!(connection.latency(), Some(secs(2)));
        // The same pong a second time is as good as an old one.
        receive(&mut connection, START + secs(59), &pong);
        assert_eq!(connection.latency(), Some(secs(2)));
    }
}

#[test]
fn is_not_measured_by_the_pong_to_a_ping_of_the_application() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.ping(START, b"mine").expect("room");
        assert_eq!(write_ping(&mut connection, START), b"mine");
        let events = receive(&mut connection, START, &from_peer_of(role, PONG, b"mine"));
        let payload = (&b"mine"[..]).into();
        assert_eq!(events, [Event::Pong { payload, latency: None }]);
    }
}

#[test]
fn nonces_do_not_repeat() {
    for role in ROLES {
        let mut connection = opened(role);
        let mut nonces = Vec::new();
        for _ in 0..100 {
            let now = connection.poll_timeout().expect("a heartbeat");
            connection.handle_timeout(now);
            nonces.push(write_ping(&mut connection, now));
            receive(&mut connection, now, &from_peer_of(role, PONG, b""));
        }
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), 100);
    }
}
