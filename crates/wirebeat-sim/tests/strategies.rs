//! The strategies for proptest: what they draw, and what it shrinks to.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use wirebeat_sim::{Fault, FaultKind, FaultKinds, Link, Script, Swarm};

const TIME: Duration = Duration::from_secs(120);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn scripts(kinds: &FaultKinds, servers: &[&str], clients: &[&str]) -> BoxedStrategy<Script> {
    let (servers, clients) = (&names(servers)[..], &names(clients)[..]);
    Swarm { kinds, servers, clients, time: TIME, faults_max: 12 }.strategy()
}

proptest! {
    #[test]
    fn a_script_is_over_in_time_and_reads_as_it_is_written(
        script in scripts(&FaultKinds::of(FaultKind::ALL), &["s1", "s2"], &["alice", "bob"])
    ) {
        prop_assert!(script.events().len() <= 12);
        prop_assert!(script.end() <= TIME);
        prop_assert_eq!(script.to_string().parse::<Script>()?, script);
    }

    #[test]
    fn a_script_has_only_the_faults_that_are_asked_for_and_have_hosts(
        script in scripts(&FaultKinds::of([FaultKind::Crash, FaultKind::Offline]), &[], &["alice"])
    ) {
        for event in script.events() {
            let is_offline = matches!(&event.fault, Fault::Offline { host, .. } if host == "alice");
            prop_assert!(is_offline, "{}", event);
        }
    }

    #[test]
    fn without_hosts_nothing_goes_wrong(script in scripts(&FaultKinds::of(FaultKind::ALL), &[], &[])) {
        prop_assert_eq!(script, Script::default());
    }
}

#[test]
fn a_script_shrinks_to_the_one_fault_that_matters_as_short_as_it_may_be() {
    let strategy = scripts(&FaultKinds::usual(), &["server"], &["alice", "bob"]);
    let failed = runner().run(&strategy, |script| {
        let is_away = |fault: &Fault| match fault {
            Fault::Crash { time, .. } => *time >= Duration::from_millis(500),
            _ => false,
        };
        prop_assert!(!script.events().iter().any(|event| is_away(&event.fault)));
        Ok(())
    });
    let Err(TestError::Fail(_, script)) = failed else { panic!("there's a crash: {failed:?}") };
    assert_eq!(script.to_string(), "0s crash server for 500ms\n");
}

#[test]
fn a_line_shrinks_to_the_ideal_one_but_for_what_matters() {
    let failed = runner().run(&any::<Link>(), |link| {
        prop_assert!(link.latency.max() < Duration::from_millis(250));
        Ok(())
    });
    let Err(TestError::Fail(_, link)) = failed else { panic!("some are slow: {failed:?}") };
    let latency = wirebeat_sim::Latency::fixed(Duration::from_millis(250));
    assert_eq!(link, Link { latency, ..Link::ideal() });
}

/// Always the same cases, of which none is written down.
fn runner() -> TestRunner {
    let config = Config { failure_persistence: None, cases: 10_000, ..Config::default() };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
}
