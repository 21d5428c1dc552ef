//! What the suites need besides Rust, installed on first use.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::process::workspace;

/// Runs an installer of the workspace (`tests/peers/install`) with its arguments, and returns the
/// folder that it fills: `folder` under the build's.
///
/// # Errors
///
/// It fails.
pub fn install(script: &str, arguments: &[&str], folder: &str) -> io::Result<PathBuf> {
    Ok(Installed::by(script, arguments, folder)?.folder)
}

/// What an installer has installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Where it is.
    pub folder: PathBuf,
    /// What the installer said.
    pub said: String,
}

impl Installed {
    /// As [`install`], which gives the folder alone.
    ///
    /// # Errors
    ///
    /// It fails.
    pub fn by(script: &str, arguments: &[&str], folder: &str) -> io::Result<Installed> {
        let target = target()?;
        // Tests are several processes, and each finds it missing.
        let lock = File::create(target.join(format!("{folder}.lock")))?;
        lock.lock()?;
        let output = Command::new("bash")
            .arg(workspace().join(script))
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("{script} fails: run it to see why")));
        }
        let said = String::from_utf8_lossy(&output.stdout).trim().into();
        Ok(Installed { folder: target.join(folder), said })
    }
}

/// The folder of the build, which exists.
///
/// # Errors
///
/// It can't be made.
pub fn target() -> io::Result<PathBuf> {
    // A relative folder is relative to the workspace, as it is for cargo run there.
    let target = workspace().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
    fs::create_dir_all(&target)?;
    Ok(target)
}
