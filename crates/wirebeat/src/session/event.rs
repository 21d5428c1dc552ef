use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::attempt::Attempt;
use super::fate::MessageId;
use crate::handshake::{Accepted, ReceivedResponse};
use crate::{Cause, CloseFrame, Closed, Fragment, Message, Payload, Timestamp};

/// What happened to a session, in order, over all of its connections.
///
/// Like [`Event`](crate::Event), it may borrow from the [`Input`](crate::Input), never from the
/// session.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEvent<'i> {
    /// An attempt begins. Unless the session was told before where every attempt leads, it waits for
    /// [`dial`](super::Session::dial) to say where this one does.
    Dialing(Attempt),
    /// The server answered with something other than an upgrade. [`SessionEvent::Error`] and
    /// [`SessionEvent::Closed`] follow.
    Rejected(Box<ReceivedResponse>),
    /// A connection is open. The greeting, and then all that waited, stand in its send queue: what is
    /// sent now comes behind them.
    Open(Box<Accepted>),
    /// A whole message, with [`Delivery::Whole`](crate::Delivery::Whole).
    Message(Message<'i>),
    /// A piece of a message, with [`Delivery::Pieces`](crate::Delivery::Pieces).
    Fragment(Fragment<'i>),
    /// The peer's ping. Its pong is queued already.
    Ping(Payload<'i>),
    /// A pong, or the reply to an application-level heartbeat.
    Pong {
        /// What the pong carries.
        payload: Payload<'i>,
        /// The time since the heartbeat's ping was queued, if this answers the last one.
        latency: Option<Duration>,
    },
    /// The peer's Close came: it began the closing handshake, or answers ours. Its frame, if it says
    /// anything.
    Closing(Option<CloseFrame>),
    /// A message that waited will not be sent.
    Dropped(Dropped),
    /// Something went wrong; [`SessionEvent::Closed`] follows.
    Error(Cause),
    /// An attempt failed, or a connection is over. It says whether another follows; if none does,
    /// it's the last event, unless the application reconnects.
    Closed(SessionClosed),
}

impl SessionEvent<'_> {
    /// The event, with whatever it borrowed copied.
    #[must_use]
    pub fn into_owned(self) -> SessionEvent<'static> {
        match self {
            SessionEvent::Dialing(attempt) => SessionEvent::Dialing(attempt),
            SessionEvent::Rejected(response) => SessionEvent::Rejected(response),
            SessionEvent::Open(accepted) => SessionEvent::Open(accepted),
            SessionEvent::Message(message) => SessionEvent::Message(message.into_owned()),
            SessionEvent::Fragment(fragment) => SessionEvent::Fragment(fragment.into_owned()),
            SessionEvent::Ping(payload) => SessionEvent::Ping(payload.into_owned()),
            SessionEvent::Pong { payload, latency } => {
                SessionEvent::Pong { payload: payload.into_owned(), latency }
            }
            SessionEvent::Closing(frame) => SessionEvent::Closing(frame),
            SessionEvent::Dropped(dropped) => SessionEvent::Dropped(dropped),
            SessionEvent::Error(cause) => SessionEvent::Error(cause),
            SessionEvent::Closed(closed) => SessionEvent::Closed(closed),
        }
    }
}

/// How an attempt or a connection ended, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionClosed {
    /// Which one.
    pub attempt: Attempt,
    /// Code, reason, whether it was clean, and why. Its `messages_lost` counts the messages in
    /// `lost`.
    pub closed: Closed,
    /// The messages that a connection had taken and the transport didn't get whole, in order. They
    /// aren't sent again: whether the peer has a part of one can't be known. What hadn't begun of
    /// what had waited in the outbox isn't among them: it waits again.
    pub lost: Vec<MessageId>,
    /// How many attempts ended in a row, this one included, since one was open for `min_uptime`.
    pub failures: u32,
    /// Whether another attempt follows, and when.
    pub next: Next,
}

impl SessionClosed {
    /// Whether no attempt follows by itself.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self.next, Next::Never)
    }
}

impl fmt::Display for SessionClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.attempt, self.closed, self.next)
    }
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// No other attempt.
    Never,
    /// The next attempt begins at this time, or earlier if the host comes online or wakes up.
    At(Timestamp),
    /// The next attempt waits until the host is online.
    WhenOnline,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Next::Never => f.write_str("no retry"),
            Next::At(at) => write!(f, "retry at {at}"),
            Next::WhenOnline => f.write_str("retry when online"),
        }
    }
}

/// A message that waited and will not be sent, given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which message.
    pub id: MessageId,
    /// The message.
    pub message: Message<'static>,
    /// Why.
    pub reason: DropReason,
}

/// Why a message that waited isn't sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// Its time to live ran out.
    Expired,
    /// No connection follows on which it could be sent.
    Stopped,
}
