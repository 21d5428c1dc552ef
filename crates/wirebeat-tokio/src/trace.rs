//! What an operator needs to know, as events and spans of tracing's.
//!
//! Spans are warnings, so that no filter shows an event of theirs without saying whose it is.

use std::future::Future;

use tracing::field::{Empty, display};
use tracing::{Instrument, debug, info, warn, warn_span};
use wirebeat::handshake::Request;
use wirebeat::session::{Attempt, Next, SessionClosed, Target};
use wirebeat::{Closed, Phase, Reason, Role, Timestamp};

use crate::ConnectError;

/// Whose events they are. Without one they're those of the span in which the call is made.
#[derive(Clone, Debug)]
pub(crate) struct Span(Option<Box<tracing::Span>>);

impl Span {
    /// That of whoever calls.
    pub(crate) const NONE: Span = Span(None);

    /// A client's connection.
    pub(crate) fn client(request: &Request, is_tls: bool) -> Span {
        Span::new(warn_span!("websocket", role = "client", url = %url(request, is_tls)))
    }

    /// A server's connection, which somebody has made.
    pub(crate) fn server(peer: impl FnOnce() -> Option<String>) -> Span {
        let span = warn_span!("websocket", role = "server", peer = Empty);
        if !span.is_disabled()
            && let Some(peer) = peer()
        {
            span.record("peer", peer);
        }
        Span::new(span)
    }

    /// A connection whose opening handshake was done elsewhere.
    pub(crate) fn upgraded(role: Role) -> Span {
        let role = match role {
            Role::Client => "client",
            Role::Server => "server",
        };
        Span::new(warn_span!("websocket", role))
    }

    /// A client that outlives its connections, which all lead to the same target if there's one.
    pub(crate) fn session(target: Option<&Target>) -> Span {
        let span = warn_span!("session", url = Empty);
        if !span.is_disabled()
            && let Some(target) = target
        {
            span.record("url", display(url_of(target)));
        }
        Span::new(span)
    }

    fn new(span: tracing::Span) -> Span {
        Span((!span.is_disabled()).then(|| Box::new(span)))
    }

    /// Does something whose events belong to it.
    pub(crate) fn in_scope<T>(&self, act: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(span) => span.in_scope(act),
            None => act(),
        }
    }

    /// Whatever the future says belongs to it.
    pub(crate) fn instrument<F: Future>(
        &self,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let span = self.0.as_deref().cloned().unwrap_or_else(tracing::Span::none);
        future.instrument(span)
    }

    pub(crate) fn opened(&self, role: Role, subprotocol: Option<&str>) {
        self.in_scope(|| debug!(%role, subprotocol, "opened"));
    }

    pub(crate) fn closed(&self, role: Role, closed: &Closed) {
        let (code, cause) = (closed.code.get(), closed.cause);
        let Closed { reason, was_clean, messages_lost, .. } = closed;
        self.in_scope(|| match cause.reason {
            Reason::HeartbeatTimeout => {
                warn!(%role, code, messages_lost, %cause, "heartbeat lost");
            }
            _ if cause.is_error() => {
                warn!(%role, code, reason = &**reason, messages_lost, %cause, "lost");
            }
            _ => debug!(%role, code, reason = &**reason, was_clean, %cause, "closed"),
        });
    }

    /// A session begins an attempt.
    pub(crate) fn dialing(&self, attempt: Attempt, target: &Target) {
        self.in_scope(|| debug!(attempt = attempt.number(), url = %url_of(target), "dialing"));
    }

    /// An attempt of a session's has got no transport.
    pub(crate) fn dial_failed(&self, attempt: Attempt, error: &ConnectError) {
        self.in_scope(|| info!(attempt = attempt.number(), %error, "no transport"));
    }

    /// An attempt of a session's is over, or the connection that came of it.
    pub(crate) fn session_closed(&self, closed: &SessionClosed, now: Timestamp) {
        let SessionClosed { attempt, failures, closed: Closed { cause, .. }, next, .. } = closed;
        let was_open = !matches!(cause.phase, Phase::Dialing | Phase::Opening);
        if was_open {
            self.closed(Role::Client, &closed.closed);
        }
        let attempt = attempt.number();
        self.in_scope(|| match next {
            Next::At(at) => {
                let wait = at.since(now);
                info!(attempt, failures, ?wait, %cause, "retry");
            }
            Next::WhenOnline => info!(attempt, failures, %cause, "retry when online"),
            Next::Never if was_open => {}
            Next::Never if cause.reason == Reason::Aborted => debug!(attempt, %cause, "ended"),
            Next::Never => warn!(attempt, failures, %cause, "given up"),
        });
    }
}

/// Where a request leads, without its query, which may be a secret.
fn url(request: &Request, is_tls: bool) -> String {
    let scheme = if is_tls { "wss" } else { "ws" };
    let port = request.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = request.target().split('?').next().unwrap_or_default();
    format!("{scheme}://{}{port}{path}", request.host())
}

fn url_of(target: &Target) -> String {
    url(&target.to_request(), target.is_secure())
}
