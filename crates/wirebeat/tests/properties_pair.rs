//! Two ends and the links between them: invariant 13 of the design, and what 1, 2 and 11 come to when
//! links fail.
#![forbid(unsafe_code)]

use proptest::collection::vec;
use proptest::prelude::*;
use wirebeat_harness::differential::check_agreement;
use wirebeat_harness::pair::check;
use wirebeat_harness::strategies::{broken_stream, config, role, script, valid_frames, written};

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_pair.txt");

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// Whatever the links do (cut, hold back, end, lose, swallow or change bytes), after every step
    /// each end looks as the naive connection does, and both come to an end (RFC 6455 §7).
    #[test]
    fn invariant_13_two_ends_over_a_faulty_link_agree_with_the_model(script in script()) {
        check(&script);
    }

    /// Our decoder and tungstenite's hear the same of a stream that breaks no rule.
    #[test]
    fn invariant_13_tungstenite_hears_what_we_hear(
        (role, frames) in role().prop_flat_map(|role| (Just(role), valid_frames(role))),
    ) {
        check_agreement(role, &written(&frames));
    }

    /// And of one that does, but for what `is_known_difference` lists.
    #[test]
    fn invariant_13_tungstenite_refuses_what_we_refuse(
        (role, stream) in role().prop_flat_map(|role| (Just(role), broken_stream(role))),
    ) {
        check_agreement(role, &stream);
    }

    /// And of bytes of any kind.
    #[test]
    fn invariant_13_tungstenite_agrees_about_any_bytes(data in vec(any::<u8>(), 0..200)) {
        wirebeat_harness::differential_tungstenite(&data);
    }
}
