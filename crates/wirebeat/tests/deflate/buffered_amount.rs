//! `bufferedAmount` counts what the application passed to `send`, before compression.

use super::*;
use bytes::Buf;

#[test]
fn it_counts_uncompressed_bytes_and_falls_with_each_byte_that_is_taken() {
    for role in ROLES {
        for taken_out in [false, true] {
            let mut connection = deflated(role, &Config::default(), takeover());
            connection.send(START, json(1000)).expect("room");
            connection.send(START, json(30_000)).expect("room");
            connection.send_uncompressed(START, json(500)).expect("room");
            connection.ping(START, b"ping").expect("room");
            connection.send(START, "short").expect("room");
            connection.send_fragment(START, Some(Kind::Text), &*json(700), false).expect("room");
            connection.send_fragment(START, None, &*json(800), true).expect("room");
            let all = 1000 + 30_000 + 500 + 5 + 700 + 800;
            assert_eq!(connection.buffered_amount(), all);
            let len = waiting(&mut connection).len();
            assert!(len < 8000);
            let mut before = all;
            let mut left = len;
            while left > 0 {
                let step = left.min(3);
                if taken_out {
                    let outgoing = connection.take_transmit(step).expect("some wait");
                    assert_eq!(outgoing.remaining(), step);
                    assert_eq!(connection.buffered_amount(), before);
                }
                connection.handle_written(START, step);
                left -= step;
                let now = connection.buffered_amount();
                assert!(now <= before);
                before = now;
            }
            assert_eq!(connection.buffered_amount(), 0);
            // And anew.
            connection.send(START, json(1000)).expect("room");
            assert_eq!(connection.buffered_amount(), 1000);
            write_all(&mut connection, START);
            assert_eq!(connection.buffered_amount(), 0);
        }
    }
}

#[test]
fn what_was_taken_out_whole_falls_in_its_own_measure() {
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), takeover());
        for _ in 0..5 {
            connection.send(START, json(10_000)).expect("room");
        }
        let len = waiting(&mut connection).len();
        let outgoing = connection.take_transmit(usize::MAX).expect("some wait");
        assert_eq!(outgoing.remaining(), len);
        connection.send(START, json(10_000)).expect("room");
        assert_eq!(connection.buffered_amount(), 60_000);
        connection.handle_written(START, len / 2);
        let half = connection.buffered_amount();
        assert!(half > 10_000 && half < 60_000, "{half}");
        connection.handle_written(START, len - len / 2);
        assert_eq!(connection.buffered_amount(), 10_000);
    }
}

#[test]
fn what_is_lost_is_counted_uncompressed() {
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), takeover());
        for _ in 0..3 {
            connection.send(START, json(1000)).expect("room");
        }
        write(&mut connection, START, 4);
        let events = receive(&mut connection, START, &peer_close(role, 1000));
        assert!(matches!(events[..], [Event::Closing(_)]));
        // The first goes out to its end, and the others are given up.
        let buffered = connection.buffered_amount();
        assert!(buffered > 2000 && buffered <= 3000, "{buffered}");
        write_all(&mut connection, START);
        assert_eq!(connection.buffered_amount(), 2000);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        assert_eq!(ending(&mut connection, &events).1.messages_lost, 2);
    }
}
