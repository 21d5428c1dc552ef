use std::fmt;
#[cfg(feature = "tls")]
use std::sync::Arc;

use wirebeat::session::{Reconnect, SessionConfig};
use wirebeat::websocket::{HandlerPanic, Scope};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use super::page::{self, OnPanic, Start};
use super::{StartError, WebSocket};

/// What a [`WebSocket`] is made of, besides its URL.
///
/// ```no_run
/// use wirebeat_std::Reconnect;
/// use wirebeat_std::browser::WebSocket;
///
/// let socket = WebSocket::builder("wss://example.com/chat")
///     .protocols(["chat.v2", "chat.v1"])
///     .reconnect(Reconnect::default())
///     .connect(|socket| socket.on_message(|_, event| println!("{:?}", event.data)))?;
/// # Ok::<(), wirebeat_std::browser::StartError>(())
/// ```
#[must_use = "it connects when `connect` is called"]
pub struct Builder<'b> {
    core: wirebeat::websocket::Builder<'b>,
    config: SessionConfig,
    on_panic: Option<OnPanic>,
    #[cfg(feature = "tls")]
    tls: ClientTls,
}

impl<'b> Builder<'b> {
    pub(super) fn new(url: &'b str) -> Builder<'b> {
        Builder {
            core: wirebeat::websocket::WebSocket::builder(url),
            config: SessionConfig::browser(),
            on_panic: None,
            #[cfg(feature = "tls")]
            tls: ClientTls::default(),
        }
    }

    /// What the URL is relative to: a page's own, in the browser.
    pub fn base(mut self, base: &'b str) -> Builder<'b> {
        self.core = self.core.base(base);
        self
    }

    /// Offers subprotocols, behind those offered before; the first is the one preferred. The server
    /// must choose one.
    pub fn protocols(mut self, protocols: impl IntoIterator<Item = &'b str>) -> Builder<'b> {
        self.core = self.core.protocols(protocols);
        self
    }

    /// Adds a header to the request, which a page can't.
    pub fn header(mut self, name: &'b str, value: &'b (impl AsRef<[u8]> + ?Sized)) -> Builder<'b> {
        self.core = self.core.header(name, value);
        self
    }

    /// Says which page the request comes from, as a browser does by itself.
    pub fn origin(mut self, origin: &'b str) -> Builder<'b> {
        self.core = self.core.origin(origin);
        self
    }

    /// Sets every limit and time; [`SessionConfig::browser`] unless it's called.
    pub fn config(mut self, config: SessionConfig) -> Builder<'b> {
        self.config = config;
        self
    }

    /// Connects again as the policy says, with [`SessionConfig::reconnecting`].
    pub fn reconnect(self, reconnect: Reconnect) -> Builder<'b> {
        self.config(SessionConfig::reconnecting(reconnect))
    }

    /// Is called when a handler has panicked, on the thread. The program's panic hook has been
    /// called before, which usually writes to standard error; without this, that's all that is said.
    pub fn on_panic(mut self, on_panic: impl FnMut(&HandlerPanic) + Send + 'static) -> Builder<'b> {
        self.on_panic = Some(Box::new(on_panic));
        self
    }

    /// As [`Client::tls_roots`](crate::Client::tls_roots).
    #[cfg(feature = "tls")]
    pub fn tls_roots(
        mut self,
        roots: impl IntoIterator<Item = rustls::pki_types::CertificateDer<'static>>,
    ) -> Builder<'b> {
        self.tls.set_roots(roots);
        self
    }

    /// As [`Client::tls_identity`](crate::Client::tls_identity).
    #[cfg(feature = "tls")]
    pub fn tls_identity(
        mut self,
        chain: Vec<rustls::pki_types::CertificateDer<'static>>,
        key: rustls::pki_types::PrivateKeyDer<'static>,
    ) -> Builder<'b> {
        self.tls.set_identity(chain, key);
        self
    }

    /// As [`Client::tls_config`](crate::Client::tls_config).
    #[cfg(feature = "tls")]
    pub fn tls_config(mut self, config: Arc<rustls::ClientConfig>) -> Builder<'b> {
        self.tls.set_config(config);
        self
    }

    /// Makes the WebSocket, which begins to connect, with the handlers that `set_up` sets. It's
    /// called at once, before anything can happen.
    ///
    /// # Errors
    ///
    /// - [`StartError::Construct`]: the constructor refuses the URL, a subprotocol or a header;
    /// - [`StartError::Io`], [`StartError::Entropy`]: the operating system refused what it needs.
    pub fn connect(self, set_up: impl FnOnce(&mut Scope<'_>)) -> Result<WebSocket, StartError> {
        let start = Start {
            config: self.config,
            on_panic: self.on_panic,
            #[cfg(feature = "tls")]
            tls: self.tls,
        };
        page::start(self.core, start, set_up).map(WebSocket)
    }
}

impl fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("core", &self.core)
            .field("config", &self.config)
            .field("on_panic", &self.on_panic.is_some())
            .finish_non_exhaustive()
    }
}
