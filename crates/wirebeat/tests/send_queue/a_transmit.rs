//! `poll_transmit` shows and changes nothing; `handle_written` alone moves the queue.

use super::*;

#[test]
fn that_is_dropped_changes_nothing() {
    for role in ROLES {
        let mut connection = opened(role);
        fill(&mut connection);
        let before = waiting(&mut connection);
        let mut transmit = connection.poll_transmit().expect("something waits");
        transmit.advance(100);
        let _ = transmit;
        connection.handle_written(START, 0);
        assert!(waiting(&mut connection) == before);
    }
}

#[test]
fn is_none_when_nothing_waits() {
    for role in ROLES {
        let mut connection = opened(role);
        assert!(connection.poll_transmit().is_none() && !connection.has_transmit());
        assert!(connection.take_transmit(100).is_none());
        connection.send(START, "x").expect("room");
        assert!(connection.poll_transmit().is_some() && connection.has_transmit());
        assert!(connection.take_transmit(0).is_none());
        write_all(&mut connection, START);
        assert!(connection.poll_transmit().is_none() && !connection.has_transmit());
        receive(&mut connection, START, &from_peer_of(role, PING, b""));
        assert!(connection.poll_transmit().is_some() && connection.has_transmit(), "a pong waits");
    }
}

#[test]
fn of_which_more_is_reported_than_there_was_is_gone() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "x").expect("room");
        connection.handle_written(START, usize::MAX);
        assert!(connection.poll_transmit().is_none());
        assert_eq!(connection.buffered_amount(), 0);
        connection.send(START, "y").expect("room");
        assert_eq!(plain(&write_all(&mut connection, START)), [(TEXT, b"y".to_vec())]);
    }
}
