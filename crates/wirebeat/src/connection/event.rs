use alloc::boxed::Box;
use core::time::Duration;

use super::cause::{Cause, Closed};
use crate::handshake::{Accepted, IncomingRequest, ReceivedResponse};
use crate::{CloseFrame, Kind, Message, Payload};

/// What happened on a connection, in order.
///
/// It may borrow from the [`Input`](crate::Input), never from the connection: while an event is
/// held, the connection can be used.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'i> {
    /// A server's: a request to [`accept`](crate::Connection::accept) or to
    /// [`respond`](crate::Connection::respond) to. Nothing further is received until then.
    Request(Box<IncomingRequest>),
    /// A client's: the server answered with something other than an upgrade. The connection is
    /// over; [`Event::Error`] and [`Event::Closed`] follow.
    Rejected(Box<ReceivedResponse>),
    /// A client's: the connection is open.
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
    /// Something went wrong; [`Event::Closed`] follows at once.
    Error(Cause),
    /// The connection is over. The last event.
    Closed(Closed),
}

impl Event<'_> {
    /// The event, with whatever it borrowed copied.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Event::Request(request) => Event::Request(request),
            Event::Rejected(response) => Event::Rejected(response),
            Event::Open(accepted) => Event::Open(accepted),
            Event::Message(message) => Event::Message(message.into_owned()),
            Event::Fragment(fragment) => Event::Fragment(fragment.into_owned()),
            Event::Ping(payload) => Event::Ping(payload.into_owned()),
            Event::Pong { payload, latency } => {
                Event::Pong { payload: payload.into_owned(), latency }
            }
            Event::Closing(frame) => Event::Closing(frame),
            Event::Error(cause) => Event::Error(cause),
            Event::Closed(closed) => Event::Closed(closed),
        }
    }
}

/// A piece of a message, as it came ([`Delivery::Pieces`](crate::Delivery::Pieces)).
///
/// The pieces of one message, one after another, are its payload. How it's cut says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment<'i> {
    /// The message's kind.
    pub kind: Kind,
    /// The bytes. Those of text are checked, but a piece may cut a code point.
    pub payload: Payload<'i>,
    /// Whether the message begins here.
    pub first: bool,
    /// Whether the message ends here.
    pub last: bool,
}

impl Fragment<'_> {
    /// The piece, copied if it was borrowed.
    #[must_use]
    pub fn into_owned(self) -> Fragment<'static> {
        let Fragment { kind, payload, first, last } = self;
        Fragment { kind, payload: payload.into_owned(), first, last }
    }
}
