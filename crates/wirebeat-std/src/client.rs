use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;

use wirebeat::handshake::{Request, RequestError};
use wirebeat::record::{Recorded, Recorder};
use wirebeat::{Config, Connection, Event, Reason, Seed, Timestamp};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use crate::address::Address;
use crate::driver::Driver;
use crate::error::{ConnectError, Step};
use crate::hold::Hold;
use crate::state::State;
use crate::time_limit::TimeLimit;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::{Socket, WebSocket, dial};

/// Connects to a `ws:` or `wss:` URL, with all settings as they are by default.
///
/// [`Client`] has more to say than a URL.
///
/// # Errors
///
/// As for [`Client::connect`], and [`ConnectError::Url`] and [`ConnectError::TlsNotBuiltIn`] as for
/// [`Client::new`].
pub fn connect(url: &str) -> Result<WebSocket<TcpStream>, ConnectError> {
    Client::new(url)?.connect()
}

/// A client that is about to connect.
///
/// ```no_run
/// use wirebeat_std::Client;
///
/// let mut socket = Client::new("ws://localhost:9001/chat")?
///     .subprotocol("chat.v2")?
///     .header("Authorization", "Bearer 7Fjfp0ZBr1KtDRbnfVdmIw")?
///     .connect()?;
/// socket.send("hello")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it connects when `connect` is called"]
pub struct Client {
    address: Address,
    request: Request,
    config: Config,
    recorder: Option<Arc<dyn Recorder>>,
    #[cfg(feature = "tls")]
    tls: ClientTls,
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
        Ok(Client {
            address,
            request,
            config: Config::default(),
            recorder: None,
            #[cfg(feature = "tls")]
            tls: ClientTls::default(),
        })
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
    /// Of TLS nothing is written, but what is inside of it. Where payloads are left out messages
    /// aren't compressed, whatever the configuration says.
    pub fn record(mut self, recorder: impl Recorder + 'static) -> Client {
        self.recorder = Some(Arc::new(recorder));
        self
    }

    /// Trusts servers whose certificates come from these, instead of from those that the platform
    /// trusts.
    #[cfg(feature = "tls")]
    pub fn tls_roots(
        mut self,
        roots: impl IntoIterator<Item = rustls::pki_types::CertificateDer<'static>>,
    ) -> Client {
        self.tls.set_roots(roots);
        self
    }

    /// Shows a server that asks for it this certificate, with those that lead from it to its root.
    #[cfg(feature = "tls")]
    pub fn tls_identity(
        mut self,
        chain: Vec<rustls::pki_types::CertificateDer<'static>>,
        key: rustls::pki_types::PrivateKeyDer<'static>,
    ) -> Client {
        self.tls.set_identity(chain, key);
        self
    }

    /// Decides everything about TLS: the cryptography, the versions, whom to trust, what to show. It
    /// takes the place of [`tls_roots`](Client::tls_roots) and
    /// [`tls_identity`](Client::tls_identity). If it names no protocol (ALPN), `http/1.1` is
    /// offered.
    #[cfg(feature = "tls")]
    pub fn tls_config(mut self, config: Arc<rustls::ClientConfig>) -> Client {
        self.tls.set_config(config);
        self
    }

    /// Connects: resolves the name, dials, and waits for the server's answer, all of it within
    /// `open_timeout`. How it dials, [`dial`](Client::dial) says.
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Dns`], [`ConnectError::Unreachable`]: no TCP connection could be made;
    /// - [`ConnectError::Timeout`]: it took longer than `open_timeout`;
    /// - [`ConnectError::Tls`]: the server isn't trusted, refuses us, or doesn't speak TLS; or what
    ///   was given to make TLS with can't be used;
    /// - [`ConnectError::NoRoots`]: the system has no certificates to trust servers by;
    /// - [`ConnectError::Rejected`]: the server answered with something else;
    /// - [`ConnectError::Handshake`]: the answer breaks the protocol, or the connection ended;
    /// - [`ConnectError::Io`], [`ConnectError::Entropy`]: the operating system refused.
    pub fn connect(self) -> Result<WebSocket<TcpStream>, ConnectError> {
        let limit = TimeLimit::start(self.config.open_timeout);
        // What can't be secured needn't be dialed.
        let security = self.security()?;
        let stream = self.dial_within(limit)?;
        self.handshake(stream, security, limit)
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
    pub fn dial(&self) -> Result<TcpStream, ConnectError> {
        self.dial_within(TimeLimit::start(self.config.open_timeout))
    }

    /// Connects to a server that listens on a Unix socket, all of it within `open_timeout`. The URL
    /// says what is asked for there: its host is sent, and isn't resolved.
    ///
    /// ```no_run
    /// use wirebeat_std::Client;
    ///
    /// let mut socket = Client::new("ws://localhost/events")?.connect_unix("/run/app.sock")?;
    /// # Ok::<(), wirebeat_std::ConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Client::connect); but it's [`ConnectError::UnixSocket`] if nobody listens
    /// there, or not to us.
    #[cfg(unix)]
    pub fn connect_unix(
        self,
        path: impl AsRef<Path>,
    ) -> Result<WebSocket<UnixStream>, ConnectError> {
        let limit = TimeLimit::start(self.config.open_timeout);
        let security = self.security()?;
        let stream = dial::dial_unix(path.as_ref(), limit)?;
        self.handshake(stream, security, limit)
    }

    /// Connects over a stream that is there already: a tunnel, a pair of sockets, or what
    /// [`dial`](Client::dial) gave. The URL says what is asked for, and not where the stream leads.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Client::connect), but for those that the stream is past.
    pub fn connect_over<S: Socket>(self, stream: S) -> Result<WebSocket<S>, ConnectError> {
        let limit = TimeLimit::start(self.config.open_timeout);
        let security = self.security()?;
        self.handshake(stream, security, limit)
    }

    fn dial_within(&self, limit: TimeLimit) -> Result<TcpStream, ConnectError> {
        let addresses = self.address.resolve(limit.left(Step::Resolving)?)?;
        let host = match self.request.port() {
            Some(port) => format!("{}:{port}", self.request.host()),
            None => self.request.host().into(),
        };
        dial::dial(host, addresses, limit)
    }

    fn handshake<S: Socket>(
        self,
        stream: S,
        security: Security,
        limit: TimeLimit,
    ) -> Result<WebSocket<S>, ConnectError> {
        let open_timeout = limit.left(Step::Handshake)?;
        let config = Config { open_timeout, ..self.config };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(ConnectError::Entropy)?;
        let (request, now) = (self.request, Timestamp::ZERO);
        let connection = match &self.recorder {
            Some(recorder) => Recorded::client(request, &config, seed, now, &**recorder),
            None => Connection::client(request, &config, &Seed::new(seed), now).into(),
        };
        let mut driver = Driver::new(stream, connection, &config).map_err(ConnectError::Io)?;
        security.put_into(&mut driver.state);
        let mut rejected = None;
        loop {
            match driver.next_event() {
                Some(Event::Open(accepted)) => {
                    return Ok(WebSocket::new(Hold::alone(driver), Some(accepted)));
                }
                Some(Event::Rejected(response)) => rejected = Some(response),
                Some(Event::Closed(closed)) => {
                    if let Some(error) = Security::failure(&driver.state, closed.cause.reason) {
                        return Err(error);
                    }
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

/// Our end of TLS, if the URL asks for it.
struct Security {
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

#[cfg(feature = "tls")]
impl Client {
    fn security(&self) -> Result<Security, ConnectError> {
        let tls =
            self.address.server_name().map(|name| Tls::client(&self.tls, name)).transpose()?;
        Ok(Security { tls })
    }
}

#[cfg(feature = "tls")]
impl Security {
    fn put_into(self, state: &mut State) {
        if let Some(tls) = self.tls {
            state.secure(tls);
        }
    }

    /// Why there's no TLS, if that's why there's no connection.
    fn failure(state: &State, reason: Reason) -> Option<ConnectError> {
        let tls = state.tls()?;
        match (tls.failure(), reason) {
            (Some(error), _) => Some(ConnectError::Tls(error.clone())),
            (None, Reason::OpenTimeout) if tls.is_handshaking() => {
                Some(ConnectError::Timeout(Step::Tls))
            }
            (None, _) => None,
        }
    }
}

#[cfg(not(feature = "tls"))]
impl Client {
    fn security(&self) -> Result<Security, ConnectError> {
        Ok(Security {})
    }
}

#[cfg(not(feature = "tls"))]
impl Security {
    fn put_into(self, _: &mut State) {}

    fn failure(_: &State, _: Reason) -> Option<ConnectError> {
        None
    }
}
