//! Processes that say what happens, one line at a time.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A process whose output is read. Dropping it ends it.
///
/// One that says nothing for as long as its `silence_max` is an error, so that what hangs fails a test
/// rather than hanging it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Held open: peers end when their standard input does.
    _stdin: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
    silence_max: Duration,
}

impl Process {
    /// Starts a process to read its standard output.
    ///
    /// # Errors
    ///
    /// It doesn't start.
    pub fn start(command: &mut Command, silence_max: Duration) -> io::Result<Self> {
        let (output, writer) = io::pipe()?;
        Self::spawn(command.stdout(writer), output, silence_max)
    }

    /// Starts a process to read its standard output and error, as they come.
    ///
    /// # Errors
    ///
    /// It doesn't start.
    pub fn start_with_stderr(command: &mut Command, silence_max: Duration) -> io::Result<Self> {
        let (output, writer) = io::pipe()?;
        Self::spawn(command.stdout(writer.try_clone()?).stderr(writer), output, silence_max)
    }

    fn spawn(
        command: &mut Command,
        output: impl Read + Send + 'static,
        silence_max: Duration,
    ) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| {
            let program = command.get_program().display();
            io::Error::new(error.kind(), format!("{program} does not start: {error}"))
        })?;
        // The command holds the pipe's writing end too, and would keep it open.
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        let stdin = child.stdin.take();
        Ok(Self { child, _stdin: stdin, lines: read_lines(output), silence_max })
    }

    /// Waits for the next line; `None` when the process has closed its output.
    ///
    /// # Errors
    ///
    /// It was silent for too long, or printed what isn't UTF-8.
    pub fn next_line(&mut self) -> io::Result<Option<String>> {
        match self.lines.recv_timeout(self.silence_max) {
            Ok(line) => line.map(Some),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                let silence = format!("nothing was said for {:?}", self.silence_max);
                Err(io::Error::new(io::ErrorKind::TimedOut, silence))
            }
        }
    }

    /// Waits for the next event, a line of JSON; `None` when the process has closed its output.
    ///
    /// # Errors
    ///
    /// As [`next_line`](Self::next_line), or the line isn't JSON.
    pub fn receive(&mut self) -> io::Result<Option<Value>> {
        let Some(line) = self.next_line()? else { return Ok(None) };
        let event = serde_json::from_str(&line);
        event.map(Some).map_err(|error| io::Error::other(format!("{error} in {line:?}")))
    }

    /// Waits for the next event.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive), or the process has ended.
    pub fn next_event(&mut self) -> io::Result<Value> {
        self.receive()?.ok_or_else(|| io::Error::other("the process has ended"))
    }

    /// Waits for the next event of that name and skips others.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn wait_for(&mut self, event: &str) -> io::Result<Value> {
        loop {
            let next = self.next_event().map_err(|error| {
                io::Error::new(error.kind(), format!("while waiting for {event}: {error}"))
            })?;
            if next["event"] == event {
                return Ok(next);
            }
        }
    }

    /// Waits for the process to print that it listens, and returns the port.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for), or there's no port.
    pub fn wait_for_port(&mut self) -> io::Result<u16> {
        let listening = self.wait_for("listening")?;
        let port = listening["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        port.ok_or_else(|| io::Error::other(format!("no port in {listening}")))
    }

    /// Does nothing to a process that is running.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn check_running(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!("the process has ended: {status}"))),
        }
    }

    /// Waits for the end of a process that has closed its output.
    ///
    /// # Errors
    ///
    /// The system can't tell.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Ends the process at once, as a crash does.
    ///
    /// # Errors
    ///
    /// It has ended already.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Sends the signal of that name: `STOP`, `CONT`.
    ///
    /// # Errors
    ///
    /// The signal can't be sent.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        // By the shell, which has `kill` built in: the standard library only knows SIGKILL.
        let kill = format!("kill -s {name} {}", self.child.id());
        let status = Command::new("bash").args(["-c", &kill]).stdin(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("{kill}: {status}")));
        }
        Ok(())
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
fn read_lines(output: impl Read + Send + 'static) -> Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            // Nobody listens any more once the process was dropped.
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
