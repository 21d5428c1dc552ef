//! What is sent, in which order, how it's handed out, and how much may wait (design: why a send
//! queue of segments; RFC 6455 §5.4, §5.5).
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use bytes::{Buf, Bytes};
use wirebeat::{
    Config, Connection, Event, Kind, Message, Outgoing, Prepared, Role, SendErrorReason,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

/// Something of everything that can be queued, small and large, in order.
fn fill(connection: &mut Connection) -> Vec<(u8, Vec<u8>)> {
    let large = Bytes::from((0..=255).cycle().take(9_000).collect::<Vec<u8>>());
    connection.send(START, "one").expect("room");
    connection.ping(START, b"two").expect("room");
    connection.send(START, large.clone()).expect("room");
    connection.send(START, "").expect("room");
    connection.send_fragment(START, Some(Kind::Text), "fi", false).expect("room");
    connection.send_fragment(START, None, vec![b'v'; 5_000], false).expect("room");
    connection.send_fragment(START, None, "e", true).expect("room");
    connection.send_prepared(START, &Prepared::new("six")).expect("room");
    connection.send_prepared(START, &Prepared::new(large.clone())).expect("room");
    connection.send(START, &[8; 300]).expect("room");
    connection.close(START, None).expect("no code");
    vec![
        (TEXT, b"one".to_vec()),
        (PING, b"two".to_vec()),
        (BINARY, large.to_vec()),
        (TEXT, Vec::new()),
        (TEXT_BEGINS, b"fi".to_vec()),
        (CONTINUES, vec![b'v'; 5_000]),
        (CONTINUES_LAST, b"e".to_vec()),
        (TEXT, b"six".to_vec()),
        (BINARY, large.to_vec()),
        (BINARY, vec![8; 300]),
        (CLOSE, Vec::new()),
    ]
}

/// The peer's ping, which is answered.
fn ping_from_peer(connection: &mut Connection, payload: &[u8]) {
    let bytes = from_peer_of(connection.role(), PING, payload);
    assert_eq!(receive(connection, START, &bytes), [Event::Ping(payload.into())]);
}

fn take(connection: &mut Connection, max: usize) -> Vec<u8> {
    let Some(mut outgoing) = connection.take_transmit(max) else { return Vec::new() };
    assert!((1..=max).contains(&outgoing.remaining()));
    let mut bytes = Vec::new();
    while outgoing.has_remaining() {
        // Written in parts, as a transport does.
        let part = outgoing.chunk().len().min(1_000);
        bytes.extend_from_slice(&outgoing.chunk()[..part]);
        outgoing.advance(part);
        connection.handle_written(START, part);
    }
    bytes
}

mod order {
    use super::*;

    #[test]
    fn is_that_in_which_it_was_queued() {
        for role in ROLES {
            let mut connection = opened(role);
            let expected = fill(&mut connection);
            let wire = write_all(&mut connection, START);
            assert_eq!(plain(&wire), expected);
            let masked = frames(&wire).iter().all(|frame| frame.masked);
            assert_eq!(masked, role == Role::Client, "§5.3: a client masks, a server doesn't");
        }
    }

    #[test]
    fn is_the_same_however_little_is_written_at_once() {
        for role in ROLES {
            let mut whole = opened(role);
            fill(&mut whole);
            let whole = write_all(&mut whole, START);
            for len in [1, 2, 3, 125, 4_095, 4_096, 20_000] {
                let mut connection = opened(role);
                fill(&mut connection);
                let mut wire = Vec::new();
                while connection.poll_transmit().is_some() {
                    // Only the front chunk, as a plain `write` does.
                    let transmit = connection.poll_transmit().expect("it was there");
                    let chunk = transmit.chunk();
                    assert!(!chunk.is_empty(), "what remains has a chunk");
                    let written = chunk.len().min(len);
                    wire.extend_from_slice(&chunk[..written]);
                    connection.handle_written(START, written);
                }
                assert!(wire == whole, "{len} bytes at a time");
            }
        }
    }

    /// Vectored writes need `std`.
    #[cfg(feature = "std")]
    #[test]
    fn is_the_same_in_a_vectored_write() {
        use std::io::IoSlice;

        for role in ROLES {
            let mut connection = opened(role);
            fill(&mut connection);
            ping_from_peer(&mut connection, b"in front");
            for begun in [0, 1, 5] {
                write(&mut connection, START, begun);
                let whole = waiting(&mut connection);
                let transmit = connection.poll_transmit().expect("something waits");
                let mut slices = [IoSlice::new(&[]); 64];
                let count = transmit.chunks_vectored(&mut slices);
                let wire: Vec<u8> =
                    slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                assert!(wire == whole);
                assert_eq!(transmit.remaining(), whole.len());
                let mut two = [IoSlice::new(&[]); 2];
                assert_eq!(transmit.chunks_vectored(&mut two), 2, "as many as there are slots");
            }
        }
    }

    #[test]
    fn is_the_same_when_it_is_taken_out() {
        for role in ROLES {
            let mut whole = opened(role);
            fill(&mut whole);
            let whole = write_all(&mut whole, START);
            for max in [1, 7, 4_095, 4_096, 5_000, usize::MAX] {
                let mut connection = opened(role);
                fill(&mut connection);
                let mut wire = Vec::new();
                while connection.poll_transmit().is_some() {
                    wire.extend(take(&mut connection, max));
                }
                assert!(wire == whole, "{max} bytes at a time");
                assert_eq!(connection.buffered_amount(), 0);
            }
        }
    }
}

/// `poll_transmit` shows and changes nothing; `handle_written` alone moves the queue.
mod a_transmit {
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
            assert!(connection.poll_transmit().is_none());
            assert!(connection.take_transmit(100).is_none());
            connection.send(START, "x").expect("room");
            assert!(connection.take_transmit(0).is_none());
            write_all(&mut connection, START);
            assert!(connection.poll_transmit().is_none());
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
}

/// What was taken out belongs to the writer: one at a time, and nothing goes out beside it.
mod what_was_taken_out {
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
                connection.handle_written(START, 1);
            }
            assert!(connection.poll_transmit().is_some());
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
}

/// RFC 6455 §5.5.2: a pong goes out "as soon as is practical": behind the frame in progress, before
/// data that hasn't begun.
mod a_pong {
    use super::*;

    #[test]
    fn overtakes_data_that_has_not_begun() {
        for role in ROLES {
            for len in [3, 10_000] {
                let mut connection = opened(role);
                connection.send(START, vec![1; len]).expect("room");
                ping_from_peer(&mut connection, b"p");
                let sent = plain(&write_all(&mut connection, START));
                assert_eq!(sent, [(PONG, b"p".to_vec()), (BINARY, vec![1; len])]);
            }
        }
    }

    #[test]
    fn waits_for_the_frame_in_progress_and_no_longer() {
        for role in ROLES {
            for (len, cuts) in [(3, 1..9_usize), (10_000, 9_990..10_008)] {
                let mut connection = opened(role);
                connection.send(START, vec![1; len]).expect("room");
                let frame_len = waiting(&mut connection).len();
                for cut in cuts.filter(|cut| *cut <= frame_len) {
                    let mut connection = opened(role);
                    connection.send(START, vec![1; len]).expect("room");
                    connection.send(START, vec![2; len]).expect("room");
                    let mut wire = write(&mut connection, START, cut);
                    ping_from_peer(&mut connection, b"p");
                    wire.extend(write_all(&mut connection, START));
                    let expected =
                        [(BINARY, vec![1; len]), (PONG, b"p".to_vec()), (BINARY, vec![2; len])];
                    assert!(plain(&wire) == expected, "begun with {cut} of {frame_len} bytes");
                }
            }
        }
    }

    /// §5.4: "Control frames MAY be injected in the middle of a fragmented message."
    #[test]
    fn goes_between_the_fragments_of_a_message() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send_fragment(START, Some(Kind::Binary), b"a", false).expect("room");
            connection.send_fragment(START, None, b"b", true).expect("room");
            let mut wire = write(&mut connection, START, 1);
            ping_from_peer(&mut connection, b"p");
            wire.extend(write_all(&mut connection, START));
            let expected = [
                (BINARY_BEGINS, b"a".to_vec()),
                (PONG, b"p".to_vec()),
                (CONTINUES_LAST, b"b".to_vec()),
            ];
            assert_eq!(plain(&wire), expected);
        }
    }

    #[test]
    fn that_is_in_progress_is_not_cut_by_another() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "data").expect("room");
            ping_from_peer(&mut connection, b"first");
            let mut wire = write(&mut connection, START, 3);
            ping_from_peer(&mut connection, b"second");
            wire.extend(write(&mut connection, START, 5));
            ping_from_peer(&mut connection, &[3; 125]);
            wire.extend(write_all(&mut connection, START));
            let expected = [
                (PONG, b"first".to_vec()),
                (PONG, b"second".to_vec()),
                (PONG, vec![3; 125]),
                (TEXT, b"data".to_vec()),
            ];
            assert_eq!(plain(&wire), expected);
        }
    }

    /// The application's own ping keeps its place behind what was queued before it.
    #[test]
    fn of_the_peers_ping_overtakes_our_own_ping() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.ping(START, b"mine").expect("room");
            ping_from_peer(&mut connection, b"yours");
            let sent = plain(&write_all(&mut connection, START));
            assert_eq!(sent, [(PONG, b"yours".to_vec()), (PING, b"mine".to_vec())]);
        }
    }
}

/// `Config::send_queue_len_max`: a message is taken if its payload fits behind what waits.
mod the_limit {
    use super::*;

    fn limited(role: Role, send_queue_len_max: usize) -> Connection {
        open(role, &Config { send_queue_len_max, ..Config::default() })
    }

    /// The longest payload that fits behind 100 bytes.
    fn longest_behind(role: Role, max: usize) -> usize {
        let fits = |len: usize| {
            let mut connection = limited(role, max);
            connection.send(START, &[0; 100]).expect("an empty queue takes any");
            connection.send(START, vec![0; len]).is_ok()
        };
        let longest = (0..max).rev().find(|len| fits(*len)).expect("an empty message fits");
        assert!((0..longest).all(fits), "whatever is shorter fits too");
        longest
    }

    #[test]
    fn is_where_it_says_to_the_byte() {
        for role in ROLES {
            let header_len = if role == Role::Client { 6 } else { 2 };
            for max in [1_000, 1_001] {
                assert_eq!(longest_behind(role, max), max - 100 - header_len, "inclusive");
            }
        }
    }

    #[test]
    fn lets_a_message_of_any_length_into_an_empty_queue_and_nothing_behind_it() {
        for role in ROLES {
            let mut connection = limited(role, 1_000);
            connection.send(START, vec![0; 100_000]).expect("an empty queue takes any");
            let error = connection.send(START, "").expect_err("it's full");
            assert_eq!(error.reason, SendErrorReason::Full);
            write_all(&mut connection, START);
            connection.send(START, vec![0; 100_000]).expect("it's empty again");
            let mut connection = limited(role, 0);
            connection.send(START, vec![0; 100_000]).expect("an empty queue takes any");
        }
    }

    #[test]
    fn gives_the_message_back_and_changes_nothing() {
        for role in ROLES {
            let mut connection = limited(role, 1_000);
            connection.send(START, vec![0; 1_000]).expect("an empty queue takes any");
            let before = (waiting(&mut connection), connection.buffered_amount());
            let error = connection.send(START, "come back").expect_err("it's full");
            assert_eq!(error.unsent, Message::from("come back"));
            let fragment = connection.send_fragment(START, Some(Kind::Text), "come", false);
            let error = fragment.expect_err("it's full");
            assert_eq!((error.reason, &error.unsent[..]), (SendErrorReason::Full, &b"come"[..]));
            let error = connection.ping(START, b"back").expect_err("it's full");
            assert_eq!((error.reason, &error.unsent[..]), (SendErrorReason::Full, &b"back"[..]));
            let error = connection.send_prepared(START, &Prepared::new("")).expect_err("full");
            assert_eq!(error.reason, SendErrorReason::Full);
            assert_eq!((waiting(&mut connection), connection.buffered_amount()), before);
            write_all(&mut connection, START);
            let fragment = connection.send_fragment(START, None, "back", true);
            let error = fragment.expect_err("the first part wasn't taken");
            assert_eq!(error.reason, SendErrorReason::NoFragmentsInProgress);
        }
    }

    #[test]
    fn makes_room_as_bytes_are_written() {
        for role in ROLES {
            let mut connection = limited(role, 1_000);
            let longest = longest_behind(role, 1_000);
            connection.send(START, &[0; 100]).expect("an empty queue takes any");
            assert!(connection.send(START, vec![0; longest + 1]).is_err());
            write(&mut connection, START, 1);
            connection.send(START, vec![0; longest + 1]).expect("a byte of room");
        }
    }

    #[test]
    fn counts_what_was_taken_out_and_is_not_written() {
        for role in ROLES {
            let mut connection = limited(role, 1_000);
            connection.send(START, &[0; 990]).expect("an empty queue takes any");
            let len = connection.take_transmit(5_000).expect("something waits").remaining();
            assert!(connection.send(START, &[0; 100]).is_err());
            connection.handle_written(START, len - 1);
            connection.send(START, &[0; 100]).expect("room");
            write_all(&mut connection, START);
        }
    }

    /// A flood of empty messages costs headers, which count.
    #[test]
    fn bounds_the_number_of_empty_messages_too() {
        for role in ROLES {
            let mut connection = limited(role, 10_000);
            while connection.send(START, "").is_ok() {}
            let len = waiting(&mut connection).len();
            assert!((10_000..10_000 + 14).contains(&len), "the limit and one header: {len}");
        }
    }

    /// What must be said of the connection itself always fits.
    #[test]
    fn does_not_keep_pongs_heartbeats_or_close_back() {
        for role in ROLES {
            let mut connection = limited(role, 10);
            connection.send(START, vec![0; 100]).expect("an empty queue takes any");
            ping_from_peer(&mut connection, b"p");
            connection.handle_timeout(START + secs(20));
            connection.close(START + secs(20), None).expect("no code");
            let sent = plain(&write_all(&mut connection, START + secs(20)));
            let order: Vec<u8> = sent.iter().map(|(first, _)| *first).collect();
            assert_eq!(order, [PONG, PING, BINARY, CLOSE]);
        }
    }
}

mod fragments {
    use super::*;

    #[test]
    fn are_frames_of_one_message() {
        for role in ROLES {
            for (kind, first) in [(Kind::Text, TEXT_BEGINS), (Kind::Binary, BINARY_BEGINS)] {
                let mut connection = opened(role);
                connection.send_fragment(START, Some(kind), "a", false).expect("room");
                connection.send_fragment(START, None, "", false).expect("room");
                connection.send_fragment(START, None, "b", true).expect("room");
                connection.send_fragment(START, Some(kind), "whole", true).expect("room");
                let expected = [
                    (first, b"a".to_vec()),
                    (CONTINUES, Vec::new()),
                    (CONTINUES_LAST, b"b".to_vec()),
                    (0x80 | first, b"whole".to_vec()),
                ];
                assert_eq!(plain(&write_all(&mut connection, START)), expected);
            }
        }
    }

    /// §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another
    /// message"; a ping may stand between them.
    #[test]
    fn are_not_interleaved_with_other_messages() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
            let refused = SendErrorReason::FragmentsInProgress;
            assert_eq!(connection.send(START, "x").expect_err("not now").reason, refused);
            let prepared = connection.send_prepared(START, &Prepared::new("x"));
            assert_eq!(prepared.expect_err("not now").reason, refused);
            let begun = connection.send_fragment(START, Some(Kind::Text), "x", true);
            assert_eq!(begun.expect_err("not now").reason, refused);
            connection.ping(START, b"p").expect("a control frame");
            connection.send_fragment(START, None, "b", true).expect("room");
            connection.send(START, "next").expect("room");
            let expected = [
                (TEXT_BEGINS, b"a".to_vec()),
                (PING, b"p".to_vec()),
                (CONTINUES_LAST, b"b".to_vec()),
                (TEXT, b"next".to_vec()),
            ];
            assert_eq!(plain(&write_all(&mut connection, START)), expected);
        }
    }

    #[test]
    fn continue_only_what_was_begun() {
        for role in ROLES {
            let mut connection = opened(role);
            let error = connection.send_fragment(START, None, "x", true).expect_err("nothing is");
            assert_eq!(error.reason, SendErrorReason::NoFragmentsInProgress);
            assert_eq!(waiting(&mut connection), []);
        }
    }

    /// §5.6: text is UTF-8 as a whole, and may be cut anywhere.
    #[test]
    fn of_text_may_cut_a_code_point_but_must_be_utf8_together() {
        for role in ROLES {
            let mut connection = opened(role);
            let text = "a€b".as_bytes();
            for (index, byte) in text.iter().enumerate() {
                let first = (index == 0).then_some(Kind::Text);
                connection.send_fragment(START, first, &[*byte], false).expect("room");
            }
            connection.send_fragment(START, None, b"", true).expect("it's complete");
            let payloads = plain(&write_all(&mut connection, START)).into_iter();
            assert_eq!(payloads.flat_map(|(_, payload)| payload).collect::<Vec<_>>(), text);
        }
    }

    #[test]
    fn that_break_utf8_are_refused_and_may_be_mended() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send_fragment(START, Some(Kind::Text), b"\xE2\x82", false).expect("room");
            for (payload, fin) in [(&b"\x28"[..], false), (b"", true), (b"\xAC\xFF", false)] {
                let error = connection.send_fragment(START, None, payload, fin).expect_err("bad");
                assert_eq!((error.reason, &error.unsent[..]), (SendErrorReason::NotUtf8, payload));
            }
            connection.send_fragment(START, None, b"\xAC", true).expect("it's mended");
            let expected =
                [(TEXT_BEGINS, b"\xE2\x82".to_vec()), (CONTINUES_LAST, b"\xAC".to_vec())];
            assert_eq!(plain(&write_all(&mut connection, START)), expected);
        }
    }
}

/// A large payload is not copied by a server, and masked where it is by a client, if nobody else
/// holds it.
mod large_payloads {
    use super::*;

    const HEADER_LEN: usize = 4;

    /// Where the payload stands that goes out next.
    fn payload_at(connection: &mut Connection, header_len: usize) -> *const u8 {
        let mut transmit = connection.poll_transmit().expect("something waits");
        transmit.advance(header_len);
        transmit.chunk().as_ptr()
    }

    #[test]
    fn are_not_copied_by_a_server() {
        let payload = Bytes::from(vec![1; 10_000]);
        let mut server = opened(Role::Server);
        server.send(START, payload.clone()).expect("room");
        assert_eq!(payload_at(&mut server, HEADER_LEN), payload.as_ptr());
    }

    #[test]
    fn are_masked_in_place_by_a_client_that_alone_holds_them() {
        let payload = Bytes::from(vec![1; 10_000]);
        let place = payload.as_ptr();
        let mut client = opened(Role::Client);
        client.send(START, payload).expect("room");
        assert_eq!(payload_at(&mut client, HEADER_LEN + 4), place);
        assert_eq!(plain(&write_all(&mut client, START)), [(BINARY, vec![1; 10_000])]);
    }

    /// Or the other holder would see its bytes change.
    #[test]
    fn are_left_alone_by_a_client_if_somebody_else_holds_them() {
        let payload = Bytes::from(vec![1; 10_000]);
        let mut client = opened(Role::Client);
        client.send(START, payload.clone()).expect("room");
        assert_ne!(payload_at(&mut client, HEADER_LEN + 4), payload.as_ptr());
        assert_eq!(payload, vec![1; 10_000]);
        assert_eq!(plain(&write_all(&mut client, START)), [(BINARY, vec![1; 10_000])]);
    }

    #[test]
    fn that_were_prepared_are_shared_by_servers() {
        let payload = Bytes::from(vec![1; 10_000]);
        let prepared = Prepared::new(payload.clone());
        for _ in 0..3 {
            let mut server = opened(Role::Server);
            server.send_prepared(START, &prepared).expect("room");
            assert_eq!(payload_at(&mut server, HEADER_LEN), payload.as_ptr());
        }
    }

    /// §5.3: each frame with a key of its own.
    #[test]
    fn that_were_prepared_are_masked_anew_by_a_client() {
        let payload = Bytes::from(vec![1; 10_000]);
        let prepared = Prepared::new(payload.clone());
        let mut client = opened(Role::Client);
        let wires: Vec<Vec<u8>> = (0..3)
            .map(|_| {
                client.send_prepared(START, &prepared).expect("room");
                let wire = write_all(&mut client, START);
                assert_eq!(plain(&wire), [(BINARY, vec![1; 10_000])]);
                wire
            })
            .collect();
        assert!(wires[0] != wires[1] && wires[1] != wires[2] && wires[0] != wires[2]);
        assert_eq!(payload, vec![1; 10_000], "the others' bytes stay as they are");
    }
}
