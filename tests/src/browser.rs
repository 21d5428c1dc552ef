//! A browser that uses the page of `wirebeat serve`: the scripts of `tests/browser`.

use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::install::Installed;
use crate::process::workspace;
use crate::program;

/// Runs a scenario of `tests/browser/README.md` with its arguments. Returns how it ended, and what it said.
///
/// # Panics
///
/// If it can't be run, which fails the test.
pub fn run(scenario: &str, arguments: &[String]) -> Output {
    static INSTALLED: OnceLock<Installed> = OnceLock::new();
    // The installer says where Chromium is.
    let Installed { folder, said: chromium } = INSTALLED.get_or_init(|| {
        Installed::by("tests/browser/install", &[], "browser").expect("it can be installed")
    });
    Command::new("node")
        .arg(workspace().join("tests/browser/page.mjs"))
        .arg(scenario)
        .args(arguments)
        .env("WIREBEAT", program::path())
        .env("CHROMIUM", chromium)
        .env("WIREBEAT_BROWSER", folder)
        .stdin(Stdio::null())
        .output()
        .expect("Node.js runs")
}
