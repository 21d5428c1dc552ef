//! The program `wirebeat`: connect to a WebSocket server, be one, or watch a connection live.
//!
//! | file | subject |
//! |---|---|
//! | `connect` | a client in the terminal, or between pipes |
//! | `serve` | a server that echoes or broadcasts, with a page to try it |
//! | `sim` | runs of many clients on a network that fails, in virtual time |
//! | `record`, `replay` | connections that are recorded; one of them, again |
//! | `live` | one connection that is cut, found dead and made anew |
//! | `completions` | what a shell completes |
//! | `failure` | why a run failed, and its exit code |
//! | `interrupt` | Ctrl-C |
//! | `options` | what several commands take |
//! | `pem` | certificates and keys |
//! | `show` | times, lengths and foreign text, as people read them |
#![forbid(unsafe_code)]

mod completions;
mod connect;
mod failure;
mod interrupt;
mod live;
mod options;
mod pem;
mod record;
mod replay;
mod serve;
mod show;
mod sim;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use owo_colors::OwoColorize;

use crate::failure::EXIT_CODES;

/// WebSocket connections: make them, take them, watch them.
#[derive(Debug, Parser)]
#[command(name = "wirebeat", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Connect(Box<connect::Arguments>),
    Serve(Box<serve::Arguments>),
    Live(live::Arguments),
    Sim(Box<sim::Arguments>),
    Replay(replay::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Connect(arguments) => connect::run(*arguments),
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Live(arguments) => live::run(&arguments),
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Completions(arguments) => completions::print::<Arguments>(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // Where nothing can be printed, the exit code is all that can be told.
            let _ = writeln!(anstream::stderr(), "{} {failure}", "error:".red().bold());
            ExitCode::from(&failure)
        }
    }
}
