use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;
use url::Url;

use crate::dial;
use crate::error::ConnectError;

/// A proxy that a [`Client`](crate::Client) connects by: HTTP with CONNECT, or SOCKS5.
///
/// The proxy resolves the server's name, not this system.
///
/// ```
/// use wirebeat_tokio::{Client, Proxy};
///
/// let proxy = Proxy::new("http://user:password@proxy.example:3128")?;
/// let client = Client::new("wss://chat.example/")?.proxy(proxy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Proxy(std::sync::Arc<Matcher>);

impl Proxy {
    /// The proxy at a URL: `http://host:port` or `socks5://host:port`, with a user and a password if
    /// it wants them.
    ///
    /// # Errors
    ///
    /// - [`ProxyError`]: it isn't such a URL.
    pub fn new(url: &str) -> Result<Proxy, ProxyError> {
        let parsed = Url::parse(url).map_err(|_| ProxyError(url.into()))?;
        if !matches!(parsed.scheme(), "http" | "socks5" | "socks5h") || !parsed.has_host() {
            return Err(ProxyError(url.into()));
        }
        Ok(Proxy(Matcher::builder().all(url).build().into()))
    }

    /// What the environment says: `HTTP_PROXY` for `ws:`, `HTTPS_PROXY` for `wss:`, `ALL_PROXY` for
    /// both, but for the hosts of `NO_PROXY`; in capitals or not. Nobody else looks there.
    #[must_use]
    pub fn from_env() -> Proxy {
        Proxy(Matcher::from_env().into())
    }

    /// Connects to a server by the proxy; `None` if there is none for it.
    pub(crate) async fn dial(
        &self,
        host: &str,
        port: u16,
        is_tls: bool,
    ) -> Option<Result<TcpStream, ConnectError>> {
        let scheme = if is_tls { "https" } else { "http" };
        let server: Uri = format!("{scheme}://{host}:{port}").parse().ok()?;
        let proxy = self.0.intercept(&server)?;
        let failed = |source| ConnectError::Proxy { proxy: proxy.uri().to_string(), source };
        Some(tunnel(&proxy, server).await.map(TokioIo::into_inner).map_err(failed))
    }
}

type Failure = Box<dyn Error + Send + Sync>;

async fn tunnel(proxy: &Intercept, server: Uri) -> Result<TokioIo<TcpStream>, Failure> {
    let uri = proxy.uri().clone();
    match uri.scheme_str() {
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(uri, ToProxy);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.into(), password.into());
            }
            Ok(socks.call(server).await?)
        }
        Some("http") => {
            let mut tunnel = Tunnel::new(uri, ToProxy);
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            Ok(tunnel.call(server).await?)
        }
        _ => Err("a proxy is spoken to by http: or socks5:".into()),
    }
}

/// Dials the proxy itself.
#[derive(Clone, Debug)]
struct ToProxy;

impl Service<Uri> for ToProxy {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let usual = if uri.scheme_str() == Some("http") { 80 } else { 1080 };
            let port = uri.port_u16().unwrap_or(usual);
            let addresses = match host.parse::<IpAddr>() {
                Ok(ip) => vec![(ip, port).into()],
                Err(_) => lookup_host((host, port)).await?.collect(),
            };
            if addresses.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            Ok(TokioIo::new(dial::dial(format!("{host}:{port}"), addresses).await?))
        })
    }
}

/// A URL that leads to no proxy of a kind that's known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyError(Box<str>);

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no proxy; write http://host:port or socks5://host:port", self.0)
    }
}

impl Error for ProxyError {}
