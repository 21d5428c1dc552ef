use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wirebeat_std::extension::Deflate;
use wirebeat_std::rustls::ClientConfig;
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wirebeat_std::{
    Client, Config, ConnectError, RequestError, Session, SessionBuilder, SessionConfig,
};

use super::{Arguments, tls};
use crate::failure::{Failure, NotConnected};
use crate::options::{config, seconds};

/// What the request says of this program, unless it's told otherwise.
const USER_AGENT: &str = concat!("wirebeat/", env!("CARGO_PKG_VERSION"));

/// A header as it's written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    name: String,
    value: String,
}

/// How long to wait for messages when there's nothing left to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until nothing has come for so long.
    Quiet(Duration),
    /// Until the server closes.
    Forever,
}

/// What may be told whom to ask, and how.
pub(crate) trait Asks: Sized {
    fn header(self, name: &str, value: &str) -> Result<Self, RequestError>;
    fn subprotocol(self, name: &str) -> Result<Self, RequestError>;
    fn origin(self, origin: &str) -> Result<Self, RequestError>;
    fn config(self, config: Config) -> Self;
    fn tls_roots(self, roots: Vec<CertificateDer<'static>>) -> Self;
    fn tls_identity(self, chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>)
    -> Self;
    fn tls_config(self, config: Arc<ClientConfig>) -> Self;
}

/// Forwards to the methods of the same names.
macro_rules! asks {
    ($asks:ty) => {
        fn header(self, name: &str, value: &str) -> Result<Self, RequestError> {
            <$asks>::header(self, name, value)
        }

        fn subprotocol(self, name: &str) -> Result<Self, RequestError> {
            <$asks>::subprotocol(self, name)
        }

        fn origin(self, origin: &str) -> Result<Self, RequestError> {
            <$asks>::origin(self, origin)
        }

        fn tls_roots(self, roots: Vec<CertificateDer<'static>>) -> Self {
            <$asks>::tls_roots(self, roots)
        }

        fn tls_identity(
            self,
            chain: Vec<CertificateDer<'static>>,
            key: PrivateKeyDer<'static>,
        ) -> Self {
            <$asks>::tls_identity(self, chain, key)
        }

        fn tls_config(self, config: Arc<ClientConfig>) -> Self {
            <$asks>::tls_config(self, config)
        }
    };
}

impl Asks for Client {
    asks!(Client);

    fn config(self, config: Config) -> Client {
        Client::config(self, config)
    }
}

impl Asks for SessionBuilder {
    asks!(SessionBuilder);

    fn config(self, config: Config) -> SessionBuilder {
        let config = SessionConfig { connection: config, ..SessionConfig::default() };
        SessionBuilder::config(self, config)
    }
}

/// A client that asks for what the command line says.
pub(crate) fn client(arguments: &Arguments) -> Result<Client, Failure> {
    let client = Client::new(&arguments.url).map_err(|error| no_client(&error, arguments))?;
    told(client, arguments)
}

/// A session that asks for what the command line says, each time that it connects.
pub(crate) fn session(arguments: &Arguments) -> Result<SessionBuilder, Failure> {
    // The URL is read as without --reconnect, and refused with the same words.
    let _ = Client::new(&arguments.url).map_err(|error| no_client(&error, arguments))?;
    let session = Session::builder(&arguments.url).map_err(|error| no_client(&error, arguments))?;
    told(session, arguments)
}

fn no_client(error: &ConnectError, arguments: &Arguments) -> Failure {
    Failure::NotConnected(NotConnected::from(error), super::advice::on(error, arguments))
}

/// Tells it what the command line says.
fn told<A: Asks>(asks: A, arguments: &Arguments) -> Result<A, Failure> {
    let mut asks = asks.config(config(
        arguments.heartbeat,
        arguments.max_message,
        arguments.compress.then(Deflate::default),
    ));
    for Header { name, value } in &arguments.header {
        asks = asks.header(name, value).map_err(|error| wrong(&format!("-H {name}"), error))?;
    }
    if !arguments.header.iter().any(|header| header.name.eq_ignore_ascii_case("user-agent")) {
        asks = asks.header("User-Agent", USER_AGENT).map_err(|e| wrong("User-Agent", e))?;
    }
    for name in &arguments.subprotocol {
        asks = asks
            .subprotocol(name)
            .map_err(|error| wrong(&format!("--subprotocol {name}"), error))?;
    }
    if let Some(origin) = &arguments.origin {
        asks = asks.origin(origin).map_err(|error| wrong(&format!("--origin {origin}"), error))?;
    }
    if let Some(user) = &arguments.user {
        let credentials = authorization(user)?;
        asks =
            asks.header("Authorization", &credentials).map_err(|error| wrong("--user", error))?;
    }
    tls::set_up(asks, arguments)
}

fn wrong(option: &str, error: RequestError) -> Failure {
    Failure::Usage(format!("{option}: {error}"))
}

/// Basic authentication (RFC 7617): name and password, which the name can't hold a colon for.
fn authorization(user: &str) -> Result<String, Failure> {
    if !user.contains(':') {
        return Err(Failure::Usage(format!(
            "--user {user}: write NAME:PASSWORD, with a colon also if there's no password"
        )));
    }
    Ok(format!("Basic {}", STANDARD.encode(user)))
}

/// A URL as people write it, in full.
pub(crate) fn url(text: &str) -> Result<String, std::convert::Infallible> {
    let has_scheme = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    Ok(if has_scheme("http://") {
        format!("ws://{}", &text["http://".len()..])
    } else if has_scheme("https://") {
        format!("wss://{}", &text["https://".len()..])
    } else if text.contains("://") {
        text.to_owned()
    } else if text.starts_with(':') {
        format!("ws://localhost{text}")
    } else {
        format!("ws://{text}")
    })
}

impl FromStr for Header {
    type Err = String;

    fn from_str(text: &str) -> Result<Header, String> {
        let (name, value) = text.split_once(':').ok_or("write 'NAME: VALUE', with a colon")?;
        Ok(Header { name: name.trim_end().into(), value: value.trim().into() })
    }
}

impl FromStr for Wait {
    type Err = String;

    fn from_str(text: &str) -> Result<Wait, String> {
        match text {
            "forever" => Ok(Wait::Forever),
            text => seconds(text).map(Wait::Quiet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_be_written_short() {
        let full = |text| url(text).unwrap();
        assert_eq!(full("ws://example.com/a"), "ws://example.com/a");
        assert_eq!(full("WSS://example.com"), "WSS://example.com");
        assert_eq!(full("http://example.com/a"), "ws://example.com/a");
        assert_eq!(full("HTTPS://example.com"), "wss://example.com");
        assert_eq!(full("localhost:9001/a?b"), "ws://localhost:9001/a?b");
        assert_eq!(full(":9001/a"), "ws://localhost:9001/a");
        assert_eq!(full("ftp://example.com"), "ftp://example.com");
        assert_eq!(full("é"), "ws://é");
    }

    #[test]
    fn a_header_is_split_at_its_first_colon() {
        let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
        assert_eq!("X-A: b: c".parse(), Ok(header("X-A", "b: c")));
        assert_eq!("X-A:".parse(), Ok(header("X-A", "")));
        assert!("X-A".parse::<Header>().is_err());
    }

    #[test]
    fn a_wait_is_a_number_of_seconds_or_forever() {
        assert_eq!("forever".parse(), Ok(Wait::Forever));
        assert_eq!("0".parse(), Ok(Wait::Quiet(Duration::ZERO)));
    }

    #[test]
    fn credentials_are_encoded_as_rfc_7617_has_it() {
        let credentials = authorization("Aladdin:open sesame").unwrap();
        assert_eq!(credentials, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(authorization("Aladdin").is_err());
    }
}
