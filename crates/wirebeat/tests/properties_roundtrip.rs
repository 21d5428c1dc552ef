//! What is sent: invariants 2 and 4 of the design, with our own other end, the naive decoder, and
//! tungstenite as receivers.
#![forbid(unsafe_code)]

use proptest::prelude::*;
use wirebeat::{Config, Connection, Kind, Role, Timestamp};
use wirebeat_harness::differential::tungstenite_hears;
use wirebeat_harness::exchange::{Sending, messages, pings};
use wirebeat_harness::frame::sent_frames;
use wirebeat_harness::model::{self, Heard};
use wirebeat_harness::rules::{Rules, endpoint};
use wirebeat_harness::split::waiting;
use wirebeat_harness::strategies::{config, exchange, role, sendings};

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_roundtrip.txt");

/// What a connection sends, when the transport takes it all at the end.
fn encode(role: Role, sendings: &[Sending]) -> Vec<u8> {
    let now = Timestamp::ZERO;
    let config = Config { send_queue_len_max: usize::MAX, ..Config::default() };
    let mut connection = Connection::established(endpoint(role), &config, now);
    for sending in sendings {
        assert_eq!(sending.clone().pass(&mut connection, now), None, "there's room");
    }
    waiting(&mut connection)
}

fn heard_messages(heard: &[Heard]) -> Vec<(Kind, Vec<u8>)> {
    let message = |heard: &Heard| match heard {
        Heard::Message(kind, bytes) => Some((*kind, bytes.clone())),
        _ => None,
    };
    heard.iter().filter_map(message).collect()
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// What one end sends the other receives, whatever the network does to the bytes; and both
    /// close cleanly.
    #[test]
    fn invariant_2_what_is_sent_is_received(exchange in exchange()) {
        exchange.check();
    }

    /// What we send is what the naive decoder receives: messages and pings, in order.
    #[test]
    fn invariant_2_the_model_receives_what_is_sent(role in role(), sendings in sendings(12)) {
        let wire = encode(role, &sendings);
        let decoded = model::decode(&wire, &Rules::of_peer(role));
        prop_assert_eq!(decoded.failed_at, None);
        let heard = model::whole(&decoded.heard);
        prop_assert_eq!(heard_messages(&heard), messages(&sendings));
        let pings_heard = heard.into_iter().filter_map(|heard| match heard {
            Heard::Ping(payload) => Some(payload),
            _ => None,
        });
        prop_assert_eq!(pings_heard.collect::<Vec<_>>(), pings(&sendings));
    }

    /// What we send is what tungstenite receives.
    #[test]
    fn invariant_2_tungstenite_receives_what_is_sent(role in role(), sendings in sendings(12)) {
        let (heard, refusal) = tungstenite_hears(encode(role, &sendings), role.peer());
        prop_assert!(refusal.is_none(), "{refusal:?}");
        prop_assert_eq!(heard_messages(&heard), messages(&sendings));
    }

    /// A server never masks, and a client masks each frame with a key of its own
    /// (RFC 6455 §5.1, §5.3).
    #[test]
    fn clients_mask_with_fresh_keys_and_servers_never(role in role(), sendings in sendings(12)) {
        let wire = encode(role, &sendings);
        let frames = sent_frames(&wire, 0, role);
        if role == Role::Client {
            let keys = frames.iter().map(|f| &wire[f.payload_start - 4..f.payload_start]);
            let fresh: std::collections::BTreeSet<_> = keys.clone().collect();
            prop_assert_eq!(fresh.len(), keys.count());
        }
    }

    /// The same seed and the same calls give the same bytes.
    #[test]
    fn invariant_4_an_exchange_repeats_itself(exchange in exchange()) {
        prop_assert_eq!(exchange.run(), exchange.run());
    }
}
