//! WHATWG WebSockets, `bufferedAmount` (items 17, 18): payload bytes only; falls by what the
//! transport took; what is sent too late counts and never falls; it doesn't fall at the end.

use super::*;

#[test]
fn grows_by_payload_and_falls_by_what_the_transport_took() {
    for role in ROLES {
        for payload in [5, 10_000] {
            let mut connection = opened(role);
            connection.send(START, vec![0; payload]).expect("room");
            connection.ping(START, b"no payload of the application's").expect("room");
            assert_eq!(connection.buffered_amount(), payload as u64);
            let header = waiting(&mut connection).len()
                - payload
                - match role {
                    Role::Client => 6 + 31,
                    Role::Server => 2 + 31,
                };
            write(&mut connection, START, header);
            assert_eq!(connection.buffered_amount(), payload as u64, "the header isn't counted");
            for left in (payload - 5..payload).rev() {
                write(&mut connection, START, 1);
                assert_eq!(connection.buffered_amount(), left as u64);
            }
            write_all(&mut connection, START);
            assert_eq!(connection.buffered_amount(), 0);
        }
    }
}

#[test]
fn falls_while_closing_but_not_by_what_came_too_late() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "early").expect("room");
        connection.close(START, None).expect("no code");
        assert!(connection.send(START, "late").is_err());
        assert_eq!(connection.buffered_amount(), 9);
        write_all(&mut connection, START);
        assert_eq!(connection.buffered_amount(), 4);
        receive(&mut connection, START, &peer_close(role, 1000));
        connection.handle_eof(START);
        assert!(connection.send(START, "later").is_err());
        assert_eq!(connection.buffered_amount(), 9);
    }
}

#[test]
fn does_not_fall_when_the_connection_is_lost() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "never sent").expect("room");
        connection.handle_lost(START);
        assert_eq!(connection.buffered_amount(), 10);
        assert!(connection.send(START, "abc").is_err());
        assert_eq!(connection.buffered_amount(), 13);
    }
}

#[test]
fn counts_what_was_taken_out_until_it_is_written() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, &[0; 50]).expect("room");
        let len = bytes::Buf::remaining(&connection.take_transmit(4096).expect("it waits"));
        assert_eq!(connection.buffered_amount(), 50);
        connection.handle_written(START, len - 1);
        assert_eq!(connection.buffered_amount(), 1);
        connection.handle_lost(START);
        assert_eq!(connection.buffered_amount(), 1);
        let events = poll(&mut connection);
        assert_eq!(ending(&mut connection, &events).1.messages_lost, 1);
    }
}

#[test]
fn is_not_changed_by_what_the_peer_sends() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "mine").expect("room");
        receive(&mut connection, START, &from_peer_of(role, PING, b"yours"));
        receive(&mut connection, START, &from_peer_of(role, TEXT, b"yours"));
        assert_eq!(connection.buffered_amount(), 4);
    }
}
