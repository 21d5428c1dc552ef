use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use wirebeat::Config;
use wirebeat::handshake::{Acceptance, OriginPolicy};

use super::{Opening, Upgrade, UpgradeRefusal, UpgradedStream};
use crate::WebSocket;
use crate::run::Kept;

/// An extractor of axum's for a request that may ask for a WebSocket.
///
/// ```no_run
/// use axum::{Router, response::Response, routing::any};
/// use wirebeat_tokio::{OriginPolicy, WebSocketUpgrade};
///
/// async fn echo(upgrade: WebSocketUpgrade) -> Response {
///     upgrade.on_upgrade(OriginPolicy::SameHost, async |mut socket| {
///         while let Some(message) = socket.recv().await {
///             if socket.send(message).await.is_err() {
///                 return;
///             }
///         }
///     })
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
/// axum::serve(listener, Router::new().route("/echo", any(echo))).await
/// # }
/// ```
#[must_use = "the client waits for an answer"]
pub struct WebSocketUpgrade {
    parts: Parts,
    config: Config,
    acceptance: Acceptance,
}

impl WebSocketUpgrade {
    /// Sets limits and times.
    pub fn config(mut self, config: Config) -> WebSocketUpgrade {
        self.config = config;
        self
    }

    /// Sets what it's accepted with: a subprotocol, headers.
    pub fn acceptance(mut self, acceptance: Acceptance) -> WebSocketUpgrade {
        self.acceptance = acceptance;
        self
    }

    /// Looks at the request, for whoever decides about it by its own.
    ///
    /// # Errors
    ///
    /// As for [`Upgrade::new`].
    pub fn inspect(mut self, origins: OriginPolicy) -> Result<Upgrade, UpgradeRefusal> {
        Upgrade::of_parts(&mut self.parts, origins, &self.config)
    }

    /// Answers the request, and has `handler` called with the WebSocket, in a task of its own. What
    /// the handler sends is written each time that it waits, as by [`WebSocket::run`]; when it
    /// returns, the connection is closed with 1001 (going away), unless it has ended.
    ///
    /// A request that isn't for a WebSocket, or whose origin isn't allowed, is refused.
    #[must_use = "the response is the answer"]
    pub fn on_upgrade<F>(
        mut self,
        origins: OriginPolicy,
        handler: impl FnOnce(WebSocket<UpgradedStream>) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let upgrade = match Upgrade::of_parts(&mut self.parts, origins, &self.config) {
            Ok(upgrade) => upgrade,
            Err(refusal) => return refusal.into_response().map(Body::from),
        };
        match upgrade.accept(&self.acceptance) {
            Ok((response, opening)) => {
                tokio::spawn(serve(opening, handler));
                response.map(|()| Body::empty())
            }
            Err(_) => http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

async fn serve<F: Future<Output = ()>>(
    opening: Opening,
    handler: impl FnOnce(WebSocket<UpgradedStream>) -> F,
) {
    // Without it, the client has gone.
    let Ok(socket) = opening.open().await else { return };
    let kept = Kept::new(Arc::clone(socket.hand.shared()));
    let span = socket.hand.look(|state| state.span.clone());
    let work = pin!(span.instrument(async { handler(socket).await }));
    kept.serve(work).await;
}

impl<S: Send + Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<WebSocketUpgrade, Infallible> {
        let on_upgrade = parts.extensions.remove::<hyper::upgrade::OnUpgrade>();
        let mut own = http::Request::new(()).into_parts().0;
        (own.method, own.uri) = (parts.method.clone(), parts.uri.clone());
        (own.version, own.headers) = (parts.version, parts.headers.clone());
        if let Some(on_upgrade) = on_upgrade {
            own.extensions.insert(on_upgrade);
        }
        Ok(WebSocketUpgrade {
            parts: own,
            config: Config::default(),
            acceptance: Acceptance::new(),
        })
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade").field("parts", &self.parts).finish_non_exhaustive()
    }
}

impl IntoResponse for UpgradeRefusal {
    fn into_response(self) -> Response {
        UpgradeRefusal::into_response(self).map(Body::from)
    }
}
