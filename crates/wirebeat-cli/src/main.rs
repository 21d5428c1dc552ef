//! The program `wirebeat`: watch a WebSocket connection live.
#![forbid(unsafe_code)]

mod live;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use owo_colors::OwoColorize;
use wirebeat_std::ConnectError;

/// WebSocket connections to watch.
#[derive(Debug, Parser)]
#[command(name = "wirebeat", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Live(live::Arguments),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  everything went as it should
  1  no connection could be made, or one ended otherwise than it should
  2  the command line is wrong";

/// Why the program ends with 1.
#[derive(Debug)]
enum Failure {
    /// There's no connection.
    Connect(ConnectError),
    /// The operating system refused something that every run needs.
    Io(&'static str, io::Error),
    /// A connection ended otherwise than it should.
    Ended(String),
    /// Nobody reads what is printed.
    Output(io::Error),
}

fn main() -> ExitCode {
    let Arguments { command: Command::Live(arguments) } = Arguments::parse();
    let failure = match live::run(&arguments) {
        Ok(()) => return ExitCode::SUCCESS,
        // `wirebeat live | head` is no failure.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return ExitCode::SUCCESS;
        }
        Err(failure) => failure,
    };
    // Where nothing can be printed, the exit code is all that can be told.
    let _ = writeln!(anstream::stderr(), "{} {failure}", "error:".red().bold());
    ExitCode::FAILURE
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Connect(error) => error.fmt(f),
            Failure::Io(what, error) => write!(f, "{what}: {error}"),
            Failure::Ended(how) => f.write_str(how),
            Failure::Output(error) => write!(f, "the output can't be written: {error}"),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Failure {
        Failure::Connect(error)
    }
}
