use std::path::PathBuf;
use std::time::Duration;

use wirebeat_sim::{FaultKind, FaultKinds};

/// Simulate clients and servers on a network that fails, in virtual time.
///
/// Each client is a session that reconnects, and sends numbered messages to a server that sends them
/// back. The network, its faults and every random choice follow from the seed: the same seed shows
/// the same run, to the byte. All along it's checked what must never be (a message that is lost
/// without a word, an attempt at the wrong time, …), and when the faults are over, every session must
/// be open again. A run that fails is shrunk to the smallest script of faults that still fails.
///
/// With --storm all clients lose one server at once: see how many attempts a second it gets when it
/// comes back, and choose the backoff before production does.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::failure::EXIT_CODES)]
pub(crate) struct Arguments {
    /// The seed that everything follows from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,

    /// How many seeds to run, from --seed on
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with_all = ["storm", "script"])]
    pub(super) runs: u64,

    /// How many clients
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub(super) clients: u32,

    /// How many servers; each attempt leads to one of them
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) servers: u32,

    /// For how long, in virtual time
    #[arg(long = "for", value_name = "TIME", default_value = "3m", value_parser = time)]
    pub(super) time: Duration,

    /// What may go wrong: all, none, or some of reset, half-close, silence, partition, delay,
    /// corrupt, crash, restart, restart-fleet, pause, suspend, clock, offline, with commas between.
    /// Which of them do, and when, follows from the seed
    #[arg(long, value_name = "KINDS", default_value = "all", value_parser = kinds)]
    pub(super) faults: Kinds,

    /// Faults from a file instead: lines such as "10s silence client-1 -> * for 45s"
    #[arg(long, value_name = "FILE", conflicts_with = "storm")]
    pub(super) script: Option<PathBuf>,

    /// How often each client sends a message; 0s for never
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub(super) every: Duration,

    /// How long a connection may be silent before a ping is sent, and how long the pong may take
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = time)]
    pub(super) heartbeat: Duration,

    /// The line of every client: any kind, drawn for each (random), or the same for all (plain)
    #[arg(long, value_name = "KIND", default_value = "random")]
    pub(super) lines: Lines,

    /// Write the timeline as a picture (with --storm, the curve of attempts)
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,

    /// Write all that happened, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,

    /// Print all that happened
    #[arg(long)]
    pub(super) timeline: bool,

    #[command(flatten)]
    pub(super) policy: Policy,

    #[command(flatten)]
    pub(super) storm: Storm,
}

/// How clients' lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Lines {
    /// Any kind, drawn for each.
    Random,
    /// 20 ms, without limits.
    Plain,
}

/// How clients come back.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Backoff")]
pub(super) struct Policy {
    /// The shortest wait before another attempt
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time)]
    pub(super) floor: Duration,

    /// The longest wait after a first failure
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time)]
    pub(super) cap: Duration,

    /// What the longest wait grows to with each failure, in percent of the last
    #[arg(long, value_name = "PERCENT", default_value_t = 160)]
    pub(super) growth: u32,

    /// What the longest wait grows to at most
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(super) cap_max: Duration,

    /// Always wait as long as this instead
    #[arg(long, value_name = "TIME", value_parser = time,
          conflicts_with_all = ["floor", "cap", "growth", "cap_max"])]
    pub(super) fixed: Option<Duration>,
}

/// All clients lose one server.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Storm")]
pub(super) struct Storm {
    /// Let all clients lose one server at once, and plot their attempts
    #[arg(long)]
    pub(super) storm: bool,

    /// After how long, from when the clients began to connect
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time, requires = "storm")]
    pub(super) at: Duration,

    /// For how long the server is away
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time, requires = "storm")]
    pub(super) down: Duration,

    /// How it goes
    #[arg(long, value_name = "HOW", default_value = "crash", requires = "storm")]
    pub(super) how: How,

    /// How many handshakes a second it can answer; when as many wait as it can answer in five
    /// seconds, others are refused with 503. 0 for any number
    #[arg(long, value_name = "N", default_value_t = 0, requires = "storm")]
    pub(super) capacity: u32,
}

/// How a server goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum How {
    /// Its process dies, and connections are reset.
    Crash,
    /// It says 1012 to everybody first.
    Restart,
    /// The network to it falls silent, and heartbeats find out.
    Silence,
}

/// The kinds of faults, as the command line names them.
#[derive(Clone, Debug)]
pub(super) struct Kinds(pub(super) FaultKinds);

fn kinds(text: &str) -> Result<Kinds, String> {
    let kinds = match text {
        "all" => FaultKinds::usual(),
        "none" => FaultKinds::none(),
        names => FaultKinds::of(names.split(',').map(kind).collect::<Result<Vec<_>, _>>()?),
    };
    Ok(Kinds(kinds))
}

fn kind(name: &str) -> Result<FaultKind, String> {
    FaultKind::of_word(name.trim()).ok_or_else(|| {
        let words: Vec<&str> = FaultKind::ALL.into_iter().map(FaultKind::word).collect();
        format!("there's no fault {name:?}; there are {}", words.join(", "))
    })
}

/// A length of time with its unit.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is no time; write 10m, 30s or 250ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_as_scripts_name_them() {
        assert!(kinds("all").unwrap().0.has(FaultKind::Clock));
        assert!(!kinds("none").unwrap().0.has(FaultKind::Clock));
        let some = kinds("crash, half-close").unwrap().0;
        assert!(some.has(FaultKind::HalfClose) && !some.has(FaultKind::Clock));
        assert!(kinds("crash,earthquake").unwrap_err().contains("earthquake"));
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        assert!(time("10").is_err());
    }
}
