use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::install::install;
use crate::process::workspace;

/// Whose WebSocket a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// `websockets`, from PyPI.
    PythonWebsockets,
    /// `aiohttp`, from PyPI.
    PythonAiohttp,
    /// `ws`, from npm.
    NodeWs,
    /// What Node.js itself has. It has no server.
    NodeBuiltIn,
}

impl Library {
    /// Each library that has a server.
    pub const SERVERS: [Self; 3] = [Self::PythonWebsockets, Self::PythonAiohttp, Self::NodeWs];
    /// Each library: all have a client.
    pub const CLIENTS: [Self; 4] =
        [Self::PythonWebsockets, Self::PythonAiohttp, Self::NodeWs, Self::NodeBuiltIn];

    /// Whether it can send a message in fragments.
    pub fn sends_fragments(self) -> bool {
        match self {
            Self::PythonWebsockets | Self::NodeWs => true,
            Self::PythonAiohttp | Self::NodeBuiltIn => false,
        }
    }

    /// Whether it can send pings of its own.
    pub fn sends_pings(self) -> bool {
        match self {
            Self::PythonWebsockets | Self::PythonAiohttp | Self::NodeWs => true,
            Self::NodeBuiltIn => false,
        }
    }

    /// Whether its client tells all that a server answered: the headers with which it opened a
    /// connection, and the body with which it refused one.
    pub fn tells_answers(self) -> bool {
        match self {
            Self::PythonWebsockets | Self::PythonAiohttp | Self::NodeWs => true,
            Self::NodeBuiltIn => false,
        }
    }

    /// What it closes with when no code is given: 1005, which stands for none, if it can.
    pub fn code_if_none_is_given(self) -> u16 {
        match self {
            Self::PythonWebsockets | Self::NodeWs | Self::NodeBuiltIn => 1005,
            Self::PythonAiohttp => 1000,
        }
    }

    /// The code and reason with which it answers those of a Close frame.
    pub fn answer_to(self, code: u16, reason: &str) -> (u16, String) {
        match self {
            Self::PythonWebsockets | Self::NodeWs => (code, reason.into()),
            Self::NodeBuiltIn => (code, String::new()),
            Self::PythonAiohttp => (1000, String::new()),
        }
    }

    /// The command that runs this library's server.
    pub(super) fn server(self) -> io::Result<Command> {
        match self {
            Self::PythonWebsockets => python("ws_server.py"),
            Self::PythonAiohttp => python("aiohttp_server.py"),
            Self::NodeWs => node("ws_server.mjs"),
            Self::NodeBuiltIn => Err(io::Error::other("Node.js has no WebSocket server")),
        }
    }

    /// The command that runs this library's client.
    pub(super) fn client(self) -> io::Result<Command> {
        match self {
            Self::PythonWebsockets => python("ws_client.py"),
            Self::PythonAiohttp => python("aiohttp_client.py"),
            Self::NodeWs => node("ws_client.mjs"),
            Self::NodeBuiltIn => node("node_client.mjs"),
        }
    }
}

pub(super) fn python(script: &str) -> io::Result<Command> {
    let mut command = Command::new(installed()?.join("venv/bin/python"));
    // No caches of byte code in the work tree.
    command.arg("-B").arg(scripts().join(script));
    Ok(command)
}

fn node(script: &str) -> io::Result<Command> {
    let mut command = Command::new("node");
    command.env("WIREBEAT_PEERS", installed()?);
    if has_websocket_option() {
        command.arg(WEBSOCKET_OPTION);
    }
    command.arg(scripts().join(script));
    Ok(command)
}

/// Node.js 20 shows its WebSocket when it's asked to, later ones always, earlier ones never.
const WEBSOCKET_OPTION: &str = "--experimental-websocket";

fn has_websocket_option() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let mut command = Command::new("node");
        command.args([WEBSOCKET_OPTION, "--eval", ""]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

fn scripts() -> PathBuf {
    workspace().join("tests/peers")
}

/// Returns the folder that holds the libraries, after installing them if need be.
fn installed() -> io::Result<&'static Path> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = INSTALLED.get_or_init(|| {
        install("tests/peers/install", &[], "peers").map_err(|error| error.to_string())
    });
    folder.as_deref().map_err(|error| io::Error::other(error.clone()))
}
