//! The Autobahn test suite on every adapter, as `tests/autobahn/README.md` describes it, and that
//! nothing which goes wrong there passes.
#![forbid(unsafe_code)]
#![allow(clippy::panic, reason = "what goes wrong fails the test")]

use std::io;

use wirebeat_tests::autobahn::{Kosoku, Selection, Verdicts, Wstest, test_client, test_server};

/// The programs that are tested, one for each adapter.
const IMPLEMENTATIONS: [&str; 2] =
    [env!("CARGO_BIN_EXE_autobahn_std"), env!("CARGO_BIN_EXE_autobahn_tokio")];

/// Runs the selection on each implementation. It fails with the cases that did.
fn each(test: impl Fn(&'static str) -> io::Result<Verdicts>) {
    for implementation in IMPLEMENTATIONS {
        if let Err(error) = test(implementation) {
            panic!("{implementation}:\n{error}");
        }
    }
}

#[test]
#[ignore = "a suite of its own, which .ci/run runs"]
fn sections_1_to_7_and_10_are_passed_by_servers() {
    each(|implementation| test_server(&Kosoku, implementation, Selection::Protocol));
}

#[test]
#[ignore = "a suite of its own, which .ci/run runs"]
fn sections_1_to_7_and_10_are_passed_by_clients() {
    each(|implementation| test_client(&Kosoku, implementation, Selection::Protocol));
}

#[test]
#[ignore = "a suite of its own, which .ci/run runs"]
fn a_slice_of_12_and_13_is_passed_by_servers() {
    each(|implementation| test_server(&Kosoku, implementation, Selection::CompressionSlice));
}

#[test]
#[ignore = "a suite of its own, which .ci/run runs"]
fn a_slice_of_12_and_13_is_passed_by_clients() {
    each(|implementation| test_client(&Kosoku, implementation, Selection::CompressionSlice));
}

#[test]
#[ignore = "a suite of its own, which .ci/run all runs"]
fn sections_12_and_13_are_passed_by_servers() {
    each(|implementation| test_server(&Kosoku, implementation, Selection::Compression));
}

#[test]
#[ignore = "a suite of its own, which .ci/run all runs"]
fn sections_12_and_13_are_passed_by_clients() {
    each(|implementation| test_client(&Kosoku, implementation, Selection::Compression));
}

#[test]
#[ignore = "a suite of its own, which .ci/run all runs"]
fn section_9_is_passed_by_servers() {
    each(|implementation| test_server(&Kosoku, implementation, Selection::Load));
}

#[test]
#[ignore = "a suite of its own, which .ci/run all runs"]
fn section_9_is_passed_by_clients() {
    each(|implementation| test_client(&Kosoku, implementation, Selection::Load));
}

#[test]
#[ignore = "a suite of its own, which .ci/run all runs where Python 2.7 is at hand"]
fn wstest_gives_the_same_verdicts() {
    for selection in [Selection::Protocol, Selection::Load] {
        for test in [test_server, test_client] {
            each(|implementation| {
                let verdicts = test(&Wstest, implementation, selection)?;
                assert_eq!(verdicts, test(&Kosoku, implementation, selection)?);
                Ok(verdicts)
            });
        }
    }
}
