//! Invariants 5 to 13 over fault schedules: sessions, servers and a network that fails, seed after
//! seed. `WIREBEAT_SIM_SEEDS` sets how many; the README has the command of the long run.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::env;
use std::ops::Range;
use std::time::Duration;

use wirebeat::session::{Backoff, Reconnect, SessionConfig};
use wirebeat::{Config, Heartbeat};
use wirebeat_sim::{
    Broadcast, Client, Echo, Experiment, FaultKind, FaultKinds, Idle, Link, Rng, Server, Sim, Talk,
};

const SECOND: Duration = Duration::from_secs(1);

/// The seeds to run, unless the environment says otherwise.
fn seeds(usual: u64) -> Range<u64> {
    let asked = env::var("WIREBEAT_SIM_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    0..asked.unwrap_or(usual)
}

/// A configuration of a session's, drawn like all else.
fn config(rng: &mut Rng) -> SessionConfig {
    let reconnect = match rng.below(3) {
        0 => Reconnect::with(Backoff::fixed(3 * SECOND)),
        _ => Reconnect::default(),
    };
    let beat = SECOND * u32::try_from(rng.between(5, 20)).unwrap();
    let connection = Config {
        heartbeat: Some(match rng.below(4) {
            // The echo of it is the answer: one that is taken for a pong, or a message like others.
            0 => Heartbeat::messages(
                beat,
                beat,
                "beat",
                Some(|reply| reply.as_text() == Some("beat")),
            ),
            1 => Heartbeat::messages(beat, beat, "beat", None),
            _ => Heartbeat::pings(beat, beat),
        }),
        send_queue_len_max: if rng.chance(20) { 200 } else { 1 << 20 },
        ..Config::default()
    };
    let (outbox_len_max, outbox_messages_max) =
        if rng.chance(20) { (100, 4) } else { (1 << 20, 1024) };
    let greeting = (0..rng.below(3)).map(|n| format!("greeting {n}").into()).collect();
    SessionConfig {
        connection,
        reconnect: Some(reconnect.should_reconnect(|_| true)),
        greeting,
        outbox_len_max,
        outbox_messages_max,
        ..SessionConfig::default()
    }
}

/// Clients on all kinds of lines that talk to one of some servers.
fn talkers(sim: &mut Sim) {
    add_talkers(sim, |talk| talk);
}

fn add_talkers(sim: &mut Sim, change: fn(Talk) -> Talk) {
    let mut rng = Rng::new(sim.seed(), 99);
    let servers: Vec<_> = (0..rng.between(1, 3))
        .map(|n| sim.add_host(format!("server-{n}"), Link::ideal(), Server::new(Echo)))
        .collect();
    for n in 0..rng.between(1, 4) {
        let talk = Talk::every(Duration::from_millis(rng.between(50, 5_000)));
        let talk = if rng.chance(20) { talk.len(1, 20_000) } else { talk };
        let client = Client::new(servers.clone(), change(talk)).config(config(&mut rng));
        sim.add_host(format!("client-{n}"), Link::random(&mut rng), client);
    }
}

#[test]
fn invariants_5_to_13_hold_over_any_faults() {
    Experiment::new(talkers).time(120 * SECOND).check(seeds(60));
}

#[test]
fn they_hold_without_faults() {
    Experiment::new(talkers).time(60 * SECOND).faults(FaultKinds::none()).check(seeds(20));
}

/// Seed 2400 has so much to say that it takes the line more than three minutes behind the last word.
#[test]
fn what_waits_behind_a_slow_line_has_the_time_that_the_line_takes() {
    Experiment::new(talkers).time(60 * SECOND).faults(FaultKinds::none()).check([2400]);
}

#[test]
fn they_hold_where_bytes_are_changed_on_the_way_but_for_what_is_said() {
    let kinds = FaultKinds::of([FaultKind::Corrupt, FaultKind::Reset, FaultKind::Silence]);
    Experiment::new(|sim| add_talkers(sim, Talk::unchecked))
        .time(60 * SECOND)
        .faults(kinds)
        .check(seeds(20));
}

#[test]
fn sessions_that_say_nothing_are_kept_alive_and_found_dead() {
    Experiment::new(|sim| {
        let server = sim.add_host("server", Link::default(), Server::new(Broadcast));
        for n in 0..3 {
            sim.add_host(format!("idle-{n}"), Link::default(), Client::new([server], Idle));
        }
    })
    .time(600 * SECOND)
    .check(seeds(30));
}
