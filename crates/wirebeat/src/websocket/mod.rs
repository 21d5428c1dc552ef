//! The browser's `WebSocket` ([WHATWG WebSockets §3]), without the browser.
//!
//! [`WebSocket`] is the object, [`Scope`] is how its handlers reach it, and [`Event`] what they're
//! called with.
//!
//! | file | subject |
//! |---|---|
//! | `address`, `builder`, `config` | what the constructor takes, and checks |
//! | `attributes`, `page` | what can be asked of it; what that is, and the tasks that change it |
//! | `inner` | between the page and its session |
//! | `listeners`, `listening`, `dispatch`, `scope` | who listens, and begins to; one event's way through them; what they can do |
//! | `driver` | what the driver reports, and is told |
//! | `remote`, `errands` | its other end, for threads and tasks that don't drive it; what they ask for |
//! | `event`, `blob` | what handlers get |
//! | `close_arguments`, `error` | what calls are refused for |
//!
//! [WHATWG WebSockets §3]: https://websockets.spec.whatwg.org/#the-websocket-interface

mod address;
mod attributes;
mod blob;
mod builder;
mod close_arguments;
mod config;
mod dispatch;
mod driver;
mod errands;
mod error;
mod event;
mod inner;
mod listeners;
mod listening;
mod page;
mod remote;
mod scope;

pub use blob::{ArrayBuffer, Blob};
pub use builder::Builder;
pub use errands::{Errands, HandlerPanic};
pub use error::{CloseArgumentError, ConstructError, SendError, SendErrorReason, UrlError};
pub use event::{BinaryType, CloseEvent, Event, EventType, MessageData, MessageEvent};
pub use listeners::{Handler, ListenerId};
pub use remote::Remote;
pub use scope::Scope;

use crate::session::{Reconnect, SessionConfig};
use crate::{Message, Seed, Timestamp};
use address::{Address, Opening};
use dispatch::Current;
use inner::Inner;
use listeners::Listeners;

/// The browser's `WebSocket`, as a function of bytes and time ([WHATWG WebSockets §3]).
///
/// Plain, it does what the standard says, in the order in which the standard says it:
///
/// - the constructor refuses what the standard refuses, and nothing else; it calls no handler, and
///   neither do [`send`](WebSocket::send) and [`close`](WebSocket::close);
/// - only [`dispatch`](WebSocket::dispatch) calls handlers, for one event each; in each of them
///   [`ready_state`](WebSocket::ready_state) is what belongs to the event;
/// - `error` comes before `close`, at most once, and both see CLOSED; `close` comes exactly once;
/// - messages are handed over while OPEN, never after [`close`](WebSocket::close);
/// - [`buffered_amount`](WebSocket::buffered_amount) counts payload from the call of `send` on, and
///   never falls to zero because the connection is gone.
///
/// It stands on a [`Session`](crate::session::Session), and whoever drives it does what a session's
/// driver does: it holds the transport that [`wanted`](WebSocket::wanted) names, reads into
/// [`receive`](WebSocket::receive), writes from [`poll_transmit`](WebSocket::poll_transmit), sleeps
/// until [`poll_timeout`](WebSocket::poll_timeout), and after each of these calls
/// [`dispatch`](WebSocket::dispatch) until it returns `false`.
///
/// ```
/// use bytes::Buf;
/// use wirebeat::handshake::{Acceptance, OriginPolicy};
/// use wirebeat::session::Wanted;
/// use wirebeat::websocket::WebSocket;
/// use wirebeat::{Config, Connection, Event, Input, Seed, Timestamp};
///
/// let now = Timestamp::ZERO;
/// let seed = Seed::new([7; 32]); // an adapter draws it from the operating system
/// let mut socket = WebSocket::new("wss://example.com/chat", &[], seed, now)?;
/// socket.on_open(|socket| socket.send("hello").expect("it's open"));
/// socket.on_message(|socket, event| {
///     assert_eq!(event.data.as_text(), Some("hello"));
///     socket.close(Some((1000, "bye"))).expect("a good code");
/// });
///
/// // A driver dials `socket.target()`; here both ends are in one place.
/// let Wanted::Dial(attempt) = socket.wanted() else { panic!() };
/// socket.handle_dialed(now, attempt);
/// let mut server = Connection::server(OriginPolicy::SameHost, &Config::default(), now);
/// while socket.ready_state() < wirebeat::ReadyState::Closing {
///     while let Some(transmit) = socket.poll_transmit(attempt) {
///         let mut chunk = transmit.chunk().to_vec();
///         socket.handle_written(now, attempt, chunk.len());
///         let mut input = Input::new(&mut chunk);
///         while let Some(event) = server.receive(now, &mut input) {
///             match event {
///                 Event::Request(_) => server.accept(now, &Acceptance::new())?,
///                 Event::Message(message) => server.send(now, message).expect("it has room"),
///                 _ => {}
///             }
///         }
///     }
///     while let Some(transmit) = server.poll_transmit() {
///         let mut chunk = transmit.chunk().to_vec();
///         server.handle_written(now, chunk.len());
///         let mut input = Input::new(&mut chunk);
///         while !input.is_empty() {
///             socket.receive(now, attempt, &mut input);
///             while socket.dispatch(now) {}
///         }
///     }
/// }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// # Beside the browser's
///
/// A few things are different from, or more than, what a page has:
///
/// | | a page | here |
/// |---|---|---|
/// | a reason without a code in `close` | depends on the browser | can't be said |
/// | a lone surrogate in text | becomes U+FFFD | no `str` has one |
/// | the same listener added twice | is added once | no two closures are the same: each is added |
/// | a listener that throws | is reported, and the next is called | unwinds out of `dispatch`, which goes on with the next listener when it's called again |
/// | `Blob` | is read asynchronously | is there |
/// | messages | as long as the memory | [`Config::message_len_max`](crate::Config::message_len_max) |
/// | why it failed | is kept from the page | [`closed`](WebSocket::closed) |
/// | close codes that no endpoint may send, received | are reported | fail the connection with 1002 |
/// | a server that doesn't close the transport | is waited for, from no time at all to for ever | is waited for up to [`Config::close_timeout`](crate::Config::close_timeout) |
/// | an object that nobody holds | is kept while something listens | [`abandon`](WebSocket::abandon) |
///
/// # Reconnecting
///
/// With [`with_reconnect`](WebSocket::with_reconnect) one object lives through many connections, as
/// users of `reconnecting-websocket` and `partysocket` know it: `close` and then `open` come again
/// and again, and `send` works at any time.
///
/// | | `reconnecting-websocket`, `partysocket` | here |
/// |---|---|---|
/// | `ready_state` between connections | CLOSED, then CONNECTING | the same |
/// | `open`, `message`, `error`, `close` | for each connection and each attempt | the same; `close` says whether and when another follows ([`CloseEvent::next`]) |
/// | `send` while not OPEN | waits, without bounds | waits, up to 64 MiB and 65,536 messages; beyond it [`SendErrorReason::Full`] |
/// | what waits | is sent before `open` is heard | the same |
/// | what was sent and may not have arrived | is forgotten | is counted in [`closed`](WebSocket::closed); neither sends it again |
/// | `buffered_amount` | with what waits | the same |
/// | first retry | after 1 to 5 s drawn once, or after 3 s | after 0.1 to 1 s, drawn each time |
/// | later ones | 1.3 times as long, to 10 s, no jitter | up to 1.6 times as long, to 30 s, with jitter; after 1012, 1013 and `Retry-After` longer |
/// | retried after | everything but `close()` | what is likely to pass: not after 1000, 1002, 1003, 1007 to 1010, nor a handshake refused with a 4xx but 408, 425 and 429; [`Reconnect::should_reconnect`] decides otherwise |
/// | an attempt may take | 4 s | 10 s |
/// | a connection counts as good after | 5 s | 5 s |
/// | a peer that falls silent | is never noticed | is noticed by pings, after 20 s and 20 s more |
/// | `close()` between connections | fires nothing | fires `error` and the last `close` |
/// | `reconnect()` | at once, and counts anew | the same |
/// | a URL for each attempt | a function, perhaps asynchronous | [`set_url`](WebSocket::set_url), in the `close` handler or whenever it's known |
/// | `retryCount` | attempts since the last good connection | [`retry_count`](WebSocket::retry_count) |
///
/// [WHATWG WebSockets §3]: https://websockets.spec.whatwg.org/#the-websocket-interface
#[derive(Debug)]
pub struct WebSocket {
    inner: Inner,
    listeners: Listeners,
    /// The event under way. There's one between two calls of `dispatch` only if a handler unwound.
    current: Option<Current>,
}

impl WebSocket {
    /// The browser's constructor: begins to connect to `url`, offering `protocols`.
    ///
    /// The first step is the driver's, so no event comes of it before
    /// [`dispatch`](WebSocket::dispatch). The seed makes the nonce and the masking keys: it must be
    /// drawn anew for each WebSocket. A port that browsers don't connect to fails the connection, by
    /// events ([Fetch, "port blocking"]).
    ///
    /// # Errors
    ///
    /// In this order:
    ///
    /// - [`ConstructError::Url`]: it can't be parsed, or is relative;
    /// - [`ConstructError::Scheme`]: it's none of `ws`, `wss`, `http`, `https`;
    /// - [`ConstructError::Fragment`]: it has a fragment, if only an empty one;
    /// - [`ConstructError::SubprotocolInvalid`], [`ConstructError::SubprotocolRepeated`].
    ///
    /// [Fetch, "port blocking"]: https://fetch.spec.whatwg.org/#port-blocking
    pub fn new(
        url: &str,
        protocols: &[&str],
        seed: Seed,
        now: Timestamp,
    ) -> Result<WebSocket, ConstructError> {
        WebSocket::builder(url).protocols(protocols.iter().copied()).build(seed, now)
    }

    /// As [`new`](WebSocket::new), with a URL that may be relative to `base`: in the browser, the
    /// page's.
    ///
    /// # Errors
    ///
    /// As for [`new`](WebSocket::new).
    pub fn new_with_base(
        url: &str,
        base: &str,
        protocols: &[&str],
        seed: Seed,
        now: Timestamp,
    ) -> Result<WebSocket, ConstructError> {
        WebSocket::builder(url).base(base).protocols(protocols.iter().copied()).build(seed, now)
    }

    /// As [`new`](WebSocket::new), but it connects again as the policy says: see
    /// [Reconnecting](WebSocket#reconnecting).
    ///
    /// # Errors
    ///
    /// As for [`new`](WebSocket::new).
    pub fn with_reconnect(
        url: &str,
        protocols: &[&str],
        reconnect: Reconnect,
        seed: Seed,
        now: Timestamp,
    ) -> Result<WebSocket, ConstructError> {
        WebSocket::builder(url)
            .protocols(protocols.iter().copied())
            .reconnect(reconnect)
            .build(seed, now)
    }

    /// Begins to say what else the WebSocket is made of.
    pub fn builder(url: &str) -> Builder<'_> {
        Builder::new(url)
    }

    fn start(
        address: Address,
        opening: Opening,
        config: SessionConfig,
        seed: Seed,
        now: Timestamp,
    ) -> WebSocket {
        WebSocket {
            inner: Inner::new(address, opening, config, seed, now),
            listeners: Listeners::default(),
            current: None,
        }
    }

    /// The WebSocket as its handlers reach it: all that the application may do is there too.
    pub fn scope(&mut self, now: Timestamp) -> Scope<'_> {
        Scope::new(&mut self.inner, &mut self.listeners, now)
    }

    /// Sends text, bytes, a [`Blob`] or an [`ArrayBuffer`].
    ///
    /// Once closing has begun nothing is sent, and that's no error, as in the browser; the bytes
    /// count in [`buffered_amount`](WebSocket::buffered_amount). If more waits to be sent than
    /// [`Config::send_queue_len_max`](crate::Config::send_queue_len_max), the connection is given
    /// up: `error` and `close` follow, with code 1006, and [`is_full`](WebSocket::is_full) says why.
    ///
    /// # Errors
    ///
    /// With the message:
    ///
    /// - [`SendErrorReason::Connecting`]: it isn't open yet. Not with
    ///   [reconnection](WebSocket#reconnecting), where the message waits;
    /// - [`SendErrorReason::Full`]: too much waits. Only with reconnection, where the connection
    ///   goes on.
    pub fn send<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendError<'m>> {
        self.inner.send(now, message.into())
    }

    /// Closes, with a code and a reason or without; what was sent before goes out first. The state
    /// is CLOSING at once, and `close` follows.
    ///
    /// Before it's open the connection is given up, and code and reason are for nobody. Once closing
    /// has begun this changes nothing; the arguments are checked all the same. With
    /// [reconnection](WebSocket#reconnecting), no other connection follows.
    ///
    /// ```
    /// use wirebeat::websocket::{CloseArgumentError, WebSocket};
    /// use wirebeat::{ReadyState, Seed, Timestamp};
    ///
    /// let now = Timestamp::ZERO;
    /// let mut socket = WebSocket::new("ws://example.com", &[], Seed::new([7; 32]), now)?;
    /// assert_eq!(socket.close(now, Some((1001, "bye"))), Err(CloseArgumentError::Code(1001)));
    /// assert_eq!(socket.ready_state(), ReadyState::Connecting);
    /// socket.close(now, None)?;
    /// assert_eq!(socket.ready_state(), ReadyState::Closing);
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// In this order, in every state:
    ///
    /// - [`CloseArgumentError::Code`]: the code is neither 1000 nor from 3000 to 4999;
    /// - [`CloseArgumentError::ReasonTooLong`]: the reason has more than 123 bytes.
    pub fn close(
        &mut self,
        now: Timestamp,
        arguments: Option<(u16, &str)>,
    ) -> Result<(), CloseArgumentError> {
        self.inner.close(now, arguments)
    }

    /// Connects anew at once, whatever the state, and without a policy too: a connection that is
    /// open is closed first, with 1000. The browser's object has no such thing.
    pub fn reconnect(&mut self, now: Timestamp) {
        self.inner.reconnect(now);
    }

    /// Changes where the next connection leads: for URLs that don't last, or that carry a token.
    /// It's relative to the base that the first was relative to.
    ///
    /// # Errors
    ///
    /// As for the URL of [`new`](WebSocket::new); nothing is changed then.
    pub fn set_url(&mut self, url: &str) -> Result<(), ConstructError> {
        self.inner.set_url(url)
    }

    /// Lets go of it: what the driver calls when nobody holds it any more ([WHATWG WebSockets §7],
    /// "make disappear").
    ///
    /// Before it's open, the connection fails; after that it's closed with 1001, unless it's closing
    /// already. No handler is called any more, and all of them are dropped. The driver goes on until
    /// [`wanted`](WebSocket::wanted) is nothing.
    ///
    /// [WHATWG WebSockets §7]: https://websockets.spec.whatwg.org/#garbage-collection
    pub fn abandon(&mut self, now: Timestamp) {
        self.inner.abandon(now);
        self.listeners.clear();
        self.current = None;
    }
}
