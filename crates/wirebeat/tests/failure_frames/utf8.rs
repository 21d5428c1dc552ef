//! Mattermost CVE-2025-12689: text that isn't UTF-8 gets through.

use super::*;

/// Where UTF-8's rules change (RFC 3629 §4), and their neighbours.
const EDGES: [u8; 23] = [
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
    0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5,
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
            let events = receive(&mut connection, START, &from_peer_of(role, TEXT_BEGINS, front));
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
