mod status;

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;

use wirebeat::handshake::Accepted;
use wirebeat::record::Recorded;
use wirebeat::{
    Event, Kind, Message, Payload, Prepared, SendError, SendMessageError, SendPayloadError,
    Timestamp,
};

use crate::calls::{Hand, Sending, Until};
use crate::run::corked;
use crate::{ByteStream, Receiver, Sender, Socket};

/// A WebSocket over an async byte stream.
///
/// [`connect`](crate::connect) and [`Pending::accept`](crate::Pending::accept) give one. There's no
/// task behind it: pongs, close replies, the heartbeat and every deadline of its
/// [`Config`](wirebeat::Config) are served while any call of it is in progress. Between calls nothing
/// happens, so an application that is away for longer than its peer's patience should
/// [split](WebSocket::split) it and leave a task in [`recv`](Receiver::recv), or use
/// [`run`](WebSocket::run).
///
/// An end of the connection is never an error of a call. `recv` returns `None`, and
/// [`closed`](WebSocket::closed) tells why.
///
/// Dropping it while it's open sends a Close with 1001 (going away), or 1011 (internal error) because
/// of a panic, if the stream has room for it, and drops the stream without waiting for an answer.
/// [`close`](WebSocket::close) is the orderly way.
///
/// ```
/// use tokio::net::TcpListener;
/// use wirebeat_tokio::{CloseCode, CloseFrame, Message, OriginPolicy, accept, connect};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// let server = tokio::spawn(async move {
///     let (stream, _) = listener.accept().await.unwrap();
///     let mut socket = accept(stream, OriginPolicy::SameHost).await.unwrap().accept().await.unwrap();
///     while let Some(message) = socket.recv().await {
///         socket.send(message).await.unwrap();
///     }
///     socket.closed()
/// });
///
/// let mut socket = connect(&format!("ws://{address}/")).await?;
/// socket.send("hello").await?;
/// assert_eq!(socket.recv().await, Some(Message::from("hello")));
/// let closed = socket.close(Some(CloseFrame::new(CloseCode::NORMAL, "done")?)).await?;
/// assert!(closed.was_clean);
/// assert!(server.await?.is_some_and(|closed| closed.reason == "done"));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Every future may be dropped at any point: no byte and no received message is lost, and what is
/// sent is queued whole or not at all. Each call says what that means for it.
pub struct WebSocket<S: Socket> {
    pub(crate) hand: Hand<S>,
    subprotocol: Option<Arc<str>>,
    /// What the server answered, on a client.
    accepted: Option<Box<Accepted>>,
    /// Whether the last call handed over a message, which the next may answer.
    pub(crate) has_received: bool,
}

impl<S: Socket> WebSocket<S> {
    pub(crate) fn new(hand: Hand<S>, accepted: Option<Box<Accepted>>) -> WebSocket<S> {
        let subprotocol: Option<Arc<str>> = hand.change(|state| {
            // It may be long until there's a message, and the handshake is written.
            state.connection.release_buffers();
            let subprotocol = state.connection.subprotocol();
            state.span.opened(state.connection.role(), subprotocol);
            subprotocol.map(Arc::from)
        });
        WebSocket { hand, subprotocol, accepted, has_received: false }
    }

    /// Takes it apart into two halves, which two tasks may use at once: one sends while the other
    /// receives, and neither waits for the other.
    ///
    /// Deadlines, pings and the peer's Close are served while any call on either half is in
    /// progress.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, mut receiver) = wirebeat_tokio::connect("ws://localhost:9001/").await?.split();
    /// let writer = tokio::spawn(async move {
    ///     for number in 0..1000 {
    ///         sender.send(number.to_string()).await?;
    ///     }
    ///     sender.start_close(None).await?;
    ///     Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// });
    /// while let Some(message) = receiver.recv().await {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "dropping both halves drops the connection"]
    pub fn split(self) -> (Sender<S>, Receiver<S>) {
        let WebSocket { hand, subprotocol, accepted, has_received: _ } = self;
        hand.split();
        let sender = Sender::new(hand.clone(), subprotocol.clone());
        (sender, Receiver::new(hand, subprotocol, accepted))
    }

    /// Has `handler` use it, and writes what it sends each time that it waits, whatever it waits
    /// for: answers to messages that came together leave together, and nothing is kept back while
    /// the handler is away. What comes meanwhile is taken in, up to 16 messages or 16 KiB, and pings
    /// are answered.
    ///
    /// ```no_run
    /// # use wirebeat_tokio::{SendMessageError, Socket, WebSocket};
    /// async fn echo<S: Socket>(mut socket: WebSocket<S>) -> Result<(), SendMessageError<'static>> {
    ///     socket
    ///         .run(async |socket| {
    ///             while let Some(message) = socket.recv().await {
    ///                 socket.send(message).await?;
    ///             }
    ///             Ok(())
    ///         })
    ///         .await
    /// }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// To drop it drops the handler's future. What that has sent is written by the next call.
    pub async fn run<T>(&mut self, handler: impl AsyncFnOnce(&mut WebSocket<S>) -> T) -> T {
        let shared = Arc::clone(self.hand.shared());
        let work = pin!(handler(self));
        corked(&shared, work).await
    }

    /// Makes a stream of bytes of it, to lead another protocol through it.
    #[must_use]
    pub fn into_bytes(self) -> ByteStream<S> {
        ByteStream::new(self)
    }

    /// Waits for the next message. `None` once the connection has ended, which may be as it should
    /// be: see [`closed`](WebSocket::closed).
    ///
    /// What was sent and isn't written is written before it waits. Pings are answered meanwhile, and
    /// pongs measured. With [`Delivery::Pieces`](wirebeat::Delivery::Pieces) there are no whole
    /// messages: use [`recv_event`](WebSocket::recv_event).
    ///
    /// # Cancel safety
    ///
    /// A message is either returned, or left for the next call.
    pub async fn recv(&mut self) -> Option<Message<'static>> {
        self.has_received = false;
        let message = poll_fn(|cx| self.hand.poll_message(cx)).await;
        self.has_received = message.is_some();
        message
    }

    /// Waits for whatever happens next: messages, pings, pongs, the peer's wish to close, the end.
    /// `None` after [`Event::Closed`].
    ///
    /// Pings and pongs that come while a message is being sent aren't reported, but answered and
    /// measured all the same.
    ///
    /// # Cancel safety
    ///
    /// An event is either returned, or left for the next call.
    pub async fn recv_event(&mut self) -> Option<Event<'static>> {
        self.has_received = false;
        let event = poll_fn(|cx| self.hand.poll_event(cx)).await;
        self.has_received = matches!(event, Some(Event::Message(_)));
        event
    }

    /// Sends a message.
    ///
    /// It returns when the stream has taken it. If the stream has no room, that takes until the peer
    /// reads on, or until the write stall or the heartbeat end the connection. What comes meanwhile
    /// is kept for [`recv`](WebSocket::recv). If the peer seems to wait for this application to
    /// receive, `send` returns as soon as the message is in the send queue, and the next call goes
    /// on writing. So it does if it answers a message behind which another is at hand already: the
    /// answers leave together, when [`recv`](WebSocket::recv) has nothing more to hand over.
    ///
    /// `Ok` doesn't mean that the peer has it:
    /// [`Closed::messages_lost`](crate::Closed::messages_lost) counts those that never left, and only
    /// the peer can acknowledge the others.
    ///
    /// # Errors
    ///
    /// With the message, untouched:
    ///
    /// - [`SendErrorReason::NotOpen`](crate::SendErrorReason::NotOpen): closing has begun, or it's
    ///   over;
    /// - [`SendErrorReason::FragmentsInProgress`](crate::SendErrorReason::FragmentsInProgress): end
    ///   the message that is being sent first.
    ///
    /// # Cancel safety
    ///
    /// The message is queued as soon as the send queue has room, mostly at the first poll, and is
    /// written by this call or a later one. If the future is dropped before, it isn't sent. Whoever
    /// has to know uses [`try_feed`](WebSocket::try_feed) and [`flush`](WebSocket::flush).
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), SendMessageError<'m>>> {
        self.send_with(message.into(), queue_message)
    }

    /// Queues a message, and leaves it to the next call to write it. Waits only for room.
    ///
    /// # Errors
    ///
    /// As for [`send`](WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](WebSocket::send).
    pub async fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        let mut sending = Sending::Unsent(message.into());
        let mut send = |connection: &mut Recorded, now, message| connection.send(now, message);
        poll_fn(|cx| self.hand.poll_send(cx, &mut sending, Until::Queued, &mut send)).await
    }

    /// Queues a message if there's room, and leaves it to the next call to write it.
    ///
    /// # Errors
    ///
    /// With the message, untouched: as for [`send`](WebSocket::send), and
    /// [`SendErrorReason::Full`](crate::SendErrorReason::Full) if [`flush`](WebSocket::flush) has to
    /// make room first.
    pub fn try_feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.hand.try_feed(message.into())
    }

    /// Writes all that was sent. Returns before, if the peer seems to wait for this application to
    /// receive.
    ///
    /// # Cancel safety
    ///
    /// What isn't written is written by the next call.
    pub async fn flush(&mut self) {
        poll_fn(|cx| self.hand.poll_flush(cx)).await;
    }

    /// Sends a message that is never compressed, because it has a secret in it: see
    /// [`Connection::send_uncompressed`](wirebeat::Connection::send_uncompressed).
    ///
    /// # Errors
    ///
    /// As for [`send`](WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](WebSocket::send).
    pub async fn send_uncompressed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.send_with(message.into(), |connection, now, message| {
            connection.send_uncompressed(now, message)
        })
        .await
    }

    /// Sends a message that was encoded before, for any number of connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](WebSocket::send).
    pub async fn send_prepared(&mut self, prepared: &Prepared) -> Result<(), SendError<()>> {
        self.send_with((), |connection, now, ()| connection.send_prepared(now, prepared)).await
    }

    /// Sends a part of a message that is too big to hold ([RFC 6455 §5.4]). `first` says which kind
    /// of message begins, `None` continues the one that is being sent, and `fin` ends it.
    ///
    /// # Errors
    ///
    /// With the payload, untouched:
    ///
    /// - [`SendErrorReason::NotOpen`](crate::SendErrorReason::NotOpen): closing has begun, or it's
    ///   over;
    /// - [`SendErrorReason::FragmentsInProgress`](crate::SendErrorReason::FragmentsInProgress),
    ///   [`SendErrorReason::NoFragmentsInProgress`](crate::SendErrorReason::NoFragmentsInProgress): a
    ///   message begins inside another, or none is continued;
    /// - [`SendErrorReason::NotUtf8`](crate::SendErrorReason::NotUtf8): with this part, the text
    ///   isn't UTF-8.
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](WebSocket::send).
    ///
    /// [RFC 6455 §5.4]: https://www.rfc-editor.org/rfc/rfc6455#section-5.4
    pub async fn send_fragment<'p>(
        &mut self,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| {
            connection.send_fragment(now, first, payload, fin)
        })
        .await
    }

    /// Sends a ping of the application's own. The heartbeat needs none: it sends its pings itself.
    ///
    /// # Errors
    ///
    /// With the payload:
    ///
    /// - [`SendErrorReason::PingTooLong`](crate::SendErrorReason::PingTooLong): more than 125 bytes;
    /// - [`SendErrorReason::NotOpen`](crate::SendErrorReason::NotOpen): closing has begun, or it's
    ///   over.
    ///
    /// # Cancel safety
    ///
    /// As of [`send`](WebSocket::send).
    pub async fn ping<'p>(
        &mut self,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        self.send_with(payload.into(), |connection, now, payload| connection.ping(now, payload))
            .await
    }

    fn send_with<M>(
        &mut self,
        unsent: M,
        mut send: impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> impl Future<Output = Result<(), SendError<M>>> {
        let is_answer = mem::take(&mut self.has_received);
        let mut sending = Sending::Unsent(unsent);
        let hand = &self.hand;
        poll_fn(move |cx| {
            if !is_answer {
                hand.look_if_overdue(cx);
            }
            hand.poll_send(cx, &mut sending, Until::Written { is_answer }, &mut send)
        })
    }
}

/// Compiled into the calls that use it, which have a message's kind and form before them.
#[inline(always)]
fn queue_message<'m>(
    connection: &mut Recorded,
    now: Timestamp,
    message: Message<'m>,
) -> Result<(), SendMessageError<'m>> {
    connection.send(now, message)
}
