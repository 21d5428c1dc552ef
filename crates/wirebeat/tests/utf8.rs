//! UTF-8 in text messages agrees with the standard library, wherever it's cut, and fails at the
//! first byte that no continuation could mend (RFC 6455 §8.1).
//!
//! A server receives the bytes one at a time, by its public functions: as the payload of one frame,
//! or each in a frame of its own. Wherever a sequence is cut, this cuts it too.
//!
//! The walk goes from each beginning that can still become UTF-8 to all 256 bytes that may follow; a
//! beginning that can't is refused at once, and behind it a connection takes nothing more. Thus it
//! covers
//!
//! - all sequences of one and of two bytes;
//! - all of three, but that of the ASCII bytes only three stand for all at the very front;
//! - all of four whose first three begin a code point of four;
//! - all of four whose first three are bytes at which the rules change.
#![forbid(unsafe_code)]

use std::str;

use wirebeat::{
    Config, Connection, Endpoint, Event, Input, Message, ProtocolError, Reason, Timestamp,
};

const NOW: Timestamp = Timestamp::ZERO;

/// The bytes at which UTF-8's rules change.
const EDGES: [u8; 20] = [
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF,
    0xF0, 0xF1, 0xF4, 0xF5,
];

/// How the bytes of a text reach the server.
#[derive(Clone, Copy)]
enum Cut {
    /// In the payload of one frame, a byte at a time.
    Chunks,
    /// In a frame each.
    Frames,
}

/// Whether more bytes could make it UTF-8.
fn is_possible(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

fn receive<'c>(server: &mut Connection, chunk: &'c mut [u8]) -> Option<Event<'c>> {
    server.receive(NOW, &mut Input::new(chunk))
}

/// A server to which `beginning`, which is possible, has come of a text of `len` bytes.
fn server_with(beginning: &[u8], len: usize, cut: Cut) -> Connection {
    let config = Config { heartbeat: None, ..Config::default() };
    let mut server = Connection::established(Endpoint::Server, &config, NOW);
    if let Cut::Chunks = cut {
        let second = 0x80 | u8::try_from(len).expect("a short text");
        let mut header = [0x81, second, 0, 0, 0, 0];
        assert_eq!(receive(&mut server, &mut header), None);
    }
    for (index, byte) in beginning.iter().enumerate() {
        give(&mut server, *byte, index, len, cut, |event| assert_eq!(event, None));
    }
    server
}

/// Gives the byte at `index` of a text of `len` bytes.
fn give(
    server: &mut Connection,
    byte: u8,
    index: usize,
    len: usize,
    cut: Cut,
    check: impl FnOnce(Option<Event<'_>>),
) {
    let fin = if index + 1 == len { 0x80 } else { 0 };
    let first = fin | u8::from(index == 0);
    match cut {
        Cut::Chunks => check(receive(server, &mut [byte])),
        Cut::Frames => check(receive(server, &mut [first, 0x81, 0, 0, 0, 0, byte])),
    }
}

/// Gives every byte behind a possible beginning, as the last of the text and as one before others.
fn check_all_behind(beginning: &[u8], cut: Cut) {
    let mut text = beginning.to_vec();
    text.push(0);
    let (index, len) = (beginning.len(), text.len());
    for byte in 0..=u8::MAX {
        text[index] = byte;
        let expected = str::from_utf8(&text).ok();
        let mut server = server_with(beginning, len, cut);
        let mut received = None;
        give(&mut server, byte, index, len, cut, |event| received = event.map(Event::into_owned));
        assert_eq!(received, expected.map(|text| Event::Message(Message::from(text))));
        assert_eq!(is_refused(&server), expected.is_none(), "{text:x?} as a whole");

        let mut longer = server_with(beginning, len + 1, cut);
        give(&mut longer, byte, index, len + 1, cut, |event| assert_eq!(event, None));
        assert_eq!(is_refused(&longer), !is_possible(&text), "{text:x?} as a beginning");
    }
}

fn is_refused(server: &Connection) -> bool {
    let reason = server.cause().map(|cause| cause.reason);
    let expected = Reason::Protocol(ProtocolError::TextNotUtf8);
    assert!(reason.is_none_or(|reason| reason == expected), "{reason:?}");
    reason.is_some()
}

/// All bytes behind `beginning` with which it's still possible.
fn possible_behind(beginning: &[u8]) -> Vec<Vec<u8>> {
    let longer = (0..=u8::MAX).map(|byte| [beginning, &[byte]].concat());
    longer.filter(|longer| is_possible(longer)).collect()
}

fn check_up_to_three_bytes(cut: Cut) {
    check_all_behind(&[], cut);
    for one in possible_behind(&[]) {
        check_all_behind(&one, cut);
        if one[0] > 0x7F || matches!(one[0], 0x00 | b'a' | 0x7F) {
            possible_behind(&one).iter().for_each(|two| check_all_behind(two, cut));
        }
    }
}

#[test]
fn up_to_three_bytes_in_one_frame_agree_with_std() {
    check_up_to_three_bytes(Cut::Chunks);
}

#[test]
fn up_to_three_bytes_in_a_frame_each_agree_with_std() {
    check_up_to_three_bytes(Cut::Frames);
}

/// All code points of four bytes, and all that looks like one up to its last byte.
fn check_code_points_of_four_bytes(leads: impl Iterator<Item = u8>) {
    for two in leads.flat_map(|lead| possible_behind(&[lead])) {
        possible_behind(&two).iter().for_each(|three| check_all_behind(three, Cut::Chunks));
    }
}

#[test]
fn code_points_of_four_bytes_agree_with_std() {
    check_code_points_of_four_bytes([0xF0, 0xF1].into_iter());
}

#[test]
fn further_code_points_of_four_bytes_agree_with_std() {
    check_code_points_of_four_bytes(0xF2..=0xF4);
}

#[test]
fn four_bytes_at_the_edges_agree_with_std() {
    for number in 0..EDGES.len().pow(3) {
        let three: Vec<u8> =
            (0..3).map(|i| EDGES[number / EDGES.len().pow(i) % EDGES.len()]).collect();
        if (1..=3).all(|len| is_possible(&three[..len])) {
            check_all_behind(&three, Cut::Chunks);
            check_all_behind(&three, Cut::Frames);
        }
    }
}
