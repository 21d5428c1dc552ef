use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use wirebeat::handshake::{self, Acceptance, IncomingRequest, OriginPolicy, Response};
use wirebeat::record::{Recorded, Recorder};
use wirebeat::{Cause, Config, Connection, Event, Phase, Reason, Timestamp};

use crate::calls::Hand;
use crate::error::AcceptError;
use crate::shared::Shared;
use crate::trace::Span;
use crate::{Socket, WebSocket};

/// Waits for the request on a stream that a client has connected, with all settings as they are by
/// default.
///
/// Which pages may connect is a decision that every server makes, so there's no default for
/// `origins`. It takes up to `open_timeout`: give each stream a task, or use
/// [`Server`](crate::Server). Small messages leave at once only if the stream's `TCP_NODELAY` is set.
///
/// # Errors
///
/// - [`AcceptError::Refused`]: the request breaks the protocol, or its origin isn't allowed. The
///   client was told so;
/// - [`AcceptError::Timeout`], [`AcceptError::Gone`]: no request came.
///
/// # Panics
///
/// As everything of tokio's that has to do with time, outside of a runtime with its timers enabled.
///
/// # Cancel safety
///
/// To drop it drops the stream.
pub async fn accept<S: Socket>(
    stream: S,
    origins: OriginPolicy,
) -> Result<Pending<S>, AcceptError> {
    accept_with(stream, origins, &Config::default()).await
}

/// [`accept`] with other limits and times.
///
/// # Errors
///
/// As for [`accept`].
///
/// # Panics
///
/// As [`accept`].
///
/// # Cancel safety
///
/// As of [`accept`].
pub async fn accept_with<S: Socket>(
    stream: S,
    origins: OriginPolicy,
    config: &Config,
) -> Result<Pending<S>, AcceptError> {
    let hand = Hand::new(connection(stream, origins, config, None));
    hand.change(|state| state.span = Span::server(|| None));
    await_request(hand).await
}

/// A connection whose request hasn't come.
pub(crate) fn connection<S: Socket>(
    stream: S,
    origins: OriginPolicy,
    config: &Config,
    recorder: Option<&dyn Recorder>,
) -> Arc<Shared<S>> {
    let now = Timestamp::ZERO;
    let connection = match recorder {
        Some(recorder) => Recorded::server(origins, config, now, recorder),
        None => Connection::server(origins, config, now).into(),
    };
    Shared::new(stream, connection)
}

pub(crate) async fn await_request<S: Socket>(hand: Hand<S>) -> Result<Pending<S>, AcceptError> {
    loop {
        match poll_fn(|cx| hand.poll_event(cx)).await {
            Some(Event::Request(request)) => return Ok(Pending { hand, request }),
            Some(Event::Closed(closed)) => return Err(closed.cause.into()),
            Some(_) => {}
            None => return Err(UNKNOWN.into()),
        }
    }
}

/// The cause of an end that was reported before.
pub(crate) const UNKNOWN: Cause = Cause { phase: Phase::Opening, reason: Reason::Lost };

/// A request that waits for an answer: an upgrade to accept or to refuse, or a plain HTTP request.
///
/// The decision has to be made within `open_timeout`, counted from when the stream was accepted. To
/// drop it without an answer drops the stream.
///
/// ```no_run
/// use tokio::net::TcpListener;
/// use wirebeat_tokio::{OriginPolicy, Response, accept};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:9001").await?;
/// let (stream, _) = listener.accept().await?;
/// let pending = accept(stream, OriginPolicy::SameHost).await?;
/// if pending.request().target() != "/chat" {
///     pending.respond(&Response::new(404)?.body("try /chat\n")).await?;
/// } else {
///     let mut socket = pending.accept().await?;
///     socket.send("welcome").await?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "the client waits for an answer"]
pub struct Pending<S: Socket> {
    hand: Hand<S>,
    request: Box<IncomingRequest>,
}

impl<S: Socket> Pending<S> {
    /// What the client asks for.
    #[must_use]
    pub fn request(&self) -> &IncomingRequest {
        &self.request
    }

    /// Looks at the stream: to ask who has connected. Bytes that are read or written past the
    /// connection break it.
    pub fn look<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.hand.look_at_stream(look)
    }

    /// Opens the WebSocket.
    ///
    /// # Errors
    ///
    /// As for [`accept_with`](Pending::accept_with), but for the subprotocol.
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the stream.
    pub async fn accept(self) -> Result<WebSocket<S>, AcceptError> {
        // An idle connection's task is as large as the largest of its steps: nothing is kept that
        // isn't needed.
        let accepted = self.begin_accept(&Acceptance::new());
        self.end_accept(accepted).await
    }

    /// Opens the WebSocket, with a subprotocol or headers.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::NotAnUpgrade`]: it's a plain HTTP request, which was answered 426;
    /// - [`AcceptError::SubprotocolUnoffered`], [`AcceptError::ExtensionUnoffered`]: the client didn't
    ///   offer the subprotocol or an extension, and was answered 500;
    /// - [`AcceptError::Timeout`], [`AcceptError::Gone`]: it's too late.
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the stream.
    pub async fn accept_with(self, acceptance: &Acceptance) -> Result<WebSocket<S>, AcceptError> {
        let accepted = self.begin_accept(acceptance);
        self.end_accept(accepted).await
    }

    fn begin_accept(&self, acceptance: &Acceptance) -> Result<(), handshake::AcceptError> {
        self.hand.change(|state| {
            state.let_time_pass();
            state.connection.accept(state.now(), acceptance)
        })
    }

    async fn end_accept(
        self,
        accepted: Result<(), handshake::AcceptError>,
    ) -> Result<WebSocket<S>, AcceptError> {
        match accepted {
            Ok(()) => {
                poll_fn(|cx| self.hand.poll_flush(cx)).await;
                Ok(WebSocket::new(self.hand, None))
            }
            Err(error) => Err(Box::pin(self.refuse(error)).await),
        }
    }

    /// Answers a request that the application can't accept so. Returns why.
    async fn refuse(self, error: handshake::AcceptError) -> AcceptError {
        let told = AcceptError::of(error, || self.cause());
        if let Some(response) = error.response() {
            // The misuse is what has to be told, however the answer fares.
            let _ = self.respond(&response).await;
        }
        told
    }

    /// Answers without opening a WebSocket: refuses an upgrade, or answers a plain HTTP request.
    ///
    /// It waits until the client has read the answer and ended the connection, for at most `linger`:
    /// a stream that is dropped with unread input would take the answer with it.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::Timeout`], [`AcceptError::Gone`]: it's too late.
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the stream, and perhaps the answer.
    pub async fn respond(self, response: &Response) -> Result<(), AcceptError> {
        let responded = self.hand.change(|state| {
            state.let_time_pass();
            state.connection.respond(state.now(), response)
        });
        if responded.is_err() {
            return Err(self.cause().into());
        }
        let closed = poll_fn(|cx| self.hand.poll_end(cx)).await;
        match closed.cause.reason {
            Reason::Responded => Ok(()),
            _ => Err(closed.cause.into()),
        }
    }

    /// Why it's too late.
    fn cause(&self) -> Cause {
        self.hand.look(|state| state.connection.cause()).unwrap_or(UNKNOWN)
    }
}

impl<S: Socket> fmt::Debug for Pending<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("request", &self.request).finish_non_exhaustive()
    }
}
