use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use super::headers::{HeaderError, Headers};
use crate::extension::{Extension, ExtensionError};

/// A server's yes: the 101 that opens a connection ([RFC 6455 §4.2.2]).
///
/// ```
/// use wirebeat::handshake::Acceptance;
///
/// let acceptance = Acceptance::new().subprotocol("chat.v2").header("Set-Cookie", "id=17")?;
/// # Ok::<(), wirebeat::handshake::ResponseError>(())
/// ```
///
/// [RFC 6455 §4.2.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    subprotocol: Option<ByteString>,
    extensions: Vec<Extension>,
    is_never_compressed: bool,
    headers: Headers,
}

impl Acceptance {
    /// An acceptance without a subprotocol.
    #[must_use]
    pub fn new() -> Acceptance {
        Acceptance::default()
    }

    /// Chooses a subprotocol. It must be one that the client offered, letter by letter, which is
    /// checked when the request is accepted.
    #[must_use]
    pub fn subprotocol(mut self, name: &str) -> Acceptance {
        self.subprotocol = Some(name.into());
        self
    }

    /// Uses an extension of the application's own. The client must have offered one of this name,
    /// which is checked when the request is accepted.
    ///
    /// # Errors
    ///
    /// - [`ResponseError::Extension`]: an extension of this name is used already.
    pub fn extension(mut self, extension: Extension) -> Result<Acceptance, ResponseError> {
        if self.extensions.iter().any(|used| used.name() == extension.name()) {
            return Err(ResponseError::Extension(ExtensionError::Repeated));
        }
        self.extensions.push(extension);
        Ok(self)
    }

    /// Whether messages may be compressed if the configuration says so and the client offers it;
    /// `true` by default.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Acceptance {
        self.is_never_compressed = !compress;
        self
    }

    /// Adds a header.
    ///
    /// # Errors
    ///
    /// - [`ResponseError::Header`]: the name isn't a token, the value isn't one line, or the header
    ///   belongs to the handshake; see [`HeaderError`].
    pub fn header(
        mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Acceptance, ResponseError> {
        self.headers.push_checked(name, value.as_ref()).map_err(ResponseError::Header)?;
        Ok(self)
    }

    /// The headers that were added.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The name of the subprotocol chosen.
    #[must_use]
    pub fn subprotocol_name(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The subprotocol chosen.
    pub(super) fn chosen(&self) -> Option<&ByteString> {
        self.subprotocol.as_ref()
    }

    /// The extensions of the application's own.
    pub(super) fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// Whether messages may be compressed.
    pub(super) fn may_compress(&self) -> bool {
        !self.is_never_compressed
    }

    /// The answer as it goes on the wire, with what it says of compression. The caller has checked
    /// that the subprotocol was offered, so it's a token.
    pub(super) fn encode(&self, accept: &str, deflate: Option<&str>) -> Vec<u8> {
        let mut head = Vec::with_capacity(192 + self.headers.as_wire().len());
        head.extend_from_slice(
            b"HTTP/1.1 101 Switching Protocols\r\n\
            Upgrade: websocket\r\n\
            Connection: Upgrade\r\n\
            Sec-WebSocket-Accept: ",
        );
        head.extend_from_slice(accept.as_bytes());
        head.extend_from_slice(b"\r\n");
        if let Some(name) = &self.subprotocol {
            head.extend_from_slice(b"Sec-WebSocket-Protocol: ");
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        let used = self.extensions.iter().map(Extension::as_str).chain(deflate);
        let mut is_first = true;
        for extension in used {
            let before = if is_first { "Sec-WebSocket-Extensions: " } else { ", " };
            head.extend_from_slice(before.as_bytes());
            head.extend_from_slice(extension.as_bytes());
            is_first = false;
        }
        if !is_first {
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(self.headers.as_wire());
        head.extend_from_slice(b"\r\n");
        head
    }
}

/// Any other answer of a server: a refused upgrade, or what a plain HTTP request asked for.
///
/// It's sent with its length and `Connection: close`, because the connection ends with it. A 426
/// says by itself what to upgrade to ([RFC 6455 §4.4]).
///
/// ```
/// use wirebeat::handshake::Response;
///
/// let healthy = Response::new(200)?.header("Content-Type", "text/plain")?.body("fine\n");
/// # Ok::<(), wirebeat::handshake::ResponseError>(())
/// ```
///
/// [RFC 6455 §4.4]: https://www.rfc-editor.org/rfc/rfc6455#section-4.4
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Headers,
    body: Bytes,
}

impl Response {
    /// An answer with this status, without a body.
    ///
    /// # Errors
    ///
    /// - [`ResponseError::StatusInvalid`]: the status isn't a final one, from 200 to 599. To switch
    ///   protocols is an [`Acceptance`].
    pub fn new(status: u16) -> Result<Response, ResponseError> {
        if !(200..=599).contains(&status) {
            return Err(ResponseError::StatusInvalid);
        }
        Ok(Response { status, headers: Headers::default(), body: Bytes::new() })
    }

    /// Adds a header.
    ///
    /// # Errors
    ///
    /// - [`ResponseError::Header`]: the name isn't a token, the value isn't one line, or the header
    ///   belongs to the handshake or to the framing of the body; see [`HeaderError`].
    pub fn header(
        mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Response, ResponseError> {
        self.headers.push_checked(name, value.as_ref()).map_err(ResponseError::Header)?;
        Ok(self)
    }

    /// Sets the body. It isn't sent where HTTP has none: with 204, 205 and 304, and in answer to
    /// HEAD.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Response {
        self.body = body.into();
        self
    }

    /// The headers that were added.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// What the body holds.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.body
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// An answer that says in a line of text why the request was refused.
    pub(super) fn refusal(status: u16, text: String) -> Response {
        let mut response = Response { status, headers: Headers::default(), body: text.into() };
        response.push("Content-Type", "text/plain; charset=utf-8");
        response
    }

    /// Adds a header of our own.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.headers.push(name, value.as_bytes());
    }

    /// The answer as it goes on the wire; `with_body` is false in answer to HEAD: "The HEAD method
    /// is identical to GET except that the server MUST NOT send content in the response"
    /// ([RFC 9110 §9.3.2]).
    ///
    /// [RFC 9110 §9.3.2]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2
    pub(super) fn encode_with(&self, with_body: bool) -> Vec<u8> {
        let mut message =
            format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        message.extend_from_slice(self.headers.as_wire());
        let connection: &[u8] = if self.status == 426 {
            // "The server MUST send an Upgrade header field in a 426 response" (RFC 9110 §15.5.22).
            b"Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
        } else {
            b"Connection: close\r\n"
        };
        message.extend_from_slice(connection);
        let (len, body): (Option<usize>, &[u8]) = match self.status {
            // "A server MUST NOT send a Content-Length header field in any response with a status
            // code of 1xx or 204" (RFC 9110 §8.6); a 304's would be that of a 200.
            204 | 304 => (None, b""),
            // "A server MUST NOT generate content in a 205 response" (RFC 9110 §15.3.6).
            205 => (Some(0), b""),
            _ if with_body => (Some(self.body.len()), &self.body),
            _ => (Some(self.body.len()), b""),
        };
        if let Some(len) = len {
            message.extend_from_slice(format!("Content-Length: {len}\r\n").as_bytes());
        }
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(body);
        message
    }
}

/// Why an answer can't be made. The application is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseError {
    /// The status isn't from 200 to 599.
    StatusInvalid,
    /// The extension can't be used.
    Extension(ExtensionError),
    /// The header can't be sent.
    Header(HeaderError),
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResponseError::StatusInvalid => f.write_str("the status isn't from 200 to 599"),
            ResponseError::Extension(error) => error.fmt(f),
            ResponseError::Header(error) => error.fmt(f),
        }
    }
}

impl Error for ResponseError {}

/// Why a request can't be accepted. The application is at fault, or came too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptError {
    /// No request waits for an answer: none has come, or it's answered, or the client has gone.
    Gone,
    /// The request is plain HTTP: answer it with a [`Response`].
    NotAnUpgrade,
    /// The client didn't offer the subprotocol that was chosen, and would have to fail the
    /// connection.
    SubprotocolUnoffered,
    /// The client didn't offer an extension that is to be used, and would have to fail the
    /// connection.
    ExtensionUnoffered,
}

impl AcceptError {
    /// What the client is answered then, if it can be told anything: 426 to plain HTTP, as only an
    /// upgrade will do ([RFC 9110 §15.5.22]); 500 where the application is at fault.
    ///
    /// [RFC 9110 §15.5.22]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22
    #[must_use]
    pub fn response(self) -> Option<Response> {
        let status = match self {
            AcceptError::Gone => return None,
            AcceptError::NotAnUpgrade => 426,
            AcceptError::SubprotocolUnoffered | AcceptError::ExtensionUnoffered => 500,
        };
        Response::new(status).ok()
    }
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AcceptError::Gone => "no request waits for an answer",
            AcceptError::NotAnUpgrade => "the request doesn't ask for an upgrade",
            AcceptError::SubprotocolUnoffered => {
                "the client didn't offer the subprotocol that was chosen"
            }
            AcceptError::ExtensionUnoffered => {
                "the client didn't offer an extension that was to be used"
            }
        })
    }
}

impl Error for AcceptError {}

/// What a status is called, for people who read the wire. Programs must ignore it; a status without
/// a name here goes without one.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
