use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use crate::Message;
use crate::extension::Deflate;

/// The limits and times of a connection. Every one has a default that is safe on the open network.
///
/// ```
/// use core::time::Duration;
/// use wirebeat::{Config, Heartbeat};
///
/// let config = Config {
///     message_len_max: 64 * 1024,
///     heartbeat: Some(Heartbeat::pings(Duration::from_secs(5), Duration::from_secs(5))),
///     ..Config::default()
/// };
/// assert_eq!(config.send_queue_len_max, 1024 * 1024);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The longest handshake head, in bytes, inclusive; 16 KiB. What is longer is refused with 431,
    /// or fails the client.
    pub head_len_max: usize,
    /// The most header lines in a handshake head, inclusive; 64.
    pub head_headers_max: usize,
    /// How long the opening handshake may take, the application's decision included; 10 s. `None`
    /// for no limit.
    pub open_timeout: Option<Duration>,
    /// The longest message that is received whole, in bytes, inclusive; 16 MiB. A longer one fails
    /// the connection with 1009.
    pub message_len_max: u64,
    /// The longest frame that is received, in bytes of payload, inclusive; by default only the
    /// message limit applies.
    pub frame_len_max: u64,
    /// How messages are handed over; whole by default.
    pub delivery: Delivery,
    /// How messages are compressed, if the other side agrees; not at all by default, because
    /// compression tells secrets: see [`Deflate`].
    #[cfg(feature = "deflate")]
    pub deflate: Option<Deflate>,
    /// How many bytes may wait to be sent, headers and the new message's payload included,
    /// inclusive; 1 MiB. An empty queue takes one message of any length.
    pub send_queue_len_max: usize,
    /// How a dead peer is noticed; pings after 20 s of silence, and 20 s for the answer. The silence
    /// is also when send buffers are handed back: with `None`, up to 128 KiB may be kept.
    pub heartbeat: Option<Heartbeat>,
    /// How long the peer may take to answer our Close, from when the transport took it; 5 s.
    pub close_timeout: Duration,
    /// How long the transport is kept, after our last byte, for the peer to read it and close; 1 s.
    pub linger: Duration,
    /// How long the transport may take no byte while some wait; 30 s. `None` for no limit.
    pub write_stall_timeout: Option<Duration>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            head_len_max: 16 * 1024,
            head_headers_max: 64,
            open_timeout: Some(Duration::from_secs(10)),
            message_len_max: 16 * 1024 * 1024,
            frame_len_max: u64::MAX,
            delivery: Delivery::Whole,
            #[cfg(feature = "deflate")]
            deflate: None,
            send_queue_len_max: 1024 * 1024,
            heartbeat: Some(Heartbeat::pings(Duration::from_secs(20), Duration::from_secs(20))),
            close_timeout: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            write_stall_timeout: Some(Duration::from_secs(30)),
        }
    }
}

impl Config {
    /// How messages are compressed, in a build with or without it.
    pub(crate) fn deflate(&self) -> Option<&Deflate> {
        #[cfg(feature = "deflate")]
        return self.deflate.as_ref();
        #[cfg(not(feature = "deflate"))]
        None
    }
}

/// How received messages are handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// As [`Event::Message`](crate::Event::Message), when the last frame is there.
    #[default]
    Whole,
    /// As [`Event::Fragment`](crate::Event::Fragment)s, as the bytes come, for messages that are
    /// too big to hold. The limits of [`Config`] don't apply; these do if they're given.
    Pieces {
        /// The longest message, in bytes, inclusive.
        message_len_max: Option<u64>,
        /// The longest frame, in bytes of payload, inclusive.
        frame_len_max: Option<u64>,
    },
}

/// How a dead peer is noticed.
///
/// When nothing was received for `interval` (no byte, or with [`messages`](Heartbeat::messages) no
/// message), something is sent that the peer must answer. If no byte is received for `timeout`
/// after that, the connection is closed with
/// [`Reason::HeartbeatTimeout`](crate::Reason::HeartbeatTimeout). Any byte counts, so a slow
/// download never looks dead.
#[derive(Clone)]
pub struct Heartbeat {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) message: Option<Arc<HeartbeatMessage>>,
}

/// What an application-level heartbeat sends, and how it knows the answer.
#[derive(Debug)]
pub(crate) struct HeartbeatMessage {
    pub(crate) message: Message<'static>,
    pub(crate) is_reply: Option<fn(&Message<'_>) -> bool>,
}

impl Heartbeat {
    /// The shortest interval and timeout; shorter ones are raised to it, as zero would never rest.
    pub const DURATION_MIN: Duration = Duration::from_millis(1);

    /// Protocol pings, which every peer answers by itself ([RFC 6455 §5.5.2]) and whose pongs
    /// measure the latency.
    ///
    /// [RFC 6455 §5.5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2
    #[must_use]
    pub fn pings(interval: Duration, timeout: Duration) -> Heartbeat {
        let at_least = |duration: Duration| duration.max(Heartbeat::DURATION_MIN);
        Heartbeat { interval: at_least(interval), timeout: at_least(timeout), message: None }
    }

    /// Messages of the application's own, for peers that answer no pings.
    ///
    /// One is sent after each interval without a message: a server or a proxy that only sends pings
    /// says nothing of the application.
    ///
    /// A message for which `is_reply` holds is reported as
    /// [`Event::Pong`](crate::Event::Pong), with the latency, instead of as a message. Without it,
    /// replies are delivered like any message.
    ///
    /// ```
    /// use core::time::Duration;
    /// use wirebeat::{Heartbeat, Message};
    ///
    /// let five = Duration::from_secs(5);
    /// Heartbeat::messages(five, five, r#"{"ping":true}"#, Some(|reply: &Message<'_>| {
    ///     reply.as_text() == Some(r#"{"pong":true}"#)
    /// }));
    /// ```
    #[must_use]
    pub fn messages<'m>(
        interval: Duration,
        timeout: Duration,
        message: impl Into<Message<'m>>,
        is_reply: Option<fn(&Message<'_>) -> bool>,
    ) -> Heartbeat {
        let message = message.into().into_owned();
        Heartbeat {
            message: Some(Arc::new(HeartbeatMessage { message, is_reply })),
            ..Heartbeat::pings(interval, timeout)
        }
    }

    /// After how long a silence something is sent.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// The message that is sent instead of a ping, if it's one of the application's.
    #[must_use]
    pub fn message(&self) -> Option<&Message<'static>> {
        self.message.as_ref().map(|heartbeat| &heartbeat.message)
    }

    /// How long the answer may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat")
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .field("message", &self.message.as_ref().map(|message| &message.message))
            .finish_non_exhaustive()
    }
}
