//! WebSockets on the connections of an HTTP server by hyper: the server's library reads the request
//! and writes the answer, the core decides what they have to be.

#[cfg(feature = "axum")]
mod extractor;
mod head;

use std::fmt;

use ::hyper::upgrade::{OnUpgrade, Upgraded};
use bytes::{Buf, Bytes};
use http::request::Parts;
use hyper_util::rt::TokioIo;
use wirebeat::handshake::{Acceptance, IncomingRequest, OriginPolicy};
use wirebeat::{Config, Connection, Event, Input, Timestamp};

use crate::calls::Hand;
use crate::server::UNKNOWN;
use crate::shared::Shared;
use crate::trace::Span;
use crate::{AcceptError, WebSocket};

#[cfg(feature = "axum")]
pub use extractor::WebSocketUpgrade;

/// The stream beneath a WebSocket that an HTTP server by hyper gave.
pub type UpgradedStream = TokioIo<Upgraded>;

/// A request to an HTTP server by hyper that asks for a WebSocket, before it's answered.
///
/// ```
/// use http::{Request, Response};
/// use wirebeat_tokio::{Acceptance, OriginPolicy, Upgrade};
///
/// /// Answers a request, and echoes.
/// async fn serve<B>(mut request: Request<B>) -> Response<String> {
///     let upgrade = match Upgrade::new(&mut request, OriginPolicy::SameHost) {
///         Ok(upgrade) => upgrade,
///         Err(refusal) => return refusal.into_response().map(|body| format!("{body:?}")),
///     };
///     let Ok((response, opening)) = upgrade.accept(&Acceptance::new()) else {
///         return Response::new("no such subprotocol".into());
///     };
///     tokio::spawn(async move {
///         let Ok(mut socket) = opening.open().await else { return };
///         while let Some(message) = socket.recv().await {
///             if socket.send(message).await.is_err() {
///                 return;
///             }
///         }
///     });
///     response.map(|()| String::new())
/// }
/// ```
#[must_use = "the client waits for an answer"]
pub struct Upgrade {
    connection: Connection,
    request: Box<IncomingRequest>,
    on_upgrade: OnUpgrade,
}

impl Upgrade {
    /// Looks at a request, with all settings as they are by default.
    ///
    /// # Errors
    ///
    /// - [`UpgradeRefusal`]: it doesn't ask for a WebSocket as it should, its origin isn't allowed, or
    ///   its connection can't be upgraded. The client has to be told.
    pub fn new<B>(
        request: &mut http::Request<B>,
        origins: OriginPolicy,
    ) -> Result<Upgrade, UpgradeRefusal> {
        Upgrade::with_config(request, origins, &Config::default())
    }

    /// Looks at a request. The limits of a request's head are those of the HTTP server.
    ///
    /// # Errors
    ///
    /// As for [`new`](Upgrade::new).
    pub fn with_config<B>(
        request: &mut http::Request<B>,
        origins: OriginPolicy,
        config: &Config,
    ) -> Result<Upgrade, UpgradeRefusal> {
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let head =
            head::of_request(request.method(), request.uri(), request.version(), request.headers());
        Upgrade::of_head(head, on_upgrade, origins, config)
    }

    /// Looks at a request whose body is elsewhere.
    ///
    /// # Errors
    ///
    /// As for [`new`](Upgrade::new).
    pub fn of_parts(
        parts: &mut Parts,
        origins: OriginPolicy,
        config: &Config,
    ) -> Result<Upgrade, UpgradeRefusal> {
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        let head = head::of_request(&parts.method, &parts.uri, parts.version, &parts.headers);
        Upgrade::of_head(head, on_upgrade, origins, config)
    }

    fn of_head(
        mut head: Vec<u8>,
        on_upgrade: Option<OnUpgrade>,
        origins: OriginPolicy,
        config: &Config,
    ) -> Result<Upgrade, UpgradeRefusal> {
        let now = Timestamp::ZERO;
        let config =
            Config { head_len_max: usize::MAX, head_headers_max: usize::MAX, ..config.clone() };
        let mut connection = Connection::server(origins, &config, now);
        match (connection.receive(now, &mut Input::new(&mut head)), on_upgrade) {
            (Some(Event::Request(request)), Some(on_upgrade)) if request.is_upgrade() => {
                Ok(Upgrade { connection, request, on_upgrade })
            }
            (Some(Event::Request(_)), _) => Err(UpgradeRefusal(None)),
            _ => {
                let response = head::to_response(&take_output(&mut connection));
                Err(UpgradeRefusal(response.map(Box::new)))
            }
        }
    }

    /// What the client asks for.
    #[must_use]
    pub fn request(&self) -> &IncomingRequest {
        &self.request
    }

    /// Accepts it: with the response to give to the HTTP server, and what the WebSocket opens from
    /// once that's written.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::SubprotocolUnoffered`], [`AcceptError::ExtensionUnoffered`]: the client didn't
    ///   offer the subprotocol or an extension, and is still to be answered.
    pub fn accept(
        mut self,
        acceptance: &Acceptance,
    ) -> Result<(http::Response<()>, Opening), AcceptError> {
        let accepted = self.connection.accept(Timestamp::ZERO, acceptance);
        accepted.map_err(|error| AcceptError::of(error, || UNKNOWN))?;
        let response = head::to_response(&take_output(&mut self.connection));
        let response = response.map(|response| response.map(|_| ()));
        // Whoever answers the request may have a span for it, and the connection's is inside that.
        let span = Span::server(|| None);
        let opening = Opening { connection: self.connection, on_upgrade: self.on_upgrade, span };
        Ok((response.unwrap_or_default(), opening))
    }
}

/// What a WebSocket opens from once the answer to its request is written.
#[must_use = "it opens when `open` is called"]
pub struct Opening {
    connection: Connection,
    on_upgrade: OnUpgrade,
    span: Span,
}

impl Opening {
    /// Waits until the HTTP server has written the response. It must be given it first, so this
    /// belongs in a task of its own.
    ///
    /// # Errors
    ///
    /// What hyper says if the client has gone, or if the response was another.
    ///
    /// # Panics
    ///
    /// As everything of tokio's that has to do with time, outside of a runtime with its timers
    /// enabled.
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the stream.
    pub async fn open(self) -> Result<WebSocket<UpgradedStream>, hyper::Error> {
        let stream = TokioIo::new(self.on_upgrade.await?);
        let hand = Hand::new(Shared::new(stream, self.connection));
        hand.change(|state| state.span = self.span);
        Ok(WebSocket::new(hand, None))
    }
}

/// A request that's no request for a WebSocket, or not one to be granted.
#[derive(Debug)]
pub struct UpgradeRefusal(Option<Box<http::Response<Bytes>>>);

impl UpgradeRefusal {
    /// What to answer: 426 to a request that asks for something else, or over a connection that can't
    /// be upgraded.
    #[must_use]
    pub fn into_response(self) -> http::Response<Bytes> {
        self.0.map_or_else(not_an_upgrade, |response| *response)
    }
}

fn not_an_upgrade() -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from_static(b"a WebSocket is here\n"));
    *response.status_mut() = http::StatusCode::UPGRADE_REQUIRED;
    let headers = response.headers_mut();
    headers.insert(http::header::UPGRADE, http::HeaderValue::from_static("websocket"));
    headers.insert(http::header::CONNECTION, http::HeaderValue::from_static("Upgrade"));
    response
}

impl fmt::Display for UpgradeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("the request doesn't ask for an upgrade"),
            Some(response) => write!(f, "the request is refused with {}", response.status()),
        }
    }
}

impl std::error::Error for UpgradeRefusal {}

/// What the connection would write, which the HTTP server writes instead.
fn take_output(connection: &mut Connection) -> Vec<u8> {
    let mut output = Vec::new();
    while let Some(transmit) = connection.poll_transmit() {
        let chunk = transmit.chunk();
        output.extend_from_slice(chunk);
        let written = chunk.len();
        connection.handle_written(Timestamp::ZERO, written);
    }
    output
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("request", &self.request).finish_non_exhaustive()
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}
