use std::future::poll_fn;
use std::io;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::Instant;
use wirebeat::handshake::{Request, RequestError};
use wirebeat::record::{Recorded, Recorder};
use wirebeat::{Config, Connection, Event, Reason, Seed, Timestamp};

use crate::address::Address;
use crate::calls::Hand;
use crate::dialer::{Dialer, dialer_options};
use crate::error::{ConnectError, Step};
use crate::security::Security;
use crate::shared::Shared;
use crate::time_limit::TimeLimit;
use crate::trace::Span;
use crate::{MaybeTls, Socket, WebSocket};

/// Connects to a `ws:` or `wss:` URL, with all settings as they are by default.
///
/// [`Client`] has more to say than a URL.
///
/// # Errors
///
/// As for [`Client::connect`], and [`ConnectError::Url`] and [`ConnectError::TlsNotBuiltIn`] as for
/// [`Client::new`].
///
/// # Panics
///
/// As everything of tokio's that has to do with time, outside of a runtime with its timers enabled.
///
/// # Cancel safety
///
/// To drop it gives the connection up.
pub async fn connect(url: &str) -> Result<WebSocket<MaybeTls<TcpStream>>, ConnectError> {
    Client::new(url)?.connect().await
}

/// A client that is about to connect.
///
/// ```no_run
/// use wirebeat_tokio::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut socket = Client::new("ws://localhost:9001/chat")?
///     .subprotocol("chat.v2")?
///     .header("Authorization", "Bearer 7Fjfp0ZBr1KtDRbnfVdmIw")?
///     .connect()
///     .await?;
/// socket.send("hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it connects when `connect` is called"]
pub struct Client {
    address: Address,
    request: Request,
    config: Config,
    dialer: Dialer,
    recorder: Option<Arc<dyn Recorder>>,
}

impl Client {
    /// A client for a URL: `ws://host:port/path?query`, or `wss:` for TLS.
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Url`]: it isn't such a URL;
    /// - [`ConnectError::TlsNotBuiltIn`]: it's a `wss:` URL, and the feature `tls` is off.
    pub fn new(url: &str) -> Result<Client, ConnectError> {
        let (address, request) = Address::parse(url)?;
        let (config, dialer) = (Config::default(), Dialer::default());
        Ok(Client { address, request, config, dialer, recorder: None })
    }

    /// Offers a subprotocol, after those offered before: the first is the one preferred.
    ///
    /// # Errors
    ///
    /// - [`RequestError::SubprotocolInvalid`]: the name isn't a token;
    /// - [`RequestError::SubprotocolRepeated`]: the same name was offered before.
    pub fn subprotocol(mut self, name: &str) -> Result<Client, RequestError> {
        self.request = self.request.subprotocol(name)?;
        Ok(self)
    }

    /// Adds a header to the request: credentials, cookies, `User-Agent`.
    ///
    /// # Errors
    ///
    /// - [`RequestError::Header`]: the name isn't a token, the value isn't one line, or the header
    ///   belongs to the handshake.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Client, RequestError> {
        self.request = self.request.header(name, value)?;
        Ok(self)
    }

    /// Says which page the request comes from, as browsers do.
    ///
    /// # Errors
    ///
    /// - [`RequestError::OriginInvalid`]: not an origin as browsers write it.
    pub fn origin(mut self, origin: &str) -> Result<Client, RequestError> {
        self.request = self.request.origin(origin)?;
        Ok(self)
    }

    /// Sets limits and times.
    pub fn config(mut self, config: Config) -> Client {
        self.config = config;
        self
    }

    /// Has all that goes into the connection written down, to be done again: what it's asked for
    /// and its seed, the bytes that come, what is sent, and when. The crate `wirebeat-sim` has such
    /// recorders, with payloads and credentials left out on request.
    ///
    /// Of TLS nothing is written, but what is inside of it. Where payloads are left out
    /// messages aren't compressed, whatever the configuration says.
    pub fn record(mut self, recorder: impl Recorder + 'static) -> Client {
        self.recorder = Some(Arc::new(recorder));
        self
    }

    dialer_options!();

    /// Connects: resolves the name, dials, and waits for the server's answer, all of it within
    /// `open_timeout`. How it dials, [`dial`](Client::dial) says.
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Dns`], [`ConnectError::Unreachable`]: no TCP connection could be made;
    /// - `ConnectError::Proxy`: the proxy doesn't lead to the server;
    /// - [`ConnectError::Timeout`]: it took longer than `open_timeout`;
    /// - [`ConnectError::Tls`]: the server isn't trusted, refuses us, or doesn't speak TLS; or what
    ///   was given to make TLS with can't be used;
    /// - [`ConnectError::NoRoots`]: the system has no certificates to trust servers by;
    /// - [`ConnectError::Rejected`]: the server answered with something else;
    /// - [`ConnectError::Handshake`]: the answer breaks the protocol, or the connection ended;
    /// - [`ConnectError::Io`], [`ConnectError::Entropy`]: the operating system refused.
    ///
    /// # Panics
    ///
    /// As [`connect`].
    ///
    /// # Cancel safety
    ///
    /// To drop it gives the connection up.
    pub async fn connect(self) -> Result<WebSocket<MaybeTls<TcpStream>>, ConnectError> {
        let limit = TimeLimit::start(&self.config);
        // What can't be secured needn't be dialed.
        let security = self.dialer.security(&self.address)?;
        let stream = self.dialer.dial(&self.address, limit).await?;
        self.open(stream, security, limit).await
    }

    /// Makes the TCP connection alone: to set options of the socket, or to lead it through
    /// something, before [`connect_over`](Client::connect_over).
    ///
    /// Every address that the name gives is tried, by the idea of [RFC 8305]: IPv6 and IPv4 in turn,
    /// the next as soon as one fails, or 250 ms after it if it hasn't answered. The first that takes
    /// the connection is used, and the others are given up.
    ///
    /// [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Dns`], [`ConnectError::Unreachable`]: no TCP connection could be made;
    /// - [`ConnectError::Timeout`]: it took longer than `open_timeout`;
    /// - [`ConnectError::Io`]: the operating system refused.
    ///
    /// # Cancel safety
    ///
    /// To drop it gives the connection up.
    pub async fn dial(&self) -> Result<TcpStream, ConnectError> {
        self.dialer.dial(&self.address, TimeLimit::start(&self.config)).await
    }

    /// Connects by way of a connector of the application's, which is given the host, as it's written
    /// in the URL, and the port.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tokio::net::TcpStream;
    /// use wirebeat_tokio::Client;
    ///
    /// let client = Client::new("wss://chat.example/")?;
    /// let socket = client.connect_with(async |_, port| TcpStream::connect(("10.0.0.7", port)).await);
    /// let mut socket = socket.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Client::connect); what the connector says is [`ConnectError::Unreachable`].
    ///
    /// # Cancel safety
    ///
    /// To drop it gives the connection up.
    pub async fn connect_with<S: Socket>(
        self,
        connector: impl AsyncFnOnce(&str, u16) -> io::Result<S>,
    ) -> Result<WebSocket<MaybeTls<S>>, ConnectError> {
        let limit = TimeLimit::start(&self.config);
        let security = self.dialer.security(&self.address)?;
        let host = self.address.host();
        let dial = async {
            connector(&host, self.address.port())
                .await
                .map_err(|source| ConnectError::Unreachable { host: self.address.name(), source })
        };
        let stream = limit.within(Step::Connecting, dial).await?;
        self.open(stream, security, limit).await
    }

    /// Connects to a server that listens on a Unix socket, all of it within `open_timeout`. The URL
    /// says what is asked for there: its host is sent, and isn't resolved.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Client::connect); it's [`ConnectError::Unreachable`] with the path if
    /// nobody listens there, or not to us.
    ///
    /// # Cancel safety
    ///
    /// To drop it gives the connection up.
    #[cfg(unix)]
    pub async fn connect_unix(
        self,
        path: impl AsRef<Path>,
    ) -> Result<WebSocket<MaybeTls<UnixStream>>, ConnectError> {
        let limit = TimeLimit::start(&self.config);
        let security = self.dialer.security(&self.address)?;
        let path = path.as_ref();
        let dial = async {
            UnixStream::connect(path).await.map_err(|source| ConnectError::Unreachable {
                host: path.display().to_string(),
                source,
            })
        };
        let stream = limit.within(Step::Connecting, dial).await?;
        self.open(stream, security, limit).await
    }

    /// Connects over a stream that is there already: a tunnel, a pair of sockets, or what
    /// [`dial`](Client::dial) gave. The URL says what is asked for, and not where the stream leads.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Client::connect), but for those that the stream is past.
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the stream.
    pub async fn connect_over<S: Socket>(
        self,
        stream: S,
    ) -> Result<WebSocket<MaybeTls<S>>, ConnectError> {
        let limit = TimeLimit::start(&self.config);
        let security = self.dialer.security(&self.address)?;
        self.open(stream, security, limit).await
    }

    async fn open<S: Socket>(
        self,
        stream: S,
        security: Security,
        limit: TimeLimit,
    ) -> Result<WebSocket<MaybeTls<S>>, ConnectError> {
        let stream = limit.within(Step::Tls, security.secure(stream)).await?;
        let open_timeout =
            limit.0.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let config = Config { open_timeout, ..self.config };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(ConnectError::Entropy)?;
        let span = Span::client(&self.request, self.address.is_tls());
        let (request, now) = (self.request, Timestamp::ZERO);
        let connection = match &self.recorder {
            Some(recorder) => Recorded::client(request, &config, seed, now, &**recorder),
            None => Connection::client(request, &config, &Seed::new(seed), now).into(),
        };
        let hand = Hand::new(Shared::new(stream, connection));
        hand.change(|state| state.span = span);
        let mut rejected = None;
        loop {
            match poll_fn(|cx| hand.poll_event(cx)).await {
                Some(Event::Open(accepted)) => return Ok(WebSocket::new(hand, Some(accepted))),
                Some(Event::Rejected(response)) => rejected = Some(response),
                Some(Event::Closed(closed)) => {
                    return Err(match (rejected, closed.cause.reason) {
                        (Some(response), _) => ConnectError::Rejected(response),
                        (None, Reason::OpenTimeout) => ConnectError::Timeout(Step::Handshake),
                        (None, _) => ConnectError::Handshake(closed.cause),
                    });
                }
                Some(_) | None => {}
            }
        }
    }
}
