use std::error::Error;
use std::fmt;
use std::io;
use std::panic;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wirebeat::Config;
use wirebeat::handshake::OriginPolicy;
use wirebeat::record::Recorder;

use crate::acceptor::{Acceptor, Control};
use crate::driver::Driver;
use crate::error::AcceptError;
use crate::listener::Listener;
use crate::{Pending, Socket, server};

/// Serves a listener's clients, each in a thread of its own, with all settings as they are by
/// default.
///
/// [`Server`] has more to say than where clients come from, and which pages may.
///
/// ```no_run
/// use std::net::TcpListener;
/// use wirebeat_std::{OriginPolicy, serve};
///
/// let listener = TcpListener::bind("127.0.0.1:9001")?;
/// let serving = serve(listener, OriginPolicy::SameHost, |pending| {
///     let Ok(mut socket) = pending.accept() else { return };
///     while let Some(message) = socket.recv() {
///         if socket.send(message).is_err() {
///             return;
///         }
///     }
/// })?;
/// serving.wait();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// As for [`Server::start`].
pub fn serve<L: Listener>(
    listener: L,
    origins: OriginPolicy,
    handler: impl Fn(Pending<L::Stream>) + Send + Sync + 'static,
) -> io::Result<Serving> {
    Server::new(listener, origins).start(handler)
}

/// A server that is about to start.
///
/// Each client has a thread of its own, in which the handler is called with its [request](Pending):
/// to [inspect](Pending::request) it, to [open](Pending::accept_with) the WebSocket with a
/// subprotocol, to [refuse](Pending::respond) it, or to answer a plain HTTP request. The connection
/// lasts as long as the handler: when that returns, it's closed with 1001 (going away), unless it
/// has ended, whoever may still hold a half of it. If the handler panics, its connection alone ends,
/// with 1011 (internal error).
///
/// ```no_run
/// use std::net::TcpListener;
/// use std::time::Duration;
/// use wirebeat_std::{Acceptance, OriginPolicy, Response, Server};
///
/// let listener = TcpListener::bind("127.0.0.1:9001")?;
/// let serving = Server::new(listener, OriginPolicy::SameHost)
///     .connections_max(200)
///     .shutdown_timeout(Duration::from_secs(5))
///     .on_error(|error| eprintln!("{error}"))
///     .start(|pending| {
///         if pending.request().target() != "/chat" {
///             let not_found = Response::new(404).map(|response| response.body("try /chat\n"));
///             let _ = not_found.map(|response| pending.respond(&response));
///             return;
///         }
///         let mut acceptance = Acceptance::new();
///         if pending.request().subprotocols().any(|name| name == "chat.v2") {
///             acceptance = acceptance.subprotocol("chat.v2");
///         }
///         let Ok(mut socket) = pending.accept_with(&acceptance) else { return };
///         while let Some(message) = socket.recv() {
///             println!("{message:?}");
///         }
///     })?;
///
/// // Somebody presses a key: every client is told that the server goes away.
/// std::io::stdin().read_line(&mut String::new())?;
/// serving.shutdown();
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "it serves when `start` is called"]
pub struct Server<L> {
    listener: L,
    options: Options,
}

/// How a server serves.
pub(crate) struct Options {
    #[cfg(feature = "tls")]
    tls: Option<Arc<rustls::ServerConfig>>,
    origins: OriginPolicy,
    config: Config,
    recorder: Option<Box<dyn Recorder>>,
    pub(crate) connections_max: usize,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) on_error: Option<Box<dyn Fn(ServeError) + Send + Sync>>,
}

impl Options {
    /// A client's connection, on which nothing has happened.
    pub(crate) fn driver<S: Socket>(&self, stream: S) -> Result<Driver<S>, AcceptError> {
        let (origins, recorder) = (self.origins.clone(), self.recorder.as_deref());
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return server::tls_driver(stream, Arc::clone(tls), origins, &self.config, recorder);
        }
        server::driver(stream, origins, &self.config, recorder)
    }
}

impl<L: Listener> Server<L> {
    /// A server for a listener's clients. Which pages may connect is a decision that every server
    /// makes, so there's no default for `origins`.
    pub fn new(listener: L, origins: OriginPolicy) -> Server<L> {
        let options = Options {
            #[cfg(feature = "tls")]
            tls: None,
            origins,
            config: Config::default(),
            recorder: None,
            connections_max: 1000,
            shutdown_timeout: Duration::from_secs(10),
            on_error: None,
        };
        Server { listener, options }
    }

    /// Sets the limits and times of each connection.
    pub fn config(mut self, config: Config) -> Server<L> {
        self.options.config = config;
        self
    }

    /// Has all that goes into each connection written down, to be done again, if the recorder
    /// wants it: as [`Client::record`](crate::Client::record). It's called by the threads that
    /// serve.
    pub fn record(mut self, recorder: impl Recorder + 'static) -> Server<L> {
        self.options.recorder = Some(Box::new(recorder));
        self
    }

    /// Serves over TLS: see [`accept_tls`](crate::accept_tls) for how `tls` is made.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Arc<rustls::ServerConfig>) -> Server<L> {
        self.options.tls = Some(tls);
        self
    }

    /// How many connections there are at most, also counting those that are still opening; 1000 by
    /// default. Further clients wait, unaccepted, until one of them ends: a client that asks for
    /// nothing is dropped after [`open_timeout`](Config::open_timeout), and one that's gone is found
    /// by the heartbeat.
    ///
    /// Each takes a thread and a file descriptor. Where the system has fewer to give, clients wait
    /// likewise.
    pub fn connections_max(mut self, connections_max: usize) -> Server<L> {
        self.options.connections_max = connections_max;
        self
    }

    /// How long connections may take to close when the server stops, before they're dropped; 10 s
    /// by default.
    pub fn shutdown_timeout(mut self, shutdown_timeout: Duration) -> Server<L> {
        self.options.shutdown_timeout = shutdown_timeout;
        self
    }

    /// Has `on_error` called with what goes wrong before or beside the handler, for a log. The server
    /// goes on whatever it is. By default nobody is told.
    ///
    /// It's called by the threads that serve, and should return soon.
    pub fn on_error(mut self, on_error: impl Fn(ServeError) + Send + Sync + 'static) -> Server<L> {
        self.options.on_error = Some(Box::new(on_error));
        self
    }

    /// Starts to serve, in threads of its own.
    ///
    /// # Errors
    ///
    /// What the operating system says, if it refuses what every server needs: a thread, or a way to
    /// wait for clients.
    pub fn start(
        self,
        handler: impl Fn(Pending<L::Stream>) + Send + Sync + 'static,
    ) -> io::Result<Serving> {
        let acceptor = Acceptor::new(self.listener, self.options, handler)?;
        let control = acceptor.control();
        let thread = thread::Builder::new().name("wirebeat-accept".into());
        let thread = thread.spawn(move || acceptor.run())?;
        Ok(Serving { stopper: Stopper(control), thread: Some(thread) })
    }
}

/// A server that serves.
///
/// To drop it stops the server, as [`Stopper::stop`] does.
#[must_use = "dropping it stops the server"]
#[derive(Debug)]
pub struct Serving {
    stopper: Stopper,
    thread: Option<JoinHandle<Stopped>>,
}

impl Serving {
    /// Stops the server, and waits until it has stopped: no client is accepted any more, all that
    /// are connected are sent a Close with 1001 (going away), and those that haven't closed within
    /// the [`shutdown_timeout`](Server::shutdown_timeout) are dropped.
    ///
    /// A handler that waits for its client, or sends to it, returns in time. One that does
    /// something else can't be ended, and isn't waited for after that.
    pub fn shutdown(self) -> Stopped {
        self.stopper.stop();
        self.wait()
    }

    /// Waits until somebody stops the server by a [`Stopper`], and then as
    /// [`shutdown`](Serving::shutdown) does.
    pub fn wait(mut self) -> Stopped {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(stopped)) => stopped,
            Some(Err(panic)) => panic::resume_unwind(panic),
            None => Stopped { dropped: 0 },
        }
    }

    /// What stops the server from elsewhere: from a signal handler's thread, or from a handler.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.stopper.stop();
        }
    }
}

/// Stops a [`Server`].
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Control>);

impl Stopper {
    /// Has the server stop as [`Serving::shutdown`] does, and doesn't wait for it.
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// How a server has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// How many connections hadn't ended by the
    /// [`shutdown_timeout`](Server::shutdown_timeout), and were dropped.
    pub dropped: usize,
}

/// What went wrong before or beside a server's handler. The server goes on.
#[derive(Debug)]
pub enum ServeError {
    /// The operating system didn't give a connection that somebody has made, mostly because there
    /// are too many files open. It's asked again when a connection ends, or after 100 ms.
    Accept(io::Error),
    /// The operating system gave no thread. The client was dropped.
    Thread(io::Error),
    /// No request came that the handler could decide on.
    Opening(AcceptError),
    /// The handler has panicked, and its connection was closed with 1011 (internal error).
    Panicked,
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Accept(error) => {
                write!(f, "a connection can't be accepted yet ({error}); ")?;
                f.write_str("if files are too many, raise their limit or lower connections_max")
            }
            ServeError::Thread(error) => {
                write!(f, "there's no thread for a connection ({error}); lower connections_max")
            }
            ServeError::Opening(error) => error.fmt(f),
            ServeError::Panicked => f.write_str("the handler has panicked; its connection ended"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ServeError::Accept(error) | ServeError::Thread(error) => Some(error),
            ServeError::Opening(error) => Some(error),
            ServeError::Panicked => None,
        }
    }
}

impl<L> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("connections_max", &self.options.connections_max)
            .field("shutdown_timeout", &self.options.shutdown_timeout)
            .finish_non_exhaustive()
    }
}
