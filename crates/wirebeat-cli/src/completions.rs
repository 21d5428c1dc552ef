use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::failure::Failure;

/// Print a script that lets your shell complete wirebeat's commands and options.
///
/// For bash, put this into ~/.bashrc; other shells have their own place for it:
///
///   source <(wirebeat completions bash)
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// The shell that it's for
    shell: Shell,
}

/// Prints the script for the program that `P` describes.
pub(crate) fn print<P: CommandFactory>(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut P::command(), "wirebeat", &mut script);
    io::stdout().lock().write_all(&script).map_err(Failure::Output)
}
