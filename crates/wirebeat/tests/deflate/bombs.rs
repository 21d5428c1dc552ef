//! Failure T10: a message that gets a thousand times as long, and more, costs no more than the limit
//! and one window.

use super::*;
use allocation_counter::measure;

const LIMIT: usize = 1 << 20;
/// A window; and the codec's own: its tables and windows, and the block that text goes through.
const OVER: usize = 32 * 1024;
const CODEC: usize = 64 * 1024;

/// Zeros, compressed: about one byte in a thousand is left.
fn bomb(len: usize) -> Vec<u8> {
    let deflate = Deflate::default().level(9);
    let mut sender = deflated_with(Role::Server, &unlimited(), &deflate, no_takeover());
    sender.send(START, vec![b'0'; len]).expect("room");
    let sent = frames(&write_all(&mut sender, START));
    assert!(sent[0].payload.len() < len / 500);
    sent[0].payload.clone()
}

fn unlimited() -> Config {
    Config { send_queue_len_max: usize::MAX, ..Config::default() }
}

fn limited() -> Config {
    Config { message_len_max: LIMIT as u64, ..Config::default() }
}

#[test]
fn failure_t10_a_bomb_costs_no_more_than_the_limit() {
    let bomb = bomb(64 << 20);
    for role in ROLES {
        for parameters in [takeover(), no_takeover()] {
            for first in [TEXT, BINARY] {
                for fragment_len in [1, 100, usize::MAX] {
                    let mut connection = deflated(role, &limited(), parameters);
                    let mut wire = Vec::new();
                    for (index, fragment) in bomb.chunks(fragment_len).enumerate() {
                        let first = if index == 0 { first & 0x0F | RSV1 } else { CONTINUES };
                        wire.extend(from_peer_of(role, first, fragment));
                    }
                    let mut events = Vec::new();
                    let info = measure(|| {
                        let mut input = Input::new(&mut wire);
                        while let Some(event) = connection.receive(START, &mut input) {
                            events.push(event.into_owned());
                        }
                    });
                    assert_eq!(events, []);
                    let error = ProtocolError::MessageTooLarge { message_len_max: LIMIT as u64 };
                    let reason = connection.cause().map(|cause| cause.reason);
                    assert_eq!(reason, Some(Reason::Protocol(error)));
                    assert_eq!(only_close(&waiting(&mut connection)), Some(1009));
                    // A buffer that grows is there twice while it's moved, at the most.
                    let most = 2 * LIMIT + OVER + CODEC;
                    assert!(info.bytes_max <= most as u64, "{} bytes", info.bytes_max);
                }
            }
        }
    }
}

/// The limit is inclusive, for what comes out, however much goes in.
#[test]
fn the_message_limit_holds_for_what_comes_out() {
    for role in ROLES {
        for first in [TEXT, BINARY] {
            for (len, fits) in [(LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false)] {
                let mut connection = deflated(role, &limited(), takeover());
                let wire = from_peer_of(role, first | RSV1, &bomb(len));
                let events = receive(&mut connection, START, &wire);
                assert_eq!(events.len(), usize::from(fits), "{len}");
            }
            // What can't be compressed takes a little more than it is.
            let stored = |len: usize| {
                let mut payload = Vec::new();
                for block in vec![b'x'; len].chunks(100) {
                    let len = u16::try_from(block.len()).expect("a short block");
                    payload.push(0);
                    payload.extend(len.to_le_bytes());
                    payload.extend((!len).to_le_bytes());
                    payload.extend(block);
                }
                payload.push(0);
                payload
            };
            for (len, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
                let mut connection = deflated(role, &limited(), takeover());
                let wire = from_peer_of(role, first | RSV1, &stored(len));
                assert_eq!(
                    receive(&mut connection, START, &wire).len(),
                    usize::from(fits),
                    "{len}"
                );
            }
        }
    }
}

/// A declared length is a claim: one that no message within the limit has is refused at once.
#[test]
fn a_compressed_length_that_no_message_has_is_refused_at_once() {
    for role in ROLES {
        for (len, fits) in [(LIMIT as u64 + LIMIT as u64 / 8, true), (2 * LIMIT as u64, false)] {
            let mut connection = deflated(role, &limited(), takeover());
            receive(&mut connection, START, &head_from_peer_of(role, BINARY | RSV1, len));
            assert_eq!(connection.cause().is_none(), fits);
        }
        let config = Config { frame_len_max: 10, ..Config::default() };
        let mut connection = deflated(role, &config, takeover());
        receive(&mut connection, START, &head_from_peer_of(role, BINARY | RSV1, 11));
        let error = ProtocolError::FrameTooLarge { payload_len: 11, payload_len_max: 10 };
        let reason = connection.cause().map(|cause| cause.reason);
        assert_eq!(reason, Some(Reason::Protocol(error)));
    }
}

#[test]
fn the_ratio_is_limited_if_it_is_asked_for() {
    let bomb = bomb(LIMIT);
    for role in ROLES {
        for first in [TEXT, BINARY] {
            for (ratio_max, fits) in [(None, true), (Some(2000), true), (Some(100), false)] {
                let deflate = Deflate::default().ratio_max(ratio_max);
                let mut connection = deflated_with(role, &limited(), &deflate, takeover());
                let wire = from_peer_of(role, first | RSV1, &bomb);
                assert_eq!(receive(&mut connection, START, &wire).len(), usize::from(fits));
                if let (Some(ratio_max), false) = (ratio_max, fits) {
                    let error = ProtocolError::DeflateRatio { ratio_max };
                    let reason = connection.cause().map(|cause| cause.reason);
                    assert_eq!(reason, Some(Reason::Protocol(error)));
                    assert_eq!(only_close(&waiting(&mut connection)), Some(1009));
                }
            }
            // The first 64 KiB are free.
            let deflate = Deflate::default().ratio_max(Some(2));
            let mut connection = deflated_with(role, &limited(), &deflate, takeover());
            let wire = from_peer_of(role, first | RSV1, &super::bombs::bomb(64 * 1024));
            assert_eq!(receive(&mut connection, START, &wire).len(), 1);
        }
    }
}
