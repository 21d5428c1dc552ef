#[cfg(feature = "url")]
mod strict;
#[cfg(feature = "url")]
mod url;

use alloc::boxed::Box;
use core::fmt;

use crate::handshake::{Request, RequestError};

#[cfg(feature = "url")]
pub use self::strict::UrlFault;
#[cfg(feature = "url")]
pub use self::url::{TargetError, UrlSyntaxError};

/// Where an attempt leads: the host and port to dial, whether over TLS, and what to ask for there.
///
/// ```
/// use wirebeat::handshake::Request;
/// use wirebeat::session::Target;
///
/// let target = Target::new(Request::new("example.com", None, "/chat")?, true)
///     .subprotocol("chat.v2")?
///     .header("Authorization", "Bearer 7Fjfp0ZBr1KtDRbnfVdmIw")?;
/// assert_eq!((target.host(), target.port()), ("example.com", 443));
/// # Ok::<(), wirebeat::handshake::RequestError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    is_secure: bool,
    request: Request,
    /// What the URL's user and password amount to, unless the application has its own.
    authorization: Option<Box<str>>,
}

impl Target {
    /// The target of a request, over TLS (`wss`) or without (`ws`).
    #[must_use]
    pub fn new(request: Request, is_secure: bool) -> Target {
        Target { is_secure, request, authorization: None }
    }

    /// Whether the transport is TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The name or address to dial; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self.request.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port to dial: the request's, or the scheme's.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.request.port().unwrap_or(if self.is_secure { 443 } else { 80 })
    }

    /// The request as it will be sent, credentials included.
    #[must_use]
    pub fn to_request(&self) -> Request {
        let request = self.request.clone();
        match &self.authorization {
            Some(value) if request.headers().get("Authorization").is_none() => {
                request.clone().header("Authorization", &**value).unwrap_or(request)
            }
            Some(_) | None => request,
        }
    }

    /// Offers a subprotocol, as [`Request::subprotocol`].
    ///
    /// # Errors
    ///
    /// As for [`Request::subprotocol`].
    pub fn subprotocol(self, name: &str) -> Result<Target, RequestError> {
        Ok(Target { request: self.request.subprotocol(name)?, ..self })
    }

    /// Adds a header, as [`Request::header`]. An `Authorization` takes the place of what the URL's
    /// user and password amount to.
    ///
    /// # Errors
    ///
    /// As for [`Request::header`].
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Result<Target, RequestError> {
        Ok(Target { request: self.request.header(name, value)?, ..self })
    }

    /// Lets the connection fail if the server chooses no subprotocol, as
    /// [`Request::require_subprotocol`].
    #[must_use]
    pub fn require_subprotocol(self) -> Target {
        Target { request: self.request.require_subprotocol(), ..self }
    }

    /// Says which page the request comes from, as [`Request::origin`].
    ///
    /// # Errors
    ///
    /// As for [`Request::origin`].
    pub fn origin(self, origin: &str) -> Result<Target, RequestError> {
        Ok(Target { request: self.request.origin(origin)?, ..self })
    }
}

/// Hides the credentials.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("is_secure", &self.is_secure)
            .field("request", &self.request)
            .field("has_credentials", &self.authorization.is_some())
            .finish()
    }
}
