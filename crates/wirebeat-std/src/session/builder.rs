use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::sync::Arc;

use wirebeat::handshake::RequestError;
use wirebeat::session::{Reconnect, SessionConfig, Target};
use wirebeat::{Heartbeat, Message};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use super::{Session, SessionEvents, running};
use crate::ConnectError;

/// What a [`Session`] is made of.
///
/// ```no_run
/// use std::time::Duration;
/// use wirebeat_std::{Backoff, Reconnect, Session};
///
/// let (session, events) = Session::builder("wss://example.com/feed")?
///     .header("Authorization", "Bearer 7Fjfp0ZBr1KtDRbnfVdmIw")?
///     .greeting(r#"{"subscribe":"prices"}"#)
///     .reconnect(Some(Reconnect::with(Backoff::fixed(Duration::from_secs(3)))))
///     .connect()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it connects when `connect` is called"]
pub struct SessionBuilder {
    target: Option<Target>,
    config: SessionConfig,
    via: Option<SocketAddr>,
    #[cfg(feature = "tls")]
    tls: ClientTls,
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
            via: None,
            #[cfg(feature = "tls")]
            tls: ClientTls::default(),
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
    /// thread, and mustn't call the session.
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

    /// Dials this address, wherever the target's name leads: a tunnel's end, or one of several
    /// servers. What is asked for there, and what its certificate must be for, stays what the URL
    /// says.
    pub fn connect_to(mut self, address: SocketAddr) -> SessionBuilder {
        self.via = Some(address);
        self
    }

    /// As [`Client::tls_roots`](crate::Client::tls_roots).
    #[cfg(feature = "tls")]
    pub fn tls_roots(
        mut self,
        roots: impl IntoIterator<Item = rustls::pki_types::CertificateDer<'static>>,
    ) -> SessionBuilder {
        self.tls.set_roots(roots);
        self
    }

    /// As [`Client::tls_identity`](crate::Client::tls_identity).
    #[cfg(feature = "tls")]
    pub fn tls_identity(
        mut self,
        chain: Vec<rustls::pki_types::CertificateDer<'static>>,
        key: rustls::pki_types::PrivateKeyDer<'static>,
    ) -> SessionBuilder {
        self.tls.set_identity(chain, key);
        self
    }

    /// As [`Client::tls_config`](crate::Client::tls_config).
    #[cfg(feature = "tls")]
    pub fn tls_config(mut self, config: Arc<rustls::ClientConfig>) -> SessionBuilder {
        self.tls.set_config(config);
        self
    }

    /// Starts the session, whose first attempt begins at once, on a thread of its own. It doesn't
    /// wait for that: how it goes is heard of from [`SessionEvents`].
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Io`], [`ConnectError::Entropy`]: the operating system refused a thread, or
    ///   what it needs.
    pub fn connect(self) -> Result<(Session, SessionEvents), ConnectError> {
        let (owner, events) = running::start(
            self.target,
            self.config,
            self.via,
            #[cfg(feature = "tls")]
            self.tls,
        )?;
        Ok((Session(owner), events))
    }
}
