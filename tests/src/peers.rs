//! WebSocket servers and clients written by others, run as processes.
//!
//! [`Server`] and [`Client`] start a script of `tests/peers` and read the events that it prints, one
//! JSON object a line; `tests/peers/README.md` lists paths, scenarios and events. What a script needs
//! is installed on first use. A peer that says nothing for [`EVENT_WAIT_MAX`] is an error, so that a
//! lost connection fails a test rather than hanging it; dropping a peer ends its process.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The longest wait for a peer's next event.
pub const EVENT_WAIT_MAX: Duration = Duration::from_secs(60);

/// Whose WebSocket a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// `websockets`, from PyPI.
    PythonWebsockets,
    /// `ws`, from npm.
    NodeWs,
}

impl Library {
    /// Each library once.
    pub const ALL: [Self; 2] = [Self::PythonWebsockets, Self::NodeWs];

    /// Runs a test with each library, at the same time. The thread that fails has the library's name.
    ///
    /// # Panics
    ///
    /// If one of them fails.
    pub fn each(test: impl Fn(Self) + Sync) {
        let test = &test;
        thread::scope(|scope| {
            for library in Self::ALL {
                let thread = thread::Builder::new().name(format!("{library:?}"));
                thread.spawn_scoped(scope, move || test(library)).expect("a thread");
            }
        });
    }

    /// Returns the command that runs this library's script of the given name.
    fn command(self, script: &str) -> io::Result<Command> {
        let installed = installed()?;
        let scripts = workspace().join("tests/peers");
        let mut command = match self {
            Self::PythonWebsockets => {
                let mut python = Command::new(installed.join("venv/bin/python"));
                // No caches of byte code in the work tree.
                python.arg("-B").arg(scripts.join(script).with_extension("py"));
                python
            }
            Self::NodeWs => {
                let mut node = Command::new("node");
                node.arg(scripts.join(script).with_extension("mjs"));
                node
            }
        };
        command.env("WIREBEAT_PEERS", installed);
        Ok(command)
    }
}

/// A server on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct Server {
    process: Process,
    port: u16,
}

impl Server {
    /// Starts a server and waits until it listens.
    ///
    /// # Errors
    ///
    /// The library can't be installed, or the process doesn't start or doesn't listen.
    pub fn start(library: Library) -> io::Result<Self> {
        let mut process = Process::start(&mut library.command("ws_server")?)?;
        let listening = process.wait_for("listening")?;
        let port = listening["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let port = port.ok_or_else(|| io::Error::other(format!("no port in {listening}")))?;
        Ok(Self { process, port })
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of a path on this server, which says how it behaves: `/echo`, `/close?code=1001`.
    pub fn url(&self, target: &str) -> String {
        format!("ws://127.0.0.1:{}{target}", self.port)
    }

    /// Waits for the next event.
    ///
    /// # Errors
    ///
    /// The server ended, printed something else, or was silent for [`EVENT_WAIT_MAX`].
    pub fn next_event(&mut self) -> io::Result<Value> {
        self.process.next_event()
    }

    /// Waits for the next event of that name and skips others.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn wait_for(&mut self, event: &str) -> io::Result<Value> {
        self.process.wait_for(event)
    }
}

impl Server {
    /// Ends the process at once, as a crash does: its connections end without a Close frame.
    ///
    /// # Errors
    ///
    /// It has ended already.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.kill()
    }

    /// Stops the process, so that its connections stay but are dead: its system takes bytes and
    /// nobody reads them.
    ///
    /// # Errors
    ///
    /// The signal can't be sent.
    pub fn stop(&self) -> io::Result<()> {
        self.process.signal("STOP")
    }

    /// Lets a stopped process go on.
    ///
    /// # Errors
    ///
    /// The signal can't be sent.
    pub fn go_on(&self) -> io::Result<()> {
        self.process.signal("CONT")
    }
}

/// A client that runs one scenario and ends.
#[derive(Debug)]
pub struct Client {
    process: Process,
}

impl Client {
    /// Starts a client of `url` with a scenario and its further arguments.
    ///
    /// # Errors
    ///
    /// The library can't be installed, or the process doesn't start.
    pub fn start(
        library: Library,
        url: &str,
        scenario: &str,
        arguments: &[&str],
    ) -> io::Result<Self> {
        let mut command = library.command("ws_client")?;
        command.arg(url).args(["--scenario", scenario]).args(arguments);
        Ok(Self { process: Process::start(&mut command)? })
    }

    /// Waits for the next event.
    ///
    /// # Errors
    ///
    /// The client ended, printed something else, or was silent for [`EVENT_WAIT_MAX`].
    pub fn next_event(&mut self) -> io::Result<Value> {
        self.process.next_event()
    }

    /// Waits for the next event of that name and skips others.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn wait_for(&mut self, event: &str) -> io::Result<Value> {
        self.process.wait_for(event)
    }

    /// Waits for the client's end and returns the events that weren't taken before.
    ///
    /// # Errors
    ///
    /// The scenario did not go as it should (the message quotes the events), or the client was silent
    /// for [`EVENT_WAIT_MAX`].
    pub fn finish(mut self) -> io::Result<Vec<Value>> {
        let mut events = Vec::new();
        while let Some(event) = self.process.receive()? {
            events.push(event);
        }
        let status = self.process.child.wait()?;
        if status.success() {
            return Ok(events);
        }
        let printed: Vec<String> = events.iter().map(Value::to_string).collect();
        Err(io::Error::other(format!("the client's {status}, after\n{}", printed.join("\n"))))
    }
}

impl Client {
    /// Ends the process at once, as a crash does: its connection ends without a Close frame.
    ///
    /// # Errors
    ///
    /// It has ended already.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.kill()
    }

    /// Stops the process, so that its connection stays but is dead: its system takes bytes and
    /// nobody reads them.
    ///
    /// # Errors
    ///
    /// The signal can't be sent.
    pub fn stop(&self) -> io::Result<()> {
        self.process.signal("STOP")
    }

    /// Lets a stopped process go on.
    ///
    /// # Errors
    ///
    /// The signal can't be sent.
    pub fn go_on(&self) -> io::Result<()> {
        self.process.signal("CONT")
    }
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// Held open: a script ends when its standard input does.
    _stdin: Option<ChildStdin>,
    events: Receiver<io::Result<Value>>,
}

impl Process {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
                io::Error::other(format!(
                    "{} does not start ({error}); does tests/peers/install succeed?",
                    command.get_program().display()
                ))
            })?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, _stdin: stdin, events: read_events(stdout) })
    }

    fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    fn signal(&self, name: &str) -> io::Result<()> {
        // By the shell, which has `kill` built in: the standard library only knows SIGKILL.
        let kill = format!("kill -s {name} {}", self.child.id());
        let status = Command::new("bash").args(["-c", &kill]).stdin(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("{kill}: {status}")));
        }
        Ok(())
    }

    /// Waits for the next event; `None` when the process has closed its output.
    fn receive(&mut self) -> io::Result<Option<Value>> {
        match self.events.recv_timeout(EVENT_WAIT_MAX) {
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn next_event(&mut self) -> io::Result<Value> {
        self.receive()?.ok_or_else(|| io::Error::other("the peer has ended"))
    }

    fn wait_for(&mut self, event: &str) -> io::Result<Value> {
        loop {
            let next = self.next_event().map_err(|error| {
                io::Error::new(error.kind(), format!("while waiting for {event}: {error}"))
            })?;
            if next["event"] == event {
                return Ok(next);
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines in a thread of its own: reading a pipe knows no deadline.
fn read_events(stdout: ChildStdout) -> Receiver<io::Result<Value>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let event = line.and_then(|line| {
                serde_json::from_str(&line)
                    .map_err(|error| io::Error::other(format!("{error} in {line:?}")))
            });
            // Nobody listens any more once the peer was dropped.
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    receiver
}

pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Returns the folder that cargo builds into. A relative one is relative to the workspace, as it is
/// for cargo run there.
pub(crate) fn target() -> PathBuf {
    workspace().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()))
}

/// Returns the folder that holds the libraries, after installing them if need be.
fn installed() -> io::Result<&'static Path> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match INSTALLED.get_or_init(|| install().map_err(|error| error.to_string())) {
        Ok(folder) => Ok(folder),
        Err(error) => Err(io::Error::other(error.clone())),
    }
}

fn install() -> io::Result<PathBuf> {
    let target = target();
    fs::create_dir_all(&target)?;
    // Tests are several processes, and each finds the libraries missing.
    let lock = File::create(target.join("peers.lock"))?;
    lock.lock()?;
    let script = workspace().join("tests/peers/install");
    let status = Command::new("bash").arg(script).stdin(Stdio::null()).status()?;
    if !status.success() {
        return Err(io::Error::other("tests/peers/install fails: run it to see why"));
    }
    Ok(target.join("peers"))
}
