//! Scripts say the same when they're read again, and each fault does what it says.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::time::Duration;

use wirebeat_sim::{
    Client, Echo, Experiment, FaultKind, FaultKinds, Idle, Link, Script, ScriptErrorReason, Server,
    Sim, Talk, trace,
};

const SECOND: Duration = Duration::from_secs(1);

fn setup(sim: &mut Sim) {
    let server = sim.add_host("server", Link::default(), Server::new(Echo));
    sim.add_host("alice", Link::default(), Client::new([server], Talk::every(SECOND)));
    sim.add_host("bob", Link::default(), Client::new([server], Idle));
}

#[test]
fn every_random_script_reads_back_as_it_was() {
    let kinds = FaultKinds::of(FaultKind::ALL);
    let experiment = Experiment::new(setup).faults(kinds).faults_max(100);
    let mut seen = Vec::new();
    for seed in 0..300 {
        let script = experiment.script(seed);
        assert_eq!(script.to_string().parse(), Ok(script.clone()));
        seen.extend(script.events().iter().map(|event| event.fault.kind()));
    }
    for kind in FaultKind::ALL {
        assert!(seen.contains(&kind), "{kind:?}");
    }
}

/// Runs a script, and returns the lines of what happened.
fn lines_of(script: &str) -> String {
    let mut sim = Sim::new(5);
    sim.keep_trace();
    setup(&mut sim);
    sim.run_for(Duration::ZERO);
    sim.set_script(script.parse().unwrap()).unwrap();
    sim.take_course(60 * SECOND);
    assert_eq!(sim.violation(), None);
    trace::timeline_text(&sim)
}

#[test]
fn each_fault_does_what_it_says() {
    for (script, expected) in [
        ("10s reset alice", "alice   closed 1006, not clean: the transport was lost"),
        ("10s half-close server", "closed 1006, not clean: the peer ended the transport"),
        (
            "10s silence server -> alice for 50s",
            "alice   closed 1006, not clean: no answer to the heartbeat",
        ),
        (
            "10s partition server for 50s",
            "bob     closed 1006, not clean: no answer to the heartbeat",
        ),
        ("10s delay server -> * by 2s for 30s", "bob     ♥ pong after 2.04 s"),
        ("10s crash server for 5s", "no transport: the connection was refused"),
        ("10s restart server for 5s", "alice   hears Close 1012"),
        ("10s restart-fleet every 1s for 4s", "alice   hears Close 1012"),
        ("10s pause server for 50s", "bob     closed 1006, not clean: no answer to the heartbeat"),
        ("10s suspend alice for 45s", "server  closed 1006, not clean"),
        ("10s clock bob forward 1h", "bob     ♥ ping"),
        ("10s offline bob for 15s", "bob     ♥ ping"),
        ("10s corrupt alice -> server for 40s", "closed 1002"),
    ] {
        let lines = lines_of(script);
        assert!(lines.contains(expected), "{script}: {expected:?} isn't in\n{lines}");
    }
}

#[test]
fn a_clock_that_is_put_back_as_the_session_begins_breaks_no_rule() {
    lines_of("0s clock alice back 5s\n0s crash server for 200ms");
}

#[test]
fn a_picture_marks_the_servers_that_a_fleet_consists_of() {
    let mut sim = Sim::new(1);
    sim.keep_trace();
    let server = sim.add_host("server", Link::default(), Server::new(Echo));
    sim.add_host("client", Link::default(), Client::new([server], Talk::every(SECOND)));
    sim.run_for(Duration::ZERO);
    sim.set_script("5s restart-fleet every 1s for 2s".parse().unwrap()).unwrap();
    sim.run_for(20 * SECOND);
    let picture = trace::timeline_svg(&sim, &trace::TimelineOptions::default());
    assert_eq!(picture.matches("fill-opacity").count(), 1, "one host is a server: {picture}");
}

#[test]
fn a_fault_that_is_not_there_is_told_from_those_that_are() {
    let error = "5s boom alice".parse::<Script>().unwrap_err().to_string();
    assert!(error.starts_with("line 1: there's no fault \"boom\" among reset, "), "{error}");
}

#[test]
fn a_host_that_is_not_there_is_named() {
    let mut sim = Sim::new(5);
    setup(&mut sim);
    let script: Script = "1s reset alice\n2s reset mallory".parse().unwrap();
    let error = sim.set_script(script).unwrap_err();
    assert_eq!(error.reason, ScriptErrorReason::Host("mallory".into()));
    assert_eq!(error.to_string(), "there's no host \"mallory\": \"2s reset mallory\"");
}

#[test]
fn a_picture_has_every_host_and_fault_and_no_markup_of_theirs() {
    let mut sim = Sim::new(5);
    sim.keep_trace();
    let server = sim.add_host("a<b>&c", Link::default(), Server::new(Echo));
    sim.add_host("client", Link::default(), Client::new([server], Talk::every(SECOND)));
    sim.set_script("3s reset a<b>&c".parse().unwrap()).unwrap();
    sim.run_for(10 * SECOND);
    let picture = trace::timeline_svg(&sim, &trace::TimelineOptions::default());
    assert!(picture.contains("a&lt;b&gt;&amp;c") && !picture.contains("a<b>"), "{picture}");
    assert!(picture.contains("1  3s reset") && picture.contains("client\n<"), "{picture}");
}
