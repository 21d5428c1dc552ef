//! What is received (RFC 7692 §7.2.2).

use super::*;

#[test]
fn messages_are_read_whole_in_pieces_and_with_the_context_of_those_before() {
    for role in ROLES {
        for len in 1..12 {
            let mut connection = deflated(role, &Config::default(), takeover());
            let mut wire = from_peer_of(role, TEXT | RSV1, HELLO);
            wire.extend(from_peer_of(role, BINARY | RSV1, HELLO_AGAIN));
            wire.extend(from_peer_of(role, TEXT, b"plain"));
            wire.extend(from_peer_of(role, TEXT | RSV1, HELLO_AGAIN));
            let events: Vec<_> =
                wire.chunks(len).flat_map(|piece| receive(&mut connection, START, piece)).collect();
            let expected = ["Hello".into(), b"Hello".into(), "plain".into(), "Hello".into()];
            assert_eq!(messages(events), expected);
        }
    }
}

/// §7.2.3.1 in fragments, and §7.2.3.6: a fragment may be empty.
#[test]
fn fragments_are_one_stream_with_control_frames_between_them() {
    for role in ROLES {
        for parameters in [takeover(), no_takeover()] {
            let mut connection = deflated(role, &Config::default(), parameters);
            let mut wire = Vec::new();
            wire.extend(from_peer_of(role, TEXT_BEGINS | RSV1, &HELLO[..3]));
            wire.extend(from_peer_of(role, PING, b"1"));
            wire.extend(from_peer_of(role, CONTINUES, b""));
            wire.extend(from_peer_of(role, CONTINUES, &HELLO[3..]));
            wire.extend(from_peer_of(role, PONG, b"2"));
            wire.extend(from_peer_of(role, CONTINUES_LAST, b""));
            for _ in 0..2 {
                let events = receive(&mut connection, START, &wire);
                assert!(
                    matches!(&events[..], [
                    Event::Ping(_),
                    Event::Pong { .. },
                    Event::Message(message),
                ] if message.as_text() == Some("Hello")),
                    "{events:?}"
                );
            }
        }
    }
}

#[test]
fn an_empty_message_is_one() {
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), no_takeover());
        for first in [TEXT, BINARY] {
            let events = receive(&mut connection, START, &from_peer_of(role, first | RSV1, &[0]));
            assert!(messages(events)[0].is_empty());
        }
    }
}

/// Streams that end in a message, with and without what makes room for the tail, several of them.
#[test]
fn a_stream_may_end_early() {
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), takeover());
        let with_room = [&last[..], &[0]].concat();
        let twice = [&last[..], &last, &[0]].concat();
        for (payload, text) in [
            (&last[..], "Hello"),
            (&with_room, "Hello"),
            (&twice, "HelloHello"),
            (HELLO, "Hello"),
            (HELLO_AGAIN, "Hello"),
        ] {
            let events = receive(&mut connection, START, &from_peer_of(role, TEXT | RSV1, payload));
            assert_eq!(messages(events), [Message::from(text)]);
        }
    }
}

/// §7.2.1 lets messages have blocks of both kinds: a stream's end isn't the end of the context that
/// is taken over, and neither keeps one that isn't.
#[test]
fn the_context_goes_on_behind_the_end_of_a_stream() {
    const LAST_HELLO: &[u8] = &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];

    for role in ROLES {
        for delivery in
            [Delivery::Whole, Delivery::Pieces { message_len_max: None, frame_len_max: None }]
        {
            let config = Config { delivery, ..Config::default() };
            let mut connection = deflated(role, &config, takeover());
            for payload in [LAST_HELLO, HELLO_AGAIN, LAST_HELLO, HELLO_AGAIN, HELLO_AGAIN] {
                let wire = from_peer_of(role, TEXT | RSV1, payload);
                assert_eq!(receive(&mut connection, START, &wire).len(), 1);
            }
            let mut connection = deflated(role, &config, no_takeover());
            receive(&mut connection, START, &from_peer_of(role, TEXT | RSV1, LAST_HELLO));
            let wire = from_peer_of(role, TEXT | RSV1, HELLO_AGAIN);
            let invalid = Some(Reason::Protocol(ProtocolError::DeflateInvalid));
            assert_eq!(violation(&mut connection, &wire), invalid);
        }
    }
}

fn violation(connection: &mut Connection, wire: &[u8]) -> Option<Reason> {
    assert_eq!(receive(connection, START, wire), []);
    connection.cause().map(|cause| cause.reason)
}

/// §6: "MUST set RSV1 … of the first fragment", and nowhere else.
#[test]
fn rsv1_anywhere_else_fails_the_connection() {
    for role in ROLES {
        let reserved = Some(Reason::Protocol(ProtocolError::ReservedBits));
        for first in [PING, PONG, CLOSE] {
            let mut connection = deflated(role, &Config::default(), takeover());
            let wire = from_peer_of(role, first | RSV1, b"");
            assert_eq!(violation(&mut connection, &wire), reserved);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1002));
        }
        for first in [TEXT_BEGINS, TEXT_BEGINS | RSV1] {
            for next in [CONTINUES, CONTINUES_LAST] {
                let mut connection = deflated(role, &Config::default(), takeover());
                let payload = if first & RSV1 == 0 { b"Hello" } else { HELLO };
                receive(&mut connection, START, &from_peer_of(role, first, payload));
                let wire = from_peer_of(role, next | RSV1, b"");
                assert_eq!(violation(&mut connection, &wire), reserved);
            }
        }
        for rsv in [0x20, 0x10, 0x30, 0x60, 0x70] {
            let mut connection = deflated(role, &Config::default(), takeover());
            let wire = from_peer_of(role, TEXT | rsv, HELLO);
            assert_eq!(violation(&mut connection, &wire), reserved);
        }
    }
}

#[test]
fn what_is_no_compressed_message_fails_the_connection() {
    let invalid = Some(Reason::Protocol(ProtocolError::DeflateInvalid));
    for role in ROLES {
        for delivery in
            [Delivery::Whole, Delivery::Pieces { message_len_max: None, frame_len_max: None }]
        {
            let config = Config { delivery, ..Config::default() };
            // Garbage, and messages that were cut off.
            for payload in [&[0xff; 4][..], b"", &HELLO[..1], &HELLO[..5], HELLO_AGAIN] {
                let mut connection = deflated(role, &config, takeover());
                let wire = from_peer_of(role, TEXT | RSV1, payload);
                assert_eq!(violation(&mut connection, &wire), invalid, "{payload:x?}");
                assert_eq!(only_close(&waiting(&mut connection)), Some(1002));
            }
            // Without takeover there's no message before.
            let mut connection = deflated(role, &config, no_takeover());
            receive(&mut connection, START, &from_peer_of(role, TEXT | RSV1, HELLO));
            let wire = from_peer_of(role, TEXT | RSV1, HELLO_AGAIN);
            assert_eq!(violation(&mut connection, &wire), invalid);
        }
    }
}

/// It fails at the first byte that no other could mend, inside the message.
#[test]
fn text_is_checked_as_it_comes_out() {
    for role in ROLES {
        // A stored block of a message that goes on: "a", and a byte that begins nothing.
        let mut connection = deflated(role, &Config::default(), takeover());
        let payload = [0x00, 0x02, 0x00, 0xfd, 0xff, b'a', 0xff];
        let wire = from_peer_of(role, TEXT_BEGINS | RSV1, &payload);
        let reason = violation(&mut connection, &wire);
        assert_eq!(reason, Some(Reason::Protocol(ProtocolError::TextNotUtf8)));
        assert_eq!(only_close(&waiting(&mut connection)), Some(1007));
        // A code point that isn't whole at the end.
        let mut connection = deflated(role, &Config::default(), takeover());
        let payload = [0x00, 0x02, 0x00, 0xfd, 0xff, b'a', 0xc3, 0x00];
        let wire = from_peer_of(role, TEXT | RSV1, &payload);
        let reason = violation(&mut connection, &wire);
        assert_eq!(reason, Some(Reason::Protocol(ProtocolError::TextNotUtf8)));
    }
}

#[test]
fn nothing_is_read_straight_into_a_compressed_message() {
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), takeover());
        let head = head_from_peer_of(role, BINARY | RSV1, 1 << 20);
        receive(&mut connection, START, &head);
        assert!(connection.read_target().is_none());
        // The next one may be read so again.
        let mut connection = deflated(role, &Config::default(), takeover());
        receive(&mut connection, START, &from_peer_of(role, BINARY | RSV1, HELLO));
        receive(&mut connection, START, &head_from_peer_of(role, BINARY, 1 << 20));
        receive(&mut connection, START, b"1");
        assert!(connection.read_target().is_some());
    }
}

/// Long messages of both kinds, cut anywhere, with what comes before and after.
#[test]
fn long_messages_come_whole() {
    for parameters in [takeover(), no_takeover()] {
        for len in [1, 63, 64, 1000, 16_383, 16_384, 16_385, 65_536, 300_000] {
            let [mut client, mut server] = pair(&Deflate::default(), parameters);
            let text = json(len);
            let mut bytes = Numbers::new(7).bytes(len / 4);
            bytes.resize(len, 7);
            for piece in [100, 4096, usize::MAX] {
                client.send(START, &*text).expect("room");
                client.send(START, &*bytes).expect("room");
                let events = pass(&mut client, &mut server, piece);
                assert_eq!(messages(events), [Message::from(&*text), Message::from(&*bytes)]);
            }
        }
    }
}
