use core::time::Duration;

use crate::Config;
use crate::session::{Reconnect, SessionConfig};

/// What a page may send ahead of the network: beyond it the browser's object gives the connection
/// up.
const SEND_QUEUE_LEN_MAX: usize = 64 * 1024 * 1024;

/// The most messages that wait for a connection. Their bytes are bounded as well.
const OUTBOX_MESSAGES_MAX: usize = 64 * 1024;

impl Config {
    /// What the browser's `WebSocket` has in place of the defaults: no heartbeat, 80 s to open, 60 s
    /// for the peer to answer our Close, and 64 MiB that may wait to be sent.
    ///
    /// The limit on messages stays; a browser's is its memory.
    ///
    /// ```
    /// use wirebeat::Config;
    ///
    /// let config = Config { message_len_max: 256 * 1024 * 1024, ..Config::browser() };
    /// assert!(config.heartbeat.is_none());
    /// ```
    #[must_use]
    pub fn browser() -> Config {
        Config {
            open_timeout: Some(Duration::from_secs(80)),
            close_timeout: Duration::from_secs(60),
            send_queue_len_max: SEND_QUEUE_LEN_MAX,
            heartbeat: None,
            ..Config::default()
        }
    }
}

impl SessionConfig {
    /// The browser's: one connection, [`Config::browser`], and nothing that waits for a connection.
    #[must_use]
    pub fn browser() -> SessionConfig {
        let connection = Config::browser();
        SessionConfig {
            connect_timeout: connection.open_timeout,
            connection,
            reconnect: None,
            outbox_messages_max: 0,
            ..SessionConfig::default()
        }
    }

    /// What a [`WebSocket`](super::WebSocket) has that reconnects: the defaults of a session, with
    /// the room that a page is used to. 64 MiB may wait to be sent, and 64 MiB in 65,536 messages
    /// for a connection.
    #[must_use]
    pub fn reconnecting(reconnect: Reconnect) -> SessionConfig {
        SessionConfig {
            connection: Config { send_queue_len_max: SEND_QUEUE_LEN_MAX, ..Config::default() },
            reconnect: Some(reconnect),
            outbox_len_max: SEND_QUEUE_LEN_MAX,
            outbox_messages_max: OUTBOX_MESSAGES_MAX,
            ..SessionConfig::default()
        }
    }
}
