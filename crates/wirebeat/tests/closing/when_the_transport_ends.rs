//! §7.2.1: a transport that ends without a Close fails the connection; nothing is sent.

use super::*;

#[test]
fn an_open_connection_ends_with_1006_and_sends_nothing() {
    for role in ROLES {
        for (end, reason) in [
            (Connection::handle_eof as fn(&mut Connection, Timestamp), Reason::Eof),
            (Connection::handle_lost, Reason::Lost),
        ] {
            let mut connection = opened(role);
            connection.send(START, "never sent").expect("room");
            end(&mut connection, START);
            let events = poll(&mut connection);
            let closed = assert_failed(&mut connection, &events, reason);
            assert_eq!((closed.cause.phase, closed.messages_lost), (Phase::Open, 1));
            assert!(closed.is_retryable());
            assert_eq!(connection.buffered_amount(), 10);
        }
    }
}

#[test]
fn it_is_reported_once_however_often_it_is_told() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.handle_eof(START);
        connection.handle_eof(START);
        connection.handle_lost(START);
        connection.handle_timeout(START + secs(100));
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::Eof);
        connection.handle_lost(START);
        assert_is_over(&mut connection);
    }
}

#[test]
fn a_message_that_was_cut_off_is_not_delivered() {
    for role in ROLES {
        let mut connection = opened(role);
        let bytes = from_peer_of(role, BINARY, b"half a message");
        assert_eq!(receive(&mut connection, START, &bytes[..bytes.len() - 1]), []);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::Eof);
    }
}
