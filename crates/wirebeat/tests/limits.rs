//! Every limit on what is received, at its edge and one past it (design: limits and defaults;
//! RFC 6455 §10.4). What is too long fails the connection with 1009.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use wirebeat::{
    Config, Connection, Delivery, Event, Fragment, Message, ProtocolError, ReadyState, Reason, Role,
};

const KINDS: [u8; 2] = [TEXT, BINARY];

fn limited(role: Role, message_len_max: u64) -> Connection {
    open(role, &Config { message_len_max, ..Config::default() })
}

fn message_of(first: u8, len: usize) -> Message<'static> {
    match first {
        TEXT => Message::from("a".repeat(len)),
        _ => Message::from(vec![b'a'; len]),
    }
}

fn assert_too_big(connection: &mut Connection, events: &[Event<'static>], error: ProtocolError) {
    assert_eq!(events, []);
    assert_eq!(connection.cause().map(|cause| cause.reason), Some(Reason::Protocol(error)));
    assert_eq!(only_close(&waiting(connection)), Some(1009));
    assert_eq!(connection.ready_state(), ReadyState::Closing);
}

/// The defaults are part of what a user relies on.
#[test]
fn the_defaults_are_those_of_the_documentation() {
    let config = Config::default();
    assert_eq!((config.head_len_max, config.head_headers_max), (16 * 1024, 64));
    assert_eq!(config.open_timeout, Some(secs(10)));
    assert_eq!(config.message_len_max, 16 * 1024 * 1024);
    assert!(config.frame_len_max >= config.message_len_max);
    assert_eq!(config.delivery, Delivery::Whole);
    assert_eq!(config.send_queue_len_max, 1024 * 1024);
    assert_eq!((config.close_timeout, config.linger), (secs(5), secs(1)));
    assert_eq!(config.write_stall_timeout, Some(secs(30)));
}

mod messages {
    use super::*;

    #[test]
    fn in_one_frame_may_have_the_limit_and_no_more() {
        for role in ROLES {
            for first in KINDS {
                for max in [0_usize, 1, 125, 126, 1000, 65_535, 65_536] {
                    let mut connection = limited(role, max as u64);
                    let bytes = from_peer_of(role, first, &vec![b'a'; max]);
                    let events = receive(&mut connection, START, &bytes);
                    assert_eq!(events, [Event::Message(message_of(first, max))]);

                    let head = head_from_peer_of(role, first, max as u64 + 1);
                    let events = receive(&mut connection, START, &head);
                    let message_len_max = max as u64;
                    let error = ProtocolError::MessageTooLarge { message_len_max };
                    assert_too_big(&mut connection, &events, error);
                }
            }
        }
    }

    /// A declared length is refused at once, by the header alone.
    #[test]
    fn are_refused_by_their_header_wherever_it_is_cut() {
        for role in ROLES {
            let head = head_from_peer_of(role, BINARY, 70_001);
            for cut in 0..head.len() {
                let mut connection = limited(role, 70_000);
                assert_eq!(receive(&mut connection, START, &head[..cut]), []);
                assert_eq!(connection.ready_state(), ReadyState::Open, "{cut} bytes");
                let events = receive(&mut connection, START, &head[cut..]);
                let error = ProtocolError::MessageTooLarge { message_len_max: 70_000 };
                assert_too_big(&mut connection, &events, error);
            }
        }
    }

    /// The limit is on the message, not on each of its frames.
    #[test]
    fn in_fragments_may_have_the_limit_and_no_more() {
        for role in ROLES {
            for first in KINDS {
                for (parts, fits) in [
                    (&[400, 600][..], true),
                    (&[999, 0, 1, 0], true),
                    (&[400, 601], false),
                    (&[1000, 1], false),
                    (&[0, 1001], false),
                    (&[1001], false),
                ] {
                    let mut connection = limited(role, 1000);
                    let mut events = Vec::new();
                    for (index, len) in parts.iter().enumerate() {
                        let opcode = if index == 0 { first & 0x0F } else { CONTINUES };
                        let fin = if index + 1 == parts.len() { 0x80 } else { 0 };
                        let bytes = from_peer_of(role, fin | opcode, &vec![b'a'; *len]);
                        events.extend(receive(&mut connection, START, &bytes));
                    }
                    if fits {
                        assert_eq!(events, [Event::Message(message_of(first, 1000))]);
                    } else {
                        let error = ProtocolError::MessageTooLarge { message_len_max: 1000 };
                        assert_too_big(&mut connection, &events, error);
                    }
                }
            }
        }
    }

    /// What one message used of the limit isn't missing from the next.
    #[test]
    fn have_the_limit_each() {
        for role in ROLES {
            let mut connection = limited(role, 10);
            let bytes = [
                from_peer_of(role, TEXT_BEGINS, b"01234"),
                from_peer_of(role, CONTINUES_LAST, b"56789"),
            ]
            .concat();
            for _ in 0..3 {
                let events = receive(&mut connection, START, &bytes);
                assert_eq!(events, [Event::Message("0123456789".into())]);
            }
        }
    }

    /// A control frame isn't part of the message, and has a limit of its own (§5.5).
    #[test]
    fn leave_control_frames_alone() {
        for role in ROLES {
            let mut connection = limited(role, 1);
            let events = receive(&mut connection, START, &from_peer_of(role, PING, &[7; 125]));
            assert_eq!(events, [Event::Ping(vec![7; 125].into())]);
            receive(&mut connection, START, &head_from_peer_of(role, PING, 126));
            let cause = connection.cause().map(|cause| cause.reason);
            assert_eq!(cause, Some(Reason::Protocol(ProtocolError::ControlTooLong)));
        }
    }
}

mod single_frames {
    use super::*;

    #[test]
    fn may_have_the_limit_and_no_more() {
        for role in ROLES {
            for first in [TEXT, BINARY, BINARY_BEGINS] {
                let config = Config { frame_len_max: 500, ..Config::default() };
                let mut connection = open(role, &config);
                let bytes = from_peer_of(role, first, &[b'a'; 500]);
                receive(&mut connection, START, &bytes);
                assert_eq!(connection.ready_state(), ReadyState::Open);

                let mut connection = open(role, &config);
                let head = head_from_peer_of(role, first, 501);
                let events = receive(&mut connection, START, &head);
                let (payload_len, payload_len_max) = (501, 500);
                let error = ProtocolError::FrameTooLarge { payload_len, payload_len_max };
                assert_too_big(&mut connection, &events, error);
            }
        }
    }

    #[test]
    fn within_the_limit_make_messages_beyond_it() {
        for role in ROLES {
            let mut connection = open(role, &Config { frame_len_max: 4, ..Config::default() });
            let bytes = [
                from_peer_of(role, TEXT_BEGINS, b"abcd"),
                from_peer_of(role, CONTINUES_LAST, b"efgh"),
            ]
            .concat();
            let events = receive(&mut connection, START, &bytes);
            assert_eq!(events, [Event::Message("abcdefgh".into())]);
        }
    }
}

/// In pieces, the limits of `Config` don't apply; those of `Delivery::Pieces` do if they're given.
mod pieces {
    use super::*;

    fn in_pieces(role: Role, message: Option<u64>, frame: Option<u64>) -> Connection {
        let delivery = Delivery::Pieces { message_len_max: message, frame_len_max: frame };
        open(role, &Config { delivery, message_len_max: 1, frame_len_max: 1, ..Config::default() })
    }

    #[test]
    fn of_a_message_of_any_length_are_handed_over() {
        for role in ROLES {
            let mut connection = in_pieces(role, None, None);
            let mut wire = head_from_peer_of(role, BINARY, (1 << 63) - 1);
            let before = wire.len();
            wire.extend([0; 10]);
            let events = receive(&mut connection, START, &wire);
            let [Event::Fragment(Fragment { payload, first: true, last: false, .. })] = &events[..]
            else {
                unreachable!("{events:?}");
            };
            assert_eq!(payload.len(), wire.len() - before);
        }
    }

    #[test]
    fn have_the_limits_that_are_given() {
        for role in ROLES {
            for (message, frame) in [(Some(5), None), (None, Some(5)), (Some(5), Some(9))] {
                let mut connection = in_pieces(role, message, frame);
                let events = receive(&mut connection, START, &from_peer_of(role, BINARY, b"12345"));
                assert_eq!(events.len(), 1);
                let events =
                    receive(&mut connection, START, &from_peer_of(role, BINARY, b"123456"));
                assert_eq!(events, []);
                assert_eq!(only_close(&waiting(&mut connection)), Some(1009));
            }
        }
    }

    #[test]
    fn of_all_frames_together_have_the_message_limit() {
        for role in ROLES {
            let mut connection = in_pieces(role, Some(5), None);
            receive(&mut connection, START, &from_peer_of(role, BINARY_BEGINS, b"123"));
            receive(&mut connection, START, &from_peer_of(role, CONTINUES, b"45"));
            assert_eq!(connection.ready_state(), ReadyState::Open);
            let events = receive(&mut connection, START, &from_peer_of(role, CONTINUES_LAST, b"6"));
            assert_eq!(events, []);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1009));
        }
    }

    /// Concatenated they're the payload; text is checked across them, and fails at once.
    #[test]
    fn of_text_are_checked_and_may_cut_a_code_point() {
        for role in ROLES {
            let text = "aß€😀z";
            let bytes = from_peer_of(role, TEXT, text.as_bytes());
            let mut connection = in_pieces(role, None, None);
            let mut pieces = Vec::new();
            for byte in &bytes {
                for event in receive(&mut connection, START, &[*byte]) {
                    let Event::Fragment(fragment) = event else { unreachable!("{event:?}") };
                    assert_eq!(fragment.first, pieces.is_empty());
                    pieces.extend_from_slice(&fragment.payload);
                    assert_eq!(fragment.last, pieces.len() == text.len());
                }
            }
            assert_eq!(pieces, text.as_bytes());

            let mut bad = in_pieces(role, None, None);
            let bytes = from_peer_of(role, TEXT, b"a\xE2\x28never seen");
            let head = bytes.len() - 13;
            assert_eq!(receive(&mut bad, START, &bytes[..head + 2]).len(), 1);
            assert_eq!(receive(&mut bad, START, &bytes[head + 2..=head + 2]), []);
            assert_eq!(only_close(&waiting(&mut bad)), Some(1007));
        }
    }
}

/// A limit on the head of the opening handshake, in bytes and in lines; the rest of its tests are
/// the handshake's own.
mod heads {
    use super::*;

    fn request_of(len: usize) -> Vec<u8> {
        let mut request = REQUEST[..REQUEST.len() - 2].to_vec();
        request.extend_from_slice(b"X: ");
        request.resize(len - 4, b'x');
        request.extend_from_slice(b"\r\n\r\n");
        request
    }

    #[test]
    fn may_have_the_limit_and_no_more() {
        for max in [400, 16 * 1024] {
            let config = Config { head_len_max: max, ..Config::default() };
            let mut server = new_server(&config);
            let events = receive(&mut server, START, &request_of(max));
            assert!(matches!(events[..], [Event::Request(_)]));

            let mut server = new_server(&config);
            assert_eq!(receive(&mut server, START, &request_of(max + 1)), []);
            assert!(waiting(&mut server).starts_with(b"HTTP/1.1 431 "));
        }
    }

    #[test]
    fn may_have_as_many_headers_as_the_limit_says() {
        let lines = REQUEST.split(|byte| *byte == b'\n').count() - 3;
        for (max, fits) in [(lines, true), (lines - 1, false)] {
            let config = Config { head_headers_max: max, ..Config::default() };
            let mut server = new_server(&config);
            let events = receive(&mut server, START, REQUEST);
            assert_eq!(events.len(), usize::from(fits));
            assert_eq!(waiting(&mut server).starts_with(b"HTTP/1.1 431 "), !fits);
        }
    }
}

/// §5.5: control frames; the application's ping.
#[test]
fn a_ping_of_ours_has_at_most_125_bytes() {
    for role in ROLES {
        let mut connection = open(role, &Config::default());
        connection.ping(START, vec![7; 125]).expect("it fits");
        let error = connection.ping(START, vec![7; 126]).expect_err("it doesn't fit");
        assert_eq!(error.reason, wirebeat::SendErrorReason::PingTooLong);
        assert_eq!(error.unsent.len(), 126, "it comes back");
        assert_eq!(plain(&waiting(&mut connection)), [(PING, vec![7; 125])]);
    }
}
