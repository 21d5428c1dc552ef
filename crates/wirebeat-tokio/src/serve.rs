use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, Sleep, sleep, timeout_at};
use wirebeat::Config;
use wirebeat::handshake::OriginPolicy;
use wirebeat::record::Recorder;

use crate::error::AcceptError;
use crate::service::{Options, Service};
use crate::trace::Span;
use crate::{Listener, MaybeTls, Pending};

/// How long nothing is accepted after the system has refused something: what it lacks is rarely
/// there a moment later.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a listener's clients, each in a task of its own, with all settings as they are by default,
/// and until it's dropped.
///
/// [`Server`] has more to say than where clients come from, and which pages may.
///
/// ```no_run
/// use tokio::net::TcpListener;
/// use wirebeat_tokio::{OriginPolicy, serve};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:9001").await?;
/// serve(listener, OriginPolicy::SameHost, async |pending| {
///     let Ok(mut socket) = pending.accept().await else { return };
///     while let Some(message) = socket.recv().await {
///         if socket.send(message).await.is_err() {
///             return;
///         }
///     }
/// })
/// .await;
/// # Ok(())
/// # }
/// ```
pub async fn serve<L, H, F>(listener: L, origins: OriginPolicy, handler: H)
where
    L: Listener,
    H: Fn(Pending<MaybeTls<L::Stream>>) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    Server::new(listener, origins).serve(handler).await;
}

/// A server that is about to serve.
///
/// Each client has a task of its own, in which the handler is called with its [request](Pending): to
/// [inspect](Pending::request) it, to [open](Pending::accept_with) the WebSocket with a subprotocol,
/// to [refuse](Pending::respond) it, or to answer a plain HTTP request. The handler is polled inside
/// the connection's own future, as by [`WebSocket::run`](crate::WebSocket::run): what it sends is
/// written each time that it waits, whatever it waits for.
///
/// The connection lasts as long as the handler: when that returns, it's closed with 1001 (going
/// away), unless it has ended, whoever may still hold a half of it. If the handler panics, its
/// connection alone ends, with 1011 (internal error).
///
/// ```no_run
/// use std::time::Duration;
/// use tokio::net::TcpListener;
/// use wirebeat_tokio::{Acceptance, OriginPolicy, Response, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:9001").await?;
/// let server = Server::new(listener, OriginPolicy::SameHost)
///     .connections_max(20_000)
///     .shutdown_timeout(Duration::from_secs(5))
///     .on_error(|error| eprintln!("{error}"));
/// let stopper = server.stopper();
/// tokio::spawn(async move {
///     // Somebody presses a key: every client is told that the server goes away.
///     let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await;
///     stopper.stop();
/// });
/// server
///     .serve(async |pending| {
///         if pending.request().target() != "/chat" {
///             let Ok(not_found) = Response::new(404) else { return };
///             let _ = pending.respond(&not_found.body("try /chat\n")).await;
///             return;
///         }
///         let mut acceptance = Acceptance::new();
///         if pending.request().subprotocols().any(|name| name == "chat.v2") {
///             acceptance = acceptance.subprotocol("chat.v2");
///         }
///         let Ok(mut socket) = pending.accept_with(&acceptance).await else { return };
///         while let Some(message) = socket.recv().await {
///             println!("{message:?}");
///         }
///     })
///     .await;
/// # Ok(())
/// # }
/// ```
#[must_use = "it serves when `serve` is called"]
pub struct Server<L> {
    listener: L,
    options: Options,
    connections_max: usize,
    shutdown_timeout: Duration,
    stopper: Stopper,
}

impl<L: Listener> Server<L> {
    /// A server for a listener's clients. Which pages may connect is a decision that every server
    /// makes, so there's no default for `origins`.
    pub fn new(listener: L, origins: OriginPolicy) -> Server<L> {
        Server {
            listener,
            options: Options::new(origins),
            connections_max: 10_000,
            shutdown_timeout: Duration::from_secs(10),
            stopper: Stopper(Arc::new(watch::Sender::new(false))),
        }
    }

    /// Sets the limits and times of each connection.
    pub fn config(mut self, config: Config) -> Server<L> {
        self.options.config = config;
        self
    }

    /// Has all that goes into each connection written down, to be done again, if the recorder
    /// wants it: as [`Client::record`](crate::Client::record). It's called by the tasks that serve.
    pub fn record(mut self, recorder: impl Recorder + 'static) -> Server<L> {
        self.options.recorder = Some(Box::new(recorder));
        self
    }

    /// Serves over TLS, with what `tls` says: our certificate and key, whether clients need one.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Arc<tokio_rustls::rustls::ServerConfig>) -> Server<L> {
        self.options.tls = Some(tls.into());
        self
    }

    /// How many connections there are at most, also counting those that are still opening; 10,000 by
    /// default. Further clients wait, unaccepted, until one of them ends: a client that asks for
    /// nothing is dropped after [`open_timeout`](Config::open_timeout), and one that's gone is found
    /// by the heartbeat.
    ///
    /// Each takes a file descriptor. Where the system has fewer to give, clients wait likewise.
    pub fn connections_max(mut self, connections_max: usize) -> Server<L> {
        self.connections_max = connections_max;
        self
    }

    /// How long connections may take to close when the server stops, before they're dropped; 10 s
    /// by default.
    pub fn shutdown_timeout(mut self, shutdown_timeout: Duration) -> Server<L> {
        self.shutdown_timeout = shutdown_timeout;
        self
    }

    /// Has `on_error` called with what goes wrong before or beside the handler, for a log. The server
    /// goes on whatever it is. By default nobody is told.
    ///
    /// It's called by the tasks that serve, and should return soon.
    pub fn on_error(mut self, on_error: impl Fn(ServeError) + Send + Sync + 'static) -> Server<L> {
        self.options.on_error = Some(Box::new(on_error));
        self
    }

    /// What stops the server: from a signal's task, or from a handler.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Serves, until somebody stops it by a [`Stopper`]. Then no client is accepted any more, all
    /// that are connected are sent a Close with 1001 (going away), and those that haven't closed
    /// within the [`shutdown_timeout`](Server::shutdown_timeout) are dropped.
    ///
    /// # Panics
    ///
    /// As everything of tokio's that has to do with time, outside of a runtime with its timers
    /// enabled.
    ///
    /// # Cancel safety
    ///
    /// To drop it drops all connections and the handlers' futures with them, without waiting for
    /// anything.
    pub async fn serve<H, F>(self, handler: H) -> Stopped
    where
        H: Fn(Pending<MaybeTls<L::Stream>>) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let Server { mut listener, options, connections_max, shutdown_timeout, stopper } = self;
        let service = Arc::new(Service::new(options, handler));
        let mut stopping = stopper.0.subscribe();
        let mut stop = pin!(stopping.wait_for(|is_stopping| *is_stopping));
        let mut tasks = JoinSet::new();
        let mut pause = Pause::default();
        loop {
            let next = poll_fn(|cx| {
                if stop.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Next::Stop);
                }
                if let Poll::Ready(Some(ended)) = tasks.poll_join_next(cx) {
                    return Poll::Ready(Next::Ended(ended));
                }
                if tasks.len() >= connections_max || pause.poll(cx).is_pending() {
                    return Poll::Pending;
                }
                listener.poll_accept(cx).map(Next::Accepted)
            })
            .await;
            match next {
                Next::Stop => break,
                Next::Ended(ended) => {
                    pause.end();
                    service.report_end(ended);
                }
                Next::Accepted(Ok(stream)) => {
                    let span = Span::server(|| L::peer(&stream));
                    let service = Arc::clone(&service);
                    #[cfg(feature = "tls")]
                    if let Some(tls) = service.tls().cloned() {
                        tasks.spawn(service.serve_tls(tls, stream, span));
                        continue;
                    }
                    tasks.spawn(service.serve(MaybeTls::Plain(stream), span));
                }
                // Whoever waited has gone, and another may wait.
                Next::Accepted(Err(error)) if is_passing(&error) => {}
                Next::Accepted(Err(error)) => {
                    pause.begin();
                    service.report(ServeError::Accept(error));
                }
            }
        }
        // Whoever asks from now on is refused by the system.
        drop(listener);
        service.leave();
        let deadline = Instant::now().checked_add(shutdown_timeout);
        let end_all = async {
            while let Some(ended) = tasks.join_next().await {
                service.report_end(ended);
            }
        };
        match deadline {
            Some(deadline) => drop(timeout_at(deadline, end_all).await),
            None => end_all.await,
        }
        let dropped = tasks.len();
        service.give_up();
        tasks.shutdown().await;
        Stopped { dropped }
    }
}

/// What happens next to a server.
enum Next<S> {
    Stop,
    /// A connection's task has ended.
    Ended(Result<(), JoinError>),
    Accepted(io::Result<S>),
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted)
}

/// A while in which nothing is accepted, or until a connection has ended.
#[derive(Default)]
struct Pause(Option<Pin<Box<Sleep>>>);

impl Pause {
    fn begin(&mut self) {
        self.0 = Some(Box::pin(sleep(PAUSE)));
    }

    fn end(&mut self) {
        self.0 = None;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.0 {
            ready!(pause.as_mut().poll(cx));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

impl<H> Service<H> {
    /// Reports a handler's panic.
    fn report_end(&self, ended: Result<(), JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            self.report(ServeError::Panicked);
        }
    }
}

/// Stops a [`Server`].
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<bool>>);

impl Stopper {
    /// Has the server stop as [`Server::serve`] says, and doesn't wait for it.
    pub fn stop(&self) {
        self.0.send_replace(true);
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
            ServeError::Opening(error) => error.fmt(f),
            ServeError::Panicked => f.write_str("the handler has panicked; its connection ended"),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ServeError::Accept(error) => Some(error),
            ServeError::Opening(error) => Some(error),
            ServeError::Panicked => None,
        }
    }
}

impl<L> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("connections_max", &self.connections_max)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish_non_exhaustive()
    }
}
