//! The fuzz targets of permessage-deflate on generated cases, and on the fuzzers' inputs.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use wirebeat::extension::{Deflate, DeflateParameters};
use wirebeat_harness::scenario::Scenario;
use wirebeat_harness::{deflate_pair, extension_header, inflate};

/// Runs a harness function on every input of a target.
fn replay(target: &str, harness: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(corpus).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        println!("{}", path.display());
        harness(&fs::read(path).expect("it can be read"));
        count += 1;
    }
    assert!(count > 0, "an empty corpus");
}

#[test]
fn the_corpora_are_replayed() {
    replay("extension_header", extension_header);
    replay("inflate", inflate);
    replay("deflate_pair", deflate_pair);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_bytes_are_a_header_or_not(data in prop::collection::vec(any::<u8>(), 0..100)) {
        extension_header(&data);
    }

    #[test]
    fn any_text_of_its_signs_is_a_header_or_not(text in "[ab=;,\"\\\\ \t]{0,30}") {
        extension_header(text.as_bytes());
    }

    /// Invariants 1 and 3, with the extension on: any bytes as compressed data.
    #[test]
    fn any_bytes_are_compressed_messages_or_not(data in prop::collection::vec(any::<u8>(), 0..300)) {
        inflate(&data);
    }

    /// The same for data that is right but for a byte or two.
    #[test]
    fn compressed_messages_with_a_wrong_byte_are_read_alike_however_they_are_cut(
        head in prop::array::uniform6(any::<u8>()),
        message in prop::collection::vec(0x61..0x65_u8, 1..200),
        takeover in any::<bool>(),
        wrong in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut data = vec![head[0], if takeover { 0 } else { 3 }, head[1], head[2], head[3], head[4]];
        let mut wire = compressed(&message);
        if let Some((index, byte)) = wrong {
            let at = index.index(wire.len());
            wire[at] = byte;
        }
        for _ in 0..2 {
            // In one frame; the length is that of the source's shortest form.
            data.push(1 | (head[5] & 2));
            data.push(u8::try_from(wire.len().min(39)).unwrap());
            data.extend(&wire[..wire.len().min(39)]);
        }
        inflate(&data);
    }

    /// Invariants 2 and 7, with the extension on: two ends, in any order of calls.
    #[test]
    fn what_is_sent_is_heard(data in prop::collection::vec(any::<u8>(), 0..300)) {
        deflate_pair(&data);
    }

    /// Invariants 3 to 7 and 9, with the extension on: any calls in any order. What is said of frames
    /// and payloads, `deflate_pair` holds to.
    #[test]
    fn any_calls_are_as_safe_where_messages_are_compressed(
        scenario in wirebeat_harness::strategies::scenario(),
        no_context_takeover in any::<bool>(),
    ) {
        use wirebeat_harness::invariants;
        use wirebeat_harness::runner::run_deflated;

        let parameters = DeflateParameters {
            server_no_context_takeover: no_context_takeover,
            client_no_context_takeover: no_context_takeover,
            ..DeflateParameters::default()
        };
        let scenario = Scenario { established: true, ..scenario };
        let trace = run_deflated(&scenario, parameters);
        invariants::comes_to_an_end(&trace);
        invariants::ready_state_only_grows(&trace);
        invariants::events_keep_their_order(&trace);
        invariants::nothing_is_sent_once_closed(&trace);
        invariants::idle_calls_change_nothing(&trace);
        invariants::deadlines_lie_ahead(&trace);
        prop_assert!(run_deflated(&scenario, parameters) == trace, "the same calls, other bytes");
    }
}

/// What a connection of ours makes of a message.
fn compressed(message: &[u8]) -> Vec<u8> {
    use wirebeat::{Config, Connection, Endpoint, Timestamp};

    let connection = Connection::established(Endpoint::Server, &Config::default(), Timestamp::ZERO);
    let deflate = Deflate::default().message_len_min(1);
    let mut connection = connection.with_deflate(&deflate, DeflateParameters::default());
    connection.send(Timestamp::ZERO, message).expect("it holds");
    let wire = wirebeat_harness::split::waiting(&mut connection);
    wire[if wire[1] == 126 { 4 } else { 2 }..].to_vec()
}
