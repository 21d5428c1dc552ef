use std::fmt;
use std::io;
use std::process::ExitCode;

use wirebeat_std::ConnectError;

/// What `--help` says of the exit codes; [`Failure::exit_code`] keeps to it.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    everything went as it should: closed by you, or by the server with 1000 or no code
  1    something failed on this machine (a file, a port, the output), or a run went wrong
  2    the command line is wrong
  3    no connection: the name wasn't found, nobody answered, or it took too long
  4    TLS: the certificate isn't trusted, or no secure connection could be made
  5    the server answered, but opened no WebSocket
  6    the connection was lost or broken, or messages couldn't be sent
  7    the server closed with a code that says that something is wrong
  130  ended at once by a second Ctrl-C";

/// Why the program ends with something other than 0, said in one line.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There's no connection, in the library's words.
    Connect(ConnectError),
    /// There's no connection, in words that name this program's options.
    NotConnected(NotConnected, String),
    /// What the command line says can't be done. Clap finds most of it, and the rest shows later.
    Usage(String),
    /// The operating system refused something that the run needs.
    Io(String, io::Error),
    /// A run of several connections didn't go as it should.
    Ended(String),
    /// The connection ended without a Close frame, or not everything could be sent.
    Lost(String),
    /// The server closed, and its code says that something is wrong.
    Closed(String),
    /// Nobody reads what is printed.
    Output(io::Error),
}

/// Which step kept a connection from being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotConnected {
    /// The command line asks for what can't be asked for.
    Usage,
    /// Something on this machine.
    Local,
    /// The way to the server.
    Network,
    /// Trust in it.
    Tls,
    /// The server itself: it answered with something else.
    Answer,
}

impl Failure {
    /// The number that the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Connect(error) => NotConnected::from(error).exit_code(),
            Failure::NotConnected(step, _) => step.exit_code(),
            Failure::Io(..) | Failure::Ended(_) | Failure::Output(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Lost(_) => 6,
            Failure::Closed(_) => 7,
        }
    }

    /// Whether it's that nobody reads what is printed: `wirebeat … | head` is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl NotConnected {
    fn exit_code(self) -> u8 {
        match self {
            NotConnected::Local => 1,
            NotConnected::Usage => 2,
            NotConnected::Network => 3,
            NotConnected::Tls => 4,
            NotConnected::Answer => 5,
        }
    }
}

impl From<&ConnectError> for NotConnected {
    fn from(error: &ConnectError) -> NotConnected {
        match error {
            ConnectError::Url { .. } | ConnectError::Target(_) | ConnectError::Request(_) => {
                NotConnected::Usage
            }
            ConnectError::Dns { .. }
            | ConnectError::Unreachable { .. }
            | ConnectError::UnixSocket { .. }
            | ConnectError::Timeout(_) => NotConnected::Network,
            ConnectError::TlsNotBuiltIn | ConnectError::Tls(_) | ConnectError::NoRoots(_) => {
                NotConnected::Tls
            }
            ConnectError::Rejected(_) | ConnectError::Handshake(_) => NotConnected::Answer,
            ConnectError::Io(_) | ConnectError::Entropy(_) => NotConnected::Local,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Connect(error) => error.fmt(f),
            Failure::Io(what, error) => write!(f, "{what}: {error}"),
            Failure::NotConnected(_, what)
            | Failure::Usage(what)
            | Failure::Ended(what)
            | Failure::Lost(what)
            | Failure::Closed(what) => f.write_str(what),
            Failure::Output(error) => write!(f, "the output can't be written: {error}"),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Failure {
        Failure::Connect(error)
    }
}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> ExitCode {
        ExitCode::from(failure.exit_code())
    }
}
