use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::WebSocket;
use super::address::{Address, Opening, check_subprotocols};
use super::error::ConstructError;
use crate::session::{Reconnect, SessionConfig};
use crate::{Seed, Timestamp};

/// What a [`WebSocket`] is made of, besides its URL.
///
/// ```
/// use wirebeat::websocket::WebSocket;
/// use wirebeat::{Seed, Timestamp};
///
/// let socket = WebSocket::builder("/chat")
///     .base("https://example.com/app/")
///     .protocols(["chat.v2", "chat.v1"])
///     .header("User-Agent", "example")
///     .build(Seed::new([7; 32]), Timestamp::ZERO)?;
/// assert_eq!(socket.url(), "wss://example.com/chat");
/// # Ok::<(), wirebeat::websocket::ConstructError>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it's built"]
pub struct Builder<'b> {
    url: &'b str,
    base: Option<&'b str>,
    protocols: Vec<&'b str>,
    headers: Vec<(&'b str, &'b [u8])>,
    origin: Option<&'b str>,
    config: SessionConfig,
}

impl<'b> Builder<'b> {
    pub(super) fn new(url: &'b str) -> Builder<'b> {
        Builder {
            url,
            base: None,
            protocols: Vec::new(),
            headers: Vec::new(),
            origin: None,
            config: SessionConfig::browser(),
        }
    }

    /// What the URL is relative to: a page's own, in the browser.
    pub fn base(self, base: &'b str) -> Builder<'b> {
        Builder { base: Some(base), ..self }
    }

    /// Offers subprotocols, behind those offered before; the first is the one preferred. The server
    /// must choose one.
    pub fn protocols(mut self, protocols: impl IntoIterator<Item = &'b str>) -> Builder<'b> {
        self.protocols.extend(protocols);
        self
    }

    /// Adds a header to the request, which a page can't. An `Authorization` takes the place of the
    /// URL's user and password.
    pub fn header(mut self, name: &'b str, value: &'b (impl AsRef<[u8]> + ?Sized)) -> Builder<'b> {
        self.headers.push((name, value.as_ref()));
        self
    }

    /// Says which page the request comes from, as a browser does by itself.
    pub fn origin(self, origin: &'b str) -> Builder<'b> {
        Builder { origin: Some(origin), ..self }
    }

    /// Sets every limit and time; [`SessionConfig::browser`] unless it's called.
    ///
    /// Messages are always delivered whole.
    pub fn config(self, config: SessionConfig) -> Builder<'b> {
        Builder { config, ..self }
    }

    /// Connects again as the policy says, with [`SessionConfig::reconnecting`]; see
    /// [Reconnecting](WebSocket#reconnecting).
    pub fn reconnect(self, reconnect: Reconnect) -> Builder<'b> {
        self.config(SessionConfig::reconnecting(reconnect))
    }

    /// Makes the WebSocket, which begins to connect.
    ///
    /// The seed makes the nonces and masking keys of its connections, and the delays between them:
    /// draw it from the operating system, anew for each WebSocket.
    ///
    /// # Errors
    ///
    /// In this order:
    ///
    /// - [`ConstructError::Url`], [`ConstructError::Scheme`], [`ConstructError::Fragment`]: what is
    ///   wrong with the URL;
    /// - [`ConstructError::SubprotocolInvalid`], [`ConstructError::SubprotocolRepeated`]: what is
    ///   wrong with a subprotocol;
    /// - [`ConstructError::Request`]: a header or the origin can't be sent.
    pub fn build(self, seed: Seed, now: Timestamp) -> Result<WebSocket, ConstructError> {
        let address = Address::parse(self.url, self.base)?;
        let opening = Opening {
            protocols: check_subprotocols(&self.protocols)?,
            headers: self.headers.iter().map(owned).collect(),
            origin: self.origin.map(String::from),
        };
        opening.check()?;
        Ok(WebSocket::start(address, opening, self.config, seed, now))
    }
}

/// Hides what may be a secret: the URL, and the headers' values.
impl fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Builder")
            .field("protocols", &self.protocols)
            .field("headers", &headers)
            .field("origin", &self.origin)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn owned((name, value): &(&str, &[u8])) -> (Box<str>, Box<[u8]>) {
    (Box::from(*name), Box::from(*value))
}
