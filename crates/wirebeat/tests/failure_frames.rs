//! The failures of others in reading frames, each with the row of the list that it's from.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use wirebeat::{
    Config, Connection, Event, Input, Message, ProtocolError, ReadyState, Reason, Role,
};

const MAX: u64 = 16 * 1024 * 1024;

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

/// gorilla CVE-2020-27813, Tomcat CVE-2020-13935, undici CVE-2026-1528 and others: a 64-bit length
/// that is negative or wraps.
mod t01 {
    use super::*;

    /// Around every boundary of the format and of the integers that a length might be put in.
    const LENGTHS: [u64; 25] = [
        0,
        1,
        125,
        126,
        127,
        0xFFFF,
        0x1_0000,
        MAX,
        MAX + 1,
        (1 << 31) - 1,
        1 << 31,
        (1 << 31) + 1,
        (1 << 32) - 1,
        1 << 32,
        (1 << 32) + 1,
        (1 << 53) - 1,
        1 << 53,
        (1 << 53) + 1,
        (1 << 63) - 126,
        (1 << 63) - 15,
        (1 << 63) - 1,
        1 << 63,
        (1 << 63) + 1,
        u64::MAX - 13,
        u64::MAX,
    ];

    const FORMS: [LengthForm; 3] = [LengthForm::Short, LengthForm::Medium, LengthForm::Long];

    /// RFC 6455 §5.2: the shortest form, and the most significant bit is 0; then the limit.
    fn verdict(len: u64, form: LengthForm) -> Option<u16> {
        let shortest = match len {
            0..=125 => LengthForm::Short,
            126..=0xFFFF => LengthForm::Medium,
            _ => LengthForm::Long,
        };
        match (len >> 63, form == shortest, len <= MAX) {
            (1, _, _) | (0, false, _) => Some(1002),
            (0, true, false) => Some(1009),
            _ => None,
        }
    }

    #[test]
    fn failure_t01_every_length_is_judged_by_its_header_alone() {
        for role in ROLES {
            for first in [TEXT, BINARY, TEXT_BEGINS, BINARY_BEGINS] {
                for (len, form) in LENGTHS.iter().flat_map(|len| FORMS.map(|form| (*len, form))) {
                    let Some(head) = head_with_form(role, first, len, form) else { continue };
                    for cut in 0..head.len() {
                        let mut connection = opened(role);
                        receive(&mut connection, START, &head[..cut]);
                        receive(&mut connection, START, &head[cut..]);
                        match verdict(len, form) {
                            None => assert_eq!(connection.ready_state(), ReadyState::Open),
                            Some(code) => {
                                let sent = only_close(&waiting(&mut connection));
                                assert_eq!(sent, Some(code), "{role} {first:02x} {len} {form:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    /// A sum of lengths mustn't wrap either.
    #[test]
    fn failure_t01_a_continuation_cannot_wrap_the_messages_length() {
        for role in ROLES {
            for len in LENGTHS.into_iter().filter(|len| *len > 0) {
                let head = head_from_peer_of(role, CONTINUES, len);
                let mut connection = opened(role);
                receive(&mut connection, START, &from_peer_of(role, BINARY_BEGINS, &[0; 100]));
                receive(&mut connection, START, &head);
                let code = (len >> 63 == 1).then_some(1002).or((len > MAX - 100).then_some(1009));
                let sent = waiting(&mut connection);
                assert_eq!(code.is_none(), sent.is_empty(), "{len}");
                if let Some(code) = code {
                    assert_eq!(only_close(&sent), Some(code), "{len}");
                }
            }
        }
    }

    /// Without a limit, as pieces may be received, the largest length there is does no harm.
    #[test]
    fn failure_t01_the_largest_lengths_do_no_harm_without_a_limit() {
        for role in ROLES {
            let delivery =
                wirebeat::Delivery::Pieces { message_len_max: None, frame_len_max: None };
            let config = Config { delivery, ..Config::default() };
            let mut connection = open(role, &config);
            let mut wire = head_from_peer_of(role, BINARY_BEGINS, (1 << 63) - 1);
            wire.extend([0; 1000]);
            assert_eq!(receive(&mut connection, START, &wire).len(), 1);
            assert_eq!(receive(&mut connection, START, &[0; 1000]).len(), 1);
            assert_eq!(connection.ready_state(), ReadyState::Open);
        }
    }

    #[test]
    fn failure_t01_control_frames_have_the_short_form_alone() {
        for role in ROLES {
            for first in [CLOSE, PING, PONG] {
                for len in [0, 125, 126, 0xFFFF, u64::MAX] {
                    for form in [LengthForm::Medium, LengthForm::Long] {
                        let Some(head) = head_with_form(role, first, len, form) else { continue };
                        let mut connection = opened(role);
                        receive(&mut connection, START, &head[..2]);
                        let cause = connection.cause().map(|cause| cause.reason);
                        let expected = Reason::Protocol(ProtocolError::ControlTooLong);
                        assert_eq!(cause, Some(expected), "{first:02x} {len}");
                    }
                }
            }
        }
    }
}

/// Asterisk CVE-2014-9374, Bun #23832, libsoup CVE-2026-0716: frames of no bytes, and a Close whose
/// body is split.
mod t07 {
    use super::*;

    /// Frames of every kind and size that matters, the empty ones and a Close among them.
    fn stream(role: Role) -> Vec<u8> {
        [
            from_peer_of(role, TEXT, b""),
            from_peer_of(role, BINARY, b""),
            from_peer_of(role, PING, b""),
            from_peer_of(role, PONG, b""),
            from_peer_of(role, TEXT_BEGINS, b""),
            from_peer_of(role, CONTINUES, b""),
            from_peer_of(role, PING, b"between"),
            from_peer_of(role, CONTINUES, "h\u{e9}".as_bytes()),
            from_peer_of(role, CONTINUES_LAST, b""),
            from_peer_of(role, TEXT, "tschüß €😀".as_bytes()),
            from_peer_of(role, BINARY, &[7; 130]),
            from_peer_of(role, BINARY_BEGINS, &[8; 5]),
            from_peer_of(role, CONTINUES_LAST, &[9; 126]),
            from_peer_of(role, CLOSE, &close_body(4000, "für immer")),
        ]
        .concat()
    }

    fn events_of(role: Role, parts: &[&[u8]]) -> (Vec<Event<'static>>, Vec<u8>) {
        // Not the clock's business: all at once.
        let mut connection = opened(role);
        let mut events = Vec::new();
        for part in parts {
            events.extend(receive(&mut connection, START, part));
        }
        (events, waiting(&mut connection))
    }

    #[test]
    fn failure_t07_a_stream_means_the_same_split_at_every_byte() {
        for role in ROLES {
            let stream = stream(role);
            let whole = events_of(role, &[&stream]);
            assert_eq!(whole.0.len(), 10);
            assert!(matches!(&whole.0[9], Event::Closing(Some(f)) if f.reason() == "für immer"));
            for cut in 0..=stream.len() {
                let (front, back) = stream.split_at(cut);
                assert!(events_of(role, &[front, back]) == whole, "{role}, cut at {cut}");
                // And once more a byte later, so that one frame is cut twice.
                let (middle, back) = back.split_at(back.len().min(1));
                assert!(events_of(role, &[front, middle, back]) == whole, "{role}, cut at {cut}");
            }
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert!(events_of(role, &bytes) == whole, "{role}, byte by byte");
        }
    }
}

/// curl CVE-2025-5399: an endless loop. Each call eats, yields, or is the last.
#[test]
fn failure_t08_every_call_eats_or_yields_or_ends_the_input() {
    let mut numbers = Numbers::new(8);
    for round in 0..2_000 {
        let role = ROLES[round % 2];
        let mut connection = opened(role);
        let mut stream: Vec<u8> = Vec::new();
        for _ in 0..numbers.below(6) {
            let first = [TEXT, BINARY, PING, PONG, TEXT_BEGINS, CONTINUES, CONTINUES_LAST, CLOSE]
                [numbers.below(8)];
            let len = numbers.below(140);
            stream.extend(from_peer_of(role, first, &numbers.bytes(len)));
        }
        let noise = numbers.below(8);
        stream.extend(numbers.bytes(noise));
        // In two chunks, so that the second may come to a connection that has ended.
        let cut = numbers.below(stream.len() + 1);
        let (front, back) = stream.split_at_mut(cut);
        for chunk in [front, back] {
            assert_progresses(&mut connection, chunk);
        }
    }
}

fn assert_progresses(connection: &mut Connection, chunk: &mut [u8]) {
    let len = chunk.len();
    let mut input = Input::new(chunk);
    for calls in 1.. {
        let before = input.len();
        let event = connection.receive(START, &mut input);
        assert!(event.is_some() || input.is_empty(), "it stops before the end");
        let ends = matches!(event, Some(Event::Error(_) | Event::Closed(_)) | None);
        assert!(input.len() < before || ends, "it eats nothing");
        assert!(calls <= len + 3, "more calls than bytes");
        if event.is_none() {
            break;
        }
    }
    assert_eq!(connection.receive(START, &mut input), None);
}

/// The same of what is written: every byte that's reported moves the queue, and it ends.
#[test]
fn failure_t08_every_byte_that_is_written_moves_the_queue() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, vec![0; 5_000]).expect("room");
        connection.send(START, "").expect("room");
        receive(&mut connection, START, &from_peer_of(role, PING, b"p"));
        connection.close(START, None).expect("no code");
        let mut left = waiting(&mut connection).len();
        while left > 0 {
            write(&mut connection, START, 1);
            left -= 1;
            assert_eq!(waiting(&mut connection).len(), left);
        }
        assert!(connection.poll_transmit().is_none());
    }
}

/// facil.io #169: a payload is delivered after the error that its frame was.
#[test]
fn failure_t09_nothing_follows_an_error() {
    let good = |role| {
        [from_peer_of(role, TEXT, b"good"), from_peer_of(role, PING, b"p"), peer_close(role, 1000)]
            .concat()
    };
    for role in ROLES {
        let wrong_mask = from_peer_of(role.peer(), TEXT, b"not for you");
        let bad = [
            wrong_mask,
            from_peer_of(role, 0x83, b"reserved"),
            from_peer_of(role, 0xC1, b"RSV1"),
            from_peer_of(role, CONTINUES_LAST, b"orphan"),
            from_peer_of(role, PING & 0x7F, b"fragmented"),
            from_peer_of(role, TEXT, b"\xFFnot UTF-8"),
            from_peer_of(role, CLOSE, &close_body(1005, "reserved")),
            head_from_peer_of(role, BINARY, MAX + 1),
        ];
        for bad in bad {
            for close_sent in [false, true] {
                for split in [false, true] {
                    let mut connection = opened(role);
                    if close_sent {
                        connection.close(START, None).expect("no code");
                        write_all(&mut connection, START);
                    }
                    let stream = [bad.clone(), good(role)].concat();
                    let mut events = Vec::new();
                    for part in stream.chunks(if split { 1 } else { stream.len() }) {
                        events.extend(receive(&mut connection, START, part));
                    }
                    if !close_sent {
                        assert_eq!(events, [], "{bad:x?}");
                        let code = only_close(&write_all(&mut connection, START));
                        assert!(matches!(code, Some(1002 | 1007 | 1009)), "{bad:x?}");
                        events.extend(receive(&mut connection, START, &good(role)));
                        connection.handle_eof(START);
                        events.extend(poll(&mut connection));
                    }
                    let [Event::Error(_), Event::Closed(_)] = &events[..] else {
                        unreachable!("{bad:x?}: {events:?}");
                    };
                    assert_is_over(&mut connection);
                }
            }
        }
    }
}

/// CRIME/BREACH, and the codecs' own failures: compression is off by default.
mod t13 {
    use super::*;

    #[test]
    fn failure_t13_a_client_offers_no_extension_and_takes_none() {
        let mut client = new_client(&Config::default());
        let request = write_all(&mut client, START);
        let text = core::str::from_utf8(&request).expect("a head is text");
        assert!(!text.to_ascii_lowercase().contains("extensions"), "{text}");

        let response = String::from_utf8(response_to(&request)).expect("a head is text");
        let extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let response = response.strip_suffix("\r\n").expect("a head").to_owned() + extension;
        let events = receive(&mut client, START, response.as_bytes());
        let error = wirebeat::handshake::HandshakeError::ExtensionUnoffered;
        assert_failed(&mut client, &events, Reason::Handshake(error));
    }

    #[test]
    fn failure_t13_a_server_negotiates_no_extension() {
        let mut server = new_server(&Config::default());
        let offer = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let request = [&REQUEST[..REQUEST.len() - 2], offer].concat();
        let events = receive(&mut server, START, &request);
        assert!(matches!(events[..], [Event::Request(_)]));
        server.accept(START, &wirebeat::handshake::Acceptance::new()).expect("it waits");
        let response = write_all(&mut server, START);
        let text = core::str::from_utf8(&response).expect("a head is text");
        assert!(!text.to_ascii_lowercase().contains("extensions"), "{text}");
    }

    /// RFC 6455 §5.2. RSV1 would mean a compressed message.
    #[test]
    fn failure_t13_rsv1_fails_the_connection() {
        for role in ROLES {
            for rsv in [0x40, 0x20, 0x10, 0x70] {
                for first in [TEXT, BINARY, TEXT_BEGINS, BINARY_BEGINS, CLOSE, PING, PONG] {
                    let mut connection = opened(role);
                    let frame = from_peer_of(role, first | rsv, b"");
                    assert_eq!(receive(&mut connection, START, &frame), []);
                    let cause = connection.cause().map(|cause| cause.reason);
                    assert_eq!(cause, Some(Reason::Protocol(ProtocolError::ReservedBits)));
                }
                let mut connection = opened(role);
                receive(&mut connection, START, &from_peer_of(role, TEXT_BEGINS, b"a"));
                let frame = from_peer_of(role, CONTINUES_LAST | rsv, b"");
                assert_eq!(receive(&mut connection, START, &frame), []);
                assert_eq!(only_close(&waiting(&mut connection)), Some(1002));
            }
        }
    }
}

/// Mattermost CVE-2025-12689: text that isn't UTF-8 gets through.
mod t38 {
    use super::*;

    /// Where UTF-8's rules change (RFC 3629 §4), and their neighbours.
    const EDGES: [u8; 23] = [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
        0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5,
    ];

    /// Every sequence of one to four of them, one for one.
    fn sequences() -> impl Iterator<Item = Vec<u8>> {
        let sequences_of = |len: u32| {
            (0..EDGES.len().pow(len)).map(move |number| {
                (0..len).map(|i| EDGES[number / EDGES.len().pow(i) % EDGES.len()]).collect()
            })
        };
        (1..=4).flat_map(sequences_of)
    }

    /// Whether some text begins with these bytes.
    fn may_go_on(bytes: &[u8]) -> bool {
        core::str::from_utf8(bytes).is_ok_and(|_| true)
            || core::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
    }

    fn assert_agrees(role: Role, connection: &mut Connection, bytes: &[u8], events: &[Event<'_>]) {
        match core::str::from_utf8(bytes) {
            Ok(text) => assert_eq!(events, [Event::Message(text.into())]),
            Err(_) => {
                assert_eq!(events, [], "{role} {bytes:x?}");
                assert_eq!(only_close(&waiting(connection)), Some(1007), "{role} {bytes:x?}");
            }
        }
    }

    #[test]
    fn failure_t38_a_message_is_delivered_if_and_only_if_it_is_utf8() {
        for bytes in sequences() {
            let role = ROLES[usize::from(bytes[0] & 1)];
            let mut connection = opened(role);
            let events = receive(&mut connection, START, &from_peer_of(role, TEXT, &bytes));
            assert_agrees(role, &mut connection, &bytes, &events);
        }
    }

    /// RFC 6455 §8.1, and fail-fast: as soon as no continuation could mend it.
    #[test]
    fn failure_t38_a_message_that_is_cut_anywhere_fails_as_soon_as_it_cannot_be_mended() {
        for bytes in sequences() {
            let role = ROLES[usize::from(bytes[0] & 1)];
            for cut in 0..bytes.len() {
                let mut connection = opened(role);
                let (front, back) = bytes.split_at(cut);
                let events =
                    receive(&mut connection, START, &from_peer_of(role, TEXT_BEGINS, front));
                assert_eq!(events, []);
                let is_open = connection.ready_state() == ReadyState::Open;
                assert_eq!(is_open, may_go_on(front), "{role} {bytes:x?} cut at {cut}");
                if is_open {
                    let last = from_peer_of(role, CONTINUES_LAST, back);
                    let events = receive(&mut connection, START, &last);
                    assert_agrees(role, &mut connection, &bytes, &events);
                }
            }
        }
    }

    /// Inside a frame too, and long before its end.
    #[test]
    fn failure_t38_a_frame_fails_at_the_byte_that_cannot_be_mended() {
        for bytes in sequences().filter(|bytes| bytes.len() < 4) {
            let role = ROLES[usize::from(bytes[0] & 1)];
            let text = [b"a", &bytes[..], &[b'z'; 200]].concat();
            let frame = from_peer_of(role, TEXT, &text);
            let head_len = frame.len() - text.len();
            let mut connection = opened(role);
            receive(&mut connection, START, &frame[..head_len]);
            for end in 1..=bytes.len() + 2 {
                receive(&mut connection, START, &frame[head_len + end - 1..head_len + end]);
                let is_open = connection.ready_state() == ReadyState::Open;
                assert_eq!(is_open, may_go_on(&text[..end]), "{role} {bytes:x?} after {end}");
                if !is_open {
                    assert_eq!(only_close(&waiting(&mut connection)), Some(1007));
                    break;
                }
            }
        }
    }

    /// The same bytes are no concern of a binary message.
    #[test]
    fn failure_t38_binary_messages_may_be_anything() {
        for bytes in sequences().filter(|bytes| bytes.len() < 3) {
            for role in ROLES {
                let mut connection = opened(role);
                let events = receive(&mut connection, START, &from_peer_of(role, BINARY, &bytes));
                assert_eq!(events, [Event::Message(Message::from(bytes.clone()))]);
            }
        }
    }
}
