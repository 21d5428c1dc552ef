//! The program, run as its users run it, and servers for it.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use wirebeat_std::{CloseFrame, Closed, OriginPolicy, Pending, WebSocket, accept};

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The program, with arguments.
pub(crate) fn wirebeat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirebeat"));
    command.args(arguments);
    command
}

/// Runs the program with this input to its end.
pub(crate) fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Running::start(arguments);
    let mut stdin = child.take_input();
    let input = input.to_vec();
    // The program may end before it has read everything.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.child.take().unwrap().wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// What a run that fails says: one line, and the exit code.
pub(crate) fn failure(output: &Output) -> (String, i32) {
    let errors = text(&output.stderr);
    let lines: Vec<&str> = errors.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines.len(), 1, "one line says what is wrong:\n{errors}");
    (lines[0].into(), output.status.code().unwrap())
}

/// The program while it runs. Dropping it ends it.
pub(crate) struct Running {
    child: Option<Child>,
    output: Option<BufReader<ChildStdout>>,
    errors: Option<BufReader<ChildStderr>>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Running {
        Running::start_as(wirebeat(arguments))
    }

    /// The program as a shell starts it that lets it open so many files.
    pub(crate) fn start_with_files(files_max: u32, arguments: &[&str]) -> Running {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("ulimit -n {files_max}; exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_wirebeat")).args(arguments);
        Running::start_as(command)
    }

    fn start_as(mut command: Command) -> Running {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { child: Some(command.spawn().unwrap()), output: None, errors: None }
    }

    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.child.as_mut().unwrap().stdin.take().unwrap()
    }

    /// The next line that it prints; empty at the end.
    pub(crate) fn line(&mut self) -> String {
        let child = self.child.as_mut().unwrap();
        let output =
            self.output.get_or_insert_with(|| BufReader::new(child.stdout.take().unwrap()));
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line.trim_end().into()
    }

    /// The next line of its errors and notes; empty at the end.
    pub(crate) fn error_line(&mut self) -> String {
        let child = self.child.as_mut().unwrap();
        let errors =
            self.errors.get_or_insert_with(|| BufReader::new(child.stderr.take().unwrap()));
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        line.trim_end().into()
    }

    /// Reads no more of what it prints.
    pub(crate) fn close_output(&mut self) {
        self.output = None;
    }

    /// Sends it a signal, as Ctrl-C does.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.child.as_ref().unwrap().id());
        assert!(Command::new("bash").args(["-c", &kill]).status().unwrap().success());
    }

    /// Whether it handles a signal by now, as far as the system tells.
    pub(crate) fn catches(&self, name: &str) -> bool {
        let number = match name {
            "INT" => 2_u32,
            _ => panic!("which signal is {name}?"),
        };
        let id = self.child.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (number - 1)) != 0
    }

    /// Waits for its end. Returns the rest of what it printed, its errors, and its exit code.
    pub(crate) fn finish(mut self) -> (String, String, Option<i32>) {
        let mut child = self.child.take().unwrap();
        let (mut rest, mut errors) = (String::new(), String::new());
        if let Some(mut output) = self.output.take() {
            output.read_to_string(&mut rest).unwrap();
        } else if let Some(mut output) = child.stdout.take() {
            output.read_to_string(&mut rest).unwrap();
        }
        if let Some(mut output) = self.errors.take() {
            output.read_to_string(&mut errors).unwrap();
        } else if let Some(mut output) = child.stderr.take() {
            output.read_to_string(&mut errors).unwrap();
        }
        (rest, errors, child.wait().unwrap().code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Both fail only for a process that has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A server for one connection, whatever is made of it. Returns its URL, and what `serve` returns.
pub(crate) fn tcp_server<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (url, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// A server that decides on one request.
pub(crate) fn http_server<T: Send + 'static>(
    serve: impl FnOnce(Pending<TcpStream>) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    tcp_server(|stream| serve(accept(stream, OriginPolicy::Any).unwrap()))
}

/// A WebSocket server for one connection.
pub(crate) fn server<T: Send + 'static>(
    serve: impl FnOnce(WebSocket<TcpStream>) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    http_server(|pending| serve(pending.accept().unwrap()))
}

/// Sends back what comes, until the end.
pub(crate) fn echo(mut socket: WebSocket<TcpStream>) -> Closed {
    while let Some(message) = socket.recv() {
        let _ = socket.send(message);
    }
    socket.closed().unwrap().clone()
}

/// Sends back so many messages, and closes: whoever waits for all of them needs no patience.
pub(crate) fn echo_and_close(mut socket: WebSocket<TcpStream>, messages: usize) -> Closed {
    for _ in 0..messages {
        let message = socket.recv().unwrap();
        socket.send(message).unwrap();
    }
    socket.close(Some(CloseFrame::new(1000, "done").unwrap())).unwrap()
}
