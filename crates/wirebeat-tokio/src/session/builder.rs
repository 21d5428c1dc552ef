use std::fmt;
use std::future::Future;
use std::io;

use wirebeat::handshake::RequestError;
use wirebeat::session::{Reconnect, SessionConfig, Target};
use wirebeat::{Heartbeat, Message};

use super::{Session, SessionEvents, running};
use crate::dialer::{Dialer, dialer_options};
use crate::driven::{Connector, Route, boxed};
use crate::{ConnectError, Socket};

/// What a [`Session`] is made of.
///
/// ```no_run
/// use std::time::Duration;
/// use wirebeat_tokio::{Backoff, Reconnect, Session};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (session, events) = Session::builder("wss://example.com/feed")?
///     .header("Authorization", "Bearer 7Fjfp0ZBr1KtDRbnfVdmIw")?
///     .greeting(r#"{"subscribe":"prices"}"#)
///     .reconnect(Some(Reconnect::with(Backoff::fixed(Duration::from_secs(3)))))
///     .connect()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it connects when `connect` is called"]
pub struct SessionBuilder {
    target: Option<Target>,
    config: SessionConfig,
    dialer: Dialer,
    connector: Option<Connector>,
}

impl SessionBuilder {
    pub(super) fn new(target: Target) -> Result<SessionBuilder, ConnectError> {
        if target.is_secure() && !cfg!(feature = "tls") {
            return Err(ConnectError::TlsNotBuiltIn);
        }
        Ok(SessionBuilder { target: Some(target), ..SessionBuilder::asking() })
    }

    pub(super) fn asking() -> SessionBuilder {
        SessionBuilder {
            target: None,
            config: SessionConfig::default(),
            dialer: Dialer::default(),
            connector: None,
        }
    }

    /// Offers a subprotocol, after those offered before. A session that asks where to dial is told
    /// with each target instead, and this changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`Target::subprotocol`].
    pub fn subprotocol(self, name: &str) -> Result<SessionBuilder, RequestError> {
        self.with_target(|target| target.subprotocol(name))
    }

    /// Adds a header to every request. A session that asks where to dial is told with each target
    /// instead, and this changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`Target::header`].
    pub fn header(
        self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<SessionBuilder, RequestError> {
        self.with_target(|target| target.header(name, value))
    }

    /// Says which page the requests come from. A session that asks where to dial is told with each
    /// target instead, and this changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`Target::origin`].
    pub fn origin(self, origin: &str) -> Result<SessionBuilder, RequestError> {
        self.with_target(|target| target.origin(origin))
    }

    fn with_target(
        mut self,
        change: impl FnOnce(Target) -> Result<Target, RequestError>,
    ) -> Result<SessionBuilder, RequestError> {
        self.target = self.target.map(change).transpose()?;
        Ok(self)
    }

    /// Sets every limit and time, also those that the methods below set.
    ///
    /// A function in it, as [`Reconnect::should_reconnect`] has one, is called on the session's
    /// task, and mustn't call the session.
    pub fn config(mut self, config: SessionConfig) -> SessionBuilder {
        self.config = config;
        self
    }

    /// Sets when and whether another connection follows; `None` for never.
    pub fn reconnect(mut self, reconnect: Option<Reconnect>) -> SessionBuilder {
        self.config.reconnect = reconnect;
        self
    }

    /// Sets how a dead peer is noticed; `None` for not at all.
    pub fn heartbeat(mut self, heartbeat: Option<Heartbeat>) -> SessionBuilder {
        self.config.connection.heartbeat = heartbeat;
        self
    }

    /// Sends a message first on every connection, after those that were given before.
    pub fn greeting(mut self, message: impl Into<Message<'static>>) -> SessionBuilder {
        self.config.greeting.push(message.into());
        self
    }

    dialer_options!();

    /// Has each attempt's transport made by a function of the application's, which is given the
    /// target's host and port: a tunnel's end, one of several servers, a Unix socket. What is asked
    /// for there, and what a certificate must be for, stays what the target says; TLS is put over it
    /// if that wants it. What the connector says is [`ConnectError::Unreachable`].
    ///
    /// It takes the place of dialing, so that neither [`proxy`](SessionBuilder::proxy) nor
    /// [`nodelay`](SessionBuilder::nodelay) changes anything then. If it panics, the session ends.
    ///
    /// ```no_run
    /// use tokio::net::UnixStream;
    /// use wirebeat_tokio::Session;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (session, events) = Session::builder("ws://localhost/feed")?
    ///     .connector(|_, _| UnixStream::connect("/run/feed.sock"))
    ///     .connect()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connector<F, S>(
        mut self,
        connector: impl Fn(String, u16) -> F + Send + Sync + 'static,
    ) -> SessionBuilder
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: Socket + Send + 'static,
    {
        self.connector = Some(boxed(connector));
        self
    }

    /// Starts the session, whose first attempt begins at once, in a task of its own. It doesn't wait
    /// for that: how it goes is heard of from [`SessionEvents`].
    ///
    /// # Errors
    ///
    /// - [`ConnectError::NoRuntime`]: it isn't called from within a tokio runtime;
    /// - [`ConnectError::Entropy`]: the operating system gave no random numbers.
    ///
    /// # Panics
    ///
    /// The task, not this, panics in a runtime whose timers aren't enabled.
    pub fn connect(self) -> Result<(Session, SessionEvents), ConnectError> {
        let route = Route { dialer: self.dialer, connector: self.connector };
        let (owner, events) = running::start(self.target, self.config, route)?;
        Ok((Session { owner, held: None }, events))
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("target", &self.target)
            .field("config", &self.config)
            .field("dialer", &self.dialer)
            .field("connector", &self.connector.is_some())
            .finish()
    }
}
