//! The states of a session, as one table.
//!
//! ```text
//!   ┌───────────────── Due, Reconnect ─────────────────┐
//!   ▼ Targeted           Dialed          Opened        │
//! Asking ───▶ Dialing ───▶ Opening ───▶ Open           │
//!   ▲  │         │            │  │       │ │           │
//!   │  └─────────┴── Ended ───┴──│───────┤ │           │
//!   │                            │       ▼ │           │
//!   │ Ended          Reconnect   │   Waiting, Offline ─┘
//!   └────── Replacing ◀──────────┤         │
//!             │   ▲              │ Close   │ Close
//!       Close ▼   │ Reconnect    ▼         ▼
//!           Closing ─────────▶ Stopped ◀───┘
//!                    Ended       │ Reconnect: back to Asking
//! ```
//!
//! What a policy decides comes in with [`StateInput::Ended`]: the table knows neither time nor
//! reasons. `state/table.txt` is the whole of it, every state × input, which a test holds to the
//! code.

#[cfg(test)]
mod tests;

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// An attempt has begun, and the host hasn't said yet where it leads.
    Asking,
    /// The driver is to bring a transport.
    Dialing,
    /// The opening handshake of a connection is under way.
    Opening,
    /// A connection is open, or the peer closes it.
    Open,
    /// The application closes: the session ends with the connection.
    Closing,
    /// The application wants another connection in place of this one.
    Replacing,
    /// The next attempt comes when its time has come.
    Waiting,
    /// The next attempt comes when the host is online again.
    Offline,
    /// It's over, unless the application reconnects.
    Stopped,
}

/// What happens to a session, as far as its state cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateInput {
    /// The host said where the attempt leads.
    Targeted,
    /// The driver brought a transport.
    Dialed,
    /// The opening handshake is complete.
    Opened,
    /// The attempt failed, or its connection is over; this is what the policy says to it.
    Ended(Verdict),
    /// The wait before the next attempt is over.
    Due,
    /// The application closes.
    Close,
    /// The application wants a new connection now.
    Reconnect,
    /// The host has a network again.
    Online,
    /// The host has no network any more.
    Offline,
    /// The host slept.
    Resumed,
}

/// What comes after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Another, after a delay.
    Retry,
    /// Another, once the host is online.
    Hold,
    /// None.
    Stop,
}

/// What has to be done on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// The next attempt begins, and is announced.
    Announce,
    /// The attempt is reported as given up, and the next begins.
    Restart,
    /// A connection begins on the transport.
    Connect,
    /// Greeting and outbox go out, and Open is announced.
    Greet,
    /// The connection is closed.
    CloseConnection,
    /// The peer is asked for a sign of life.
    Probe,
    /// The wait is cut to that of a first failure.
    Hasten,
    /// The wait has no end.
    Suspend,
    /// What was under way is reported as given up.
    GiveUp,
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
    /// Whether there's a connection, and the driver holds its transport.
    pub(super) const fn has_connection(self) -> bool {
        match self {
            State::Opening | State::Open | State::Closing | State::Replacing => true,
            State::Asking | State::Dialing | State::Waiting | State::Offline | State::Stopped => {
                false
            }
        }
    }

    /// The row of the table for `input`; `None` if nothing changes.
    pub(super) const fn on(self, input: StateInput) -> Option<Transition> {
        match self {
            State::Asking => asking(input),
            State::Dialing => dialing(input),
            State::Opening => opening(input),
            State::Open => open(input),
            State::Closing => closing(input),
            State::Replacing => replacing(input),
            State::Waiting => waiting(input),
            State::Offline => offline(input),
            State::Stopped => stopped(input),
        }
    }
}

const fn go(to: State, effect: Effect) -> Option<Transition> {
    Some(Transition { to, effect })
}

/// Where a session goes from an attempt that failed by itself.
const fn after(verdict: Verdict) -> Option<Transition> {
    match verdict {
        Verdict::Retry => go(State::Waiting, Effect::None),
        Verdict::Hold => go(State::Offline, Effect::None),
        Verdict::Stop => go(State::Stopped, Effect::None),
    }
}

const fn asking(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Targeted => go(State::Dialing, Effect::None),
        StateInput::Ended(verdict) => after(verdict),
        StateInput::Close => go(State::Stopped, Effect::GiveUp),
        StateInput::Reconnect => go(State::Asking, Effect::Restart),
        StateInput::Dialed
        | StateInput::Opened
        | StateInput::Due
        | StateInput::Online
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}

const fn dialing(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Dialed => go(State::Opening, Effect::Connect),
        StateInput::Ended(verdict) => after(verdict),
        StateInput::Close => go(State::Stopped, Effect::GiveUp),
        StateInput::Reconnect => go(State::Asking, Effect::Restart),
        StateInput::Targeted
        | StateInput::Opened
        | StateInput::Due
        | StateInput::Online
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}

const fn opening(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Opened => go(State::Open, Effect::Greet),
        StateInput::Ended(verdict) => after(verdict),
        StateInput::Close => go(State::Closing, Effect::CloseConnection),
        StateInput::Reconnect => go(State::Replacing, Effect::CloseConnection),
        StateInput::Targeted
        | StateInput::Dialed
        | StateInput::Due
        | StateInput::Online
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}

const fn open(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Ended(verdict) => after(verdict),
        StateInput::Close => go(State::Closing, Effect::CloseConnection),
        StateInput::Reconnect => go(State::Replacing, Effect::CloseConnection),
        // A hint isn't proof: the peer decides, by its answer or its silence.
        StateInput::Online | StateInput::Offline | StateInput::Resumed => {
            go(State::Open, Effect::Probe)
        }
        StateInput::Targeted | StateInput::Dialed | StateInput::Opened | StateInput::Due => None,
    }
}

const fn closing(input: StateInput) -> Option<Transition> {
    match input {
        // Whatever a policy says: the application has closed.
        StateInput::Ended(_) => go(State::Stopped, Effect::None),
        StateInput::Reconnect => go(State::Replacing, Effect::None),
        StateInput::Targeted
        | StateInput::Dialed
        | StateInput::Opened
        | StateInput::Due
        | StateInput::Close
        | StateInput::Online
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}

const fn replacing(input: StateInput) -> Option<Transition> {
    match input {
        // Only now, so that there are never two.
        StateInput::Ended(_) => go(State::Asking, Effect::Announce),
        StateInput::Close => go(State::Closing, Effect::None),
        StateInput::Targeted
        | StateInput::Dialed
        | StateInput::Opened
        | StateInput::Due
        | StateInput::Reconnect
        | StateInput::Online
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}

const fn waiting(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Due | StateInput::Reconnect => go(State::Asking, Effect::Announce),
        StateInput::Close => go(State::Stopped, Effect::GiveUp),
        StateInput::Online | StateInput::Resumed => go(State::Waiting, Effect::Hasten),
        StateInput::Offline => go(State::Offline, Effect::Suspend),
        StateInput::Targeted | StateInput::Dialed | StateInput::Opened | StateInput::Ended(_) => {
            None
        }
    }
}

const fn offline(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Online => go(State::Waiting, Effect::Hasten),
        StateInput::Reconnect => go(State::Asking, Effect::Announce),
        StateInput::Close => go(State::Stopped, Effect::GiveUp),
        StateInput::Targeted
        | StateInput::Dialed
        | StateInput::Opened
        | StateInput::Ended(_)
        | StateInput::Due
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}

const fn stopped(input: StateInput) -> Option<Transition> {
    match input {
        StateInput::Reconnect => go(State::Asking, Effect::Announce),
        StateInput::Targeted
        | StateInput::Dialed
        | StateInput::Opened
        | StateInput::Ended(_)
        | StateInput::Due
        | StateInput::Close
        | StateInput::Online
        | StateInput::Offline
        | StateInput::Resumed => None,
    }
}
