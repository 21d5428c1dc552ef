//! Wirebeat's benchmarks, with the floor for comparison; other libraries are in `peers/`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use wirebeat_bench::{FLOOR, OURS, cli};

fn main() -> ExitCode {
    cli::run(&[OURS, FLOOR], std::env::args().skip(1))
}
