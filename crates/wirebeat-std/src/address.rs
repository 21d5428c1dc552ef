use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Duration;

#[cfg(feature = "tls")]
use rustls::pki_types::ServerName;
use url::Host;
use wirebeat::handshake::Request;
use wirebeat::session::Target;
#[cfg(feature = "tls")]
use wirebeat::session::UrlFault;

use crate::error::{ConnectError, Step};

/// Where a URL leads, and what is asked for there ([RFC 6455 §3]).
///
/// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
#[derive(Clone, Debug)]
pub(crate) struct Address {
    host: Host<String>,
    port: u16,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "there is none"))]
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

    /// The name that a certificate has to be for; `None` without TLS, or if the host can't have a
    /// certificate.
    #[cfg(feature = "tls")]
    pub(crate) fn server_name(&self) -> Option<ServerName<'static>> {
        if !self.is_tls {
            return None;
        }
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

    /// All that the host's name resolves to, later unless that's known already; `done` is called
    /// when it's there, on another thread. The resolver can't be stopped, but nobody needs to wait
    /// for it.
    pub(crate) fn resolve_aside(
        &self,
        done: impl FnOnce() + Send + 'static,
    ) -> Result<Resolving, ConnectError> {
        Ok(match &self.host {
            Host::Ipv4(ip) => Resolving::Known(SocketAddr::new(IpAddr::V4(*ip), self.port)),
            Host::Ipv6(ip) => Resolving::Known(SocketAddr::new(IpAddr::V6(*ip), self.port)),
            Host::Domain(name) => Resolving::Asked(name.clone(), ask(name, self.port, done)?),
        })
    }

    /// All that the host's name resolves to, at least one address. What has no limit may take as
    /// long as the system's resolver likes.
    pub(crate) fn resolve(&self, limit: Option<Duration>) -> Result<Vec<SocketAddr>, ConnectError> {
        let name = match &self.host {
            Host::Ipv4(ip) => return Ok(vec![SocketAddr::new(IpAddr::V4(*ip), self.port)]),
            Host::Ipv6(ip) => return Ok(vec![SocketAddr::new(IpAddr::V6(*ip), self.port)]),
            Host::Domain(name) => name,
        };
        let found = match limit {
            None => lookup(name, self.port),
            Some(limit) => lookup_within(name, self.port, limit)?,
        };
        at_least_one(name, found)
    }
}

/// What a host's name resolves to, once that's known.
#[derive(Debug)]
pub(crate) enum Resolving {
    Known(SocketAddr),
    Asked(String, Receiver<io::Result<Vec<SocketAddr>>>),
}

impl Resolving {
    /// At least one address, if it's known by now.
    pub(crate) fn outcome(&mut self) -> Option<Result<Vec<SocketAddr>, ConnectError>> {
        match self {
            Resolving::Known(address) => Some(Ok(vec![*address])),
            Resolving::Asked(name, answer) => match answer.try_recv() {
                Ok(found) => Some(at_least_one(name, found)),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(at_least_one(name, Ok(Vec::new()))),
            },
        }
    }
}

fn at_least_one(
    name: &str,
    found: io::Result<Vec<SocketAddr>>,
) -> Result<Vec<SocketAddr>, ConnectError> {
    match found {
        Ok(addresses) if !addresses.is_empty() => Ok(addresses),
        Ok(_) => Err(ConnectError::Dns { host: name.into(), source: None }),
        Err(error) => Err(ConnectError::Dns { host: name.into(), source: Some(error) }),
    }
}

fn lookup(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((name, port).to_socket_addrs()?.collect())
}

fn lookup_within(
    name: &str,
    port: u16,
    limit: Duration,
) -> Result<io::Result<Vec<SocketAddr>>, ConnectError> {
    match ask(name, port, || ())?.recv_timeout(limit) {
        Ok(found) => Ok(found),
        Err(RecvTimeoutError::Timeout) => Err(ConnectError::Timeout(Step::Resolving)),
        Err(RecvTimeoutError::Disconnected) => Ok(Ok(Vec::new())),
    }
}

/// The system's resolver can't be stopped, so it works on a thread of its own that is left behind
/// if it takes too long.
fn ask(
    name: &str,
    port: u16,
    done: impl FnOnce() + Send + 'static,
) -> Result<Receiver<io::Result<Vec<SocketAddr>>>, ConnectError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let wanted = name.to_owned();
    let work = move || {
        // If nobody waits any more, the answer is of no use.
        drop(sender.send(lookup(&wanted, port)));
        done();
    };
    thread::Builder::new().name("wirebeat-dns".into()).spawn(work).map_err(ConnectError::Io)?;
    Ok(receiver)
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
        let (address, _) = Address::parse("ws://example.com/").expect("the URL is valid");
        assert_eq!(address.server_name(), None);
    }

    #[test]
    fn an_address_needs_no_resolver() {
        let (address, _) = Address::parse("ws://127.0.0.1:9/").expect("the URL is valid");
        let resolved = address.resolve(Some(Duration::ZERO)).expect("there's nothing to resolve");
        assert_eq!(resolved, [SocketAddr::from(([127, 0, 0, 1], 9))]);
    }
}
