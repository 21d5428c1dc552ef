use core::error::Error;
use core::fmt;

use url::Url;

use super::url::UrlSyntaxError;
use super::{Target, TargetError};
use crate::handshake::RequestError;

impl Target {
    /// The target that a URL names, where it's taken at its word ([RFC 6455 §3]): `ws` or `wss`, and
    /// no user and password, which a program that connects once gives as a header.
    ///
    /// ```
    /// use wirebeat::session::{Target, UrlFault};
    ///
    /// assert!(Target::parse_strictly("wss://example.com/chat").is_ok());
    /// assert_eq!(Target::parse_strictly("https://example.com/chat"), Err(UrlFault::Scheme));
    /// ```
    ///
    /// # Errors
    ///
    /// - [`UrlFault`]: what is wrong with it.
    ///
    /// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
    pub fn parse_strictly(url: &str) -> Result<Target, UrlFault> {
        let url = Url::parse(url).map_err(|error| UrlFault::Malformed(UrlSyntaxError(error)))?;
        if !matches!(url.scheme(), "ws" | "wss") {
            return Err(UrlFault::Scheme);
        }
        // What else is wrong is found first by whoever asks for anything but credentials.
        let target = Target::from_url(&url)?;
        match target.authorization {
            Some(_) => Err(UrlFault::Credentials),
            None => Ok(target),
        }
    }
}

/// What is wrong with a URL. Whoever wrote it can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// It isn't a URL.
    Malformed(UrlSyntaxError),
    /// Its scheme isn't `ws` or `wss`.
    Scheme,
    /// It has a fragment, which [RFC 6455 §3] forbids.
    ///
    /// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
    Fragment,
    /// It has a user name or a password, which nothing would be done with.
    Credentials,
    /// Its host can't stand in a request.
    Host,
    /// Its path or query can't stand in a request.
    Target,
}

impl From<TargetError> for UrlFault {
    fn from(error: TargetError) -> UrlFault {
        match error {
            TargetError::Syntax(error) => UrlFault::Malformed(error),
            TargetError::Scheme => UrlFault::Scheme,
            TargetError::Fragment => UrlFault::Fragment,
            TargetError::Request(RequestError::HostInvalid) => UrlFault::Host,
            TargetError::Request(_) => UrlFault::Target,
        }
    }
}

impl fmt::Display for UrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UrlFault::Malformed(UrlSyntaxError(error)) => {
                return write!(f, "it isn't a URL ({error}); write ws://host:port/path");
            }
            UrlFault::Scheme => "its scheme must be ws or wss",
            UrlFault::Fragment => "a WebSocket URL has no #fragment; write # as %23",
            UrlFault::Credentials => {
                "user and password aren't sent; give an Authorization header instead"
            }
            UrlFault::Host => "its host isn't a name or an address",
            UrlFault::Target => "its path or query has characters that must be percent-encoded",
        })
    }
}

impl Error for UrlFault {}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    /// The `Host`, port and target that a URL leads to.
    fn parts(url: &str) -> (String, Option<u16>, String) {
        let request = Target::parse_strictly(url).expect("the URL is valid").to_request();
        (request.host().into(), request.port(), request.target().into())
    }

    const CREDENTIALS: &str = "user and password aren't sent; give an Authorization header instead";

    fn fault(url: &str) -> Option<UrlFault> {
        Target::parse_strictly(url).err()
    }

    /// RFC 6455 §3 and §4.1: a port is named unless it's the default; the target is path and query.
    #[test]
    fn a_url_is_split_into_host_port_and_target() {
        let split = |host: &str, port, target: &str| (host.into(), port, target.into());
        assert_eq!(parts("ws://example.com"), split("example.com", None, "/"));
        assert_eq!(parts("ws://example.com:80/"), split("example.com", None, "/"));
        assert_eq!(parts("wss://example.com:443/"), split("example.com", None, "/"));
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
        for (url, expected) in [
            ("http://example.com", "its scheme must be ws or wss"),
            ("ws://example.com/#top", "a WebSocket URL has no #fragment; write # as %23"),
            ("ws://user:secret@example.com/", CREDENTIALS),
            ("ws://user@example.com/", CREDENTIALS),
        ] {
            assert_eq!(fault(url).map(|fault| format!("{fault}")).as_deref(), Some(expected));
        }
        for malformed in ["example.com", "ws://"] {
            let Some(fault) = fault(malformed) else { unreachable!("{malformed}") };
            assert!(matches!(fault, UrlFault::Malformed(_)));
            let said = format!("{fault}");
            assert!(said.starts_with("it isn't a URL ("), "{said}");
            assert!(said.ends_with("); write ws://host:port/path"), "{said}");
        }
        let said = format!("{} / {}", UrlFault::Host, UrlFault::Target);
        let expected = "its host isn't a name or an address / \
            its path or query has characters that must be percent-encoded";
        assert_eq!(said, expected);
    }

    #[test]
    fn what_the_url_parser_leaves_as_it_is_may_be_asked_for() {
        for target in ["/|", "/^", "/{}", "/a'b", "/?a'b|c{}", "/[]", "/?\"<>`", "/%zz", "/\\x"] {
            let url = format!("ws://example.com{target}");
            assert_eq!(fault(&url), None, "{target}");
        }
    }
}
