use std::fmt;
#[cfg(feature = "tls")]
use std::sync::Arc;

use wirebeat::handshake::{Acceptance, IncomingRequest, OriginPolicy, Response};
use wirebeat::record::{Recorded, Recorder};
use wirebeat::{Cause, Config, Connection, Event, Phase, Reason, Timestamp};

use crate::access::Access;
use crate::driver::Driver;
use crate::error::AcceptError;
use crate::hold::Hold;
use crate::output::Patience;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::{Socket, WebSocket};

/// Waits for the request on a stream that a client has connected, with all settings as they are by
/// default.
///
/// Which pages may connect is a decision that every server makes, so there's no default for
/// `origins`. It blocks for up to `open_timeout`: give each stream a thread.
///
/// # Errors
///
/// - [`AcceptError::Refused`]: the request breaks the protocol, or its origin isn't allowed. The
///   client was told so;
/// - [`AcceptError::Timeout`], [`AcceptError::Gone`]: no request came;
/// - [`AcceptError::Io`]: the operating system refused.
pub fn accept<S: Socket>(stream: S, origins: OriginPolicy) -> Result<Pending<S>, AcceptError> {
    accept_with(stream, origins, &Config::default())
}

/// [`accept`] with other limits and times.
///
/// # Errors
///
/// As for [`accept`].
pub fn accept_with<S: Socket>(
    stream: S,
    origins: OriginPolicy,
    config: &Config,
) -> Result<Pending<S>, AcceptError> {
    await_request(Hold::alone(driver(stream, origins, config, None)?))
}

/// [`accept`] over TLS, with what `tls` says: our certificate and key, whether clients need one.
///
/// To require none, and with `cert.pem` and `key.pem` at hand:
///
/// ```no_run
/// use std::{net::TcpListener, sync::Arc};
/// use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
/// use wirebeat_std::rustls::{ServerConfig, crypto::ring};
/// use wirebeat_std::{OriginPolicy, accept_tls};
///
/// let chain = CertificateDer::pem_file_iter("cert.pem")?.collect::<Result<_, _>>()?;
/// let key = PrivateKeyDer::from_pem_file("key.pem")?;
/// let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
///     .with_safe_default_protocol_versions()?
///     .with_no_client_auth()
///     .with_single_cert(chain, key)?;
///
/// let listener = TcpListener::bind("0.0.0.0:443")?;
/// let (stream, _) = listener.accept()?;
/// let mut socket = accept_tls(stream, Arc::new(tls), OriginPolicy::SameHost)?.accept()?;
/// socket.send("a secret")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As for [`accept`], and:
///
/// - [`AcceptError::Tls`]: the client doesn't trust us, isn't trusted, or doesn't speak TLS; or
///   `tls` can't be used.
#[cfg(feature = "tls")]
pub fn accept_tls<S: Socket>(
    stream: S,
    tls: Arc<rustls::ServerConfig>,
    origins: OriginPolicy,
) -> Result<Pending<S>, AcceptError> {
    accept_tls_with(stream, tls, origins, &Config::default())
}

/// [`accept_tls`] with other limits and times.
///
/// # Errors
///
/// As for [`accept_tls`].
#[cfg(feature = "tls")]
pub fn accept_tls_with<S: Socket>(
    stream: S,
    tls: Arc<rustls::ServerConfig>,
    origins: OriginPolicy,
    config: &Config,
) -> Result<Pending<S>, AcceptError> {
    await_request(Hold::alone(tls_driver(stream, tls, origins, config, None)?))
}

/// A connection whose request hasn't come.
pub(crate) fn driver<S: Socket>(
    stream: S,
    origins: OriginPolicy,
    config: &Config,
    recorder: Option<&dyn Recorder>,
) -> Result<Driver<S>, AcceptError> {
    let now = Timestamp::ZERO;
    let connection = match recorder {
        Some(recorder) => Recorded::server(origins, config, now, recorder),
        None => Connection::server(origins, config, now).into(),
    };
    Driver::new(stream, connection, config).map_err(AcceptError::Io)
}

/// A [`driver`] that speaks TLS.
#[cfg(feature = "tls")]
pub(crate) fn tls_driver<S: Socket>(
    stream: S,
    tls: Arc<rustls::ServerConfig>,
    origins: OriginPolicy,
    config: &Config,
    recorder: Option<&dyn Recorder>,
) -> Result<Driver<S>, AcceptError> {
    let session = rustls::ServerConnection::new(tls).map_err(AcceptError::Tls)?;
    let mut driver = driver(stream, origins, config, recorder)?;
    driver.state.secure(Tls::new(session));
    Ok(driver)
}

pub(crate) fn await_request<S: Socket>(mut hold: Hold<S>) -> Result<Pending<S>, AcceptError> {
    loop {
        match hold.recv_event() {
            Some(Event::Request(request)) => return Ok(Pending { hold, request }),
            Some(Event::Closed(closed)) => {
                #[cfg(feature = "tls")]
                if let Some(error) = hold.look(|state| state.tls().and_then(Tls::failure).cloned())
                {
                    return Err(AcceptError::Tls(error));
                }
                return Err(closed.cause.into());
            }
            Some(_) => {}
            None => return Err(UNKNOWN.into()),
        }
    }
}

/// The cause of an end that was reported before.
const UNKNOWN: Cause = Cause { phase: Phase::Opening, reason: Reason::Lost };

/// A request that waits for an answer: an upgrade to accept or to refuse, or a plain HTTP request.
///
/// The decision has to be made within `open_timeout`, counted from when the stream was accepted. To
/// drop it without an answer drops the stream.
///
/// ```no_run
/// use std::net::TcpListener;
/// use wirebeat_std::{OriginPolicy, Response, accept};
///
/// let listener = TcpListener::bind("127.0.0.1:9001")?;
/// let (stream, _) = listener.accept()?;
/// let pending = accept(stream, OriginPolicy::SameHost)?;
/// if pending.request().target() != "/chat" {
///     pending.respond(&Response::new(404)?.body("try /chat\n"))?;
/// } else {
///     let mut socket = pending.accept()?;
///     socket.send("welcome")?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the client waits for an answer"]
pub struct Pending<S: Socket> {
    hold: Hold<S>,
    request: Box<IncomingRequest>,
}

impl<S: Socket> Pending<S> {
    /// What the client asks for.
    #[must_use]
    pub fn request(&self) -> &IncomingRequest {
        &self.request
    }

    /// Looks at what TLS has agreed on and shown: the client's certificate, the version. `None`
    /// without TLS.
    #[cfg(feature = "tls")]
    pub fn tls<T>(&self, look: impl FnOnce(&rustls::CommonState) -> T) -> Option<T> {
        self.hold.look(|state| state.tls().map(|tls| look(tls.session())))
    }

    /// The socket: to ask who has connected. Its timeouts and blocking mode change as is needed;
    /// bytes that are read or written past it break the connection.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        self.hold.socket()
    }

    /// Opens the WebSocket.
    ///
    /// # Errors
    ///
    /// As for [`accept_with`](Pending::accept_with), but for the subprotocol.
    pub fn accept(self) -> Result<WebSocket<S>, AcceptError> {
        self.accept_with(&Acceptance::new())
    }

    /// Opens the WebSocket, with a subprotocol or headers.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::NotAnUpgrade`]: it's a plain HTTP request, which was answered 426;
    /// - [`AcceptError::SubprotocolUnoffered`], [`AcceptError::ExtensionUnoffered`]: the client didn't
    ///   offer the subprotocol or an extension, and was answered 500;
    /// - [`AcceptError::Timeout`], [`AcceptError::Gone`]: it's too late.
    pub fn accept_with(mut self, acceptance: &Acceptance) -> Result<WebSocket<S>, AcceptError> {
        self.check_time()?;
        let accepted = self.hold.with(|state| state.connection.accept(state.now(), acceptance));
        match accepted {
            Ok(()) => {
                self.hold.write_out(Patience::Some);
                Ok(WebSocket::new(self.hold, None))
            }
            Err(error) => {
                let told = AcceptError::of(error, || self.cause());
                if let Some(response) = error.response() {
                    // The misuse is what has to be told, however the answer fares.
                    let _ = self.respond(&response);
                }
                Err(told)
            }
        }
    }

    /// Answers without opening a WebSocket: refuses an upgrade, or answers a plain HTTP request.
    ///
    /// It waits until the client has read the answer and ended the connection, for at most `linger`:
    /// a stream that is dropped with unread input would take the answer with it.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::Timeout`], [`AcceptError::Gone`]: it's too late.
    pub fn respond(mut self, response: &Response) -> Result<(), AcceptError> {
        self.check_time()?;
        let responded = self.hold.with(|state| state.connection.respond(state.now(), response));
        if responded.is_err() {
            return Err(self.cause().into());
        }
        loop {
            match self.hold.recv_event() {
                Some(Event::Closed(closed)) => {
                    return match closed.cause.reason {
                        Reason::Responded => Ok(()),
                        _ => Err(closed.cause.into()),
                    };
                }
                Some(_) => {}
                None => return Err(self.cause().into()),
            }
        }
    }

    /// While the application decides, nothing is read; but the time passes.
    fn check_time(&mut self) -> Result<(), AcceptError> {
        let event = self.hold.with(|state| {
            state.connection.handle_timeout(state.now());
            state.take_event()
        });
        match event {
            None => Ok(()),
            Some(_) => Err(self.cause().into()),
        }
    }

    /// Why it's too late.
    fn cause(&self) -> Cause {
        self.hold.look(|state| state.connection.cause()).unwrap_or(UNKNOWN)
    }
}

impl<S: Socket> fmt::Debug for Pending<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("request", &self.request).finish_non_exhaustive()
    }
}
