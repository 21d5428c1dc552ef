use core::fmt;

/// Which end of the connection this is.
///
/// The two ends differ in who masks (the client, [RFC 6455 §5.3]), who sends which half of the
/// opening handshake, and who closes the transport first ([RFC 6455 §7.1.1]).
///
/// [RFC 6455 §5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.3
/// [RFC 6455 §7.1.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection. It masks what it sends.
    Client,
    /// The end that accepted the connection. It sends unmasked.
    Server,
}

impl Role {
    /// The role of the other end.
    #[must_use]
    pub const fn peer(self) -> Role {
        match self {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Client => "client",
            Role::Server => "server",
        })
    }
}

/// The four states that the browser's `WebSocket` knows, with the browser's numbers.
///
/// It only ever grows on one connection; states may be skipped ([WHATWG WebSockets §3.1]).
///
/// [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#dom-websocket-readystate
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReadyState {
    /// The opening handshake isn't complete.
    Connecting = 0,
    /// Messages can be sent and received.
    Open = 1,
    /// The closing handshake has begun, or the connection is failing.
    Closing = 2,
    /// The connection is over; the transport isn't needed any more.
    Closed = 3,
}

impl fmt::Display for ReadyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReadyState::Connecting => "CONNECTING",
            ReadyState::Open => "OPEN",
            ReadyState::Closing => "CLOSING",
            ReadyState::Closed => "CLOSED",
        })
    }
}
