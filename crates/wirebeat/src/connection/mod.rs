//! One WebSocket over one transport: the state table, the receive path, the send queue, the timers
//! and the heartbeat.
//!
//! | file | subject |
//! |---|---|
//! | `state` | the table of states, which knows neither bytes nor time |
//! | `transition` | what the table's effects do |
//! | `opening`, `answer` | the opening handshake inside a connection; the application's answer to it |
//! | `compression/` | permessage-deflate on one connection, or nothing without the feature |
//! | `receive`, `receiver`, `input` | from bytes to events |
//! | `send`, `prepared`, `queue` | from messages to bytes |
//! | `transport` | what the driver reports of its transport, and is told to do with it |
//! | `timeout`, `timers`, `liveness` | deadlines and the heartbeat |
//! | `ending`, `cause` | how it ends, and why |
//! | `config`, `event`, `error` | what the application says and hears |

mod answer;
mod cause;
#[cfg(feature = "deflate")]
mod compression;
#[cfg(not(feature = "deflate"))]
#[path = "without_compression.rs"]
mod compression;
mod config;
mod ending;
mod error;
mod event;
mod input;
mod liveness;
mod opening;
mod prepared;
mod queue;
mod receive;
mod receiver;
mod send;
mod state;
mod timeout;
mod timers;
mod transition;
mod transport;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use chacha20::ChaCha8Rng;
use rand_core::Rng;

pub use cause::{Cause, Closed, DialError, Phase, Reason, Side};
#[cfg(feature = "deflate")]
pub use compression::Savings;
pub use config::{Config, Delivery, Heartbeat};
pub use error::{CloseError, SendError, SendErrorReason, SendMessageError, SendPayloadError};
pub use event::{Event, Fragment};
pub use input::{Input, InputMark};
pub use prepared::Prepared;
pub use queue::{Outgoing, Transmit};
pub use transport::Transport;

use crate::extension::{Deflate, DeflateParameters};
use crate::frame::{MaskingKey, Rsv};
use crate::handshake::{OriginPolicy, Request};
use crate::message::Utf8Checker;
use crate::{Nanos, ReadyState, Role, Seed, Timestamp};
use compression::Compression;
use ending::Ending;
use liveness::Liveness;
use opening::Opening;
use queue::SendQueue;
use receiver::Receiver;
use state::State;
use timers::Timers;

/// One WebSocket, as a function of bytes and time ([RFC 6455]).
///
/// It has four kinds of methods:
///
/// - *from the transport*: [`receive`](Connection::receive), [`read_target`](Connection::read_target),
///   `handle_…`. They never fail; what went wrong becomes the last event.
/// - *from the application*: [`accept`](Connection::accept), [`respond`](Connection::respond),
///   [`send`](Connection::send), [`send_fragment`](Connection::send_fragment),
///   [`ping`](Connection::ping), [`close`](Connection::close). They fail only for misuse or a full
///   queue, and give the message back.
/// - *to the driver, each thing once*: [`poll_event`](Connection::poll_event),
///   [`poll_transmit`](Connection::poll_transmit), [`take_transmit`](Connection::take_transmit).
/// - *levels*, to be asked as often as one likes: [`poll_timeout`](Connection::poll_timeout),
///   [`transport`](Connection::transport), [`wants_read`](Connection::wants_read),
///   [`ready_state`](Connection::ready_state), and the rest.
///
/// The driver's loop is on the [crate's front page](crate). Any order and any subset of calls is
/// safe; calls that have nothing to do change nothing.
///
/// ```
/// use wirebeat::{Config, Connection, Endpoint, Event, Input, Message, Timestamp};
///
/// // The upgrade was done elsewhere, and a client's masked "Hello" arrives (RFC 6455 §5.7).
/// let now = Timestamp::ZERO;
/// let mut server = Connection::established(Endpoint::Server, &Config::default(), now);
/// let mut chunk = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// let mut input = Input::new(&mut chunk);
/// while let Some(event) = server.receive(now, &mut input) {
///     assert_eq!(event, Event::Message(Message::from("Hello")));
///     if let Event::Message(message) = event {
///         server.send(now, message).expect("the queue has room");
///     }
/// }
/// ```
///
/// [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455
#[derive(Debug)]
pub struct Connection {
    role: Role,
    state: State,
    /// Whether our application reads what arrives.
    is_reading: bool,
    /// Whether the peer has ended its side of the transport.
    is_eof: bool,
    /// The latest time that the driver told of. Time that goes backwards stands still.
    now: Timestamp,
    receiver: Receiver,
    queue: SendQueue,
    /// A message that is being sent in fragments.
    fragments: Option<Fragments>,
    liveness: Liveness,
    timers: Timers,
    limits: Limits,
    latency: Option<Nanos>,
    /// The generator of masking keys: a client's alone.
    generator: Option<Box<ChaCha8Rng>>,
    opening: Option<Box<Opening>>,
    /// What a client sent behind its request, to be received first.
    backlog: Option<Box<Backlog>>,
    subprotocol: Option<Box<str>>,
    /// How messages are compressed, if both sides agreed to it.
    compression: Option<compression::Boxed>,
    ending: Option<Box<Ending>>,
}

/// The parts of [`Config`] that a connection looks at again.
#[derive(Clone, Copy, Debug)]
struct Limits {
    send_queue_len_max: usize,
    close_timeout: Nanos,
    linger: Nanos,
    write_stall_timeout: Option<Nanos>,
}

/// A message that is being sent in fragments, of which the last hasn't come.
#[derive(Clone, Debug)]
enum Fragments {
    Text(Utf8Checker),
    Binary,
}

/// Bytes that were received before they could be understood.
#[derive(Debug)]
struct Backlog {
    bytes: Vec<u8>,
    eaten: usize,
}

/// The role of a connection whose opening handshake was done elsewhere.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// A client, and the seed of its masking keys.
    Client(Seed),
    /// A server.
    Server,
}

impl Connection {
    /// A client, whose request waits to be written.
    ///
    /// The seed makes the handshake's nonce and the masking keys, so it must be drawn anew for each
    /// connection ([RFC 6455 §10.3]).
    ///
    /// [RFC 6455 §10.3]: https://www.rfc-editor.org/rfc/rfc6455#section-10.3
    #[must_use]
    pub fn client(request: Request, config: &Config, seed: &Seed, now: Timestamp) -> Connection {
        let mut generator = Box::new(seed.generator());
        let mut nonce = [0; 16];
        generator.fill_bytes(&mut nonce);
        let (opening, request) = Opening::client(request, nonce, config);
        let mut connection = Connection::new(Role::Client, config, now);
        connection.queue.push_head(&request);
        connection.generator = Some(generator);
        connection.open_with(opening, config);
        connection
    }

    /// A server, which awaits a request.
    ///
    /// Which pages may connect is a decision that every server makes ([RFC 6455 §10.2]), so there's
    /// no default for `origins`.
    ///
    /// [RFC 6455 §10.2]: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
    #[must_use]
    pub fn server(origins: OriginPolicy, config: &Config, now: Timestamp) -> Connection {
        let mut connection = Connection::new(Role::Server, config, now);
        connection.open_with(Opening::server(origins, config), config);
        connection
    }

    /// A connection that is open from the start: the upgrade was done elsewhere, by an HTTP library
    /// or over HTTP/2.
    #[must_use]
    pub fn established(endpoint: Endpoint, config: &Config, now: Timestamp) -> Connection {
        let (role, generator) = match endpoint {
            Endpoint::Client(seed) => (Role::Client, Some(Box::new(seed.generator()))),
            Endpoint::Server => (Role::Server, None),
        };
        Connection { state: State::Open, generator, ..Connection::new(role, config, now) }
    }

    fn new(role: Role, config: &Config, now: Timestamp) -> Connection {
        Connection {
            role,
            state: State::Opening,
            is_reading: true,
            is_eof: false,
            now,
            receiver: Receiver::new(role, config),
            queue: SendQueue::default(),
            fragments: None,
            liveness: Liveness::new(config.heartbeat.as_ref(), now),
            timers: Timers::default(),
            limits: Limits {
                send_queue_len_max: config.send_queue_len_max,
                close_timeout: config.close_timeout.into(),
                linger: config.linger.into(),
                write_stall_timeout: config.write_stall_timeout.map(Nanos::from),
            },
            latency: None,
            generator: None,
            opening: None,
            backlog: None,
            subprotocol: None,
            compression: None,
            ending: None,
        }
    }

    fn open_with(&mut self, opening: Opening, config: &Config) {
        self.opening = Some(Box::new(opening));
        self.timers.open = config.open_timeout.map(|timeout| self.now + timeout);
    }

    /// Which end this is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The state that the browser's object shows ([WHATWG WebSockets §3.1]).
    ///
    /// [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#dom-websocket-readystate
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.state.ready_state()
    }

    /// The application's bytes that were passed to `send` and that the transport hasn't taken
    /// ([WHATWG WebSockets §3.1]).
    ///
    /// Payload alone, before compression. What is passed to `send` after closing began counts, and
    /// so does what was given up; neither ever falls.
    ///
    /// [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#dom-websocket-bufferedamount
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        let given_up = self.ending.as_ref().map_or(0, |ending| ending.app_len_given_up);
        self.queue.app_len().saturating_add(given_up)
    }

    /// Both sides agreed to compress messages, if they did.
    fn agree(&mut self, deflate: Option<(Deflate, DeflateParameters)>) {
        self.compression = deflate.map(|(deflate, parameters)| {
            // RFC 7692 §6: RSV1 is "the "Per-Message Compressed" bit".
            self.receiver.allow(Rsv::RSV1);
            Compression::boxed(self.role, deflate, parameters)
        });
    }

    /// The latency that the last heartbeat measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency.map(Duration::from)
    }

    /// The subprotocol that was chosen, once the connection is open.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Why the connection ends or has ended; `None` while nothing ends it.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.ending.as_ref().map(|ending| ending.cause)
    }

    /// Messages that `send` took and that the transport doesn't have whole.
    pub(crate) fn messages_waiting(&self) -> u64 {
        self.queue.waiting().messages
    }

    /// Once it's over: how many of the messages lost, the last ones, the transport had nothing of.
    pub(crate) fn messages_untouched(&self) -> u64 {
        self.ending.as_ref().map_or(0, |ending| ending.messages_untouched)
    }

    /// Takes note of the time.
    #[inline]
    fn advance_clock(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// The key to mask the next frame with: "The masking key needs to be unpredictable; thus, the
    /// masking key MUST be derived from a strong source of entropy" (§5.3).
    #[inline]
    fn masking_key(&mut self) -> Option<MaskingKey> {
        self.generator.as_mut().map(|generator| generator.next_u32().to_le_bytes())
    }
}
