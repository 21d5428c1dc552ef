//! Masking, in every way that the core does it, against one byte at a time (§5.3).

use wirebeat::{Config, Connection, Event, Input, Message, Role, Seed, Timestamp, frame};

use crate::frame::Frame;
use crate::rules::{Rules, endpoint};
use crate::source::Source;
use crate::split::waiting;

/// The harness of the target `mask`: a key, where the payload lies in memory, where it's cut, how
/// often it's repeated, and the payload.
///
/// # Panics
///
/// If a byte isn't masked with its octet of the key.
pub fn mask(data: &[u8]) {
    let mut source = Source::new(data);
    let key = [source.byte(), source.byte(), source.byte(), source.byte()];
    let (shift, cut) = (usize::from(source.below(65)), usize::from(source.number()));
    let repeats = 1 << source.below(8);
    check_mask(key, shift, cut, &source.rest().repeat(repeats));
}

/// "octet i of the transformed data is the XOR of octet i of the original data with octet at index i
/// modulo 4 of the masking key".
fn masked(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

/// Checks what masking makes of a payload that lies `shift` bytes behind another, whole and in two
/// pieces, and what is sent and received of it.
///
/// # Panics
///
/// As [`mask`].
pub fn check_mask(key: [u8; 4], shift: usize, cut: usize, payload: &[u8]) {
    let expected = masked(payload, key);
    let mut bytes = vec![0x5A; shift];
    bytes.extend_from_slice(payload);
    frame::mask(&mut bytes[shift..], key);
    assert_eq!(bytes[shift..], expected);
    assert!(bytes[..shift].iter().all(|byte| *byte == 0x5A), "masked what lies before it");

    let (first, second) = bytes[shift..].split_at_mut(cut % (payload.len() + 1));
    frame::mask(first, key);
    let mut rotated = key;
    rotated.rotate_left(first.len() % 4);
    frame::mask(second, rotated);
    assert_eq!(bytes[shift..], *payload, "unmasked in two pieces");

    check_received(key, cut, payload);
    check_sent(payload);
}

/// A message is unmasked, in one chunk or in two.
fn check_received(key: [u8; 4], cut: usize, payload: &[u8]) {
    let mut wire = Vec::new();
    Frame { key: Some(key), ..Frame::new(Role::Server, 2, payload) }.write(&mut wire);
    for cut in [wire.len(), cut % wire.len()] {
        let mut server =
            Rules { message_len_max: u64::MAX, ..Rules::new(Role::Server) }.connection();
        let mut wire = wire.clone();
        let (first, second) = wire.split_at_mut(cut);
        let mut events = Vec::new();
        for chunk in [first, second] {
            let mut input = Input::new(chunk);
            while let Some(event) = server.receive(Timestamp::ZERO, &mut input) {
                events.push(event.into_owned());
            }
        }
        assert!(events == [Event::Message(Message::from(payload))], "cut at {cut}");
    }
}

/// A client's message is masked with the key that stands in its frame, whoever owns the payload.
fn check_sent(payload: &[u8]) {
    let config = Config { send_queue_len_max: usize::MAX, ..Config::default() };
    let seed = Seed::new([3; 32]);
    for message in [Message::from(payload), Message::from(payload.to_vec())] {
        for role in [Role::Client, Role::Server] {
            let endpoint = match role {
                Role::Client => wirebeat::Endpoint::Client(seed.clone()),
                Role::Server => endpoint(role),
            };
            let mut connection = Connection::established(endpoint, &config, Timestamp::ZERO);
            connection.send(Timestamp::ZERO, message.clone()).expect("there's room");
            let wire = waiting(&mut connection);
            let (head, sent) = wire.split_at(wire.len() - payload.len());
            let key = match role {
                Role::Client => *head.last_chunk().expect("a key"),
                Role::Server => [0; 4],
            };
            assert_eq!(sent, masked(payload, key), "as a {role:?}");
        }
    }
}
