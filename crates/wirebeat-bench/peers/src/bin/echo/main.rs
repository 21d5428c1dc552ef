//! Compares echo servers that block, with a thread for each connection: wirebeat-std's and
//! tungstenite's, over TCP on the loopback interface.
//!
//! The client is the same for both, and knows little of WebSocket: it writes frames that were made
//! before, and counts the bytes that come back. Rounds are interleaved. On a machine that does other
//! things too, the best rounds say most.
#![forbid(unsafe_code)]

mod load;
mod servers;

use std::io::{self, Write};
use std::process::ExitCode;

use load::{Load, Times};
use servers::Server;

/// How often each is measured, after a round that warms up.
const ROUNDS: usize = 21;

fn main() -> ExitCode {
    match compare(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a table. `only` names the lengths or the ways of which to print a line.
fn compare(only: Option<&str>) -> io::Result<()> {
    let servers = [Server::start(servers::wirebeat_std)?, Server::start(servers::tungstenite)?];
    let mut out = io::stdout().lock();
    writeln!(out, "Nanoseconds a message until all are back, and of the server's processor time:")?;
    writeln!(out, "wirebeat-std's and tungstenite's best round, their ratio, the median ratio.")?;
    for load in Load::all() {
        let name = load.to_string();
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let mut rounds = Vec::new();
        for round in 0..=ROUNDS {
            // Each begins every other round.
            let mut times = [Times::default(); 2];
            for turn in 0..2 {
                let index = (turn + round) % 2;
                times[index] = load.run(&servers[index])?;
            }
            // The first round warms up.
            if round > 0 {
                rounds.push(times);
            }
        }
        write!(out, "{name:22}")?;
        for time in [|times: &Times| times.elapsed, |times: &Times| times.used] {
            let ours = fastest(rounds.iter().map(|[ours, _]| time(ours)));
            let theirs = fastest(rounds.iter().map(|[_, theirs]| time(theirs)));
            let ratio = median(rounds.iter().map(|[ours, theirs]| time(ours) / time(theirs)));
            write!(out, " {ours:10.0} {theirs:10.0} {:6.2} {ratio:6.2}", ours / theirs)?;
        }
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}

fn fastest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
