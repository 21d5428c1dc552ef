use tokio::net::TcpStream;
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use crate::address::Address;
use crate::dial;
use crate::error::{ConnectError, Step};
#[cfg(feature = "proxy")]
use crate::proxy::Proxy;
use crate::security::Security;
use crate::time_limit::TimeLimit;

/// How whoever connects was told to.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    pub(crate) nodelay: bool,
    #[cfg(feature = "proxy")]
    pub(crate) proxy: Option<Proxy>,
    #[cfg(feature = "tls")]
    pub(crate) tls: ClientTls,
}

impl Default for Dialer {
    fn default() -> Dialer {
        Dialer {
            nodelay: true,
            #[cfg(feature = "proxy")]
            proxy: None,
            #[cfg(feature = "tls")]
            tls: ClientTls::default(),
        }
    }
}

impl Dialer {
    /// Makes a TCP connection that leads to an address.
    pub(crate) async fn dial(
        &self,
        address: &Address,
        limit: TimeLimit,
    ) -> Result<TcpStream, ConnectError> {
        let stream = match self.dial_proxy(address, limit).await? {
            Some(stream) => stream,
            None => {
                let addresses = limit.within(Step::Resolving, address.resolve()).await?;
                limit.within(Step::Connecting, dial::dial(address.name(), addresses)).await?
            }
        };
        stream.set_nodelay(self.nodelay).map_err(ConnectError::Io)?;
        Ok(stream)
    }

    #[cfg(feature = "proxy")]
    async fn dial_proxy(
        &self,
        address: &Address,
        limit: TimeLimit,
    ) -> Result<Option<TcpStream>, ConnectError> {
        let Some(proxy) = &self.proxy else { return Ok(None) };
        let (host, port) = (address.host(), address.port());
        let dial = proxy.dial(&host, port, address.is_tls());
        limit.within(Step::Connecting, async { dial.await.transpose() }).await
    }

    #[cfg(not(feature = "proxy"))]
    async fn dial_proxy(
        &self,
        _: &Address,
        _: TimeLimit,
    ) -> Result<Option<TcpStream>, ConnectError> {
        Ok(None)
    }

    /// What an address wants to be put over the transport.
    #[cfg(feature = "tls")]
    pub(crate) fn security(&self, address: &Address) -> Result<Security, ConnectError> {
        Security::of(address, &self.tls)
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn security(&self, _: &Address) -> Result<Security, ConnectError> {
        Ok(Security::none())
    }
}

/// The methods that tell a builder with a field `dialer` how to connect.
macro_rules! dialer_options {
    () => {
        /// Whether TCP sends small messages at once (`TCP_NODELAY`); yes by default, since what
        /// leaves together is written together already.
        pub fn nodelay(mut self, nodelay: bool) -> Self {
            self.dialer.nodelay = nodelay;
            self
        }

        /// Connects by way of a proxy. By default there's none, whatever the environment says:
        /// [`Proxy::from_env`](crate::Proxy::from_env) asks it.
        #[cfg(feature = "proxy")]
        pub fn proxy(mut self, proxy: crate::Proxy) -> Self {
            self.dialer.proxy = Some(proxy);
            self
        }

        /// Trusts servers whose certificates come from these, instead of from those that the
        /// platform trusts.
        #[cfg(feature = "tls")]
        pub fn tls_roots(
            mut self,
            roots: impl IntoIterator<Item = crate::rustls::pki_types::CertificateDer<'static>>,
        ) -> Self {
            self.dialer.tls.set_roots(roots);
            self
        }

        /// Shows a server that asks for it this certificate, with those that lead from it to its
        /// root.
        #[cfg(feature = "tls")]
        pub fn tls_identity(
            mut self,
            chain: Vec<crate::rustls::pki_types::CertificateDer<'static>>,
            key: crate::rustls::pki_types::PrivateKeyDer<'static>,
        ) -> Self {
            self.dialer.tls.set_identity(chain, key);
            self
        }

        /// Decides everything about TLS: the cryptography, the versions, whom to trust, what to
        /// show. It takes the place of [`tls_roots`](Self::tls_roots) and
        /// [`tls_identity`](Self::tls_identity). If it names no protocol (ALPN), `http/1.1` is
        /// offered.
        #[cfg(feature = "tls")]
        pub fn tls_config(mut self, config: std::sync::Arc<crate::rustls::ClientConfig>) -> Self {
            self.dialer.tls.set_config(config);
            self
        }
    };
}

pub(crate) use dialer_options;
