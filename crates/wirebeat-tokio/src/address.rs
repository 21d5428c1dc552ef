use std::net::{IpAddr, SocketAddr};

use tokio::net::lookup_host;
#[cfg(feature = "tls")]
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Position, Url};
use wirebeat::handshake::{Request, RequestError};
use wirebeat::session::Target;

use crate::error::{ConnectError, UrlFault};

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
        let parsed = Url::parse(url).map_err(|error| fault(UrlFault::Malformed(error)))?;
        let is_tls = match parsed.scheme() {
            "ws" => false,
            "wss" if cfg!(feature = "tls") => true,
            "wss" => return Err(ConnectError::TlsNotBuiltIn),
            _ => return Err(fault(UrlFault::Scheme)),
        };
        // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be
        // used on these URIs" (§3).
        if parsed.fragment().is_some() {
            return Err(fault(UrlFault::Fragment));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(fault(UrlFault::Credentials));
        }
        let host =
            parsed.host().ok_or_else(|| fault(UrlFault::Malformed(url::ParseError::EmptyHost)))?;
        let target = &parsed[Position::BeforePath..Position::AfterQuery];
        // The URL parser has left out the scheme's own port already.
        let request = Request::new(&host.to_string(), parsed.port(), target).map_err(|error| {
            fault(match error {
                RequestError::HostInvalid => UrlFault::Host,
                _ => UrlFault::Target,
            })
        })?;
        let port = parsed.port().unwrap_or(if is_tls { 443 } else { 80 });
        let address = Address { host: host.to_owned(), port, is_tls };
        #[cfg(feature = "tls")]
        if is_tls && address.server_name().is_none() {
            return Err(fault(UrlFault::Host));
        }
        Ok((address, request))
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

    /// The `Host`, port and target that a URL leads to.
    fn parts(url: &str) -> (String, Option<u16>, String) {
        let (_, request) = Address::parse(url).expect("the URL is valid");
        (request.host().into(), request.port(), request.target().into())
    }

    fn fault(url: &str) -> Option<UrlFault> {
        match Address::parse(url) {
            Err(ConnectError::Url { fault, .. }) => Some(fault),
            _ => None,
        }
    }

    /// RFC 6455 §3 and §4.1: a port is named unless it's the default; the target is path and query.
    #[test]
    fn a_url_is_split_into_host_port_and_target() {
        let split = |host: &str, port, target: &str| (host.into(), port, target.into());
        assert_eq!(parts("ws://example.com"), split("example.com", None, "/"));
        assert_eq!(parts("ws://example.com:80/"), split("example.com", None, "/"));
        assert_eq!(parts("ws://example.com:8080?q"), split("example.com", Some(8080), "/?q"));
        assert_eq!(
            parts("WS://Example.COM/a%20b c?d=é"),
            split("example.com", None, "/a%20b%20c?d=%C3%A9")
        );
        assert_eq!(parts("ws://[::1]:9/"), split("[::1]", Some(9), "/"));
        assert_eq!(parts("ws://bücher.example/"), split("xn--bcher-kva.example", None, "/"));
    }

    #[test]
    fn a_url_that_leads_nowhere_is_refused_with_what_is_wrong() {
        assert!(matches!(fault("example.com"), Some(UrlFault::Malformed(_))));
        assert!(matches!(fault("ws://"), Some(UrlFault::Malformed(_))));
        assert_eq!(fault("http://example.com"), Some(UrlFault::Scheme));
        assert_eq!(fault("ws://example.com/#top"), Some(UrlFault::Fragment));
        assert_eq!(fault("ws://user:secret@example.com/"), Some(UrlFault::Credentials));
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_url_that_asks_for_tls_is_refused_where_there_is_none() {
        let wss = Address::parse("wss://example.com");
        assert!(matches!(wss, Err(ConnectError::TlsNotBuiltIn)), "{wss:?}");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_url_that_asks_for_tls_has_a_port_and_a_name_of_its_own() {
        assert_eq!(parts("wss://example.com:443/"), ("example.com".into(), None, "/".into()));
        let (address, _) = Address::parse("wss://example.com/").expect("the URL is valid");
        assert_eq!(address.port, 443);
        assert_eq!(address.server_name(), ServerName::try_from("example.com").ok());
    }

    #[test]
    fn what_the_url_parser_leaves_as_it_is_may_be_asked_for() {
        for target in ["/|", "/^", "/{}", "/a'b", "/?a'b|c{}", "/[]", "/?\"<>`", "/%zz", "/\\x"] {
            let url = format!("ws://example.com{target}");
            assert!(Address::parse(&url).is_ok(), "{target}");
        }
    }

    #[tokio::test]
    async fn an_address_needs_no_resolver() {
        let (address, _) = Address::parse("ws://127.0.0.1:9/").expect("the URL is valid");
        let resolved = address.resolve().await.expect("there's nothing to resolve");
        assert_eq!(resolved, [SocketAddr::from(([127, 0, 0, 1], 9))]);
    }
}
