//! The Autobahn test suite, which plays the other side of hundreds of cases and says what it thinks of
//! ours. `tests/autobahn/README.md` says what is run, and with what.

mod cases;
mod implementation;
mod report;
mod runner;

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::install::target;
use crate::process::Process;

pub use cases::Selection;
pub use implementation::{Failure, Implementation, Reply, deflating, main};
pub use report::{Report, Verdict, Verdicts};
pub use runner::{FuzzingServer, Kosoku, Runner, Wstest};

/// The longest silence of a process: a runner says nothing until all cases were run.
const SILENCE_MAX: Duration = Duration::from_secs(1800);

/// Tests the server of the program `implementation`, and returns the verdicts: one for each case of the
/// selection, and nothing but "OK" and "INFORMATIONAL".
///
/// # Errors
///
/// What is wrong: a runner that doesn't end as it should, or each case that failed, that wasn't run, or
/// that is unknown.
pub fn test_server(
    runner: &dyn Runner,
    implementation: &str,
    selection: Selection,
) -> io::Result<Verdicts> {
    let report = fresh_report(runner, implementation, "server", selection)?;
    let mut server = Process::start(Command::new(implementation).arg("server"), SILENCE_MAX)?;
    let url = format!("ws://127.0.0.1:{}", server.wait_for_port()?);
    let mut command = runner.fuzzing_client(&url, selection, &report)?;
    let ran = finish(&mut Process::start_with_stderr(&mut command, SILENCE_MAX)?);
    report.judge(selection, ran)
}

/// Tests the client of the program `implementation`, as [`test_server`] does a server.
///
/// # Errors
///
/// As for [`test_server`].
pub fn test_client(
    runner: &dyn Runner,
    implementation: &str,
    selection: Selection,
) -> io::Result<Verdicts> {
    let report = fresh_report(runner, implementation, "client", selection)?;
    let mut server = runner.fuzzing_server(selection, &report)?;
    let url = format!("ws://127.0.0.1:{}", server.port);
    let mut command = Command::new(implementation);
    let ran = finish(&mut Process::start(command.args(["client", &url]), SILENCE_MAX)?);
    let ran = ran.and_then(|()| if server.ends { finish(&mut server.process) } else { Ok(()) });
    report.judge(selection, ran)
}

fn fresh_report(
    runner: &dyn Runner,
    implementation: &str,
    role: &str,
    selection: Selection,
) -> io::Result<Report> {
    let program = Path::new(implementation).file_stem().unwrap_or_default().display();
    let name = format!("{}-{program}-{role}-{selection:?}", runner.name());
    Report::fresh(target()?.join("autobahn-reports").join(name.to_lowercase()))
}

/// Waits for the end of a process. One that doesn't end well is an error that quotes its last lines.
fn finish(process: &mut Process) -> io::Result<()> {
    const LINES_SHOWN: usize = 20;
    let mut lines = Vec::new();
    while let Some(line) = process.next_line()? {
        lines.push(line);
    }
    let status = process.wait()?;
    if status.success() {
        return Ok(());
    }
    let last = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    Err(io::Error::other(format!("{status}, after\n{}", last.join("\n"))))
}
