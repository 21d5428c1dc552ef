//! Replays recorded runs of browsers' WebSockets through ours:
//!
//! `replay_traces [TRACES [KNOWN]]`
//!
//! Prints for each scenario whether events, states, amounts and frames agree with what is right.
//! Fails if one differs that isn't on the list of known differences.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use wirebeat_tests::replay::{Known, Report};

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
    let mut arguments = std::env::args_os().skip(1);
    let traces = arguments.next().map_or(folder.join("traces.json"), Into::into);
    let known = arguments.next().map_or(folder.join("known.json"), Into::into);
    match Known::read(&known).and_then(|known| Report::of(&traces, &known)) {
        Ok(report) => {
            println!("{report}");
            if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
