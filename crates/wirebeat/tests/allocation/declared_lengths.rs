//! jetty CVE-2026-19204, rust-websocket CVE-2022-35922, aiohttp CVE-2026-54274: what is declared is
//! allocated, and a partial payload escapes the limits.

use super::*;

const DECLARED: [u64; 9] =
    [1, 125, 4_096, 65_536, 1 << 20, (16 << 20) - 1, 16 << 20, 1 << 31, (1 << 63) - 1];

/// Limits as wide as they go.
fn unlimited() -> Config {
    Config { message_len_max: u64::MAX, ..quiet() }
}

#[test]
fn failure_t03_a_declared_length_is_not_allocated() {
    for role in ROLES {
        for config in [quiet(), unlimited()] {
            for first in [TEXT, BINARY, TEXT_BEGINS, BINARY_BEGINS] {
                for declared in DECLARED {
                    let (mut connection, mut meter) = metered(role, &config);
                    let mut wire = head_from_peer_of(role, first, declared);
                    // The key of the peer makes these "a".
                    let few = usize::try_from(declared.min(40)).expect("few");
                    wire.extend((0..few).map(|i| match role {
                        Role::Server => b'a' ^ KEY[i % 4],
                        Role::Client => b'a',
                    }));
                    for byte in &mut wire {
                        meter.receive(&mut connection, core::slice::from_mut(byte));
                    }
                }
            }
        }
    }
}

/// A connection earns its buffers: by what came of this message, or by the one before.
#[test]
fn failure_t03_nor_after_large_messages() {
    for role in ROLES {
        for (first, declared) in [(TEXT, 16 << 20), (BINARY, 16 << 20), (BINARY, 1 << 31)] {
            let (mut connection, mut meter) = metered(role, &unlimited());
            let baseline = meter.held;
            for piece in message(role, first, 1 << 20).chunks_mut(10_000) {
                meter.receive(&mut connection, piece);
            }
            assert_eq!(meter.held, baseline, "nothing is held once it's handed over");
            let mut wire = head_from_peer_of(role, BINARY_BEGINS, declared);
            wire.push(0);
            meter.receive(&mut connection, &mut wire);
            assert!(meter.held - baseline <= 1 << 20, "the message before was a MiB");
        }
    }
}

#[test]
fn failure_t03_nor_for_what_is_read_straight_into_the_message() {
    for role in ROLES {
        for declared in [16 * 1024, 100_000, 16 << 20] {
            let (mut connection, mut meter) = metered(role, &quiet());
            meter.receive(&mut connection, &mut head_from_peer_of(role, BINARY, declared));
            let mut left = usize::try_from(declared).expect("small").min(300_000);
            while left > 0 {
                let read = meter.read_into_target(&mut connection, &vec![1; left.min(50_000)]);
                let rest = if read == 0 {
                    meter.receive(&mut connection, &mut vec![1; left.min(1_000)]);
                    left.min(1_000)
                } else {
                    read
                };
                left -= rest;
            }
        }
    }
}

/// Long messages, in pieces of every size.
#[test]
fn failure_t03_the_bound_holds_while_a_message_grows() {
    for role in ROLES {
        for first in [TEXT, BINARY] {
            for len in [5_000, 65_536, 300_000] {
                for piece_len in [1, 7, 1_000, 4_096, 20_000] {
                    let (mut connection, mut meter) = metered(role, &quiet());
                    let baseline = meter.held;
                    for piece in message(role, first, len).chunks_mut(piece_len) {
                        meter.receive(&mut connection, piece);
                    }
                    assert_eq!(meter.held, baseline, "nothing is held once it's handed over");
                }
            }
        }
    }
}

/// Streams of any frames, cut anywhere, with lengths that are declared and don't come.
#[test]
fn failure_t03_the_bound_holds_for_streams_of_all_kinds() {
    let mut numbers = Numbers::new(3);
    for round in 0..600 {
        let role = ROLES[round % 2];
        let delivery = match round % 5 {
            0 => Delivery::Pieces { message_len_max: None, frame_len_max: None },
            _ => Delivery::Whole,
        };
        let config = Config { delivery, ..quiet() };
        let (mut connection, mut meter) = metered(role, &config);
        let mut stream = Vec::new();
        for _ in 0..numbers.below(8) {
            let len = [0, 1, 100, 130, 3_000, 5_000, 70_000][numbers.below(7)];
            let kinds: &[u8] = match numbers.below(4) {
                0 => &[TEXT],
                1 => &[BINARY],
                2 => &[TEXT_BEGINS, CONTINUES, PING, CONTINUES_LAST],
                _ => &[BINARY_BEGINS, CONTINUES, CONTINUES, CONTINUES_LAST],
            };
            for first in kinds {
                let len = if *first == PING { len.min(125) } else { len };
                stream.extend(from_peer_of(role, *first, &vec![b'a'; len]));
            }
        }
        let declared = DECLARED[numbers.below(DECLARED.len())];
        stream.extend(head_from_peer_of(role, BINARY, declared));
        let piece_len =
            [1_000, 1 + numbers.below(5_000), 1 + numbers.below(200_000)][numbers.below(3)];
        for piece in stream.chunks_mut(piece_len) {
            meter.receive(&mut connection, piece);
        }
    }
}

/// gorilla CVE-2020-27813 and others: refused before a byte is allocated for it. What is allocated
/// is our own answer.
#[test]
fn failure_t01_a_length_that_is_refused_costs_nothing() {
    for role in ROLES {
        for len in [(16 << 20) + 1, 1 << 31, 1 << 32, 1 << 53, (1 << 63) - 1, 1 << 63, u64::MAX] {
            for first in [TEXT, BINARY, TEXT_BEGINS] {
                let (mut connection, mut meter) = metered(role, &quiet());
                let before = meter.allocated;
                meter.receive(&mut connection, &mut head_from_peer_of(role, first, len));
                assert!(connection.cause().is_some());
                assert!(meter.allocated - before < 512, "{} bytes", meter.allocated - before);
            }
        }
    }
}
