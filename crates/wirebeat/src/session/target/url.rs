use alloc::format;
use alloc::string::{String, ToString};
use core::error::Error;
use core::fmt;
use core::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::Target;
use crate::handshake::{Request, RequestError};

impl Target {
    /// The target that a URL names, as browsers read it ([WHATWG URL], [RFC 6455 §3]).
    ///
    /// `http` and `https` stand for `ws` and `wss`. A user and a password become an `Authorization`
    /// header (Basic, [RFC 7617]).
    ///
    /// ```
    /// use wirebeat::session::Target;
    ///
    /// let target = Target::parse("wss://user:secret@Example.com/chat?room=7")?;
    /// assert_eq!((target.host(), target.port(), target.is_secure()), ("example.com", 443, true));
    /// let request = target.to_request();
    /// assert_eq!(request.target(), "/chat?room=7");
    /// assert_eq!(request.headers().get_str("Authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
    /// # Ok::<(), wirebeat::session::TargetError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`TargetError::Syntax`]: it isn't an absolute URL;
    /// - [`TargetError::Scheme`]: the scheme is none of the four;
    /// - [`TargetError::Fragment`]: it has a fragment, if only an empty one;
    /// - [`TargetError::Request`]: a part of it can't stand in a request.
    ///
    /// [WHATWG URL]: https://url.spec.whatwg.org/
    /// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
    /// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
    pub fn parse(url: &str) -> Result<Target, TargetError> {
        let url = Url::parse(url).map_err(|error| TargetError::Syntax(UrlSyntaxError(error)))?;
        Target::from_url(&url)
    }

    /// The target that a parsed URL names.
    pub(crate) fn from_url(url: &Url) -> Result<Target, TargetError> {
        let (is_secure, default_port) = match url.scheme() {
            "ws" | "http" => (false, 80),
            "wss" | "https" => (true, 443),
            _ => return Err(TargetError::Scheme),
        };
        // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be
        // used on these URIs" (§3).
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        let host = url.host_str().unwrap_or_default();
        let port = url.port().filter(|port| *port != default_port);
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let request = Request::new(host, port, target).map_err(TargetError::Request)?;
        let authorization = authorization(url).map(String::into_boxed_str);
        Ok(Target { is_secure, request, authorization })
    }
}

/// As browsers do it: the URL's user and password, decoded, are Basic credentials.
fn authorization(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut credentials: alloc::vec::Vec<u8> = percent_decode_str(url.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(url.password().unwrap_or_default()));
    Some(format!("Basic {}", STANDARD.encode(credentials)))
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Target, TargetError> {
        Target::parse(url)
    }
}

/// Why a URL names no target. Whoever wrote the URL is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// It isn't an absolute URL.
    Syntax(UrlSyntaxError),
    /// The scheme is none of `ws`, `wss`, `http`, `https`.
    Scheme,
    /// It has a fragment: leave out `#` and all behind it.
    Fragment,
    /// The host or the path can't stand in a request.
    Request(RequestError),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetError::Syntax(error) => error.fmt(f),
            TargetError::Scheme => f.write_str("the URL's scheme isn't ws, wss, http or https"),
            TargetError::Fragment => f.write_str("the URL has a fragment"),
            TargetError::Request(error) => error.fmt(f),
        }
    }
}

impl Error for TargetError {}

/// How a URL breaks the grammar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UrlSyntaxError(pub(super) url::ParseError);

impl fmt::Debug for UrlSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UrlSyntaxError({:?})", self.0.to_string())
    }
}

impl fmt::Display for UrlSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a URL: {}", self.0)
    }
}

impl Error for UrlSyntaxError {}
