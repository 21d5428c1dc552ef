use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use serde_json::{Value, json};

use super::{Report, SILENCE_MAX, Selection};
use crate::install::install;
use crate::process::Process;

/// A program that runs Autobahn's cases.
pub trait Runner {
    /// What its reports' folders are called.
    fn name(&self) -> &'static str;

    /// The command that tests the server of this URL, and ends.
    ///
    /// # Errors
    ///
    /// It can't be installed.
    fn fuzzing_client(
        &self,
        url: &str,
        selection: Selection,
        report: &Report,
    ) -> io::Result<Command>;

    /// Starts a server to test a client with.
    ///
    /// # Errors
    ///
    /// It can't be installed, or doesn't listen.
    fn fuzzing_server(&self, selection: Selection, report: &Report) -> io::Result<FuzzingServer>;
}

/// A server that tests a client.
#[derive(Debug)]
pub struct FuzzingServer {
    /// Its process.
    pub process: Process,
    /// The port that it listens on, on 127.0.0.1.
    pub port: u16,
    /// Whether it ends by itself when the client has asked for the report.
    pub ends: bool,
}

/// `kosoku`, from PyPI: Autobahn's own cases on a runner in Rust.
#[derive(Clone, Copy, Debug)]
pub struct Kosoku;

impl Kosoku {
    fn command(self, mode: &str, selection: Selection, report: &Report) -> io::Result<Command> {
        let installed = install("tests/autobahn/install", &["kosoku"], "autobahn-kosoku")?;
        let mut command = Command::new(installed.join("bin/kosoku"));
        command.args(["--mode", mode]).arg("--outdir").arg(report.folder());
        for pattern in selection.patterns() {
            command.args(["--include", &pattern]);
        }
        Ok(command)
    }
}

impl Runner for Kosoku {
    fn name(&self) -> &'static str {
        "kosoku"
    }

    fn fuzzing_client(
        &self,
        url: &str,
        selection: Selection,
        report: &Report,
    ) -> io::Result<Command> {
        let mut command = self.command("fuzzingclient", selection, report)?;
        command.arg(url);
        Ok(command)
    }

    fn fuzzing_server(&self, selection: Selection, report: &Report) -> io::Result<FuzzingServer> {
        let mut command = self.command("fuzzingserver", selection, report)?;
        let mut process = Process::start_with_stderr(command.arg("127.0.0.1:0"), SILENCE_MAX)?;
        let line = line_with(&mut process, "listening on ")?;
        let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| io::Error::other(format!("no port in {line:?}")))?;
        Ok(FuzzingServer { process, port, ends: true })
    }
}

/// `wstest`, Autobahn's own runner, which needs Python 2.7.
#[derive(Clone, Copy, Debug)]
pub struct Wstest;

impl Wstest {
    fn command(
        self,
        mode: &str,
        spec: Value,
        selection: Selection,
        report: &Report,
    ) -> io::Result<Command> {
        let mut spec = spec;
        spec["outdir"] = report.folder().to_string_lossy().into();
        spec["cases"] = selection.patterns().into();
        spec["exclude-cases"] = json!([]);
        spec["exclude-agent-cases"] = json!({});
        let spec_file = report.folder().join("spec.json");
        fs::write(&spec_file, spec.to_string())?;

        let installed = install("tests/autobahn/install", &["wstest"], "autobahn-wstest")?;
        let python = fs::read_to_string(installed.join("python"))?;
        let mut command = Command::new(python.trim_end());
        command.args(["-W", "ignore", "-m", "autobahntestsuite.wstest", "--mode", mode]);
        // Without a port for its web pages, it would take 8080.
        command.args(["--webport", "0", "--spec"]).arg(spec_file);
        command.env("PYTHONUSERBASE", installed).env("PYTHONUNBUFFERED", "1");
        Ok(command)
    }
}

impl Runner for Wstest {
    fn name(&self) -> &'static str {
        "wstest"
    }

    fn fuzzing_client(
        &self,
        url: &str,
        selection: Selection,
        report: &Report,
    ) -> io::Result<Command> {
        let spec = json!({ "servers": [{ "agent": "wirebeat", "url": url }] });
        self.command("fuzzingclient", spec, selection, report)
    }

    fn fuzzing_server(&self, selection: Selection, report: &Report) -> io::Result<FuzzingServer> {
        let port = free_port()?;
        let spec = json!({ "url": format!("ws://127.0.0.1:{port}") });
        let mut command = self.command("fuzzingserver", spec, selection, report)?;
        let mut process = Process::start_with_stderr(&mut command, SILENCE_MAX)?;
        // The last line that it prints, a moment before it listens.
        line_with(&mut process, "Cases = ")?;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            process.check_running()?;
        }
        Ok(FuzzingServer { process, port, ends: false })
    }
}

/// A port that was free a moment ago, for a program that can't choose one and tell.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits for a line of the process that has `text` in it.
fn line_with(process: &mut Process, text: &str) -> io::Result<String> {
    let mut before = Vec::new();
    while let Some(line) = process.next_line()? {
        if line.contains(text) {
            return Ok(line);
        }
        before.push(line);
    }
    Err(io::Error::other(format!("it ended without {text:?}, after\n{}", before.join("\n"))))
}
