use std::net::{IpAddr, SocketAddr};

use tokio::net::lookup_host;
#[cfg(feature = "tls")]
use tokio_rustls::rustls::pki_types::ServerName;
use url::Host;
use wirebeat::handshake::Request;
use wirebeat::session::Target;
#[cfg(feature = "tls")]
use wirebeat::session::UrlFault;

use crate::error::ConnectError;

/// Where a URL leads, and what is asked for there ([RFC 6455 §3]).
///
/// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
#[derive(Clone, Debug)]
pub(crate) struct Address {
    host: Host<String>,
    port: u16,
    is_tls: bool,
}

impl Address {
    /// Splits a URL into where it leads and the request that it stands for.
    pub(crate) fn parse(url: &str) -> Result<(Address, Request), ConnectError> {
        let fault = |fault| ConnectError::Url { url: url.into(), fault };
        let target = Target::parse_strictly(url).map_err(fault)?;
        let address = Address::of(&target)?;
        #[cfg(feature = "tls")]
        if address.is_tls && address.server_name().is_none() {
            return Err(fault(UrlFault::Host));
        }
        Ok((address, target.to_request()))
    }

    /// The name that a certificate has to be for; `None` if the host can't have a certificate.
    #[cfg(feature = "tls")]
    pub(crate) fn server_name(&self) -> Option<ServerName<'static>> {
        match &self.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).ok(),
            Host::Ipv4(ip) => Some(ServerName::from(IpAddr::V4(*ip))),
            Host::Ipv6(ip) => Some(ServerName::from(IpAddr::V6(*ip))),
        }
    }

    /// Where a session's target leads.
    pub(crate) fn of(target: &Target) -> Result<Address, ConnectError> {
        if target.is_secure() && !cfg!(feature = "tls") {
            return Err(ConnectError::TlsNotBuiltIn);
        }
        let host = match target.host().parse() {
            Ok(IpAddr::V4(ip)) => Host::Ipv4(ip),
            Ok(IpAddr::V6(ip)) => Host::Ipv6(ip),
            Err(_) => Host::Domain(target.host().into()),
        };
        Ok(Address { host, port: target.port(), is_tls: target.is_secure() })
    }

    /// Host and port, as they're told of.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host, as it's written in a URL.
    pub(crate) fn host(&self) -> String {
        self.host.to_string()
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// All that the host's name resolves to, at least one address.
    pub(crate) async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        let name = match &self.host {
            Host::Ipv4(ip) => return Ok(vec![SocketAddr::new(IpAddr::V4(*ip), self.port)]),
            Host::Ipv6(ip) => return Ok(vec![SocketAddr::new(IpAddr::V6(*ip), self.port)]),
            Host::Domain(name) => name,
        };
        let dns = |source| ConnectError::Dns { host: name.clone(), source };
        let found =
            lookup_host((name.as_str(), self.port)).await.map_err(|error| dns(Some(error)))?;
        let addresses: Vec<SocketAddr> = found.collect();
        if addresses.is_empty() { Err(dns(None)) } else { Ok(addresses) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_url_that_asks_for_tls_is_refused_where_there_is_none() {
        let wss = Address::parse("wss://example.com");
        assert!(matches!(wss, Err(ConnectError::TlsNotBuiltIn)), "{wss:?}");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_url_that_asks_for_tls_has_a_port_and_a_name_of_its_own() {
        let (address, _) = Address::parse("wss://example.com/").expect("the URL is valid");
        assert_eq!(address.port, 443);
        assert_eq!(address.server_name(), ServerName::try_from("example.com").ok());
    }

    #[tokio::test]
    async fn an_address_needs_no_resolver() {
        let (address, _) = Address::parse("ws://127.0.0.1:9/").expect("the URL is valid");
        let resolved = address.resolve().await.expect("there's nothing to resolve");
        assert_eq!(resolved, [SocketAddr::from(([127, 0, 0, 1], 9))]);
    }
}
