use std::fmt;
use std::future::Future;
use std::io;

use wirebeat::session::{Reconnect, SessionConfig};
use wirebeat::websocket::{HandlerPanic, Scope};

use super::page::{self, OnPanic, Start};
use super::{StartError, WebSocket};
use crate::Socket;
use crate::dialer::{Dialer, dialer_options};
use crate::driven::{Connector, Route, boxed};

/// What a [`WebSocket`] is made of, besides its URL.
///
/// ```no_run
/// use wirebeat_tokio::Reconnect;
/// use wirebeat_tokio::browser::WebSocket;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wirebeat_tokio::browser::StartError> {
/// let socket = WebSocket::builder("wss://example.com/chat")
///     .protocols(["chat.v2", "chat.v1"])
///     .reconnect(Reconnect::default())
///     .connect(|socket| socket.on_message(|_, event| println!("{:?}", event.data)))?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it connects when `connect` is called"]
pub struct Builder<'b> {
    core: wirebeat::websocket::Builder<'b>,
    config: SessionConfig,
    on_panic: Option<OnPanic>,
    dialer: Dialer,
    connector: Option<Connector>,
}

impl<'b> Builder<'b> {
    pub(super) fn new(url: &'b str) -> Builder<'b> {
        Builder {
            core: wirebeat::websocket::WebSocket::builder(url),
            config: SessionConfig::browser(),
            on_panic: None,
            dialer: Dialer::default(),
            connector: None,
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

    /// Is called when a handler has panicked, in the task. The program's panic hook has been
    /// called before, which usually writes to standard error; without this, that's all that is said.
    pub fn on_panic(mut self, on_panic: impl FnMut(&HandlerPanic) + Send + 'static) -> Builder<'b> {
        self.on_panic = Some(Box::new(on_panic));
        self
    }

    dialer_options!();

    /// Has each attempt's transport made by a function of the application's, as
    /// [`SessionBuilder::connector`](crate::SessionBuilder::connector).
    pub fn connector<F, S>(
        mut self,
        connector: impl Fn(String, u16) -> F + Send + Sync + 'static,
    ) -> Builder<'b>
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: Socket + Send + 'static,
    {
        self.connector = Some(boxed(connector));
        self
    }

    /// Makes the WebSocket, which begins to connect, with the handlers that `set_up` sets. It's
    /// called at once, before anything can happen.
    ///
    /// # Errors
    ///
    /// - [`StartError::Construct`]: the constructor refuses the URL, a subprotocol or a header;
    /// - [`StartError::NoRuntime`]: it isn't called from within a tokio runtime;
    /// - [`StartError::Entropy`]: the operating system gave no random numbers.
    pub fn connect(self, set_up: impl FnOnce(&mut Scope<'_>)) -> Result<WebSocket, StartError> {
        let route = Route { dialer: self.dialer, connector: self.connector };
        let start = Start { config: self.config, on_panic: self.on_panic, route };
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
