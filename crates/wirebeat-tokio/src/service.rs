use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "tls")]
use std::time::Duration;

use wirebeat::handshake::OriginPolicy;
use wirebeat::record::Recorder;
use wirebeat::{CloseCode, Config, Reason};

use crate::calls::Hand;
use crate::error::AcceptError;
use crate::run::Kept;
use crate::serve::ServeError;
use crate::shared::Shared;
use crate::trace::Span;
use crate::{MaybeTls, Pending, Socket, server};

/// How a server serves.
pub(crate) struct Options {
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<tokio_rustls::TlsAcceptor>,
    origins: OriginPolicy,
    pub(crate) config: Config,
    pub(crate) recorder: Option<Box<dyn Recorder>>,
    pub(crate) on_error: Option<Box<dyn Fn(ServeError) + Send + Sync>>,
}

impl Options {
    pub(crate) fn new(origins: OriginPolicy) -> Options {
        Options {
            #[cfg(feature = "tls")]
            tls: None,
            origins,
            config: Config::default(),
            recorder: None,
            on_error: None,
        }
    }
}

/// What each connection's task does.
pub(crate) struct Service<H> {
    options: Options,
    handler: H,
    connections: Connections,
}

impl<H> Service<H> {
    pub(crate) fn new(options: Options, handler: H) -> Service<H> {
        Service { options, handler, connections: Connections::default() }
    }

    /// What takes clients over TLS, if they come by it.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(&self) -> Option<&tokio_rustls::TlsAcceptor> {
        self.options.tls.as_ref()
    }

    pub(crate) fn report(&self, error: ServeError) {
        if let Some(on_error) = &self.options.on_error {
            // A panic there ends neither the server nor a connection.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| on_error(error)));
        }
    }

    /// Begins to close all that there are, with 1001, and waits for none of them.
    pub(crate) fn leave(&self) {
        for connection in self.connections.leave() {
            connection.leave(CloseCode::GOING_AWAY);
        }
    }

    /// Gives up all that are left.
    pub(crate) fn give_up(&self) {
        for connection in self.connections.leave() {
            connection.give_up();
        }
    }

    /// Serves one connection over TLS until it has ended.
    #[cfg(feature = "tls")]
    pub(crate) async fn serve_tls<S, F>(
        self: Arc<Service<H>>,
        tls: tokio_rustls::TlsAcceptor,
        stream: S,
        span: Span,
    ) where
        S: Socket + Send + 'static,
        H: Fn(Pending<MaybeTls<S>>) -> F,
        F: Future<Output = ()>,
    {
        // Its state is large, and gone when it's done.
        let secured = Box::pin(secure(&tls, stream, self.options.config.open_timeout)).await;
        match secured {
            Ok(stream) => self.serve(stream, span).await,
            Err(error) => self.report(ServeError::Opening(error)),
        }
    }

    /// Serves one connection until it has ended.
    // A future keeps the room for what it was given for as long as it lives, so it's not an async
    // function that is given the stream.
    pub(crate) fn serve<S, F>(
        self: Arc<Service<H>>,
        stream: MaybeTls<S>,
        span: Span,
    ) -> impl Future<Output = ()>
    where
        S: Socket + Send + 'static,
        H: Fn(Pending<MaybeTls<S>>) -> F,
        F: Future<Output = ()>,
    {
        let Options { origins, config, recorder, .. } = &self.options;
        let shared = server::connection(stream, origins.clone(), config, recorder.as_deref());
        async move {
            let keeper = Keeper::new(&self.connections, shared);
            let work = pin!(span.instrument(self.handle(Arc::clone(&keeper.kept.0))));
            keeper.kept.0.change(|state| state.span = span);
            keeper.kept.serve(work).await;
        }
    }

    /// Has the application handle one connection.
    async fn handle<S, F>(&self, shared: Arc<Shared<MaybeTls<S>>>)
    where
        S: Socket,
        H: Fn(Pending<MaybeTls<S>>) -> F,
        F: Future<Output = ()>,
    {
        let handled = match server::await_request(Hand::new(shared)).await {
            Ok(pending) => (self.handler)(pending),
            // It was we who gave up.
            Err(AcceptError::Gone(cause)) if cause.reason == Reason::Aborted => return,
            Err(error) => return self.report(ServeError::Opening(error)),
        };
        handled.await;
    }
}

#[cfg(feature = "tls")]
async fn secure<S: Socket>(
    tls: &tokio_rustls::TlsAcceptor,
    stream: S,
    limit: Option<Duration>,
) -> Result<MaybeTls<S>, AcceptError> {
    let handshake = tls.accept(stream);
    let stream = match limit {
        None => handshake.await,
        Some(limit) => {
            let within = tokio::time::timeout(limit, handshake).await;
            within.map_err(|_| AcceptError::Timeout)?
        }
    };
    Ok(MaybeTls::Tls(Box::new(stream.map_err(AcceptError::Tls)?.into())))
}

/// A server's connections, each of which has a [`Keeper`] for as long as its task lives.
#[derive(Default)]
struct Connections(Mutex<Table>);

#[derive(Default)]
struct Table {
    connections: HashMap<u64, Arc<dyn Leave>>,
    next_key: u64,
    /// Whether connections are to end as soon as they can.
    is_leaving: bool,
}

impl Connections {
    /// All that there are. Those that come from now on leave by themselves.
    fn leave(&self) -> Vec<Arc<dyn Leave>> {
        let mut table = self.table();
        table.is_leaving = true;
        table.connections.values().map(Arc::clone).collect()
    }

    // Nothing panics while it holds the table.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a server does to a connection from outside of its task.
trait Leave: Any + Send + Sync {
    fn leave(&self, code: CloseCode);

    fn give_up(&self);
}

impl<S: Socket + Send + 'static> Leave for Shared<S> {
    fn leave(&self, code: CloseCode) {
        Shared::leave(self, code);
    }

    fn give_up(&self) {
        Shared::give_up(self);
    }
}

/// Keeps a connection until its task ends, by itself or not.
struct Keeper<'c, S: Socket> {
    kept: Kept<S>,
    connections: &'c Connections,
    key: u64,
}

impl<'c, S: Socket + Send + 'static> Keeper<'c, S> {
    fn new(connections: &'c Connections, shared: Arc<Shared<S>>) -> Keeper<'c, S> {
        let kept = Kept::new(Arc::clone(&shared));
        let mut table = connections.table();
        let key = table.next_key;
        table.next_key += 1;
        table.connections.insert(key, Arc::clone(&shared) as Arc<dyn Leave>);
        let is_leaving = table.is_leaving;
        drop(table);
        if is_leaving {
            shared.leave(CloseCode::GOING_AWAY);
        }
        Keeper { kept, connections, key }
    }
}

impl<S: Socket> Drop for Keeper<'_, S> {
    fn drop(&mut self) {
        self.connections.table().connections.remove(&self.key);
    }
}
