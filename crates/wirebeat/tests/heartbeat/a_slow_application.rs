//! `handle_reading(false)`: bytes are left unread because our application is slow, so that silence
//! says nothing of the peer.

use super::*;

#[test]
fn finds_the_connection_open_after_ten_times_interval_and_timeout() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.handle_reading(START + secs(5), false);
        let back = START + secs(400);
        pass(&mut connection, back);
        assert_eq!(connection.ready_state(), ReadyState::Open);
        // The ping went out meanwhile, and the peer answered it.
        let nonce = write_ping(&mut connection, back);
        connection.handle_reading(back, true);
        receive(&mut connection, back, &from_peer_of(role, PONG, &nonce));
        pass(&mut connection, back + secs(1));
        assert_eq!(connection.ready_state(), ReadyState::Open);
    }
}

#[test]
fn gives_the_answer_the_whole_timeout_when_reading_goes_on() {
    for role in ROLES {
        let (mut connection, _) = pinged(role);
        connection.handle_reading(START + secs(39), false);
        assert_eq!(connection.poll_timeout(), None);
        pass(&mut connection, START + secs(400));
        connection.handle_reading(START + secs(400), true);
        assert_dies_at(&mut connection, START + secs(420));
    }
}

#[test]
fn does_not_put_the_deadline_off_by_saying_that_it_still_reads() {
    for role in ROLES {
        let (mut connection, _) = pinged(role);
        connection.handle_reading(START + secs(39), true);
        assert_dies_at(&mut connection, START + secs(40));
    }
}

#[test]
fn sends_one_ping_only() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.handle_reading(START, false);
        pass(&mut connection, START + secs(1_000));
        write_ping(&mut connection, START + secs(1_000));
    }
}

#[test]
fn does_not_stop_the_write_stall() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "x").expect("room");
        connection.handle_reading(START, false);
        connection.handle_write_blocked(START);
        pass(&mut connection, START + secs(30));
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::WriteStall);
    }
}
