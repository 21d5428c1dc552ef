//! The core's session in a task.
//!
//! | file | subject |
//! |---|---|
//! | `builder` | what a session is made of |
//! | `events` | what the application hears |
//! | `sink` | messages from a stream |
//! | `running` | the session and its task |

mod builder;
mod events;
mod running;
mod sink;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use wirebeat::session::{Attempt, Fate, MessageId, Target};
use wirebeat::{
    CloseFrame, DialError, Kind, Message, Payload, ReadyState, SendMessageError, SendPayloadError,
    Timestamp,
};

pub use builder::SessionBuilder;
pub use events::SessionEvents;

use crate::ConnectError;
use running::Owner;

/// A client that outlives its connections, in a task of its own: it dials, finds out that a server is
/// gone, waits, dials again, and keeps what can't be sent meanwhile.
///
/// This is the application's end, which any number of tasks may have a clone of; none of its calls
/// waits for the network, but for [`send_when_ready`](Session::send_when_ready) and its being a
/// [`Sink`](futures_sink::Sink). What happens is heard of from [`SessionEvents`]. All that is decided,
/// the core's [`Session`](wirebeat::session::Session) decides: its documentation tells what is retried,
/// when, and what becomes of messages.
///
/// When the last clone is dropped the session ends: before a connection is open what is under way is
/// given up, and an open one is closed with 1001 (going away), behind all that waits to be sent. The
/// task sees to that and ends, as long as the runtime runs; to wait for it, receive until there's
/// nothing more. If the runtime is shut down first, the session ends with it.
///
/// ```no_run
/// use wirebeat_tokio::{Session, SessionEvent};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (session, mut events) = Session::connect("ws://localhost:9001/feed")?;
/// session.send("sent as soon as there is a connection")?;
/// while let Some(event) = events.recv_event().await {
///     match event {
///         SessionEvent::Message(message) => println!("{message:?}"),
///         SessionEvent::Closed(closed) => println!("{closed}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Session {
    owner: Arc<Owner>,
    /// What this handle has taken as a sink, and there was no room for.
    held: Option<Message<'static>>,
}

impl Session {
    /// Starts a session whose attempts all lead to this URL (`ws`, `wss`, `http` or `https`), with
    /// all settings as they are by default. [`builder`](Session::builder) has more to say.
    ///
    /// It doesn't wait: that nobody answers there is reported, and tried again.
    ///
    /// # Errors
    ///
    /// As for [`builder`](Session::builder) and [`SessionBuilder::connect`].
    pub fn connect(url: &str) -> Result<(Session, SessionEvents), ConnectError> {
        Session::builder(url)?.connect()
    }

    /// Begins to say what else a session to this URL is made of.
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Target`]: it isn't a URL that a session can lead to;
    /// - [`ConnectError::TlsNotBuiltIn`]: it asks for TLS, and the feature `tls` is off.
    pub fn builder(url: &str) -> Result<SessionBuilder, ConnectError> {
        SessionBuilder::new(Target::parse(url)?)
    }

    /// Begins to say what a session is made of that asks by
    /// [`SessionEvent::Dialing`](crate::SessionEvent::Dialing) where each attempt leads, for URLs
    /// and tokens that don't last. [`dial`](Session::dial) answers.
    pub fn asking() -> SessionBuilder {
        SessionBuilder::asking()
    }

    /// Sends a message, at once if a connection is open, and otherwise when one is; as
    /// [`wirebeat::session::Session::send`].
    ///
    /// # Errors
    ///
    /// As there, with the message.
    pub fn send<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<MessageId, SendMessageError<'m>> {
        self.owner.act(|session, now| session.send(now, message))
    }

    /// Sends a message as [`send`](Session::send) does, but waits for room where it would be full:
    /// until the transport has taken enough, or there is a connection.
    ///
    /// # Errors
    ///
    /// As for [`send`](Session::send), but never
    /// [`SendErrorReason::Full`](wirebeat::SendErrorReason::Full).
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the message, unless it has returned.
    pub async fn send_when_ready<'m>(
        &self,
        message: impl Into<Message<'m>>,
    ) -> Result<MessageId, SendMessageError<'m>> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.owner.poll_send(cx, &mut message)).await
    }

    /// Sends a message that is of no use any more when it has waited for `ttl`; as
    /// [`wirebeat::session::Session::send_with_ttl`].
    ///
    /// # Errors
    ///
    /// As there, with the message.
    pub fn send_with_ttl<'m>(
        &self,
        message: impl Into<Message<'m>>,
        ttl: Duration,
    ) -> Result<MessageId, SendMessageError<'m>> {
        self.owner.act(|session, now| session.send_with_ttl(now, message, ttl))
    }

    /// Sends a part of a message on the open connection; as
    /// [`wirebeat::session::Session::send_fragment`].
    ///
    /// # Errors
    ///
    /// As there, with the part.
    pub fn send_fragment<'p>(
        &self,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<Option<MessageId>, SendPayloadError<'p>> {
        self.owner.act(|session, now| session.send_fragment(now, first, payload, fin))
    }

    /// Sends a ping on the open connection.
    ///
    /// # Errors
    ///
    /// As for [`wirebeat::session::Session::ping`], with the payload.
    pub fn ping<'p>(&self, payload: impl Into<Payload<'p>>) -> Result<(), SendPayloadError<'p>> {
        self.owner.act(|session, now| session.ping(now, payload))
    }

    /// Ends the session, in any state: no other connection follows. An open one is closed with
    /// `frame`, behind all that waits to be sent; whatever else is under way is given up.
    pub fn close(&self, frame: Option<CloseFrame>) {
        self.owner.act(|session, now| session.close(now, frame));
    }

    /// Connects anew at once, in any state, also when the session is over. A connection that is open
    /// is first closed with `frame`.
    pub fn reconnect(&self, frame: Option<CloseFrame>) {
        self.owner.revive(|session, now| session.reconnect(now, frame));
    }

    /// Answers [`SessionEvent::Dialing`](crate::SessionEvent::Dialing): says where the attempt leads.
    pub fn dial(&self, attempt: Attempt, target: Target) {
        self.owner.act(|session, now| session.dial(now, attempt, target));
    }

    /// Answers [`SessionEvent::Dialing`](crate::SessionEvent::Dialing): it can't be said where the
    /// attempt leads.
    pub fn dial_failed(&self, attempt: Attempt, why: DialError) {
        self.owner.act(|session, now| session.handle_dial_failed(now, attempt, why));
    }

    /// Changes where the attempts from the next one on lead. `None`: it's asked each time.
    pub fn set_target(&self, target: Option<Target>) {
        self.owner.act(|session, _| session.set_target(target));
    }

    /// Changes what is sent first on the next connections.
    pub fn set_greeting(&self, greeting: impl IntoIterator<Item = Message<'static>>) {
        let greeting: Vec<_> = greeting.into_iter().collect();
        self.owner.act(|session, _| session.set_greeting(greeting));
    }

    /// The host has a network again, or another one; as
    /// [`wirebeat::session::Session::handle_online`].
    pub fn handle_online(&self) {
        self.owner.act(wirebeat::session::Session::handle_online);
    }

    /// The host has no network; as [`wirebeat::session::Session::handle_offline`].
    pub fn handle_offline(&self) {
        self.owner.act(wirebeat::session::Session::handle_offline);
    }

    /// The host slept; as [`wirebeat::session::Session::handle_resumed`].
    pub fn handle_resumed(&self) {
        self.owner.act(wirebeat::session::Session::handle_resumed);
    }

    /// The state, in the browser's terms.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.owner.look(wirebeat::session::Session::ready_state)
    }

    /// The bytes of payload that were passed to [`send`](Session::send) and that no transport has
    /// taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.owner.look(wirebeat::session::Session::buffered_amount)
    }

    /// What became of a message; `None` if no such message was taken, or too long ago.
    #[must_use]
    pub fn fate(&self, id: MessageId) -> Option<Fate> {
        self.owner.look(|session| session.fate(id))
    }

    /// How many messages wait for a connection.
    #[must_use]
    pub fn outbox_messages(&self) -> usize {
        self.owner.look(wirebeat::session::Session::outbox_messages)
    }

    /// The latency that the last heartbeat of this connection measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.owner.look(wirebeat::session::Session::latency)
    }

    /// What was agreed on for permessage-deflate on the connection, or on the last one.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<wirebeat::extension::DeflateParameters> {
        self.owner.look(wirebeat::session::Session::deflate)
    }

    /// What compression has saved so far, over all connections; `None` if none of them compressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn savings(&self) -> Option<wirebeat::Savings> {
        self.owner.look(wirebeat::session::Session::savings)
    }

    /// The attempt that is under way, or the last one.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.owner.look(wirebeat::session::Session::attempt)
    }

    /// How many attempts failed in a row since a connection was good.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.owner.look(wirebeat::session::Session::failures)
    }

    /// The subprotocol of the connection, or of the last one.
    #[must_use]
    pub fn subprotocol(&self) -> Option<String> {
        self.owner.look(|session| session.subprotocol().map(String::from))
    }

    /// What time it is for the session: what [`Next::At`](crate::Next::At) is to be compared with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.owner.now()
    }
}

/// Another handle. What this one has taken as a sink and couldn't send yet stays with it.
impl Clone for Session {
    fn clone(&self) -> Session {
        Session { owner: Arc::clone(&self.owner), held: None }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("attempt", &self.attempt())
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}
