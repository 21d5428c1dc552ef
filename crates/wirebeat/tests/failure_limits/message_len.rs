//! Netty CVE-2014-0193, Bandit CVE-2026-42786: a limit on the frame, not on the message.

use super::*;

#[test]
fn failure_t05_endless_fragments_fail_one_byte_past_the_limit() {
    for role in ROLES {
        for first in [TEXT_BEGINS, BINARY_BEGINS] {
            let config = Config { message_len_max: 10_000, ..Config::default() };
            let mut connection = open(role, &config);
            receive(&mut connection, START, &from_peer_of(role, first, b"a"));
            let more = from_peer_of(role, CONTINUES, b"a");
            for _ in 1..10_000 {
                receive(&mut connection, START, &more);
                assert_eq!(connection.ready_state(), ReadyState::Open);
            }
            // Empty ones are no byte more, in any number.
            let empty = from_peer_of(role, CONTINUES, b"");
            receive(&mut connection, START, &empty.repeat(1_000));
            assert_eq!(connection.ready_state(), ReadyState::Open);
            assert_eq!(receive(&mut connection, START, &more), []);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1009));
        }
    }
}
