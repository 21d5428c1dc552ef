use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use bytestring::ByteString;

use super::headers::{HeaderError, Headers};
use super::origin::Origin;
use super::syntax;
use crate::extension::{Extension, ExtensionError};

/// What a client asks of a server: the request of the opening handshake ([RFC 6455 §4.1]).
///
/// It takes host, port and target already split; it's checked piece by piece, so that nothing that
/// a user typed can become a second header or request. The key, which makes an answer belong to its
/// request, is added for each connection.
///
/// ```
/// use wirebeat::handshake::{Request, RequestError};
///
/// let request = Request::new("example.com", None, "/chat?room=7")?
///     .subprotocol("chat.v2")?
///     .subprotocol("chat.v1")?
///     .header("Authorization", "Bearer 7Fjfp0ZBr1KtDRbnfVdmIw")?;
/// assert_eq!(request.subprotocols().len(), 2);
///
/// let injected = Request::new("example.com", None, "/ HTTP/1.1\r\nX: y");
/// assert_eq!(injected, Err(RequestError::TargetInvalid));
/// # Ok::<(), RequestError>(())
/// ```
///
/// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    host: Box<str>,
    port: Option<u16>,
    target: Box<str>,
    origin: Option<Box<str>>,
    subprotocols: Vec<ByteString>,
    is_subprotocol_required: bool,
    extensions: Vec<Extension>,
    headers: Headers,
}

impl Request {
    /// A request to `host` for `target`.
    ///
    /// `host` is a name, an IPv4 address, or an IPv6 address in brackets; a name beyond ASCII comes
    /// in its IDNA form. `port` is `None` for the default of the scheme (80 or 443), which `Host`
    /// then doesn't name ([RFC 6455 §4.1], request item 4). `target` is path and query (the
    /// "resource name" of [§3]), at least `/`, encoded as a URL parser does it.
    ///
    /// # Errors
    ///
    /// - [`RequestError::HostInvalid`]: `host` is none of these.
    /// - [`RequestError::TargetInvalid`]: `target` doesn't start with `/`, has a fragment, or has
    ///   characters that must be percent-encoded.
    ///
    /// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    /// [§3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
    pub fn new(host: &str, port: Option<u16>, target: &str) -> Result<Request, RequestError> {
        if !syntax::is_host(host) {
            return Err(RequestError::HostInvalid);
        }
        if !syntax::is_path_and_query(target) {
            return Err(RequestError::TargetInvalid);
        }
        Ok(Request {
            host: host.into(),
            port,
            target: target.into(),
            origin: None,
            subprotocols: Vec::new(),
            is_subprotocol_required: false,
            extensions: Vec::new(),
            headers: Headers::default(),
        })
    }

    /// Offers a subprotocol, after those offered before: the first is the one preferred.
    ///
    /// Names are case-sensitive: `chat` and `Chat` are two subprotocols ([RFC 6455 §1.9]).
    ///
    /// # Errors
    ///
    /// - [`RequestError::SubprotocolInvalid`]: the name isn't a token.
    /// - [`RequestError::SubprotocolRepeated`]: the same name was offered before.
    ///
    /// [RFC 6455 §1.9]: https://www.rfc-editor.org/rfc/rfc6455#section-1.9
    pub fn subprotocol(mut self, name: &str) -> Result<Request, RequestError> {
        if !syntax::is_token(name.as_bytes()) {
            return Err(RequestError::SubprotocolInvalid);
        }
        if self.subprotocols.iter().any(|offered| offered == name) {
            return Err(RequestError::SubprotocolRepeated);
        }
        self.subprotocols.push(name.into());
        Ok(self)
    }

    /// Lets the connection fail if subprotocols are offered and the server chooses none, as browsers
    /// do ([Fetch, changes to RFC 6455]). The RFC leaves it to the client what to make of that.
    ///
    /// [Fetch, changes to RFC 6455]: https://fetch.spec.whatwg.org/#websocket-protocol-alterations
    #[must_use]
    pub fn require_subprotocol(mut self) -> Request {
        self.is_subprotocol_required = true;
        self
    }

    /// Offers an extension of the application's own, after those offered before and before
    /// permessage-deflate.
    ///
    /// # Errors
    ///
    /// - [`RequestError::Extension`]: an extension of this name was offered before.
    pub fn extension(mut self, extension: Extension) -> Result<Request, RequestError> {
        if self.extensions.iter().any(|offered| offered.name() == extension.name()) {
            return Err(RequestError::Extension(ExtensionError::Repeated));
        }
        self.extensions.push(extension);
        Ok(self)
    }

    /// Says which page the request comes from, as browsers do: `https://example.com`, or `null`.
    /// A second call replaces the first.
    ///
    /// Programs that aren't browsers have no reason to send it, except to servers that insist.
    ///
    /// # Errors
    ///
    /// - [`RequestError::OriginInvalid`]: not an origin as browsers write it; see [`Origin::new`].
    pub fn origin(mut self, origin: &str) -> Result<Request, RequestError> {
        Origin::new(origin).map_err(|_| RequestError::OriginInvalid)?;
        self.origin = Some(origin.into());
        Ok(self)
    }

    /// Adds a header: credentials, cookies, `User-Agent`, what the server wants to know.
    ///
    /// # Errors
    ///
    /// - [`RequestError::Header`]: the name isn't a token, the value isn't one line, or the header
    ///   belongs to the handshake; see [`HeaderError`].
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Request, RequestError> {
        self.headers.push_checked(name, value.as_ref()).map_err(RequestError::Header)?;
        Ok(self)
    }

    /// The host, as it was given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, unless it's the scheme's default.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The subprotocols offered, in order of preference.
    #[must_use]
    pub fn subprotocols(&self) -> &[ByteString] {
        &self.subprotocols
    }

    /// Whether the server must choose one of them.
    #[must_use]
    pub fn is_subprotocol_required(&self) -> bool {
        self.is_subprotocol_required && !self.subprotocols.is_empty()
    }

    /// The extensions of the application's own that are offered, in order of preference.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The headers that [`header`](Request::header) added.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The request as it goes on the wire, with the key of one connection, and what it offers by
    /// itself.
    pub(super) fn encode(&self, key: &str, offer: Option<&str>) -> Vec<u8> {
        let mut head = Vec::with_capacity(256 + self.headers.as_wire().len());
        let mut put = |pieces: &[&str]| {
            for piece in pieces {
                head.extend_from_slice(piece.as_bytes());
            }
        };
        put(&["GET ", &self.target, " HTTP/1.1\r\nHost: ", &self.host]);
        if let Some(port) = self.port {
            put(&[":", &alloc::format!("{port}")]);
        }
        put(&["\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ", key]);
        put(&["\r\nSec-WebSocket-Version: 13\r\n"]);
        if let Some(origin) = &self.origin {
            put(&["Origin: ", origin, "\r\n"]);
        }
        for (index, name) in self.subprotocols.iter().enumerate() {
            put(&[if index == 0 { "Sec-WebSocket-Protocol: " } else { ", " }, name]);
        }
        if !self.subprotocols.is_empty() {
            put(&["\r\n"]);
        }
        let offers = self.extensions.iter().map(Extension::as_str).chain(offer);
        let mut is_first = true;
        for offer in offers {
            put(&[if is_first { "Sec-WebSocket-Extensions: " } else { ", " }, offer]);
            is_first = false;
        }
        if !is_first {
            put(&["\r\n"]);
        }
        head.extend_from_slice(self.headers.as_wire());
        head.extend_from_slice(b"\r\n");
        head
    }
}

/// Why a request can't be made. The application is at fault, or whoever it has the values from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The host isn't a name in ASCII, an IPv4 address, or an IPv6 address in brackets.
    HostInvalid,
    /// The target doesn't start with `/`, has a fragment, or has characters (white space, control
    /// characters, `"`, `<`, `>`, anything beyond ASCII) that must be percent-encoded.
    TargetInvalid,
    /// The subprotocol isn't a token: letters, digits and ``!#$%&'*+-.^_`|~``, at least one.
    SubprotocolInvalid,
    /// The subprotocol was offered before.
    SubprotocolRepeated,
    /// The origin isn't `null` and not `scheme://host` or `scheme://host:port`.
    OriginInvalid,
    /// The extension can't be offered.
    Extension(ExtensionError),
    /// The header can't be sent.
    Header(HeaderError),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RequestError::HostInvalid => "the host is invalid",
            RequestError::TargetInvalid => "the target isn't an encoded path with a query",
            RequestError::SubprotocolInvalid => "the subprotocol isn't a token",
            RequestError::SubprotocolRepeated => "the subprotocol is offered twice",
            RequestError::OriginInvalid => "the origin is invalid",
            RequestError::Extension(error) => return error.fmt(f),
            RequestError::Header(error) => return error.fmt(f),
        })
    }
}

impl Error for RequestError {}
