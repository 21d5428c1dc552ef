use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::backoff::Backoff;
use super::failure::Failure;
use crate::{Config, Message};

/// How a session connects, reconnects and keeps what can't be sent yet.
///
/// The wrapper that many write by hand, `{"ping":true}` after five seconds without a message and a
/// new connection three seconds after one that was silent for five more:
///
/// ```
/// use core::time::Duration;
/// use wirebeat::session::{Backoff, Reconnect, SessionConfig};
/// use wirebeat::{Config, Heartbeat};
///
/// let five = Duration::from_secs(5);
/// let heartbeat = Heartbeat::messages(five, five, r#"{"ping":true}"#, None);
/// let connection = Config { heartbeat: Some(heartbeat), ..Config::default() };
/// let reconnect = Reconnect::with(Backoff::fixed(Duration::from_secs(3)));
/// let config = SessionConfig { connection, reconnect: Some(reconnect), ..SessionConfig::default() };
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct SessionConfig {
    /// What holds for each connection. Its `open_timeout` isn't looked at: `connect_timeout` takes
    /// its place.
    pub connection: Config,
    /// How long an attempt may take from when it's announced until it's open, the host's answer and
    /// the dialing included; 10 s. `None` for no limit.
    pub connect_timeout: Option<Duration>,
    /// When and whether another connection follows; `None` for never.
    pub reconnect: Option<Reconnect>,
    /// What is sent first on every connection, before all that waits: a login, subscriptions.
    pub greeting: Vec<Message<'static>>,
    /// How many bytes of payload may wait while there's no open connection, inclusive; 1 MiB. An
    /// empty outbox takes one message of any length.
    pub outbox_len_max: usize,
    /// How many messages may wait while there's no open connection, inclusive; 1024. With 0 nothing
    /// waits: what can't be sent at once is refused.
    pub outbox_messages_max: usize,
}

impl Default for SessionConfig {
    fn default() -> SessionConfig {
        SessionConfig {
            connection: Config::default(),
            connect_timeout: Some(Duration::from_secs(10)),
            reconnect: Some(Reconnect::default()),
            greeting: Vec::new(),
            outbox_len_max: 1024 * 1024,
            outbox_messages_max: 1024,
        }
    }
}

/// Shows how many messages the greeting has, not what they say: they may be a login.
impl fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionConfig")
            .field("connection", &self.connection)
            .field("connect_timeout", &self.connect_timeout)
            .field("reconnect", &self.reconnect)
            .field("greeting", &self.greeting.len())
            .field("outbox_len_max", &self.outbox_len_max)
            .field("outbox_messages_max", &self.outbox_messages_max)
            .finish()
    }
}

/// When and whether a session connects again.
///
/// What is retried unless [`should_reconnect`](Reconnect::should_reconnect) says otherwise is what
/// [`Closed::is_retryable`](crate::Closed::is_retryable) tells: losses, timeouts, servers that go away
/// or have no time. What the application closed is never retried.
///
/// ```
/// use wirebeat::session::Reconnect;
///
/// // 4001 says here that the token has run out, which the next attempt's greeting mends; 4003 that
/// // the account is blocked.
/// let reconnect = Reconnect {
///     max_retries: Some(20),
///     ..Reconnect::default()
/// }
/// .should_reconnect(|failure| failure.is_retryable && failure.closed.code.get() != 4003);
/// # let _ = reconnect;
/// ```
#[derive(Clone, Debug)]
pub struct Reconnect {
    /// How long to wait.
    pub backoff: Backoff,
    /// How long a connection must have been open for the count of failures to start anew; 5 s. A
    /// server that accepts and then throws out is backed off from like one that doesn't answer.
    pub min_uptime: Duration,
    /// How many attempts may fail in a row after the first, inclusive; `None`, the default, for any
    /// number.
    pub max_retries: Option<u32>,
    /// What decides instead of the rules; see
    /// [`should_reconnect`](Reconnect::should_reconnect).
    pub should_reconnect: Option<ShouldReconnect>,
}

impl Reconnect {
    /// The default, but for how long to wait.
    #[must_use]
    pub fn with(backoff: Backoff) -> Reconnect {
        Reconnect { backoff, ..Reconnect::default() }
    }

    /// Lets a function decide, instead of the rules, after what to connect again.
    ///
    /// Its word is final: also over `max_retries`, whose say it finds in
    /// [`Failure::is_retryable`]. It isn't asked when the application closed.
    #[must_use]
    pub fn should_reconnect(
        mut self,
        predicate: impl Fn(&Failure<'_>) -> bool + Send + Sync + 'static,
    ) -> Reconnect {
        self.should_reconnect = Some(ShouldReconnect(Arc::new(predicate)));
        self
    }

    /// Whether another attempt follows this failure.
    pub(super) fn retries(&self, failure: &Failure<'_>) -> bool {
        match &self.should_reconnect {
            Some(ShouldReconnect(predicate)) => predicate(failure),
            None => failure.is_retryable,
        }
    }
}

impl Default for Reconnect {
    fn default() -> Reconnect {
        Reconnect {
            backoff: Backoff::default(),
            min_uptime: Duration::from_secs(5),
            max_retries: None,
            should_reconnect: None,
        }
    }
}

/// A function that decides after what to connect again; see [`Reconnect::should_reconnect`].
#[derive(Clone)]
pub struct ShouldReconnect(Arc<dyn Fn(&Failure<'_>) -> bool + Send + Sync>);

impl fmt::Debug for ShouldReconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShouldReconnect(..)")
    }
}
