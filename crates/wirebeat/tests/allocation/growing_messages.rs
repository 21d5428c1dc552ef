use super::*;

/// Netty CVE-2014-0193's fix went quadratic: what is copied while a message grows stays linear.
#[test]
fn failure_t05_a_message_that_grows_is_copied_a_bounded_number_of_times() {
    for role in ROLES {
        for (first, len, piece_len) in [
            (TEXT_BEGINS, 300_000, 1),
            (BINARY_BEGINS, 300_000, 1),
            (BINARY_BEGINS, 4_000_000, 1_000),
        ] {
            let (mut connection, mut meter) = metered(role, &quiet());
            let piece = vec![b'a'; piece_len];
            meter.receive(&mut connection, &mut from_peer_of(role, first, &piece));
            let more = from_peer_of(role, CONTINUES, &piece);
            let mut chunk = Vec::new();
            for _ in 0..len / piece_len / 100 {
                chunk.clear();
                (0..100).for_each(|_| chunk.extend_from_slice(&more));
                meter.receive(&mut connection, &mut chunk);
            }
            assert!(
                meter.allocated <= 4 * i64::try_from(len).expect("small") + SLACK,
                "{} for {len}",
                meter.allocated
            );
        }
    }
}

/// ws CVE-2026-48779, undici CVE-2026-12151: each tiny fragment costs more than its bytes.
#[test]
fn failure_t06_a_million_tiny_fragments_are_one_buffer() {
    for role in ROLES {
        for first in [TEXT_BEGINS, BINARY_BEGINS] {
            let (mut connection, mut meter) = metered(role, &quiet());
            let (baseline, before) = (meter.held, meter.allocations);
            meter.receive(&mut connection, &mut from_peer_of(role, first, b""));
            let pair =
                [from_peer_of(role, CONTINUES, b""), from_peer_of(role, CONTINUES, b"a")].concat();
            let thousand = pair.repeat(500);
            let mut chunk = thousand.clone();
            for thousands in 1..=1_000_i64 {
                chunk.copy_from_slice(&thousand);
                assert_eq!(meter.receive(&mut connection, &mut chunk), 0);
                let payload = thousands * 500;
                let held = meter.held - baseline;
                assert!(held <= 2 * payload + 8 * 1024, "{held} for {payload}");
            }
            // A buffer that doubles from a byte to half a million.
            assert!(meter.allocations - before <= 24, "{} allocations", meter.allocations);
            let events =
                meter.receive(&mut connection, &mut from_peer_of(role, CONTINUES_LAST, b""));
            assert_eq!((events, meter.held), (1, baseline));
        }
    }
}
