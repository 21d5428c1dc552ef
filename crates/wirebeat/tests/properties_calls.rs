//! Any calls in any order: invariants 3 to 9 of the design.
#![forbid(unsafe_code)]

use proptest::prelude::*;
use wirebeat_harness::invariants;
use wirebeat_harness::runner::run;
use wirebeat_harness::strategies::{config, scenario};

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_calls.txt");

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// No call panics or loops, and however it went, the connection ends.
    #[test]
    fn invariant_3_no_calls_panic_and_all_come_to_an_end(scenario in scenario()) {
        invariants::comes_to_an_end(&run(&scenario));
    }

    #[test]
    fn invariant_4_the_same_calls_give_the_same_bytes(scenario in scenario()) {
        invariants::same_calls_same_bytes(&scenario, &run(&scenario));
    }

    /// As WHATWG WebSockets §3.1 has it.
    #[test]
    fn invariant_5_ready_state_only_grows(scenario in scenario()) {
        invariants::ready_state_only_grows(&run(&scenario));
    }

    #[test]
    fn invariant_5_closed_is_reported_once_and_last(scenario in scenario()) {
        let trace = run(&scenario);
        invariants::events_keep_their_order(&trace);
        invariants::the_last_event_says_how_it_ended(&trace);
    }

    #[test]
    fn invariant_6_nothing_is_sent_once_closed(scenario in scenario()) {
        invariants::nothing_is_sent_once_closed(&run(&scenario));
    }

    /// RFC 6455 §5.5.1: "The application MUST NOT send any more data frames after sending a Close
    /// frame."
    #[test]
    fn invariant_6_no_data_is_sent_behind_our_close(scenario in scenario()) {
        invariants::frames_are_sent_as_the_rfc_wants(&run(&scenario));
    }

    #[test]
    fn invariant_7_calls_with_nothing_to_do_change_nothing(scenario in scenario()) {
        invariants::idle_calls_change_nothing(&run(&scenario));
    }

    #[test]
    fn invariant_8_buffered_amount_falls_only_by_bytes_taken(scenario in scenario()) {
        invariants::buffered_amount_is_what_was_not_taken(&run(&scenario));
    }

    #[test]
    fn invariant_9_deadlines_lie_ahead(scenario in scenario()) {
        invariants::deadlines_lie_ahead(&run(&scenario));
    }

    #[test]
    fn invariant_9_time_that_goes_backwards_changes_nothing(scenario in scenario()) {
        invariants::backward_time_changes_nothing(&scenario);
    }

    /// RFC 6455 §5.5.3.
    #[test]
    fn at_most_sixteen_pongs_wait(scenario in scenario()) {
        invariants::few_pongs_wait(&run(&scenario));
    }

    #[test]
    fn invariant_11_messages_are_sent_in_order_or_reported_lost(scenario in scenario()) {
        invariants::messages_are_sent_in_order_or_reported_lost(&run(&scenario));
    }
}
