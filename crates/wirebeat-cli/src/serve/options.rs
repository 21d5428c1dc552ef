use std::net::SocketAddr;

use wirebeat_tokio::extension::{Deflate, DeflateParameters};
use wirebeat_tokio::{Origin, OriginPolicy};

use super::Arguments;

const HOST: &str = "127.0.0.1";
const PORT: u16 = 9001;

/// An address as people write it, in full.
pub(crate) fn address(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(if let Some(port) = text.strip_prefix(':') {
        format!("{HOST}:{port}")
    } else if text.parse::<u16>().is_ok() {
        format!("{HOST}:{text}")
    } else if has_port(text) {
        text.to_owned()
    } else {
        format!("{text}:{PORT}")
    })
}

/// An address of IPv6 has colons of its own, and brackets where a port follows.
fn has_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'))
}

pub(crate) fn origin(text: &str) -> Result<Origin, String> {
    Origin::new(text).map_err(|error| error.to_string())
}

/// How messages are compressed: each by itself, so that one goes to many, and an idle client costs
/// nothing.
pub(crate) fn deflate() -> Deflate {
    let parameters = DeflateParameters {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        ..DeflateParameters::default()
    };
    Deflate::default().parameters(parameters)
}

/// Which pages may connect to a server that listens at `address`.
///
/// A server on the loopback interface knows all names that it has, so a page whose name was made to
/// resolve to that interface is kept out. Any other server goes by what the client calls it, unless
/// it's told better.
pub(crate) fn origins(arguments: &Arguments, address: SocketAddr) -> OriginPolicy {
    if arguments.any_origin {
        return OriginPolicy::Any;
    }
    if !address.ip().is_loopback() && arguments.origin.is_empty() {
        return OriginPolicy::SameHost;
    }
    let scheme = if arguments.tls_cert.is_some() { "https" } else { "http" };
    let own =
        ["localhost".into(), HOST.into(), "[::1]".into(), host(address)].into_iter().filter_map(
            |host: String| Origin::new(&format!("{scheme}://{host}:{}", address.port())).ok(),
        );
    OriginPolicy::Allow(own.chain(arguments.origin.iter().cloned()).collect())
}

/// The host of a URL for this address.
pub(crate) fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn policy(arguments: &[&str], address: &str) -> OriginPolicy {
        let command = Command::parse_from(["serve"].iter().chain(arguments));
        origins(&command.arguments, address.parse().unwrap())
    }

    #[test]
    fn an_address_may_be_written_short() {
        let full = |text| address(text).unwrap();
        assert_eq!(full("8080"), "127.0.0.1:8080");
        assert_eq!(full(":8080"), "127.0.0.1:8080");
        assert_eq!(full("0.0.0.0"), "0.0.0.0:9001");
        assert_eq!(full("localhost:0"), "localhost:0");
        assert_eq!(full("[::1]"), "[::1]:9001");
        assert_eq!(full("[::1]:8080"), "[::1]:8080");
    }

    #[test]
    fn a_server_of_this_machine_is_for_its_own_page_by_all_its_names() {
        let policy = policy(&[], "127.0.0.1:9001");
        for own in ["http://127.0.0.1:9001", "http://localhost:9001", "http://[::1]:9001"] {
            assert!(policy.allows(Some(own.as_bytes()), "127.0.0.1:9001"), "{own}");
        }
        assert!(!policy.allows(Some(b"http://localhost:9002"), "127.0.0.1:9001"));
        assert!(!policy.allows(Some(b"https://evil.example"), "127.0.0.1:9001"));
        // DNS rebinding: the page and the request agree on a name that isn't ours.
        assert!(!policy.allows(Some(b"http://evil.example:9001"), "evil.example:9001"));
        assert!(policy.allows(None, "127.0.0.1:9001"), "what isn't a browser");
    }

    #[test]
    fn a_server_of_the_network_is_for_pages_of_the_name_it_is_called_by() {
        let policy = policy(&[], "0.0.0.0:9001");
        assert!(policy.allows(Some(b"http://pc.local:9001"), "pc.local:9001"));
        assert!(!policy.allows(Some(b"http://evil.example"), "pc.local:9001"));
    }

    #[test]
    fn pages_that_are_named_may_connect_and_with_any_origin_all_may() {
        let named = policy(&["--origin", "https://example.com"], "0.0.0.0:9001");
        assert!(named.allows(Some(b"https://example.com"), "pc.local:9001"));
        assert!(named.allows(Some(b"http://localhost:9001"), "localhost:9001"));
        assert!(!named.allows(Some(b"http://pc.local:9001"), "pc.local:9001"));
        let any = policy(&["--any-origin"], "127.0.0.1:9001");
        assert!(any.allows(Some(b"https://evil.example"), "127.0.0.1:9001"));
    }
}
