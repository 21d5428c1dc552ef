//! ws-rs CVE-2020-35896, tokio-tungstenite #286: an unbounded write buffer. The peer reads nothing,
//! and the application sends a million messages.

use super::*;

#[test]
fn failure_t30_a_stalled_peer_and_a_million_sends_stay_within_the_limit() {
    for role in ROLES {
        let config = Config::default();
        let mut connection = open(role, &config);
        let mut taken = 0_u64;
        for number in 0..1_000_000_u32 {
            match connection.send(START, &number.to_be_bytes()) {
                Ok(()) => taken += 1,
                Err(error) => {
                    assert_eq!(error.reason, SendErrorReason::Full);
                    assert_eq!(error.unsent, Message::from(&number.to_be_bytes()));
                }
            }
        }
        let wire = waiting(&mut connection);
        assert!(wire.len() <= config.send_queue_len_max + 14, "{}", wire.len());
        assert_eq!(connection.buffered_amount(), taken * 4);
        // Those that were taken are all there, in order.
        let sent = frames(&wire);
        assert_eq!(sent.len() as u64, taken);
        assert!(sent.iter().zip(0_u32..).all(|(frame, n)| frame.payload == n.to_be_bytes()));
    }
}

#[test]
fn failure_t30_fragments_pings_and_prepared_messages_are_bounded_alike() {
    let config = Config { send_queue_len_max: 10_000, ..Config::default() };
    let prepared = Prepared::new(&[0; 100]);
    type Send<'p> = dyn Fn(&mut Connection) -> bool + 'p;
    let ways: [&Send<'_>; 3] = [
        &|connection| {
            let first = (waiting(connection).is_empty()).then_some(Kind::Binary);
            connection.send_fragment(START, first, &[0; 100], false).is_ok()
        },
        &|connection| connection.ping(START, &[0; 100]).is_ok(),
        &|connection| connection.send_prepared(START, &prepared).is_ok(),
    ];
    for role in ROLES {
        for send in ways {
            let mut connection = open(role, &config);
            let taken = (0..1_000).filter(|_| send(&mut connection)).count();
            assert!(taken < 100, "{taken}");
            assert!(waiting(&mut connection).len() <= 10_000 + 14);
        }
    }
}
