//! curl CVE-2025-10148, Beast 749e54f: a mask that's reused or can be foretold.

use super::*;

const COUNT: u32 = 1_000_000;

fn keys(seed: u8) -> Vec<u32> {
    let endpoint = wirebeat::Endpoint::Client(wirebeat::Seed::new([seed; 32]));
    let mut client = Connection::established(endpoint, &Config::default(), START);
    let mut keys = Vec::new();
    while keys.len() < COUNT as usize {
        for _ in 0..1_000 {
            client.send(START, "").expect("room");
        }
        for frame in write_all(&mut client, START).chunks(6) {
            keys.push(u32::from_le_bytes([frame[2], frame[3], frame[4], frame[5]]));
        }
    }
    keys
}

/// RFC 6455 §5.3: "The masking key needs to be unpredictable". Of a million 32-bit numbers drawn
/// at random, 116 meet an equal one, give or take eleven.
#[test]
fn failure_t27_a_million_keys_are_as_distinct_as_random_numbers() {
    let keys = keys(7);
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let meetings = keys.len() - sorted.len();
    assert!((50..=190).contains(&meetings), "{meetings} keys came twice");
    for bit in 0..32 {
        let ones = keys.iter().filter(|key| *key >> bit & 1 == 1).count();
        // Six standard deviations.
        assert!((497_000..=503_000).contains(&ones), "bit {bit} is set in {ones}");
    }
    let equal_neighbours = keys.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(equal_neighbours <= 1, "{equal_neighbours} keys were used twice running");
}

#[test]
fn failure_t27_connections_have_keys_of_their_own() {
    let (ours, theirs) = (&keys(1)[..1_000], &keys(2)[..1_000]);
    assert!(ours.iter().zip(theirs).all(|(ours, theirs)| ours != theirs));
}

/// Every frame of a client's, of whatever kind, with a key of its own.
#[test]
fn failure_t27_every_kind_of_frame_has_a_key_of_its_own() {
    let mut client = open(Role::Client, &Config::default());
    client.send(START, &[0; 32]).expect("room");
    client.send(START, Bytes::from(vec![0; 5_000])).expect("room");
    client.send_fragment(START, Some(Kind::Binary), &[0; 32], false).expect("room");
    client.send_fragment(START, None, &[0; 32], true).expect("room");
    let prepared = Prepared::new(&[0; 32]);
    client.send_prepared(START, &prepared).expect("room");
    client.send_prepared(START, &prepared).expect("room");
    client.ping(START, &[0; 32]).expect("room");
    receive(&mut client, START, &from_peer_of(Role::Client, PING, &[0; 32]));
    client.handle_timeout(START + secs(20));
    client.close(START, Some(CloseFrame::new(1000, "bye").expect("valid"))).expect("ours");
    let mut wire = &write_all(&mut client, START)[..];
    let mut keys = Vec::new();
    while let [_, second, rest @ ..] = wire {
        assert_eq!(second & 0x80, 0x80, "§5.3: a client masks every frame");
        let (len, rest) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            len => (usize::from(len), rest),
        };
        keys.push(&rest[..4]);
        wire = &rest[4 + len..];
    }
    assert_eq!(keys.len(), 10);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 10, "a key was used twice");
}

/// §5.1, §5.3: a server masks nothing.
#[test]
fn failure_t27_who_must_mask_is_held_to_it() {
    let masked = from_peer_of(Role::Server, TEXT, b"x");
    let unmasked = from_peer_of(Role::Client, TEXT, b"x");
    for (role, bad, error) in [
        (Role::Server, &unmasked, ProtocolError::NotMasked),
        (Role::Client, &masked, ProtocolError::Masked),
    ] {
        for first in [TEXT, BINARY, CLOSE, PING, PONG, TEXT_BEGINS] {
            let mut connection = open(role, &Config::default());
            let bad = [&[first], &bad[1..]].concat();
            assert_eq!(receive(&mut connection, START, &bad), []);
            let cause = connection.cause().map(|cause| cause.reason);
            assert_eq!(cause, Some(Reason::Protocol(error)));
        }
    }
    let mut server = open(Role::Server, &Config::default());
    server.send(START, "x").expect("room");
    assert_eq!(waiting(&mut server), unmasked);
}
