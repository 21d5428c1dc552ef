//! WebSocket servers and clients written by others, run as processes.
//!
//! [`Server`] and [`Client`] start a script of `tests/peers` and read the events that it prints, one
//! JSON object a line; `tests/peers/README.md` lists paths, scenarios and events. What a script needs
//! is installed on first use. A peer that says nothing for [`EVENT_WAIT_MAX`] is an error, so that a
//! lost connection fails a test rather than hanging it; dropping a peer ends its process.

pub mod zlib;

mod library;

use std::fmt::Debug;
use std::io;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::certificates;
use crate::process::Process;

pub use library::Library;

/// The longest wait for a peer's next event.
pub const EVENT_WAIT_MAX: Duration = Duration::from_secs(60);

/// What is below the WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP alone: `ws:`.
    Tcp,
    /// TLS over TCP: `wss:`.
    Tls,
}

impl Transport {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Tls];

    /// The scheme of its URLs.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "ws",
            Self::Tls => "wss",
        }
    }

    /// Lets a script know of the certificates, if it needs them.
    fn prepare(self, command: &mut Command) -> io::Result<()> {
        match self {
            Self::Tcp => command.env_remove("WIREBEAT_TLS"),
            Self::Tls => {
                let folder = certificates::folder()?;
                // Node.js's own WebSocket takes further authorities from nowhere else.
                command.env("NODE_EXTRA_CA_CERTS", folder.join("ca.pem"));
                command.env("WIREBEAT_TLS", folder)
            }
        };
        Ok(())
    }
}

/// Runs a test with each library's server over each transport, as [`each`] does.
///
/// # Panics
///
/// If one of them fails.
pub fn each_server(test: impl Fn(Library, Transport) + Sync) {
    each(over_each_transport(&Library::SERVERS), |(library, transport)| test(library, transport));
}

/// Runs a test with each library's client over each transport, as [`each`] does.
///
/// # Panics
///
/// If one of them fails.
pub fn each_client(test: impl Fn(Library, Transport) + Sync) {
    each(over_each_transport(&Library::CLIENTS), |(library, transport)| test(library, transport));
}

fn over_each_transport(libraries: &[Library]) -> impl Iterator<Item = (Library, Transport)> {
    libraries.iter().flat_map(|library| Transport::ALL.map(|transport| (*library, transport)))
}

/// Runs a test of each case, at the same time. The thread that fails is named after its case.
///
/// # Panics
///
/// If one of them fails.
pub fn each<C: Debug + Send>(cases: impl IntoIterator<Item = C>, test: impl Fn(C) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for case in cases {
            let thread = thread::Builder::new().name(format!("{case:?}"));
            thread.spawn_scoped(scope, move || test(case)).expect("a thread");
        }
    });
}

fn prepare_deflate(command: &mut Command, deflate: Option<&str>) {
    match deflate {
        None => command.env_remove("WIREBEAT_DEFLATE"),
        Some(parameters) => command.env("WIREBEAT_DEFLATE", parameters),
    };
}

/// A server on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct Server {
    process: Process,
    transport: Transport,
    port: u16,
}

impl Server {
    /// Starts a server and waits until it listens.
    ///
    /// # Errors
    ///
    /// The library has no server or can't be installed, or the process doesn't start or doesn't listen.
    pub fn start(library: Library, transport: Transport) -> io::Result<Self> {
        Self::start_deflating(library, transport, None)
    }

    /// Starts a server that compresses, with these parameters of RFC 7692's in JSON: `{}` for its own
    /// defaults.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_deflating(
        library: Library,
        transport: Transport,
        deflate: Option<&str>,
    ) -> io::Result<Self> {
        let mut command = library.server()?;
        prepare_deflate(&mut command, deflate);
        transport.prepare(&mut command)?;
        let mut process = Process::start(&mut command, EVENT_WAIT_MAX)?;
        let port = process.wait_for_port()?;
        Ok(Self { process, transport, port })
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of a path on this server, which says how it behaves: `/echo`, `/close?code=1001`.
    pub fn url(&self, target: &str) -> String {
        format!("{}://127.0.0.1:{}{target}", self.transport.scheme(), self.port)
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
        Self::start_deflating(library, url, scenario, arguments, None)
    }

    /// Starts a client that offers to compress, as [`Server::start_deflating`] does a server.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_deflating(
        library: Library,
        url: &str,
        scenario: &str,
        arguments: &[&str],
        deflate: Option<&str>,
    ) -> io::Result<Self> {
        let mut command = library.client()?;
        prepare_deflate(&mut command, deflate);
        let transport = if url.starts_with("wss:") { Transport::Tls } else { Transport::Tcp };
        transport.prepare(&mut command)?;
        command.arg(url).args(["--scenario", scenario]).args(arguments);
        Ok(Self { process: Process::start(&mut command, EVENT_WAIT_MAX)? })
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
        let status = self.process.wait()?;
        if status.success() {
            return Ok(events);
        }
        let printed: Vec<String> = events.iter().map(Value::to_string).collect();
        Err(io::Error::other(format!("the client's {status}, after\n{}", printed.join("\n"))))
    }

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
