//! Instructions per message, counted by valgrind's callgrind.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, process};

use crate::job::run_observed;
use crate::{Compressed, Job, JobError, Subject, Way, Workload};

/// The command of [`crate::cli`] that callgrind runs in this program.
pub const OBSERVED_COMMAND: &str = "observed";

/// How many messages a library handles before it's observed, so that what a process does once (find
/// out what the CPU can do, calibrate a clock) isn't in it.
const WARM_UP_MESSAGES: usize = 64;

/// Where a job runs that is observed: collection begins when it's entered, and ends when it's left.
const OBSERVED_FUNCTIONS: &str = "wirebeat_bench::job::run_observed*";

/// The copies of the transport in memory.
const TRANSPORT_FUNCTIONS: &str = "wirebeat_bench::memory::copy_";

/// Which instructions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// All of them, also what the transport needs to copy what is read, which an application would
    /// find in its kernel.
    Whole,
    /// All but those of the transport's copies.
    Library,
}

/// Instructions, of a run or of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instructions {
    /// All of them.
    pub whole: f64,
    /// Those of the transport's copies among them.
    pub transport: f64,
}

/// Why there's no count.
#[derive(Debug)]
pub enum CallgrindError {
    /// Valgrind isn't installed.
    Missing,
    /// It couldn't be run, or its output couldn't be read.
    Io(io::Error),
    /// It ran, and failed; what it said.
    Failed(String),
}

impl Measure {
    /// Its name in tables and in `limits.txt`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Measure::Whole => "whole",
            Measure::Library => "library",
        }
    }

    /// Those that differ for a workload: what is sent is not copied by the transport.
    pub(crate) fn all_for(workload: &Workload) -> &'static [Measure] {
        match workload {
            Workload::Receive(_) | Workload::Compressed(Compressed { way: Way::Inflate, .. }) => {
                &[Measure::Whole, Measure::Library]
            }
            Workload::Send(_) | Workload::Compressed(_) => &[Measure::Whole],
        }
    }

    /// The measure of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Measure> {
        [Measure::Whole, Measure::Library].into_iter().find(|measure| measure.name() == name)
    }
}

impl Instructions {
    /// Those that count.
    #[must_use]
    pub fn by(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Whole => self.whole,
            Measure::Library => self.whole - self.transport,
        }
    }
}

/// Counts the instructions that `subject` needs for each message of `workload`.
///
/// The program runs itself again under callgrind: once with a number of messages, and once with
/// twice as many. What the second needs more is what messages cost; setting up isn't in it.
/// Callgrind's files stay in the folder `profiles`, if there is one.
///
/// # Errors
///
/// - [`CallgrindError::Missing`]: valgrind isn't installed;
/// - [`CallgrindError::Io`]: it can't be run;
/// - [`CallgrindError::Failed`]: it, or the workload, failed.
pub fn instructions_per_message(
    subject: &Subject,
    workload: &Workload,
    profiles: Option<&Path>,
) -> Result<Instructions, CallgrindError> {
    let messages = workload.messages_to_count();
    let once = observe(subject, workload, messages, profiles)?;
    let twice = observe(subject, workload, 2 * messages, profiles)?;
    let all_messages = (messages * Job::all(workload, 0).len()) as f64;
    Ok(Instructions {
        whole: (twice.whole - once.whole) / all_messages,
        transport: (twice.transport - once.transport) / all_messages,
    })
}

fn observe(
    subject: &Subject,
    workload: &Workload,
    messages: usize,
    profiles: Option<&Path>,
) -> Result<Instructions, CallgrindError> {
    let profile = Profile::new(subject, workload, profiles);
    let mut out_file = OsString::from("--callgrind-out-file=");
    out_file.push(&profile.path);
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={OBSERVED_FUNCTIONS}"))
        .arg(out_file)
        .arg(env::current_exe()?)
        .args([OBSERVED_COMMAND, subject.name, &workload.to_string(), &messages.to_string()]);
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(CallgrindError::Missing);
        }
        other => other?,
    };
    if !output.status.success() {
        return Err(CallgrindError::Failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = fs::read_to_string(&profile.path)?;
    read_profile(&text)
        .ok_or_else(|| CallgrindError::Failed("callgrind's file has no total".to_owned()))
}

/// Does what [`instructions_per_message`] has observed.
///
/// # Errors
///
/// - [`JobError`]: the library did something else.
pub fn run(subject: &Subject, workload: &Workload, messages: usize) -> Result<(), JobError> {
    if !workload.is_pathological() {
        let jobs = Job::all(workload, messages.min(WARM_UP_MESSAGES));
        jobs.into_iter().try_for_each(|job| job.run(subject))?;
    }
    Job::all(workload, messages).into_iter().try_for_each(|job| run_observed(job, subject))
}

/// Reads what callgrind wrote: the total, and what the calls of the transport's copies cost with
/// all that they call.
///
/// A call is told in three lines: `cfn=(ID) NAME`, with the name only the first time; `calls=…`; and
/// `LINE COST`.
fn read_profile(text: &str) -> Option<Instructions> {
    let mut transport_ids = Vec::new();
    let (mut is_transport, mut is_cost_next) = (false, false);
    let mut total = None;
    let mut transport = 0.0;
    for line in text.lines() {
        if let Some((key, name)) = line.split_once('=') {
            if key == "fn" || key == "cfn" {
                let (id, name) = name.split_once(' ').unwrap_or((name, ""));
                if name.starts_with(TRANSPORT_FUNCTIONS) {
                    transport_ids.push(id);
                }
                if key == "cfn" {
                    is_transport = transport_ids.contains(&id);
                }
            }
            is_cost_next = key == "calls" && is_transport;
        } else if let Some(number) = line.strip_prefix("totals: ") {
            total = number.trim().parse().ok();
        } else if is_cost_next {
            let cost: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
            transport += cost;
            is_cost_next = false;
        }
    }
    Some(Instructions { whole: total?, transport })
}

/// A file of callgrind's, removed afterwards unless somebody wants it.
struct Profile {
    path: PathBuf,
    is_kept: bool,
}

impl Profile {
    fn new(subject: &Subject, workload: &Workload, kept_in: Option<&Path>) -> Profile {
        let workload = workload.to_string().replace('/', ".");
        let name = format!("callgrind.{}.{workload}", subject.name);
        match kept_in {
            Some(folder) => Profile { path: folder.join(name), is_kept: true },
            None => {
                let name = format!("{name}.{}", process::id());
                Profile { path: env::temp_dir().join(name), is_kept: false }
            }
        }
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        if !self.is_kept {
            // A file that can't be removed from the temporary folder is no reason to fail.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl From<io::Error> for CallgrindError {
    fn from(error: io::Error) -> CallgrindError {
        CallgrindError::Io(error)
    }
}

impl fmt::Display for CallgrindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallgrindError::Missing => {
                f.write_str("valgrind is not installed: no instructions can be counted")
            }
            CallgrindError::Io(error) => write!(f, "callgrind: {error}"),
            CallgrindError::Failed(output) => write!(f, "callgrind failed:\n{output}"),
        }
    }
}

impl Error for CallgrindError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_transport_copies_is_told_apart() {
        let text = "\
events: Ir
fn=(1) wirebeat_bench::ours::receive
10 5
cfi=(3)
cfn=(2) wirebeat_bench::memory::copy_to
calls=2 7
12 1000
cfn=(4) memcpy
calls=1 0
13 20
fn=(2)
7 3
fn=(5) main
cfn=(2)
calls=1 7
99 400
totals: 1425
";
        let instructions = Instructions { whole: 1425.0, transport: 1400.0 };
        assert_eq!(read_profile(text), Some(instructions));
        assert_eq!(instructions.by(Measure::Library), 25.0);
        assert_eq!(read_profile("events: Ir"), None);
    }
}
