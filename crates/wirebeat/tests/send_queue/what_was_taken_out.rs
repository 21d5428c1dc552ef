//! What was taken out belongs to the writer: one at a time, and nothing goes out beside it.

use super::*;

#[test]
fn can_be_sent_to_another_thread_and_outlives_the_connection() {
    fn is_free<T: Buf + Send + 'static>(_: &T) {}
    let mut connection = opened(Role::Server);
    connection.send(START, "hello").expect("room");
    let mut outgoing: Outgoing = connection.take_transmit(100).expect("something waits");
    is_free(&outgoing);
    drop(connection);
    assert_eq!(plain(&outgoing.copy_to_bytes(7)), [(TEXT, b"hello".to_vec())]);
}

#[test]
fn is_one_at_a_time() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "first").expect("room");
        connection.send(START, "second").expect("room");
        let outgoing = connection.take_transmit(4).expect("something waits");
        assert_eq!(outgoing.remaining(), 4);
        for written in 0..4 {
            assert!(connection.take_transmit(4).is_none(), "after {written} bytes");
            assert!(connection.poll_transmit().is_none(), "after {written} bytes");
            assert!(!connection.has_transmit(), "after {written} bytes");
            connection.handle_written(START, 1);
        }
        assert!(connection.poll_transmit().is_some() && connection.has_transmit());
    }
}

#[test]
fn goes_before_what_is_queued_meanwhile() {
    for role in ROLES {
        for max in [3, 4, 9, 100] {
            let mut connection = opened(role);
            connection.send(START, "before").expect("room");
            let mut outgoing = connection.take_transmit(max).expect("something waits");
            let len = outgoing.remaining();
            connection.send(START, "behind").expect("room");
            ping_from_peer(&mut connection, b"p");
            let mut wire = outgoing.copy_to_bytes(len).to_vec();
            connection.handle_written(START, len);
            wire.extend(write_all(&mut connection, START));
            let expected =
                [(TEXT, b"before".to_vec()), (PONG, b"p".to_vec()), (TEXT, b"behind".to_vec())];
            assert_eq!(plain(&wire), expected, "{max}");
        }
    }
}

#[test]
fn shares_large_payloads() {
    let payload = Bytes::from(vec![7; 10_000]);
    let mut connection = opened(Role::Server);
    connection.send(START, payload.clone()).expect("room");
    let mut outgoing = connection.take_transmit(5_000).expect("something waits");
    outgoing.advance(4);
    assert_eq!(outgoing.chunk().as_ptr(), payload.as_ptr());
    connection.handle_written(START, 5_000);
    let outgoing = connection.take_transmit(5_000).expect("something waits");
    assert_eq!(outgoing.chunk().as_ptr(), payload[4_996..].as_ptr());
}
