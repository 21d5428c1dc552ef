use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::syntax::{self, Authority};

/// Which pages may connect to a server from a browser ([RFC 6455 §10.2]).
///
/// A browser lets any page open a WebSocket to any server, and sends the user's cookies along: a
/// server that asks no further acts for a stranger's page with the user's rights (cross-site
/// WebSocket hijacking). What protects it is the `Origin` that browsers add and pages can't forge.
/// So there is no default: each server says what it wants.
///
/// A request without `Origin` doesn't come from a browser and is allowed under each policy: whoever
/// can leave the header out can also forge it, and must be known by other means. The policy applies
/// to upgrades; plain requests go to the application as they are.
///
/// ```
/// use wirebeat::handshake::{Origin, OriginPolicy};
///
/// let policy = OriginPolicy::Allow(vec![Origin::new("https://example.com")?]);
/// assert!(policy.allows(Some(b"https://EXAMPLE.com:443"), "api.example.com"));
/// assert!(!policy.allows(Some(b"https://example.com.evil.example"), "api.example.com"));
/// assert!(policy.allows(None, "api.example.com"));
/// # Ok::<(), wirebeat::handshake::OriginError>(())
/// ```
///
/// [RFC 6455 §10.2]: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginPolicy {
    /// Any page: for servers whose users aren't recognised by cookies, client certificates, or
    /// their place in the network.
    Any,
    /// Pages of the host and port that the request itself names in `Host`, by `http` or `https`.
    ///
    /// The server can't know which of the two schemes its clients use, because TLS may end before
    /// it. A server that only its own machine or network can reach should use
    /// [`Allow`](OriginPolicy::Allow): a page whose name was made to resolve to that server's
    /// address (DNS rebinding) passes for the same host.
    SameHost,
    /// Pages of these origins.
    Allow(Vec<Origin>),
}

impl OriginPolicy {
    /// Whether a request with this `Origin` and this `Host` may connect.
    ///
    /// An `Origin` that isn't one is allowed under [`Any`](OriginPolicy::Any) only.
    #[must_use]
    pub fn allows(&self, origin: Option<&[u8]>, host: &str) -> bool {
        let Some(received) = origin else {
            return true;
        };
        let received = core::str::from_utf8(received).ok().and_then(|text| Origin::new(text).ok());
        match (self, received) {
            (OriginPolicy::Any, _) => true,
            (OriginPolicy::SameHost | OriginPolicy::Allow(_), None) => false,
            (OriginPolicy::SameHost, Some(received)) => received.is_page_of(host),
            (OriginPolicy::Allow(origins), Some(received)) => origins.contains(&received),
        }
    }
}

/// Where a page comes from: scheme, host and port ([RFC 6454 §4]).
///
/// Two origins are equal if all three are: scheme and host without regard to case, and the port,
/// where 80 and 443 are what `http` and `https` leave out. Part of a host never matches.
///
/// [RFC 6454 §4]: https://www.rfc-editor.org/rfc/rfc6454#section-4
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Repr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    Null,
    /// Scheme and host in lower case.
    Tuple {
        scheme: Box<str>,
        host: Box<str>,
        port: Option<u16>,
    },
}

impl Origin {
    /// An origin as browsers write it ([RFC 6454 §6.2]): `https://example.com`,
    /// `http://localhost:8080`, or `null`.
    ///
    /// `null` is what a browser sends for sandboxed frames and local files, among others. Any page
    /// can make itself such a frame, so a server that allows it allows every page.
    ///
    /// # Errors
    ///
    /// - [`OriginError`]: anything else, in particular a slash at the end or a `*` for a part of the
    ///   host.
    ///
    /// [RFC 6454 §6.2]: https://www.rfc-editor.org/rfc/rfc6454#section-6.2
    pub fn new(text: &str) -> Result<Origin, OriginError> {
        if text == "null" {
            return Ok(Origin(Repr::Null));
        }
        let (scheme, authority) = text.split_once("://").ok_or(OriginError)?;
        if !is_scheme(scheme) || authority.ends_with(':') {
            return Err(OriginError);
        }
        let scheme = scheme.to_ascii_lowercase();
        let authority = Authority::parse(authority).ok_or(OriginError)?;
        let host = page_host(authority.host).ok_or(OriginError)?;
        let port = authority.port.or(default_port(&scheme));
        Ok(Origin(Repr::Tuple { scheme: scheme.into(), host: host.into(), port }))
    }

    /// Whether this is the origin of pages that a web server at `host` (name and perhaps port)
    /// serves.
    fn is_page_of(&self, host: &str) -> bool {
        match (&self.0, Authority::parse(host)) {
            (Repr::Null, _) | (_, None) => false,
            (Repr::Tuple { scheme, host, port }, Some(server)) => {
                matches!(&**scheme, "http" | "https")
                    && page_host(server.host).as_deref() == Some(host)
                    && server.port.or(default_port(scheme)) == *port
            }
        }
    }
}

/// As browsers write it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Null => f.write_str("null"),
            Repr::Tuple { scheme, host, port } => {
                write!(f, "{scheme}://{host}")?;
                match port {
                    Some(port) if default_port(scheme) != Some(*port) => write!(f, ":{port}"),
                    Some(_) | None => Ok(()),
                }
            }
        }
    }
}

/// Text that isn't an origin: not `null`, `scheme://host` or `scheme://host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginError;

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an origin is null, scheme://host or scheme://host:port")
    }
}

impl Error for OriginError {}

/// A URI's scheme ([RFC 3986 §3.1]).
///
/// [RFC 3986 §3.1]: https://www.rfc-editor.org/rfc/rfc3986#section-3.1
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The port that an origin of this scheme doesn't name.
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// A host as a browser names it in an origin: in lower case, an IPv6 address in its short form.
/// `None` for what is a host to RFC 3986 but to no browser (`*.example.com`).
fn page_host(host: &str) -> Option<String> {
    match syntax::bracketed(host) {
        Some(address) => Some(alloc::format!("[{}]", address?)),
        None => host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
            .then(|| host.to_ascii_lowercase()),
    }
}
