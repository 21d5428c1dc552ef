//! The program as a whole: its help, and what shells complete.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::{run, text};

const COMMANDS: [&str; 4] = ["connect", "serve", "live", "completions"];

#[test]
fn help_names_every_command_and_every_exit_code() {
    let help = text(&run(&["--help"], b"").stdout);
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} isn't in:\n{help}");
    }
    for command in ["connect", "serve"] {
        let help = text(&run(&[command, "--help"], b"").stdout);
        for part in ["Examples:", "Exit codes:", "\n  0  ", "\n  7  ", "\n  130  ", "Options:"] {
            assert!(help.contains(part), "{part:?} isn't in:\n{help}");
        }
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "a line of {widest:?} characters:\n{help}");
        let short = text(&run(&[command, "-h"], b"").stdout);
        assert!(short.len() < help.len());
    }
}

#[test]
fn a_command_line_without_a_command_is_wrong() {
    assert_eq!(run(&[], b"").status.code(), Some(2));
    assert_eq!(run(&["nonsense"], b"").status.code(), Some(2));
    let version = text(&run(&["--version"], b"").stdout);
    assert_eq!(version, concat!("wirebeat ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn there_are_completions_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell], b"");
        assert_eq!(output.status.code(), Some(0));
        let script = text(&output.stdout);
        for word in ["connect", "subprotocol", "broadcast"] {
            assert!(script.contains(word), "{shell} doesn't know {word}");
        }
    }
    assert_eq!(run(&["completions", "csh"], b"").status.code(), Some(2));
}

#[test]
fn bash_completes_an_option() {
    let script = run(&["completions", "bash"], b"").stdout;
    let mut bash =
        Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = bash.stdin.take().unwrap();
    input.write_all(&script).unwrap();
    input
        .write_all(
            b"\nCOMP_WORDS=(wirebeat connect --heart); COMP_CWORD=2\n\
              _wirebeat wirebeat --heart connect; echo \"${COMPREPLY[@]}\"\n",
        )
        .unwrap();
    drop(input);
    assert_eq!(text(&bash.wait_with_output().unwrap().stdout), "--heartbeat\n");
}
