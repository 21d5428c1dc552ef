use super::*;

#[test]
fn going_backwards_changes_nothing() {
    for role in ROLES {
        let (mut connection, _) = pinged(role);
        for now in [START, START + secs(10)] {
            connection.handle_timeout(now);
            assert_eq!(connection.receive(now, &mut Input::default()), None);
            connection.handle_written(now, 0);
            assert_eq!(connection.poll_timeout(), Some(START + secs(40)));
            assert_eq!(waiting(&mut connection), []);
        }
        // A byte heard "at 10 s" is heard now, at 20 s.
        receive(&mut connection, START + secs(10), &[BINARY]);
        assert_eq!(connection.poll_timeout(), Some(START + secs(40)));
        pass(&mut connection, START + secs(40));
        write_ping(&mut connection, START + secs(40));
    }
}

/// A machine that slept: each timer fires once, and the peer gets its time to answer.
#[test]
fn jumping_forward_sends_one_ping_and_waits_for_its_answer() {
    for role in ROLES {
        let mut connection = opened(role);
        let now = START + secs(100_000);
        connection.handle_timeout(now);
        connection.handle_timeout(now);
        write_ping(&mut connection, now);
        assert_dies_at(&mut connection, now + secs(20));
    }
}

/// Input comes before time: what is there is heard first.
#[test]
fn an_answer_that_is_there_is_heard_although_its_time_is_up() {
    for role in ROLES {
        let (mut connection, nonce) = pinged(role);
        let late = START + secs(60);
        receive(&mut connection, late, &from_peer_of(role, PONG, &nonce));
        connection.handle_timeout(late);
        assert_eq!(connection.ready_state(), ReadyState::Open);
        assert_eq!(connection.latency(), Some(secs(40)));
    }
}

#[test]
fn calls_that_are_early_or_repeated_have_no_effect() {
    for role in ROLES {
        let mut connection = opened(role);
        for second in 0..20 {
            connection.handle_timeout(START + secs(second));
            assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
        }
        connection.handle_timeout(START + secs(20));
        connection.handle_timeout(START + secs(20));
        write_ping(&mut connection, START + secs(20));
    }
}

/// Zero would never rest.
#[test]
fn intervals_are_at_least_a_millisecond() {
    for role in ROLES {
        let heartbeat = Heartbeat::pings(secs(0), secs(0));
        let config = Config { heartbeat: Some(heartbeat), ..Config::default() };
        let mut connection = open(role, &config);
        assert_eq!(connection.poll_timeout(), Some(START + Heartbeat::DURATION_MIN));
        pass(&mut connection, START + Heartbeat::DURATION_MIN);
        assert_dies_at(&mut connection, START + Heartbeat::DURATION_MIN * 2);
    }
}
