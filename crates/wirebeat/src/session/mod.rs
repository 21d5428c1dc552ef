//! A client that outlives its connections: it dials, backs off, dials again, and keeps what can't be
//! sent meanwhile.
//!
//! A [`Session`] is to connections what a [`Connection`] is to frames: a state
//! machine without IO. Whoever drives it holds at most one transport, the one that
//! [`Session::wanted`] names, and does for it what a driver does for a connection.
//!
//! | file | subject |
//! |---|---|
//! | `state` | the table of states, which knows neither time nor reasons |
//! | `attempt`, `target` | which transport is meant; where one leads |
//! | `policy`, `backoff` | whether another attempt follows, and when |
//! | `dial`, `transport` | what the driver reports of an attempt, and of its transport |
//! | `send`, `outbox`, `ledger`, `fate` | messages: those that wait, those that a connection has, what became of them |
//! | `ending` | how an attempt ends, and what follows |
//! | `timeout`, `hints` | deadlines; what the host knows of its network |
//! | `compression` | what was saved, over all connections |
//! | `event`, `inbox` | what the application hears, and what it hasn't heard yet |
//! | `driven`, `dial_order` | what a driver of sessions can drive; which of a host's addresses it tries first |

mod attempt;
mod backoff;
#[cfg(feature = "deflate")]
mod compression;
mod dial;
mod dial_order;
mod driven;
mod ending;
mod event;
mod failure;
mod fate;
mod hints;
mod inbox;
mod ledger;
mod outbox;
mod policy;
mod send;
mod state;
mod target;
mod timeout;
mod transport;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

pub use attempt::{Attempt, Wanted};
pub use backoff::{Backoff, CustomBackoff, Exponential};
pub use dial_order::{ADDRESS_DELAY, dial_order};
pub use driven::Driven;
#[cfg(feature = "url")]
pub(crate) use driven::impl_driven;
pub use event::{DropReason, Dropped, Next, SessionClosed, SessionEvent};
pub use failure::{Failure, Pause};
pub use fate::{Fate, MessageId};
pub use inbox::Inbox;
pub use policy::{Reconnect, SessionConfig, ShouldReconnect};
pub use target::Target;
#[cfg(feature = "url")]
pub use target::{TargetError, UrlFault, UrlSyntaxError};

use crate::{CloseFrame, Connection, Message, ReadyState, Seed, Timestamp};
use fate::History;
use ledger::Ledger;
use outbox::Outbox;
use state::{Effect, State, StateInput};

/// A client that reconnects, as a function of bytes and time.
///
/// Its methods are those of a [`Connection`], and besides:
///
/// - *levels*: [`wanted`](Session::wanted) says which transport the driver is to hold or to dial,
///   [`target`](Session::target) where to;
/// - *from the driver*: [`handle_dialed`](Session::handle_dialed) and
///   [`handle_dial_failed`](Session::handle_dial_failed) answer it. Every call that concerns a
///   transport names its [`Attempt`]: from one that is over it changes nothing;
/// - *from the host*: [`handle_online`](Session::handle_online),
///   [`handle_offline`](Session::handle_offline), [`handle_resumed`](Session::handle_resumed);
/// - *from the application*: [`dial`](Session::dial), if the target isn't always the same;
///   [`send`](Session::send) at any time, [`close`](Session::close),
///   [`reconnect`](Session::reconnect).
///
/// Any order and any subset of calls is safe; calls that have nothing to do change nothing.
///
/// ```
/// use wirebeat::handshake::Request;
/// use wirebeat::session::{Session, SessionConfig, SessionEvent, Target, Wanted};
/// use wirebeat::{DialError, Seed, Timestamp};
///
/// let now = Timestamp::ZERO;
/// let target = Target::new(Request::new("example.com", None, "/chat")?, true);
/// let seed = Seed::new([7; 32]); // an adapter draws it from the operating system
/// let mut session = Session::new(target, SessionConfig::default(), seed, now);
/// let id = session.send(now, "sent as soon as it's open").expect("the outbox has room");
///
/// let Wanted::Dial(attempt) = session.wanted() else { panic!() };
/// let target = session.target().expect("it's known where to dial");
/// assert_eq!((target.host(), target.port(), target.is_secure()), ("example.com", 443, true));
///
/// // Nobody answers there. The session waits, and wants to dial again.
/// session.handle_dial_failed(now, attempt, DialError::Refused);
/// assert_eq!(session.wanted(), Wanted::Nothing);
/// let at = session.poll_timeout().expect("it retries");
/// session.handle_timeout(at);
/// let Wanted::Dial(second) = session.wanted() else { panic!() };
///
/// // The first transport comes after all. It isn't wanted any more.
/// session.handle_dialed(at, attempt);
/// assert_eq!(session.wanted(), Wanted::Dial(second));
/// session.handle_dialed(at, second);
/// assert!(matches!(session.wanted(), Wanted::Hold(held, _) if held == second));
/// # Ok::<(), wirebeat::handshake::RequestError>(())
/// ```
#[derive(Debug)]
pub struct Session {
    config: Arc<SessionConfig>,
    seed: Seed,
    /// The latest time that the driver told of. Time that goes backwards stands still.
    now: Timestamp,
    state: State,
    attempt: Attempt,
    /// Where every attempt leads, unless the host says so for each.
    every_target: Option<Arc<Target>>,
    /// Where the attempt leads.
    target: Option<Arc<Target>>,
    /// The attempt's connection; the last one's until the next attempt has one.
    connection: Option<Connection>,
    /// When the attempt must be open, or the next begins.
    deadline: Option<Timestamp>,
    /// Until when a server asked to be left alone.
    not_before: Option<Timestamp>,
    /// Since when the connection is open.
    opened_at: Option<Timestamp>,
    /// What the server's refusal asked for.
    retry_after: Option<Duration>,
    /// Attempts that failed in a row.
    failures: u32,
    is_online: bool,
    greeting: Greeting,
    outbox: Outbox,
    ledger: Ledger,
    history: History,
    last_id: MessageId,
    /// Bytes of payload that were passed to `send` too late, or that waited when it ended.
    app_len_given_up: u64,
    /// Bytes of payload that the last connection gave up, and that wait in the outbox again.
    app_len_back: u64,
    /// What compression saved on the connections before.
    #[cfg(feature = "deflate")]
    savings_before: Option<crate::Savings>,
    events: VecDeque<SessionEvent<'static>>,
}

/// What is sent first on every connection.
struct Greeting(Vec<Message<'static>>);

/// Shows how many messages there are, not what they say: they may be a login.
impl fmt::Debug for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Greeting({})", self.0.len())
    }
}

impl Session {
    /// A session whose attempts all lead to the same target. The first begins at once.
    ///
    /// The seed makes the nonces and masking keys of all its connections, and its delays.
    #[must_use]
    pub fn new(target: Target, config: SessionConfig, seed: Seed, now: Timestamp) -> Session {
        Session::start(Some(Arc::new(target)), config, seed, now)
    }

    /// A session that asks by [`SessionEvent::Dialing`] where each attempt leads: for URLs, tokens
    /// and headers that don't last. [`dial`](Session::dial) answers.
    #[must_use]
    pub fn asking(config: SessionConfig, seed: Seed, now: Timestamp) -> Session {
        Session::start(None, config, seed, now)
    }

    fn start(
        every_target: Option<Arc<Target>>,
        mut config: SessionConfig,
        seed: Seed,
        now: Timestamp,
    ) -> Session {
        let greeting = Greeting(core::mem::take(&mut config.greeting));
        let mut session = Session {
            config: Arc::new(config),
            seed,
            now,
            state: State::Stopped,
            attempt: Attempt::NONE,
            every_target,
            target: None,
            connection: None,
            deadline: None,
            not_before: None,
            opened_at: None,
            retry_after: None,
            failures: 0,
            is_online: true,
            greeting,
            outbox: Outbox::default(),
            ledger: Ledger::default(),
            history: History::default(),
            last_id: MessageId::NONE,
            app_len_given_up: 0,
            app_len_back: 0,
            #[cfg(feature = "deflate")]
            savings_before: None,
            events: VecDeque::new(),
        };
        session.apply(StateInput::Reconnect);
        session
    }

    /// What the driver is to hold or to dial.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        match (self.state, &self.connection) {
            (State::Dialing, _) => Wanted::Dial(self.attempt),
            (
                State::Opening | State::Open | State::Closing | State::Replacing,
                Some(connection),
            ) => Wanted::Hold(self.attempt, connection.transport()),
            (
                State::Asking
                | State::Opening
                | State::Open
                | State::Closing
                | State::Replacing
                | State::Waiting
                | State::Offline
                | State::Stopped,
                _,
            ) => Wanted::Nothing,
        }
    }

    /// Where the attempt leads, once that's known.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        self.target.as_deref()
    }

    /// The attempt that is under way, or the last one.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// How many attempts failed in a row since a connection was open for `min_uptime`.
    #[must_use]
    pub fn failures(&self) -> u32 {
        if self.was_up_long_enough() { 0 } else { self.failures }
    }

    /// The state in the browser's terms. CONNECTING is also a session between two connections, and
    /// CLOSING one whose connection the peer closes, so that unlike a connection's it goes up and
    /// down until it's CLOSED for good.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Asking | State::Dialing | State::Opening | State::Waiting | State::Offline => {
                ReadyState::Connecting
            }
            State::Open if self.is_open() => ReadyState::Open,
            State::Open | State::Closing | State::Replacing => ReadyState::Closing,
            State::Stopped => ReadyState::Closed,
        }
    }

    /// Whether it has ended and the last event was heard: nothing more happens, unless it's told to
    /// [`reconnect`](Session::reconnect).
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Stopped && self.events.is_empty()
    }

    /// The application's bytes that were passed to `send` and that no transport has taken, those in
    /// the outbox included.
    ///
    /// What was passed too late, or given up when the session ended, counts as in
    /// [`Connection::buffered_amount`]. What was lost with a connection falls out when another
    /// follows it.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        let connection = self.connection.as_ref().map_or(0, Connection::buffered_amount);
        let connection = connection.saturating_sub(self.app_len_back);
        connection.saturating_add(self.outbox.len() as u64).saturating_add(self.app_len_given_up)
    }

    /// The latency that the last heartbeat of this connection measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.connection.as_ref().and_then(Connection::latency)
    }

    /// The subprotocol of the connection, or of the last one.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.connection.as_ref().and_then(Connection::subprotocol)
    }

    /// Begins the closing handshake, or gives up what is under way: the session ends, and doesn't
    /// connect again.
    ///
    /// A connection that is open is closed with `frame`, behind all that waits to be sent. Before
    /// that, and between two connections, nothing is sent, and [`SessionEvent::Closed`] waits at
    /// once. The first call wins; once it's over, this changes nothing.
    pub fn close(&mut self, now: Timestamp, frame: Option<CloseFrame>) {
        self.advance_clock(now);
        self.apply_with(StateInput::Close, frame);
    }

    /// Connects anew at once, whatever the state: also when the session is over, or was never to
    /// retry. The count of failures starts anew.
    ///
    /// A connection that is open is first closed with `frame`, so that there are never two;
    /// meanwhile messages wait.
    pub fn reconnect(&mut self, now: Timestamp, frame: Option<CloseFrame>) {
        self.advance_clock(now);
        self.failures = 0;
        self.apply_with(StateInput::Reconnect, frame);
    }

    /// Changes where the attempts from the next one on lead. `None`: the host is asked each time.
    pub fn set_target(&mut self, target: Option<Target>) {
        self.every_target = target.map(Arc::new);
    }

    /// Changes what is sent first on the next connections: subscriptions that came or went since.
    pub fn set_greeting(&mut self, greeting: impl IntoIterator<Item = Message<'static>>) {
        self.greeting = Greeting(greeting.into_iter().collect());
    }

    /// Goes where the table says, and does what it wants done on the way.
    fn apply(&mut self, input: StateInput) {
        self.apply_with(input, None);
    }

    fn apply_with(&mut self, input: StateInput, frame: Option<CloseFrame>) {
        let Some(transition) = self.state.on(input) else { return };
        self.state = transition.to;
        match transition.effect {
            Effect::None => {}
            Effect::Announce => self.announce(),
            Effect::Restart => self.restart(),
            Effect::Connect => self.connect(),
            Effect::Greet => self.greet(),
            Effect::CloseConnection => self.close_connection(frame),
            Effect::Probe => self.probe(),
            Effect::Hasten => self.hasten(),
            Effect::Suspend => self.deadline = None,
            Effect::GiveUp => self.give_up(),
        }
    }

    fn close_connection(&mut self, frame: Option<CloseFrame>) {
        if let Some(connection) = &mut self.connection {
            let closed = connection.close(self.now, frame);
            debug_assert!(closed.is_ok(), "a client may send every code that a frame can have");
        }
        self.settle();
    }

    /// Whether the connection takes messages.
    fn is_open(&self) -> bool {
        self.state == State::Open
            && self
                .connection
                .as_ref()
                .is_some_and(|connection| connection.ready_state() == ReadyState::Open)
    }

    /// Takes note of the time.
    fn advance_clock(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }
}
