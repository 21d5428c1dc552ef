//! `write_stall_timeout`: 30 s without a byte while the transport is blocked.

use super::*;

fn stalled(role: Role) -> Connection {
    let config = Config { heartbeat: None, ..Config::default() };
    let mut connection = open(role, &config);
    connection.send(START, &[0; 100]).expect("room");
    connection.handle_write_blocked(START);
    connection
}

#[test]
fn the_connection_is_lost_after_thirty_seconds() {
    for role in ROLES {
        let mut connection = stalled(role);
        assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
        connection.handle_timeout(START + (secs(30) - TICK));
        assert_eq!(connection.ready_state(), ReadyState::Open);
        connection.handle_timeout(START + secs(30));
        let events = poll(&mut connection);
        let closed = assert_failed(&mut connection, &events, Reason::WriteStall);
        assert_eq!(closed.messages_lost, 1);
        assert!(closed.is_retryable());
    }
}

#[test]
fn each_byte_that_is_taken_starts_the_time_anew() {
    for role in ROLES {
        let mut connection = stalled(role);
        write(&mut connection, START + secs(29), 1);
        assert_eq!(connection.poll_timeout(), Some(START + secs(59)));
    }
}

#[test]
fn being_told_again_does_not_prolong_it() {
    for role in ROLES {
        let mut connection = stalled(role);
        connection.handle_write_blocked(START + secs(20));
        assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
    }
}

#[test]
fn it_is_over_when_all_was_taken() {
    for role in ROLES {
        let mut connection = stalled(role);
        write_all(&mut connection, START + secs(29));
        assert_eq!(connection.poll_timeout(), None);
    }
}

#[test]
fn nothing_stalls_while_nothing_waits() {
    for role in ROLES {
        let config = Config { heartbeat: None, ..Config::default() };
        let mut connection = open(role, &config);
        connection.handle_write_blocked(START);
        assert_eq!(connection.poll_timeout(), None);
    }
}

#[test]
fn it_can_be_switched_off() {
    for role in ROLES {
        let config = Config { heartbeat: None, write_stall_timeout: None, ..Config::default() };
        let mut connection = open(role, &config);
        connection.send(START, "x").expect("room");
        connection.handle_write_blocked(START);
        assert_eq!(connection.poll_timeout(), None);
    }
}

/// Before our Close is flushed, the stall governs.
#[test]
fn it_governs_a_close_that_is_not_taken() {
    for role in ROLES {
        let mut connection = stalled(role);
        connection.close(START, None).expect("no code");
        assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
        connection.handle_timeout(START + secs(30));
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::WriteStall);
    }
}
