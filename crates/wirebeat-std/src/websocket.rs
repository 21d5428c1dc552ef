mod status;

use std::io;
use std::mem;
use std::sync::Arc;

use wirebeat::handshake::Accepted;
use wirebeat::record::Recorded;
use wirebeat::{
    Closed, Event, Kind, Message, Payload, Prepared, SendError, SendMessageError, SendPayloadError,
    Timestamp,
};

#[cfg(doc)]
use crate::SendErrorReason;
use crate::access::Access;
use crate::driver::Driver;
use crate::hold::Hold;
use crate::output::Patience;
use crate::state::State;
use crate::{Receiver, Sender, Socket};

/// How many bytes of replies wait for the messages that are at hand to be answered too.
const BATCH_LEN_MAX: u64 = 64 * 1024;

/// A WebSocket over a blocking socket.
///
/// [`connect`](crate::connect) and [`Pending::accept`](crate::Pending::accept) give one. All
/// deadlines of its [`Config`](wirebeat::Config) hold while any call of it is in progress: the
/// heartbeat finds a dead peer during [`recv`](WebSocket::recv), and a peer that reads nothing
/// doesn't hold [`send`](WebSocket::send) for ever. Between calls nothing happens, so an application
/// that is away for longer than its *peer's* patience should leave a thread in `recv`.
///
/// An end of the connection is never an error of a call. `recv` returns `None`, and
/// [`closed`](WebSocket::closed) tells why.
///
/// Dropping it while it's open sends a Close with 1001 (going away), or 1011 (internal error) because
/// of a panic, if the socket has room for it, and drops the socket without waiting for an answer. [`close`](WebSocket::close) is the orderly
/// way.
///
/// ```
/// use std::net::TcpListener;
/// use wirebeat_std::{CloseCode, CloseFrame, Message, OriginPolicy, accept, connect};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let server = std::thread::spawn(move || {
///     let (stream, _) = listener.accept().unwrap();
///     let mut socket = accept(stream, OriginPolicy::SameHost).unwrap().accept().unwrap();
///     while let Some(message) = socket.recv() {
///         socket.send(message).unwrap();
///     }
///     socket.closed().cloned()
/// });
///
/// let mut socket = connect(&format!("ws://{address}/"))?;
/// socket.send("hello")?;
/// assert_eq!(socket.recv(), Some(Message::from("hello")));
/// let closed = socket.close(Some(CloseFrame::new(CloseCode::NORMAL, "done")?))?;
/// assert!(closed.was_clean);
/// assert!(server.join().unwrap().is_some_and(|closed| closed.reason == "done"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WebSocket<S: Socket> {
    hold: Hold<S>,
    subprotocol: Option<Arc<str>>,
    /// What the server answered, on a client.
    accepted: Option<Box<Accepted>>,
    /// How it ended, once [`Event::Closed`] was handed over.
    closed: Option<Box<Closed>>,
    /// Whether the last call handed over a message, which the next may answer.
    has_received: bool,
    /// Whether an answer waits to be written until the message that is at hand is answered too.
    is_behind: bool,
}

impl<S: Socket> WebSocket<S> {
    pub(crate) fn new(hold: Hold<S>, accepted: Option<Box<Accepted>>) -> WebSocket<S> {
        let subprotocol = hold.look(|state| state.connection.subprotocol().map(Arc::from));
        WebSocket {
            hold,
            subprotocol,
            accepted,
            closed: None,
            has_received: false,
            is_behind: false,
        }
    }

    /// One that was split before.
    pub(crate) fn reunited(
        driver: Driver<S>,
        accepted: Option<Box<Accepted>>,
        closed: Option<Box<Closed>>,
    ) -> WebSocket<S> {
        WebSocket { closed, ..WebSocket::new(Hold::alone(driver), accepted) }
    }

    /// Takes it apart into two halves, which two threads may use at once: one sends while the other
    /// receives, and neither waits for the other.
    ///
    /// Deadlines, pings and the peer's Close are served while any call on either half is in
    /// progress: see [`spawn`](WebSocket::spawn) if there may be none for long.
    ///
    /// ```no_run
    /// let (sender, mut receiver) = wirebeat_std::connect("ws://localhost:9001/")?.split();
    /// let writer = std::thread::spawn(move || {
    ///     for line in std::io::stdin().lines() {
    ///         sender.send(line?)?;
    ///     }
    ///     sender.start_close(None)?;
    ///     Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// });
    /// while let Some(message) = receiver.recv() {
    ///     println!("{message:?}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "dropping both halves drops the connection"]
    pub fn split(mut self) -> (Sender<S>, Receiver<S>)
    where
        S: Sync,
    {
        self.catch_up_unless(false);
        let WebSocket { hold, subprotocol, accepted, closed, has_received: _, is_behind: _ } = self;
        let [ours, theirs] = hold.split();
        let sender = Sender::new(ours, subprotocol.clone());
        (sender, Receiver::new(theirs, subprotocol, accepted, closed))
    }

    /// [Splits](WebSocket::split) it, and starts a thread that keeps it going until it's closed: for
    /// an application that calls nothing for longer than its own heartbeat, or its peer's.
    ///
    /// What comes is kept for the [`Receiver`], up to 16 messages or 16 KiB; when no more can be
    /// kept, no more is read until it receives. Pings and pongs are answered and measured, and not
    /// reported. Once both halves are dropped, the thread closes the connection with 1001 (going
    /// away), within the connection's timeouts, and ends.
    ///
    /// # Errors
    ///
    /// What the operating system says, if it gives no thread. The connection is dropped.
    pub fn spawn(self) -> io::Result<(Sender<S>, Receiver<S>)>
    where
        S: Send + Sync + 'static,
    {
        let (sender, receiver) = self.split();
        sender.start_keeper()?;
        Ok((sender, receiver))
    }

    /// Waits for the next message. `None` once the connection has ended, which may be as it should
    /// be: see [`closed`](WebSocket::closed).
    ///
    /// Pings are answered meanwhile, and pongs measured. With
    /// [`Delivery::Pieces`](wirebeat::Delivery::Pieces) there are no whole messages: use
    /// [`recv_event`](WebSocket::recv_event).
    pub fn recv(&mut self) -> Option<Message<'static>> {
        loop {
            if let Event::Message(message) = self.recv_event()? {
                self.has_received = true;
                return Some(message);
            }
        }
    }

    /// Waits for whatever happens next: messages, pings, pongs, the peer's wish to close, the end.
    /// `None` after [`Event::Closed`].
    ///
    /// Pings and pongs that come while a message is being sent aren't reported, but answered and
    /// measured all the same.
    pub fn recv_event(&mut self) -> Option<Event<'static>> {
        self.has_received = false;
        self.catch_up_unless(self.is_behind && self.hold.look(State::has_message_at_hand));
        let event = self.hold.recv_event();
        if let Some(Event::Closed(closed)) = &event {
            self.closed = Some(Box::new(closed.clone()));
        }
        event
    }

    /// Sends a message.
    ///
    /// It returns when the socket has taken it. If the socket has no room, that takes until the peer
    /// reads on, or until the write stall or the heartbeat end the connection. What comes meanwhile
    /// is kept for [`recv`](WebSocket::recv). If the peer seems to wait for this application to
    /// receive, `send` returns as soon as the message is in the send queue, and the next call goes
    /// on writing. So it does if it answers a message behind which another is at hand already: the
    /// answers leave together, when [`recv`](WebSocket::recv) has nothing more to hand over.
    ///
    /// `Ok` doesn't mean that the peer has it: [`Closed::messages_lost`] counts those that never
    /// left, and only the peer can acknowledge the others.
    ///
    /// # Errors
    ///
    /// With the message, untouched:
    ///
    /// - [`SendErrorReason::NotOpen`]: closing has begun, or it's over;
    /// - [`SendErrorReason::FragmentsInProgress`]: end the message that is being sent first.
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| connection.send(now, message))
    }

    /// Sends a message that is never compressed, because it has a secret in it: see
    /// [`Connection::send_uncompressed`](wirebeat::Connection::send_uncompressed).
    ///
    /// # Errors
    ///
    /// As for [`send`](WebSocket::send).
    pub fn send_uncompressed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| {
            connection.send_uncompressed(now, message)
        })
    }

    /// Sends a message that was encoded before, for any number of connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](WebSocket::send); and [`SendErrorReason::ContextTakeover`] where messages are
    /// compressed with those before them.
    pub fn send_prepared(&mut self, prepared: &Prepared) -> Result<(), SendError<()>> {
        self.send_with((), |connection, now, ()| connection.send_prepared(now, prepared))
    }

    /// Sends a part of a message that is too big to hold ([RFC 6455 §5.4]). `first` says which kind
    /// of message begins, `None` continues the one that is being sent, and `fin` ends it.
    ///
    /// # Errors
    ///
    /// With the payload, untouched:
    ///
    /// - [`SendErrorReason::NotOpen`]: closing has begun, or it's over;
    /// - [`SendErrorReason::FragmentsInProgress`], [`SendErrorReason::NoFragmentsInProgress`]: a
    ///   message begins inside another, or none is continued;
    /// - [`SendErrorReason::NotUtf8`]: with this part, the text isn't UTF-8.
    ///
    /// [RFC 6455 §5.4]: https://www.rfc-editor.org/rfc/rfc6455#section-5.4
    pub fn send_fragment<'p>(
        &mut self,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| {
            connection.send_fragment(now, first, payload, fin)
        })
    }

    /// Sends a ping of the application's own. The heartbeat needs none: it sends its pings itself.
    ///
    /// # Errors
    ///
    /// With the payload:
    ///
    /// - [`SendErrorReason::PingTooLong`]: more than 125 bytes;
    /// - [`SendErrorReason::NotOpen`]: closing has begun, or it's over.
    pub fn ping<'p>(
        &mut self,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| connection.ping(now, payload))
    }

    fn send_with<M>(
        &mut self,
        unsent: M,
        send: impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Result<(), SendError<M>> {
        let is_answer = mem::take(&mut self.has_received);
        if !is_answer {
            self.catch_up_unless(false);
            self.hold.look_if_overdue();
        }
        self.hold.queue(unsent, send)?;
        self.is_behind = is_answer
            && self.hold.look(|state| {
                let is_small = state.connection.buffered_amount() < BATCH_LEN_MAX;
                is_small && state.has_message_at_hand()
            });
        if !self.is_behind {
            self.hold.flush();
        }
        Ok(())
    }

    /// Writes the answers that wait, unless what comes next is a message: anything else, the peer's
    /// Close above all, may leave them unwritten.
    fn catch_up_unless(&mut self, has_message_at_hand: bool) {
        if self.is_behind && !has_message_at_hand {
            self.is_behind = false;
            self.hold.write_out(Patience::Some);
        }
    }
}
