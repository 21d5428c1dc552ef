//! A browser that uses the page of `wirebeat serve`: the scripts of `tests/browser`.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::peers::{target, workspace};
use crate::program;

/// What is installed for it.
struct Installed {
    chromium: PathBuf,
    folder: PathBuf,
}

/// Runs a scenario of `tests/browser/README.md`. Returns how it ended, and what it said.
///
/// # Panics
///
/// If it can't be run, which fails the test.
pub fn run(scenario: &str) -> Output {
    static INSTALLED: OnceLock<Installed> = OnceLock::new();
    let Installed { chromium, folder } =
        INSTALLED.get_or_init(|| install().expect("tests/browser/install succeeds"));
    Command::new("node")
        .arg(workspace().join("tests/browser/page.mjs"))
        .arg(scenario)
        .env("WIREBEAT", program::path())
        .env("CHROMIUM", chromium)
        .env("WIREBEAT_BROWSER", folder)
        .stdin(Stdio::null())
        .output()
        .expect("Node.js runs")
}

fn install() -> io::Result<Installed> {
    let target = target();
    fs::create_dir_all(&target)?;
    // Tests are several processes, and each finds it missing.
    let lock = File::create(target.join("browser.lock"))?;
    lock.lock()?;
    let script = workspace().join("tests/browser/install");
    let output =
        Command::new("bash").arg(script).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other("tests/browser/install fails: run it to see why"));
    }
    let chromium = String::from_utf8_lossy(&output.stdout).trim().into();
    Ok(Installed { chromium, folder: target.join("browser") })
}
