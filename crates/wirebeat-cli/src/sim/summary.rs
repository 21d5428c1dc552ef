use std::io::{self, Write};
use std::time::Duration;

use owo_colors::OwoColorize;
use wirebeat_sim::{Script, Sim};

/// Prints what a run came to.
pub(super) fn print(
    out: &mut impl Write,
    sim: &Sim,
    script: &Script,
    took: Duration,
) -> io::Result<()> {
    let counts = sim.counts();
    let seconds = sim.now().as_nanos() / 1_000_000_000;
    let faster = sim.now().as_nanos() / u64::try_from(took.as_nanos().max(1)).unwrap_or(u64::MAX);
    writeln!(out, "{}", "summary".bold())?;
    let mut row = |name: &str, what: String| writeln!(out, "  {name:<12}{what}");
    row("seed", format!("{}, hash {:016x}", sim.seed(), sim.hash()))?;
    row("hosts", sim.host_ids().count().to_string())?;
    row(
        "time",
        format!(
            "{seconds} virtual seconds in {:.2} s: {faster} times as fast, {} steps",
            took.as_secs_f64(),
            sim.steps()
        ),
    )?;
    row("faults", script.events().len().to_string())?;
    row(
        "connections",
        format!(
            "{} attempts, {} opened, {} ends at both sides, {} of them clean",
            counts.attempts, counts.opened, counts.closed, counts.closed_cleanly
        ),
    )?;
    row(
        "messages",
        format!(
            "{} sent, {} received, {} lost and reported, {} not taken or given up",
            counts.messages_sent,
            counts.messages_received,
            counts.messages_lost,
            counts.messages_dropped
        ),
    )?;
    row(
        "heartbeats",
        format!(
            "{} pings, {} pongs, at most {} ms",
            counts.pings,
            counts.pongs,
            counts.latency_max.as_millis()
        ),
    )?;
    row("bytes", counts.bytes.to_string())
}
