//! The states of one connection, as one table ([RFC 6455 §7.1], the browser's `readyState`).
//!
//! ```text
//!                 Opened              Close                PeerClose
//!   ┌─ Opening ──────────────▶ Open ─────────▶ CloseSent ────────────▶ Draining ─┐
//!   │    │  │                  │ │ │                                     ▲       │
//!   │    │  │ Refused          │ │ │ PeerClose                  Flushed  │       │
//!   │    │  └────▶ Refusing ─┐ │ │ └───────────▶ CloseReceived ─────────┘       │
//!   │    │ Close             │ │ │ Violation                                     │
//!   │    └───────▶ Aborting ─┤ │ └───────────▶ Failing ─┐                        │
//!   │                        ▼ ▼                        ▼                        ▼
//!   └─────────────────────▶ Closed ◀─────────────────────────────────────────────┘
//! ```
//!
//! A Close that crosses ours, which the transport hasn't taken yet, leads to `CloseReceived` too.
//!
//! This file knows neither bytes nor time. `state/table.txt` is the whole of the table, every state ×
//! input × role, which a test holds to the code.
//!
//! [RFC 6455 §7.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1

#[cfg(test)]
mod tests;

use crate::{ReadyState, Role};

/// Where a connection is. Several of these look alike to the application: see
/// [`ready_state`](State::ready_state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The opening handshake is under way.
    Opening,
    /// A client gave up before the handshake was complete; the transport is to be dropped.
    Aborting,
    /// A server answers with a response that doesn't upgrade.
    Refusing,
    /// Messages pass.
    Open,
    /// We began the closing handshake.
    CloseSent,
    /// The peer began the closing handshake; our reply is on its way.
    CloseReceived,
    /// Both Close frames have passed.
    Draining,
    /// The peer broke the protocol; our Close is on its way, or waits to be read.
    Failing,
    /// It's over.
    Closed,
}

/// What happens to a connection, as far as its state cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateInput {
    /// The opening handshake is complete.
    Opened,
    /// A server's response that doesn't upgrade was queued.
    Refused,
    /// A server's answer doesn't open the connection.
    OpenFailed,
    /// The application closes.
    Close,
    /// The application gave up earlier; this is the first call that can report it.
    Settle,
    /// A valid Close frame arrived.
    PeerClose {
        /// Whether the transport has taken our own Close.
        flushed: bool,
    },
    /// The peer broke the protocol.
    Violation,
    /// The transport has taken all that ends this state: our Close, or the response.
    Flushed {
        /// Whether the peer has ended its side already.
        eof: bool,
    },
    /// The peer ended its side of the transport.
    Eof {
        /// Whether the transport has taken all that ends this state.
        flushed: bool,
    },
    /// The transport is gone.
    Lost,
    /// The opening handshake took too long.
    OpenTimeout,
    /// The peer gave no sign of life.
    HeartbeatTimeout,
    /// The closing handshake took too long.
    CloseTimeout,
    /// The peer was given time enough to read our last bytes.
    LingerTimeout,
    /// The transport took no byte for too long.
    WriteStall,
}

/// What has to be done on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// The receive path and the heartbeat begin.
    Start,
    /// What waits to be sent is given up, and no timer runs any more.
    GiveUp,
    /// Our Close is queued behind all data.
    QueueClose,
    /// Data that hasn't begun is dropped, and the reply to the peer's Close queued.
    QueueReply,
    /// Frames that haven't begun are dropped, and a Close that says why queued.
    QueueFailure,
    /// The peer gets time to answer our Close.
    AwaitClose,
    /// Our side of the transport is shut down, and the peer gets time to read what we sent.
    Linger,
    /// The connection ends as the closing handshake wants it.
    EndCleanly,
    /// The connection ends without a closing handshake.
    EndWithError,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    /// The state from now on.
    pub(super) to: State,
    /// What has to be done.
    pub(super) effect: Effect,
}

impl State {
    /// The state that the application sees.
    pub(super) const fn ready_state(self) -> ReadyState {
        match self {
            State::Opening | State::Refusing => ReadyState::Connecting,
            State::Open => ReadyState::Open,
            State::Aborting
            | State::CloseSent
            | State::CloseReceived
            | State::Draining
            | State::Failing => ReadyState::Closing,
            State::Closed => ReadyState::Closed,
        }
    }

    /// The row of the table for `input`; `None` if nothing changes.
    pub(super) const fn on(self, role: Role, input: StateInput) -> Option<Transition> {
        match self {
            State::Opening => opening(input),
            State::Aborting => aborting(input),
            State::Refusing => refusing(input),
            State::Open => open(input),
            State::CloseSent => close_sent(input),
            State::CloseReceived => close_received(role, input),
            State::Draining => draining(role, input),
            State::Failing => failing(input),
            State::Closed => None,
        }
    }
}

const fn go(to: State, effect: Effect) -> Option<Transition> {
    Some(Transition { to, effect })
}

const CLEAN: Option<Transition> = go(State::Closed, Effect::EndCleanly);
const ERROR: Option<Transition> = go(State::Closed, Effect::EndWithError);

const fn opening(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Opened => go(State::Open, Effect::Start),
        StateInput::Refused => go(State::Refusing, Effect::None),
        StateInput::Close => go(State::Aborting, Effect::GiveUp),
        // §7.1.7: "the client MUST Fail the WebSocket Connection", and as it isn't established, no
        // frame is sent.
        StateInput::OpenFailed
        | StateInput::Eof { .. }
        | StateInput::Lost
        | StateInput::OpenTimeout
        | StateInput::WriteStall => ERROR,
        StateInput::Settle
        | StateInput::PeerClose { .. }
        | StateInput::Violation
        | StateInput::Flushed { .. }
        | StateInput::HeartbeatTimeout
        | StateInput::CloseTimeout
        | StateInput::LingerTimeout => None,
    }
}

const fn aborting(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Settle | StateInput::Eof { .. } | StateInput::Lost => ERROR,
        StateInput::Opened
        | StateInput::Refused
        | StateInput::OpenFailed
        | StateInput::Close
        | StateInput::PeerClose { .. }
        | StateInput::Violation
        | StateInput::Flushed { .. }
        | StateInput::OpenTimeout
        | StateInput::HeartbeatTimeout
        | StateInput::CloseTimeout
        | StateInput::LingerTimeout
        | StateInput::WriteStall => None,
    }
}

const fn refusing(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Flushed { eof: false } => go(State::Refusing, Effect::Linger),
        StateInput::Flushed { eof: true }
        | StateInput::Eof { flushed: true }
        | StateInput::Lost
        | StateInput::LingerTimeout
        | StateInput::WriteStall => ERROR,
        StateInput::Opened
        | StateInput::Refused
        | StateInput::OpenFailed
        | StateInput::Close
        | StateInput::Settle
        | StateInput::PeerClose { .. }
        | StateInput::Violation
        | StateInput::Eof { flushed: false }
        | StateInput::OpenTimeout
        | StateInput::HeartbeatTimeout
        | StateInput::CloseTimeout => None,
    }
}

const fn open(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Close => go(State::CloseSent, Effect::QueueClose),
        StateInput::PeerClose { .. } => go(State::CloseReceived, Effect::QueueReply),
        StateInput::Violation => go(State::Failing, Effect::QueueFailure),
        // §7.2.1: an underlying transport that is lost fails the connection.
        StateInput::Eof { .. }
        | StateInput::Lost
        | StateInput::HeartbeatTimeout
        | StateInput::WriteStall => ERROR,
        StateInput::Opened
        | StateInput::Refused
        | StateInput::OpenFailed
        | StateInput::Settle
        | StateInput::Flushed { .. }
        | StateInput::OpenTimeout
        | StateInput::CloseTimeout
        | StateInput::LingerTimeout => None,
    }
}

const fn close_sent(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Flushed { .. } => go(State::CloseSent, Effect::AwaitClose),
        StateInput::PeerClose { flushed: true } => go(State::Draining, Effect::None),
        // The two Closes cross, and ours is its own reply. It's clean only once both have passed.
        StateInput::PeerClose { flushed: false } => go(State::CloseReceived, Effect::None),
        // No second Close: §5.5.1 allows one.
        StateInput::Violation
        | StateInput::Eof { .. }
        | StateInput::Lost
        | StateInput::CloseTimeout
        | StateInput::WriteStall => ERROR,
        StateInput::Opened
        | StateInput::Refused
        | StateInput::OpenFailed
        | StateInput::Close
        | StateInput::Settle
        | StateInput::OpenTimeout
        | StateInput::HeartbeatTimeout
        | StateInput::LingerTimeout => None,
    }
}

const fn close_received(role: Role, input: StateInput) -> Option<Transition> {
    match (input, role) {
        // §7.1.1: "the server … MUST close the TCP connection immediately; the client SHOULD wait
        // for the server to close the connection".
        (StateInput::Flushed { eof: false }, Role::Client) => {
            go(State::Draining, Effect::AwaitClose)
        }
        (StateInput::Flushed { .. }, Role::Server)
        | (StateInput::Flushed { eof: true }, Role::Client) => CLEAN,
        (StateInput::Lost | StateInput::CloseTimeout | StateInput::WriteStall, _) => ERROR,
        (
            StateInput::Opened
            | StateInput::Refused
            | StateInput::OpenFailed
            | StateInput::Close
            | StateInput::Settle
            | StateInput::PeerClose { .. }
            | StateInput::Violation
            | StateInput::Eof { .. }
            | StateInput::OpenTimeout
            | StateInput::HeartbeatTimeout
            | StateInput::LingerTimeout,
            _,
        ) => None,
    }
}

const fn draining(role: Role, input: StateInput) -> Option<Transition> {
    match (input, role) {
        (StateInput::Flushed { eof: false }, Role::Client) => {
            go(State::Draining, Effect::AwaitClose)
        }
        // Both Closes have passed, so it's clean whatever comes (§7.1.4).
        (StateInput::Flushed { .. }, Role::Server)
        | (StateInput::Flushed { eof: true }, Role::Client)
        | (
            StateInput::Eof { flushed: true }
            | StateInput::Lost
            | StateInput::CloseTimeout
            | StateInput::WriteStall,
            _,
        ) => CLEAN,
        (
            StateInput::Opened
            | StateInput::Refused
            | StateInput::OpenFailed
            | StateInput::Close
            | StateInput::Settle
            | StateInput::PeerClose { .. }
            | StateInput::Violation
            | StateInput::Eof { flushed: false }
            | StateInput::OpenTimeout
            | StateInput::HeartbeatTimeout
            | StateInput::LingerTimeout,
            _,
        ) => None,
    }
}

const fn failing(input: StateInput) -> Option<Transition> {
    match input {
        // Dropping a transport with unread input makes the kernel send a reset, and the peer would
        // never read why; so our side ends first.
        StateInput::Flushed { eof: false } => go(State::Failing, Effect::Linger),
        StateInput::Flushed { eof: true }
        | StateInput::Eof { flushed: true }
        | StateInput::Lost
        | StateInput::CloseTimeout
        | StateInput::LingerTimeout
        | StateInput::WriteStall => ERROR,
        StateInput::Opened
        | StateInput::Refused
        | StateInput::OpenFailed
        | StateInput::Close
        | StateInput::Settle
        | StateInput::PeerClose { .. }
        | StateInput::Violation
        | StateInput::Eof { flushed: false }
        | StateInput::OpenTimeout
        | StateInput::HeartbeatTimeout => None,
    }
}
