//! The commands, for whichever libraries a program is linked with.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wirebeat::Connection;

use crate::callgrind::{self, CallgrindError, Instructions, Measure};
use crate::table::{Table, short};
use crate::{Limit, Rank, Subject, Workload, nanoseconds_per_message, suite};

/// Rounds that are timed, unless it's said.
const ROUNDS: usize = 11;

/// Rounds of a workload that takes some libraries seconds.
const ROUNDS_OF_SECONDS_MAX: usize = 3;

/// A limit was exceeded, or a workload failed.
const EXIT_FAILED: u8 = 1;
/// The arguments make no sense.
const EXIT_USAGE: u8 = 2;
/// Valgrind isn't installed.
const EXIT_NO_VALGRIND: u8 = 3;

/// Stands for the number of a library that can't do a workload.
const NOT_DONE: &str = "-";

const USAGE: &str = "\
compare [--rounds N] [--only NAME,...] [WORKLOAD...]
    Times the libraries in interleaved rounds: ns a message, medians, as a Markdown table.
instructions [--check] [--only NAME,...] [--profiles FOLDER] [WORKLOAD...]
    Counts the instructions that they need for a message, under valgrind. --check fails if wirebeat
    needs more than limits.txt allows. --profiles keeps callgrind's files, for callgrind_annotate.
size
    Prints what a connection occupies.
list
    Prints the names of libraries and workloads.";

/// Runs the command that `args` say, which don't begin with the program's name.
pub fn run(subjects: &[Subject], args: impl IntoIterator<Item = String>) -> ExitCode {
    let result = Args::parse(subjects, args.into_iter().collect()).and_then(|args| args.run());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(match error {
                CliError::Usage(_) => EXIT_USAGE,
                CliError::Callgrind(CallgrindError::Missing) => EXIT_NO_VALGRIND,
                CliError::Callgrind(_) | CliError::Failed(_) => EXIT_FAILED,
            })
        }
    }
}

struct Args {
    command: Command,
    subjects: Vec<Subject>,
    workloads: Vec<Workload>,
}

enum Command {
    Compare { rounds: usize },
    Instructions { check: bool, profiles: Option<PathBuf> },
    Observed { messages: usize },
    Size,
    List,
}

#[derive(Debug)]
enum CliError {
    Usage(String),
    Callgrind(CallgrindError),
    Failed(String),
}

impl Args {
    fn parse(subjects: &[Subject], mut args: VecDeque<String>) -> Result<Args, CliError> {
        let command = args.pop_front().unwrap_or_default();
        let (mut rounds, mut check, mut profiles) = (ROUNDS, false, None);
        let (mut subjects, mut workloads) = (subjects.to_vec(), Vec::new());
        if command == callgrind::OBSERVED_COMMAND {
            return Args::parse_observed(&subjects, &args);
        }
        while let Some(arg) = args.pop_front() {
            match arg.as_str() {
                "--check" => check = true,
                "--rounds" => rounds = number(&value(&arg, &mut args)?)?,
                "--profiles" => profiles = Some(value(&arg, &mut args)?.into()),
                "--only" => subjects = choose(&subjects, &value(&arg, &mut args)?)?,
                _ => workloads.push(workload(&arg)?),
            }
        }
        let command = match command.as_str() {
            "compare" => Command::Compare { rounds },
            "instructions" => Command::Instructions { check, profiles },
            "size" => Command::Size,
            "list" => Command::List,
            _ => return Err(CliError::Usage(USAGE.to_owned())),
        };
        Ok(Args { command, subjects, workloads })
    }

    /// What this program says to itself: a library, a workload, and how many messages.
    fn parse_observed(subjects: &[Subject], args: &VecDeque<String>) -> Result<Args, CliError> {
        let arg = |index| args.get(index).map_or("", String::as_str);
        Ok(Args {
            subjects: choose(subjects, arg(0))?,
            workloads: vec![workload(arg(1))?],
            command: Command::Observed { messages: number(arg(2))? },
        })
    }

    fn run(&self) -> Result<(), CliError> {
        match &self.command {
            Command::Compare { rounds } => self.compare(*rounds),
            Command::Instructions { check, profiles } => self.count(*check, profiles.as_deref()),
            Command::Observed { messages } => self.observed(*messages),
            Command::Size => {
                println!("a Connection: {} bytes", size_of::<Connection>());
                Ok(())
            }
            Command::List => {
                for subject in &self.subjects {
                    println!("{}", subject.name);
                }
                for workload in suite::comparison() {
                    println!("{workload}");
                }
                Ok(())
            }
        }
    }

    fn compare(&self, rounds: usize) -> Result<(), CliError> {
        let workloads =
            if self.workloads.is_empty() { suite::comparison() } else { self.workloads.clone() };
        let names = self.subjects.iter().map(|subject| subject.name);
        let head = ["ns a message"].into_iter().chain(names);
        let mut table = Table::new(head.chain(["ours / best peer", "ours / floor"]));
        for workload in &workloads {
            eprintln!("{workload}");
            let rounds =
                if workload.is_pathological() { rounds.min(ROUNDS_OF_SECONDS_MAX) } else { rounds };
            let times = nanoseconds_per_message(&self.subjects, workload, rounds);
            let mut row = vec![workload.to_string()];
            row.extend(self.subjects.iter().zip(&times).map(|(subject, time)| match time {
                Some(time) => short(*time),
                None if subject.can_do(workload) => "failed".to_owned(),
                None => NOT_DONE.to_owned(),
            }));
            for rank in [Rank::Peer, Rank::Floor] {
                let ratio = self.best(&times, Rank::Ours).zip(self.best(&times, rank));
                row.push(
                    ratio.map_or_else(String::new, |(ours, best)| format!("{:.2}", ours / best)),
                );
            }
            table.push(row);
        }
        print!("{table}");
        Ok(())
    }

    /// The shortest time among the subjects of a rank.
    fn best(&self, times: &[Option<f64>], rank: Rank) -> Option<f64> {
        let of_rank = self.subjects.iter().zip(times).filter(|(subject, _)| subject.rank == rank);
        of_rank.filter_map(|(_, time)| *time).min_by(f64::total_cmp)
    }

    fn count(&self, check: bool, profiles: Option<&Path>) -> Result<(), CliError> {
        let limits = Limit::all().map_err(failed)?;
        let names = self.subjects.iter().map(|subject| subject.name);
        let head = ["instructions a message", "counted"].into_iter().chain(names);
        let mut table = Table::new(head.chain(["limit", "best peer"]));
        let mut exceeded = Vec::new();
        for workload in self.counted(&limits) {
            eprintln!("{workload}");
            let mut counts = Vec::new();
            for subject in &self.subjects {
                counts.push(match subject.can_do(&workload) {
                    true => {
                        Some(callgrind::instructions_per_message(subject, &workload, profiles)?)
                    }
                    false => None,
                });
            }
            for measure in Measure::all_for(&workload) {
                let mut row = vec![workload.to_string(), measure.name().to_owned()];
                row.extend(counts.iter().map(|count| {
                    count.map_or_else(|| NOT_DONE.to_owned(), |count| short(count.by(*measure)))
                }));
                if let Some(limit) = limits.iter().find(|limit| limit.is_on(&workload, *measure)) {
                    row.extend([limit.instructions_max.to_string(), limit.best_peer.clone()]);
                    exceeded.extend(self.excess(limit, &counts));
                }
                table.push(row);
            }
        }
        print!("{table}");
        if check && !exceeded.is_empty() {
            return Err(CliError::Failed(format!("over the limit:\n{}", exceeded.join("\n"))));
        }
        Ok(())
    }

    /// What to count: what there are limits on, unless it's said.
    fn counted(&self, limits: &[Limit]) -> Vec<Workload> {
        if !self.workloads.is_empty() {
            return self.workloads.clone();
        }
        let can_do = |workload: &Workload| {
            self.subjects.iter().any(|it| it.rank == Rank::Ours && it.can_do(workload))
        };
        let mut workloads: Vec<_> = limits.iter().map(|limit| limit.workload).collect();
        workloads.dedup();
        workloads.retain(can_do);
        workloads
    }

    /// By how much wirebeat is over a limit, if it is.
    fn excess(&self, limit: &Limit, counts: &[Option<Instructions>]) -> Option<String> {
        let (_, count) =
            self.subjects.iter().zip(counts).find(|(subject, _)| subject.rank == Rank::Ours)?;
        let (count, max) = ((*count)?.by(limit.measure), limit.instructions_max);
        (count > f64::from(max))
            .then(|| format!("{} {}: {count:.1} > {max}", limit.workload, limit.measure.name()))
    }

    fn observed(&self, messages: usize) -> Result<(), CliError> {
        for (subject, workload) in self.subjects.iter().zip(&self.workloads) {
            callgrind::run(subject, workload, messages).map_err(failed)?;
        }
        Ok(())
    }
}

fn value(option: &str, args: &mut VecDeque<String>) -> Result<String, CliError> {
    args.pop_front().ok_or_else(|| CliError::Usage(format!("{option} needs a value")))
}

fn number(text: &str) -> Result<usize, CliError> {
    text.parse().map_err(|_| CliError::Usage(format!("{text:?} is no number")))
}

fn workload(name: &str) -> Result<Workload, CliError> {
    name.parse().map_err(|error| CliError::Usage(format!("{error}; `list` prints them")))
}

fn choose(subjects: &[Subject], names: &str) -> Result<Vec<Subject>, CliError> {
    let find = |name: &str| subjects.iter().find(|subject| subject.name == name).copied();
    names
        .split(',')
        .map(|name| find(name).ok_or_else(|| CliError::Usage(format!("{name:?} is no library"))))
        .collect()
}

fn failed(error: impl Error) -> CliError {
    CliError::Failed(error.to_string())
}

impl From<CallgrindError> for CliError {
    fn from(error: CallgrindError) -> CliError {
        CliError::Callgrind(error)
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CliError::Usage(message) | CliError::Failed(message) => f.write_str(message),
            CliError::Callgrind(error) => error.fmt(f),
        }
    }
}
