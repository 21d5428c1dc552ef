use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "tls")]
use tokio_rustls::rustls;
use wirebeat::DialError;
use wirebeat::session::Target;

use crate::address::Address;
use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::time_limit::TimeLimit;
use crate::{MaybeTls, Socket};

/// A stream of whatever kind.
pub(crate) type BoxedSocket = Box<dyn Socket + Send>;

/// Makes what carries the connections, for a host and a port.
pub(crate) type Connector = Arc<dyn Fn(String, u16) -> Connecting + Send + Sync>;

pub(crate) type Connecting = Pin<Box<dyn Future<Output = io::Result<BoxedSocket>> + Send>>;

/// How a session's transports are made.
pub(crate) struct Route {
    pub(crate) dialer: Dialer,
    /// What takes the place of dialing.
    pub(crate) connector: Option<Connector>,
}

/// One attempt to get a transport. To drop it is to give it up, at once.
pub(crate) type Dialing =
    Pin<Box<dyn Future<Output = Result<MaybeTls<BoxedSocket>, NoTransport>> + Send>>;

/// Why there's no transport, for the core and for people.
pub(crate) struct NoTransport {
    pub(crate) why: DialError,
    pub(crate) error: ConnectError,
}

/// A connector whose streams may be of any kind.
pub(crate) fn boxed<F, S>(connector: impl Fn(String, u16) -> F + Send + Sync + 'static) -> Connector
where
    F: Future<Output = io::Result<S>> + Send + 'static,
    S: Socket + Send + 'static,
{
    Arc::new(move |host, port| {
        let connecting = connector(host, port);
        Box::pin(async { Ok(Box::new(connecting.await?) as BoxedSocket) })
    })
}

impl Route {
    /// Begins an attempt. How long it may take is the core's to say.
    pub(crate) fn dial(self: &Arc<Route>, target: Target) -> Dialing {
        let route = Arc::clone(self);
        Box::pin(async move { route.transport(&target).await })
    }

    async fn transport(&self, target: &Target) -> Result<MaybeTls<BoxedSocket>, NoTransport> {
        let address = Address::of(target).map_err(NoTransport::for_good)?;
        // What can't be secured needn't be dialed.
        let security = self.dialer.security(&address).map_err(NoTransport::for_good)?;
        let stream: BoxedSocket = match &self.connector {
            None => Box::new(self.dialer.dial(&address, TimeLimit(None)).await?),
            Some(connector) => connector(address.host(), address.port())
                .await
                .map_err(|source| ConnectError::Unreachable { host: address.name(), source })?,
        };
        Ok(security.secure(stream).await?)
    }
}

impl NoTransport {
    /// What stays as it is, however often it's tried.
    fn for_good(error: ConnectError) -> NoTransport {
        NoTransport { why: DialError::Configuration, error }
    }
}

impl From<ConnectError> for NoTransport {
    fn from(error: ConnectError) -> NoTransport {
        let why = match &error {
            ConnectError::Dns { .. } => DialError::Name,
            ConnectError::Unreachable { source, .. } => match source.kind() {
                ErrorKind::ConnectionRefused => DialError::Refused,
                _ => DialError::Unreachable,
            },
            ConnectError::Timeout(_) => DialError::Timeout,
            #[cfg(feature = "tls")]
            ConnectError::Tls(error) if is_about_certificate(error) => DialError::Certificate,
            #[cfg(feature = "tls")]
            ConnectError::Tls(_) => DialError::Tls,
            #[cfg(feature = "tls")]
            ConnectError::NoRoots(_) => DialError::Configuration,
            #[cfg(feature = "proxy")]
            ConnectError::Proxy { .. } => DialError::Proxy,
            ConnectError::Url { .. }
            | ConnectError::Target(_)
            | ConnectError::TlsNotBuiltIn
            | ConnectError::Request(_) => DialError::Configuration,
            ConnectError::Rejected(_)
            | ConnectError::Handshake(_)
            | ConnectError::Io(_)
            | ConnectError::Entropy(_)
            | ConnectError::NoRuntime => DialError::Other,
        };
        NoTransport { why, error }
    }
}

#[cfg(feature = "tls")]
fn is_about_certificate(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(error, Some(rustls::Error::InvalidCertificate(_)))
}
