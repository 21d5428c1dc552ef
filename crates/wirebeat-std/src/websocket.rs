use std::fmt;
use std::time::Duration;

use wirebeat::handshake::Accepted;
use wirebeat::{
    CloseCode, CloseError, CloseFrame, Closed, Connection, Event, Kind, Message, Payload, Prepared,
    ReadyState, SendError, SendErrorReason, SendMessageError, SendPayloadError, Timestamp,
    Transport,
};

use crate::Socket;
use crate::driver::{Driver, Written};
use crate::inbox::Inbox;

/// How often a call that only sends looks at what has come.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

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
/// Dropping it while it's open sends a Close with 1001 (going away) if the socket has room for it,
/// and drops the socket without waiting for an answer. [`close`](WebSocket::close) is the orderly
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
    driver: Driver<S>,
    /// What the server answered, on a client.
    accepted: Option<Box<Accepted>>,
    inbox: Inbox,
    /// How it ended, from when this was known on: what was received before may still be kept.
    closed: Option<Closed>,
    /// Whether [`Event::Closed`] was handed over.
    is_reported: bool,
}

impl<S: Socket> WebSocket<S> {
    pub(crate) fn new(driver: Driver<S>, accepted: Option<Box<Accepted>>) -> WebSocket<S> {
        WebSocket { driver, accepted, inbox: Inbox::default(), closed: None, is_reported: false }
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
        loop {
            if let Some(event) = self.inbox.take() {
                return Some(self.report(event));
            }
            if self.closed.is_some() {
                return None;
            }
            match self.next_event() {
                Some(event) => {
                    if matches!(event, Event::Ping(_) | Event::Closing(_)) {
                        // The answer is queued, and the application may be away for a while.
                        self.driver.write();
                    }
                    return Some(self.report(event));
                }
                None => self.driver.turn(),
            }
        }
    }

    /// Sends a message.
    ///
    /// It returns when the socket has taken it. If the socket has no room, that takes until the peer
    /// reads on, or until the write stall or the heartbeat end the connection. What comes meanwhile
    /// is kept for [`recv`](WebSocket::recv). If the peer seems to wait for this application to
    /// receive, `send` returns as soon as the message is in the send queue, and the next call goes
    /// on writing.
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

    /// Sends a message that was encoded before, for any number of connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](WebSocket::send).
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

    /// Closes the connection, and waits until it's closed: until the peer has answered, or
    /// `close_timeout` has passed. Returns how it ended, also if it had ended before.
    ///
    /// Messages that come meanwhile are dropped. To receive them, use
    /// [`start_close`](WebSocket::start_close), and [`recv`](WebSocket::recv) until it returns
    /// `None`.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    pub fn close(&mut self, frame: Option<CloseFrame>) -> Result<Closed, CloseError> {
        let now = self.driver.now();
        self.driver.connection.close(now, frame)?;
        loop {
            if let Some(closed) = &self.closed {
                self.is_reported = true;
                return Ok(closed.clone());
            }
            if self.next_event().is_none() {
                self.driver.turn();
            }
        }
    }

    /// Begins the closing handshake and returns; [`recv`](WebSocket::recv) goes on with it, and
    /// hands over what the peer still sends before it closes too.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: this role may not send the code. The connection stays open.
    pub fn start_close(&mut self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        let now = self.driver.now();
        self.driver.connection.close(now, frame)?;
        self.driver.write();
        Ok(())
    }

    /// How the connection ended, once [`recv`](WebSocket::recv) has returned `None`,
    /// [`recv_event`](WebSocket::recv_event) has reported it or [`close`](WebSocket::close) has
    /// returned.
    #[must_use]
    pub fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref().filter(|_| self.is_reported)
    }

    /// The state that the browser's object shows.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.driver.connection.ready_state()
    }

    /// The subprotocol that was chosen, if any.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.driver.connection.subprotocol()
    }

    /// What the server answered when it opened the connection: its headers. `None` on a server.
    #[must_use]
    pub fn accepted(&self) -> Option<&Accepted> {
        self.accepted.as_deref()
    }

    /// The application's bytes that were sent and that the socket hasn't taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.driver.connection.buffered_amount()
    }

    /// The latency that the last heartbeat measured, once one has.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.driver.connection.latency()
    }

    /// The socket. Its timeouts and blocking mode belong to the WebSocket and change as it needs
    /// them; bytes that are read or written past it break the connection.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        self.driver.socket()
    }

    /// Queues what `send` sends, as soon as there is room, and writes it.
    fn send_with<M>(
        &mut self,
        mut unsent: M,
        mut send: impl FnMut(&mut Connection, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Result<(), SendError<M>> {
        self.look_if_overdue();
        loop {
            let now = self.driver.now();
            match send(&mut self.driver.connection, now, unsent) {
                Ok(()) => break,
                Err(SendError { reason: SendErrorReason::Full, unsent: full }) => {
                    unsent = full;
                    self.write_on();
                }
                Err(error) => return Err(error),
            }
        }
        // Full or not, the peer may be waiting for us to receive before it reads on.
        while !self.write_on() && !self.inbox.is_full() {}
        Ok(())
    }

    /// Writes what waits, and if the socket has no room, receives what is there. Returns whether
    /// nothing is left to write.
    fn write_on(&mut self) -> bool {
        let written = self.driver.write();
        if written == Written::All || self.driver.obey() == Transport::Drop {
            return true;
        }
        self.keep_events();
        if self.inbox.is_full() {
            self.driver.look_away();
        } else {
            self.driver.look(written);
        }
        self.keep_events();
        false
    }

    /// An application that only sends still answers pings, and notices that its peer has gone.
    fn look_if_overdue(&mut self) {
        if self.driver.since_look() < LOOK_INTERVAL {
            return;
        }
        self.keep_events();
        if self.inbox.is_full() {
            self.driver.look_away();
        } else {
            self.driver.look(Written::All);
        }
        self.keep_events();
    }

    /// Keeps what has come for [`recv`](WebSocket::recv), as far as there is room.
    fn keep_events(&mut self) {
        while !self.inbox.is_full() {
            match self.next_event() {
                Some(event) => self.inbox.keep(event),
                None => break,
            }
        }
    }

    /// What happened, as far as it's known without the socket.
    fn next_event(&mut self) -> Option<Event<'static>> {
        let event = self.driver.next_event();
        if let Some(Event::Closed(closed)) = &event {
            self.closed = Some(closed.clone());
        }
        event
    }

    fn report(&mut self, event: Event<'static>) -> Event<'static> {
        if matches!(event, Event::Closed(_)) {
            self.is_reported = true;
        }
        event
    }
}

impl<S: Socket> Drop for WebSocket<S> {
    fn drop(&mut self) {
        if self.driver.connection.ready_state() == ReadyState::Closed {
            return;
        }
        let now = self.driver.now();
        // 1001 may be sent by either role, so this isn't refused.
        let frame = CloseFrame::new(CloseCode::GOING_AWAY, "").ok();
        let _ = self.driver.connection.close(now, frame);
        self.driver.abandon();
    }
}

impl<S: Socket> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("ready_state", &self.ready_state())
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
