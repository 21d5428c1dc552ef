//! The browser's `WebSocket` on a thread: handlers that are called with what happens.
//!
//! [`WebSocket`] is the application's end, and [`Scope`] is how handlers reach it. What it does is
//! the core's [`wirebeat::websocket`], to the letter of the standard; here are a thread, a socket and
//! a clock for it.
//!
//! | file | subject |
//! |---|---|
//! | `builder` | what a WebSocket is made of |
//! | `page` | what runs on the thread, and what the application asks of it |

mod builder;
mod page;

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use wirebeat::session::SessionClosed;
use wirebeat::websocket::Remote;
use wirebeat::{Message, ReadyState, Timestamp};

pub use builder::Builder;
pub use wirebeat::websocket::{
    ArrayBuffer, BinaryType, Blob, CloseArgumentError, CloseEvent, ConstructError, Event,
    EventType, Handler, HandlerPanic, ListenerId, MessageData, MessageEvent, Scope, SendError,
    SendErrorReason, UrlError,
};

use page::Owner;

/// The browser's `WebSocket`, on a thread of its own, which calls the handlers.
///
/// This is the application's end, which any number of threads may have a clone of. None of its calls
/// waits, neither for the network nor for a handler: what it asks for is done by the thread, in the
/// order in which it was asked for, each thing between two events. So a handler may use a clone as
/// well; what it does by its [`Scope`] comes first and is done at once.
///
/// Handlers are set before anything happens, by the function that [`new`](WebSocket::new) takes, and
/// later by [`run`](WebSocket::run). One that panics is passed over, and said so
/// ([`Builder::on_panic`]); the WebSocket goes on.
///
/// When the last clone is dropped, the connection fails if it isn't open yet, and is closed with 1001
/// (going away) otherwise; no handler is called any more. The thread sees to that, as long as the
/// program runs. A clone in a handler counts, so a WebSocket that has one lives until the handler is
/// taken away.
///
/// ```no_run
/// use wirebeat_std::browser::WebSocket;
///
/// let socket = WebSocket::new("wss://example.com/chat", |socket| {
///     socket.on_open(|socket| socket.send("hello").expect("it's open"));
///     socket.on_message(|socket, event| {
///         println!("{:?}", event.data);
///         socket.close(Some((1000, "that's all"))).expect("a good code");
///     });
///     socket.on_close(|_, event| println!("closed with {}", event.code));
/// })?;
/// # Ok::<(), wirebeat_std::browser::StartError>(())
/// ```
#[derive(Clone)]
pub struct WebSocket(Arc<Owner>);

impl WebSocket {
    /// The browser's constructor: begins to connect to `url`, with the handlers that `set_up` sets.
    /// It's called at once, before anything can happen.
    ///
    /// # Errors
    ///
    /// As for [`Builder::connect`].
    pub fn new(url: &str, set_up: impl FnOnce(&mut Scope<'_>)) -> Result<WebSocket, StartError> {
        WebSocket::builder(url).connect(set_up)
    }

    /// Begins to say what else a WebSocket to this URL is made of.
    pub fn builder(url: &str) -> Builder<'_> {
        Builder::new(url)
    }

    /// Sends text, bytes, a [`Blob`] or an [`ArrayBuffer`]; as
    /// [`wirebeat::websocket::WebSocket::send`].
    ///
    /// # Errors
    ///
    /// With the message:
    ///
    /// - [`SendErrorReason::Connecting`]: it isn't open yet. Not with reconnection, where the message
    ///   waits;
    /// - [`SendErrorReason::Full`]: too much waits. Only with reconnection.
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError<'m>> {
        self.0.ask(|remote| remote.send(message.into()))
    }

    /// Closes, with a code and a reason or without; as [`wirebeat::websocket::WebSocket::close`].
    ///
    /// # Errors
    ///
    /// In this order, in every state:
    ///
    /// - [`CloseArgumentError::Code`]: the code is neither 1000 nor from 3000 to 4999;
    /// - [`CloseArgumentError::ReasonTooLong`]: the reason has more than 123 bytes.
    pub fn close(&self, arguments: Option<(u16, &str)>) -> Result<(), CloseArgumentError> {
        self.0.ask(|remote| remote.close(arguments))
    }

    /// Connects anew at once, in any state; as [`wirebeat::websocket::WebSocket::reconnect`].
    pub fn reconnect(&self) {
        self.0.ask(Remote::reconnect);
    }

    /// Calls a function on the thread, between two events: to add and remove listeners, to change
    /// the URL, and whatever else a [`Scope`] lets be done. If it panics, it's as if a handler had.
    pub fn run(&self, function: impl FnOnce(&mut Scope<'_>) + Send + 'static) {
        self.0.ask(|remote| remote.run(function));
    }

    /// The host has a network again; as [`wirebeat::session::Session::handle_online`].
    pub fn handle_online(&self) {
        self.0.ask(Remote::handle_online);
    }

    /// The host has no network; as [`wirebeat::session::Session::handle_offline`].
    pub fn handle_offline(&self) {
        self.0.ask(Remote::handle_offline);
    }

    /// The host slept; as [`wirebeat::session::Session::handle_resumed`].
    pub fn handle_resumed(&self) {
        self.0.ask(Remote::handle_resumed);
    }

    /// The URL, as the standard serialises it.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.look(|remote| remote.url().into())
    }

    /// The subprotocol that the server chose; empty if it chose none, or hasn't yet.
    #[must_use]
    pub fn protocol(&self) -> String {
        self.0.look(|remote| remote.protocol().into())
    }

    /// The extensions in use; empty if there are none, or it isn't open yet.
    #[must_use]
    pub fn extensions(&self) -> String {
        self.0.look(|remote| remote.extensions().into())
    }

    /// The state, as far as events have told of it; CLOSING at once when a clone closes.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.0.look(Remote::ready_state)
    }

    /// The bytes of payload that were passed to [`send`](WebSocket::send) and that the transport
    /// hasn't taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.0.look(Remote::buffered_amount)
    }

    /// What binary messages are handed over as.
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        self.0.look(Remote::binary_type)
    }

    /// Changes what binary messages are handed over as, from the next event on.
    pub fn set_binary_type(&self, binary_type: BinaryType) {
        self.run(move |scope| scope.set_binary_type(binary_type));
    }

    /// How the last connection or attempt ended, once one has: what the browser keeps from a page.
    #[must_use]
    pub fn closed(&self) -> Option<SessionClosed> {
        self.0.look(|remote| remote.closed().cloned())
    }

    /// How many attempts failed in a row since a connection was good.
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.0.look(Remote::retry_count)
    }

    /// What time it is for the WebSocket: what [`CloseEvent::next`] is to be compared with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}

/// Why there's no [`WebSocket`]. That there's no connection is told by events.
#[derive(Debug)]
pub enum StartError {
    /// The constructor refuses what it's given: the browser throws a `SyntaxError`. The caller is at
    /// fault, or whoever the URL came from.
    Construct(ConstructError),
    /// The operating system refused a thread, or what it needs.
    Io(io::Error),
    /// The operating system gave no random numbers, without which masking keys can't be made.
    Entropy(getrandom::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Construct(error) => error.fmt(f),
            StartError::Io(error) => write!(f, "the operating system refused: {error}"),
            StartError::Entropy(error) => {
                write!(f, "the operating system gave no random numbers: {error}")
            }
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            StartError::Construct(error) => Some(error),
            StartError::Io(error) => Some(error),
            StartError::Entropy(error) => Some(error),
        }
    }
}

impl From<ConstructError> for StartError {
    fn from(error: ConstructError) -> StartError {
        StartError::Construct(error)
    }
}
