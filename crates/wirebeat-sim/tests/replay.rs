//! The same seed and script give the same run, to the byte; a host that is broken is found, and what
//! it takes is shrunk to what matters.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::time::Duration;

use wirebeat::Message;
use wirebeat_sim::{
    App, Client, ClientScope, Echo, Experiment, Host, Link, Net, Room, Script, Server, Service,
    Signal, Sim, Socket, Talk, trace,
};

const SECOND: Duration = Duration::from_secs(1);

fn talkers(sim: &mut Sim) {
    let server = sim.add_host("server", Link::default(), Server::new(Echo));
    for name in ["alice", "bob", "carol"] {
        let client = Client::new([server], Talk::every(SECOND));
        sim.add_host(name, Link::default(), client);
    }
}

/// What a run with all kinds of faults leaves behind.
fn run(seed: u64) -> (u64, u64, String, Vec<String>) {
    let experiment = Experiment::new(talkers);
    let mut sim = Sim::new(seed);
    sim.keep_trace();
    talkers(&mut sim);
    sim.run_for(Duration::ZERO);
    sim.set_script(experiment.script(seed)).unwrap();
    sim.take_course(300 * SECOND);
    assert_eq!(sim.violation(), None);
    let lines = sim.entries().iter().map(|entry| trace::to_json(entry, "").to_string()).collect();
    (sim.hash(), sim.steps(), trace::timeline_text(&sim), lines)
}

#[test]
fn the_same_seed_gives_the_same_trace_to_the_byte_and_another_seed_another() {
    for seed in 0..10 {
        let first = run(seed);
        assert_eq!(first, run(seed));
        assert_ne!(first.0, run(seed + 1).0);
    }
}

#[test]
fn how_a_run_is_cut_into_steps_changes_nothing() {
    let mut sim = Sim::new(7);
    talkers(&mut sim);
    sim.run_for(60 * SECOND);
    let again = {
        let mut sim = Sim::new(7);
        talkers(&mut sim);
        assert!((0..600).all(|_| sim.run_for(SECOND / 10)));
        sim.hash()
    };
    assert_eq!(sim.hash(), again);
}

/// A service that is broken: when it has been restarted it answers with what it got first.
#[derive(Default)]
struct Forgetful {
    first: Option<Message<'static>>,
    was_restarted: bool,
}

impl Service for Forgetful {
    fn message(&mut self, room: &mut Room<'_, '_>, guest: Socket, message: Message<'_>) {
        let first = self.first.get_or_insert_with(|| message.borrow().into_owned());
        let answer = if self.was_restarted { first.clone() } else { message.into_owned() };
        let _ = room.send(guest, answer);
    }

    fn crashed(&mut self) {
        self.was_restarted = true;
    }
}

#[test]
fn a_broken_host_is_found_shrunk_and_replayed_to_the_same_byte() {
    let experiment = Experiment::new(|sim: &mut Sim| {
        let server = sim.add_host("server", Link::default(), Server::new(Forgetful::default()));
        let client = Client::new([server], Talk::every(SECOND));
        sim.add_host("client", Link::default(), client);
    })
    .time(300 * SECOND);
    let failure = (0..100).find_map(|seed| experiment.run(seed).err()).expect("it's broken");

    // One fault is enough: the server's process has to go.
    let words: Vec<&str> =
        failure.script.events().iter().map(|event| event.fault.kind().word()).collect();
    assert!(["crash", "restart", "restart-fleet"].map(|word| vec![word]).contains(&words));
    let text = failure.to_string();
    assert!(text.contains(&format!("seed {}", failure.seed)), "{text}");
    assert!(text.contains(&failure.script.to_string()), "{text}");
    assert!(text.contains("came unasked, or twice"), "{text}");

    // What it prints is all that is needed to see it again.
    let script: Script = failure.script.to_string().parse().unwrap();
    let again = experiment.run_script(failure.seed, &script).unwrap_err();
    assert_eq!((again.hash, again.at), (failure.hash, failure.at));
    assert_eq!(again.violation, failure.violation);
    assert_eq!(again.timeline, failure.timeline);
}

/// A host that panics when it wakes up.
struct Sleeper;

impl Host for Sleeper {
    fn handle(&mut self, _: &mut Net<'_>, signal: Signal<'_>) {
        assert!(!matches!(signal, Signal::Resumed), "not so early");
    }
}

#[test]
fn a_panic_is_a_failure_with_its_seed_and_script() {
    let experiment = Experiment::new(|sim: &mut Sim| {
        sim.add_host("sleeper", Link::default(), Sleeper);
    });
    let script: Script = "1s reset sleeper\n5s suspend sleeper for 1m".parse().unwrap();
    let failure = experiment.run_script(3, &script).unwrap_err();
    assert_eq!(failure.violation.rule, "nothing panics");
    assert_eq!(failure.script.to_string(), "5s suspend sleeper for 1ms\n");
    assert!(failure.to_string().contains("not so early"));
}

/// Hosts that wake each other up for ever, at one time.
struct Restless;

impl Host for Restless {
    fn handle(&mut self, net: &mut Net<'_>, _: Signal<'_>) {
        let now = net.now();
        net.set_timer(Some(now));
    }
}

#[test]
fn a_host_for_which_time_stands_still_fails() {
    let mut sim = Sim::new(1);
    sim.add_host("restless", Link::default(), Restless);
    assert!(!sim.run_for(SECOND));
    assert_eq!(sim.violation().map(|(_, _, violation)| violation.rule), Some("time goes on"));
}

/// An application whose client isn't well: it never connects again.
struct Quitter;

impl App for Quitter {
    fn event(
        &mut self,
        client: &mut ClientScope<'_, '_>,
        event: &wirebeat::session::SessionEvent<'_>,
    ) {
        if matches!(event, wirebeat::session::SessionEvent::Closed(_)) {
            client.net().note("gives up");
        }
    }
}

#[test]
fn a_session_that_is_not_open_when_the_faults_are_over_fails() {
    let experiment = Experiment::new(|sim: &mut Sim| {
        let server = sim.add_host("server", Link::default(), Server::new(Echo));
        let nobody = sim.add_host("nobody", Link::default(), Sleeper);
        // It should be the server alone.
        let client = Client::new([nobody], Quitter);
        sim.add_host("lost", Link::default(), client);
        sim.add_host("client", Link::default(), Client::new([server], Quitter));
    })
    .time(10 * SECOND);
    let failure = experiment.run_script(1, &Script::default()).unwrap_err();
    assert!(failure.violation.rule.starts_with("invariant 12"), "{failure}");
    assert!(failure.violation.what.starts_with("lost"), "{failure}");
}
