use std::error::Error;
use std::fmt;
use std::io;

#[cfg(feature = "tls")]
use tokio_rustls::rustls;
use wirebeat::handshake::{self, ReceivedResponse, RequestError, RequestRefusal};
use wirebeat::session::{TargetError, UrlFault};
use wirebeat::{Cause, Reason};
#[cfg(feature = "tls")]
use wirebeat_tls::{ClientTlsError, advice};

/// Why there's no connection. Each kind names who can mend it, and its text says how.
#[derive(Debug)]
pub enum ConnectError {
    /// The URL doesn't lead to a WebSocket. Whoever wrote it can mend it.
    Url {
        /// The URL, as it was given.
        url: Box<str>,
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// The URL leads to no target for a session. Whoever wrote it can mend it.
    Target(TargetError),
    /// The URL asks for TLS (`wss:`), which the program was built without: the feature `tls` is off.
    TlsNotBuiltIn,
    /// No secure connection could be made: the server isn't trusted, refuses us, or doesn't speak
    /// TLS; or what was given to make one with can't be used.
    #[cfg(feature = "tls")]
    Tls(io::Error),
    /// The system has no certificates to trust servers by, with what it said of that, if anything.
    /// Whoever looks after the system can install some.
    #[cfg(feature = "tls")]
    NoRoots(Option<String>),
    /// What is to be sent with the request can't be sent. The application is at fault.
    Request(RequestError),
    /// The host's name can't be resolved.
    Dns {
        /// The name.
        host: String,
        /// What the resolver said, if it said more than that there's no address.
        source: Option<io::Error>,
    },
    /// No address of the host took the connection: nobody listens, or no way leads there.
    Unreachable {
        /// Host and port.
        host: String,
        /// What the last address that was tried gave; a refusal rather than that there's no way to
        /// a family of addresses.
        source: io::Error,
    },
    /// The proxy didn't lead to the server: it can't be reached, wants credentials, or refuses.
    #[cfg(feature = "proxy")]
    Proxy {
        /// Where the proxy is.
        proxy: String,
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It took longer than `open_timeout`.
    Timeout(Step),
    /// The server answered, but not with a WebSocket: a refusal, a redirect, or a page.
    Rejected(Box<ReceivedResponse>),
    /// The connection ended during the handshake, or the answer breaks the protocol.
    Handshake(Cause),
    /// The operating system refused what every connection needs: a socket, an option of it.
    Io(io::Error),
    /// The operating system gave no random numbers, without which masking keys can't be made.
    Entropy(getrandom::Error),
    /// What needs a task was started outside of a tokio runtime. The application is at fault.
    NoRuntime,
}

/// How far a client had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The host's name was being resolved.
    Resolving,
    /// The TCP connection was being made.
    Connecting,
    /// The secure connection was being made.
    Tls,
    /// The server's answer was awaited.
    Handshake,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Url { url, fault } => write!(f, "can't connect to {url:?}: {fault}"),
            ConnectError::Target(error) => error.fmt(f),
            ConnectError::TlsNotBuiltIn => f.write_str(
                "wss: needs TLS, which this program was built without; use ws: where that is safe",
            ),
            #[cfg(feature = "tls")]
            ConnectError::Tls(error) => {
                write!(f, "no secure connection: {error}")?;
                if let Some(advice) = tls_advice(error) {
                    write!(f, "; {advice}")?;
                }
                Ok(())
            }
            #[cfg(feature = "tls")]
            ConnectError::NoRoots(why) => ClientTlsError::NoRoots(why.clone()).fmt(f),
            ConnectError::Request(error) => error.fmt(f),
            ConnectError::Dns { host, source } => {
                write!(f, "the name {host} can't be resolved")?;
                if let Some(source) = source {
                    write!(f, " ({source})")?;
                }
                f.write_str("; check its spelling and the network")
            }
            ConnectError::Unreachable { host, source } => {
                write!(f, "nothing answers at {host} ({source}); ")?;
                f.write_str(match source.kind() {
                    io::ErrorKind::ConnectionRefused => "check the port and that the server runs",
                    _ => "check the address and the network",
                })
            }
            #[cfg(feature = "proxy")]
            ConnectError::Proxy { proxy, source } => {
                write!(f, "the proxy {proxy} leads nowhere ({source}")?;
                if let Some(source) = source.source() {
                    write!(f, ": {source}")?;
                }
                f.write_str("); check its address and credentials, and what it allows")
            }
            ConnectError::Timeout(step) => {
                write!(f, "timed out while {step}; check the network, or raise open_timeout")
            }
            ConnectError::Rejected(response) => {
                let status = response.status();
                write!(f, "the server answered {status} instead of opening a WebSocket")?;
                if let Some(advice) = response.advice() {
                    write!(f, "; {advice}")?;
                }
                Ok(())
            }
            ConnectError::Handshake(cause) => match cause.reason {
                Reason::Handshake(_) => write!(f, "{cause}; check that it's a WebSocket server"),
                _ => write!(f, "{cause}; check that a WebSocket server listens at this port"),
            },
            ConnectError::Io(error) => write!(f, "the operating system refused: {error}"),
            ConnectError::Entropy(error) => {
                write!(f, "the operating system gave no random numbers: {error}")
            }
            ConnectError::NoRuntime => f.write_str(NO_RUNTIME),
        }
    }
}

/// What to do about a TLS error.
#[cfg(feature = "tls")]
fn tls_advice(error: &io::Error) -> Option<&'static str> {
    advice(error.get_ref()?.downcast_ref::<rustls::Error>()?)
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ConnectError::Dns { source, .. } => source.as_ref().map(|source| source as _),
            ConnectError::Unreachable { source, .. } | ConnectError::Io(source) => Some(source),
            #[cfg(feature = "proxy")]
            ConnectError::Proxy { source, .. } => Some(&**source),
            ConnectError::Target(error) => Some(error),
            ConnectError::Request(error) => Some(error),
            ConnectError::Handshake(cause) => Some(cause),
            ConnectError::Entropy(error) => Some(error),
            #[cfg(feature = "tls")]
            ConnectError::Tls(error) => Some(error),
            #[cfg(feature = "tls")]
            ConnectError::NoRoots(_) => None,
            ConnectError::Url { .. }
            | ConnectError::TlsNotBuiltIn
            | ConnectError::Timeout(_)
            | ConnectError::Rejected(_)
            | ConnectError::NoRuntime => None,
        }
    }
}

/// What is said of a task that can't be started.
pub(crate) const NO_RUNTIME: &str = "there's no tokio runtime here; start it from within one";

#[cfg(feature = "tls")]
impl ConnectError {
    /// There's nothing to make TLS with.
    pub(crate) fn without_tls(error: ClientTlsError) -> ConnectError {
        match error {
            ClientTlsError::Unusable(error) => ConnectError::Tls(io::Error::other(error)),
            ClientTlsError::NoRoots(why) => ConnectError::NoRoots(why),
        }
    }
}

impl From<TargetError> for ConnectError {
    fn from(error: TargetError) -> ConnectError {
        ConnectError::Target(error)
    }
}

impl From<RequestError> for ConnectError {
    fn from(error: RequestError) -> ConnectError {
        ConnectError::Request(error)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Resolving => "resolving the name",
            Step::Connecting => "connecting",
            Step::Tls => "making the connection secure",
            Step::Handshake => "waiting for the server's answer",
        })
    }
}

/// Why a server has no request to decide on, or could not answer it.
#[derive(Debug)]
pub enum AcceptError {
    /// The request was refused, and the client was told why.
    Refused(RequestRefusal),
    /// The client took longer than `open_timeout`.
    Timeout,
    /// No secure connection came about: the client doesn't trust us, isn't trusted, or doesn't speak
    /// TLS; or what was given to make one with can't be used.
    #[cfg(feature = "tls")]
    Tls(io::Error),
    /// The client went away.
    Gone(Cause),
    /// [`Pending::accept`](crate::Pending::accept) on a plain HTTP request. The client was answered
    /// 426 (Upgrade Required). Ask [`is_upgrade`](wirebeat::handshake::IncomingRequest::is_upgrade)
    /// first, and use [`Pending::respond`](crate::Pending::respond).
    NotAnUpgrade,
    /// The client didn't offer the subprotocol that was chosen. It was answered 500.
    SubprotocolUnoffered,
    /// The client didn't offer an extension that was to be used. It was answered 500.
    ExtensionUnoffered,
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AcceptError::Refused(refusal) => refusal.fmt(f),
            #[cfg(feature = "tls")]
            AcceptError::Tls(error) => write!(f, "no secure connection: {error}"),
            AcceptError::Timeout => f.write_str("the opening handshake took too long"),
            AcceptError::Gone(cause) => cause.fmt(f),
            AcceptError::NotAnUpgrade => handshake::AcceptError::NotAnUpgrade.fmt(f),
            AcceptError::SubprotocolUnoffered => {
                handshake::AcceptError::SubprotocolUnoffered.fmt(f)
            }
            AcceptError::ExtensionUnoffered => handshake::AcceptError::ExtensionUnoffered.fmt(f),
        }
    }
}

impl Error for AcceptError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            AcceptError::Refused(refusal) => Some(refusal),
            AcceptError::Gone(cause) => Some(cause),
            #[cfg(feature = "tls")]
            AcceptError::Tls(error) => Some(error),
            AcceptError::Timeout
            | AcceptError::NotAnUpgrade
            | AcceptError::SubprotocolUnoffered
            | AcceptError::ExtensionUnoffered => None,
        }
    }
}

impl AcceptError {
    /// Why the application can't accept a request so, whose connection ends by `cause` if it has.
    pub(crate) fn of(error: handshake::AcceptError, cause: impl FnOnce() -> Cause) -> AcceptError {
        match error {
            handshake::AcceptError::Gone => cause().into(),
            handshake::AcceptError::NotAnUpgrade => AcceptError::NotAnUpgrade,
            handshake::AcceptError::SubprotocolUnoffered => AcceptError::SubprotocolUnoffered,
            handshake::AcceptError::ExtensionUnoffered => AcceptError::ExtensionUnoffered,
        }
    }
}

impl From<Cause> for AcceptError {
    fn from(cause: Cause) -> AcceptError {
        match cause.reason {
            Reason::Refused(refusal) => AcceptError::Refused(refusal),
            Reason::OpenTimeout => AcceptError::Timeout,
            _ => AcceptError::Gone(cause),
        }
    }
}
