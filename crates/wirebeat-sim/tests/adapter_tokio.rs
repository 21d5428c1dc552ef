//! What the adapter for tokio records is done again: the same events, bytes and end.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wirebeat_sim::record::{Log, replay};
use wirebeat_tokio::extension::Deflate;
use wirebeat_tokio::{
    Client, CloseFrame, Closed, Config, Event, Kind, Listener, OriginPolicy, Prepared, Server,
    Stopped, Timestamp, WebSocket,
};

type Events = Vec<Event<'static>>;

/// One end of a pipe with room for a few messages, which keeps what is written to it.
struct Tee {
    pipe: DuplexStream,
    written: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Tee {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tee {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.pipe).poll_write(cx, bytes);
        if let Poll::Ready(Ok(len)) = polled {
            self.written.lock().unwrap().extend_from_slice(&bytes[..len]);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// Both ends of one.
fn pipe() -> [Tee; 2] {
    let (ours, theirs) = duplex(4096);
    [ours, theirs].map(|pipe| Tee { pipe, written: Arc::default() })
}

/// Clients that come through a channel.
struct Door(UnboundedReceiver<Tee>);

impl Listener for Door {
    type Stream = Tee;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Tee>> {
        self.0.poll_recv(cx).map(|stream| stream.ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// What an end was seen to do, by its application and by its transport.
struct Seen {
    log: Log,
    events: Events,
    bytes: Vec<u8>,
}

/// A client and a server of ours, each recorded.
async fn run(
    logs: [Log; 2],
    config: &Config,
    talk: impl AsyncFn(WebSocket<Wire>) -> Events,
) -> [Seen; 2] {
    let [ours, theirs] = pipe();
    let written = [Arc::clone(&ours.written), Arc::clone(&theirs.written)];
    let (enter, door) = unbounded_channel();
    let (heard, mut server_events) = unbounded_channel();
    let server = Server::new(Door(door), OriginPolicy::SameHost)
        .config(config.clone())
        .record(logs[1].clone());
    let stopper = server.stopper();
    let serving = tokio::spawn(server.serve(move |pending| {
        let heard: UnboundedSender<Events> = heard.clone();
        async move { heard.send(echo(pending.accept().await.unwrap()).await).unwrap() }
    }));
    enter.send(theirs).ok().unwrap();
    let client = Client::new("ws://h/chat?token=secret-query").unwrap();
    let client = client.header("Cookie", "id=secret-cookie").unwrap().config(config.clone());
    let client_events =
        talk(client.record(logs[0].clone()).connect_over(ours).await.unwrap()).await;
    let server_events = server_events.recv().await.unwrap();
    stopper.stop();
    assert_eq!(serving.await.unwrap(), Stopped { dropped: 0 });
    let [client_log, server_log] = logs;
    let [from_client, from_server] = written.map(|written| written.lock().unwrap().clone());
    let heard = |events: Events| events.into_iter().filter(is_heard).collect();
    [
        Seen { log: client_log, events: heard(client_events), bytes: from_client },
        Seen { log: server_log, events: heard(server_events), bytes: from_server },
    ]
}

type Wire = wirebeat_tokio::MaybeTls<Tee>;

/// Sends back what comes, as it came, once more as a prepared message, and nothing else.
async fn echo(mut socket: WebSocket<Wire>) -> Events {
    let mut events = Vec::new();
    while let Some(event) = socket.recv_event().await {
        if let Event::Message(message) = &event {
            // Whoever has gone is known by the event that follows.
            let _ = socket.send(message.borrow()).await;
            let _ = socket.send_prepared(&Prepared::new(message.borrow())).await;
        }
        events.push(event);
    }
    events
}

/// A conversation with a good end: text, fragments, a ping, a long message, and a Close.
async fn talk(mut socket: WebSocket<Wire>) -> Events {
    let mut events = Vec::new();
    socket.send("secret text").await.unwrap();
    socket.send_fragment(Some(Kind::Binary), &b"secret "[..], false).await.unwrap();
    socket.send_fragment(None, &b"bytes"[..], true).await.unwrap();
    socket.ping(&b"secret ping"[..]).await.unwrap();
    socket.send_uncompressed(vec![0xA5; 300_000]).await.unwrap();
    let mut messages = 0;
    while messages < 6 {
        let event = socket.recv_event().await.unwrap();
        messages += usize::from(matches!(event, Event::Message(_)));
        events.push(event);
    }
    // In two hands, what is written is taken out of the connection first.
    let (sender, mut receiver) = socket.split();
    sender.send("secret half").await.unwrap();
    while messages < 8 {
        let event = receiver.recv_event().await.unwrap();
        messages += usize::from(matches!(event, Event::Message(_)));
        events.push(event);
    }
    sender.start_close(Some(CloseFrame::new(4001, "secret reason").unwrap())).await.unwrap();
    while let Some(event) = receiver.recv_event().await {
        events.push(event);
    }
    events
}

/// All that an application hears for sure in a replay once it's open, and all that is written.
fn again(log: &Log) -> (Events, Vec<u8>) {
    let (mut events, mut written) = (Vec::new(), Vec::new());
    let mut now = Timestamp::ZERO;
    for step in replay(&log.bytes()).unwrap() {
        let step = step.unwrap();
        assert!(now <= step.at, "{:?} after {now:?}", step.at);
        now = step.at;
        written.extend(step.written);
        events.extend(step.events.into_iter().filter(is_heard));
    }
    (events, written)
}

/// Pings and pongs aren't reported while a message is being sent.
fn is_heard(event: &Event<'_>) -> bool {
    !matches!(event, Event::Request(_) | Event::Open(_) | Event::Ping(_) | Event::Pong { .. })
}

fn end(events: &[Event<'static>]) -> Closed {
    match events.last() {
        Some(Event::Closed(closed)) => closed.clone(),
        other => panic!("{other:?} isn't the end"),
    }
}

#[tokio::test]
async fn a_conversation_replays_to_the_same_events_and_bytes() {
    for seen in run([Log::new(), Log::new()], &Config::default(), talk).await {
        let (events, written) = again(&seen.log);
        assert_eq!(events, seen.events);
        assert!(written == seen.bytes, "{} and {} bytes", written.len(), seen.bytes.len());
        let closed = end(&events);
        assert!(closed.was_clean && closed.code.get() == 4001, "{closed:?}");
    }
}

/// Messages that come in one piece are taken by the shortest ways there are, and answered together.
#[tokio::test]
async fn many_short_messages_at_once_replay_to_the_same_events_and_bytes() {
    let burst = async |mut socket: WebSocket<Wire>| {
        let mut events = Vec::new();
        for number in 0..500 {
            socket.feed(number.to_string()).await.unwrap();
        }
        while events.len() < 1000 {
            events.push(Event::Message(socket.recv().await.unwrap()));
        }
        socket.start_close(None).await.unwrap();
        while let Some(event) = socket.recv_event().await {
            events.push(event);
        }
        events
    };
    for seen in run([Log::new(), Log::new()], &Config::default(), burst).await {
        let (events, written) = again(&seen.log);
        assert_eq!(events, seen.events);
        assert!(written == seen.bytes, "{} and {} bytes", written.len(), seen.bytes.len());
    }
}

/// Says something long, hears it back, and closes.
async fn say_much(mut socket: WebSocket<Wire>) -> Events {
    socket.send("secret ".repeat(1_000)).await.unwrap();
    socket.start_close(None).await.unwrap();
    let mut events = Vec::new();
    while let Some(event) = socket.recv_event().await {
        events.push(event);
    }
    events
}

#[tokio::test]
async fn a_compressed_conversation_replays_to_the_same_events_and_bytes() {
    let config = Config { deflate: Some(Deflate::default()), ..Config::default() };
    for seen in run([Log::new(), Log::new()], &config, say_much).await {
        let (events, written) = again(&seen.log);
        assert_eq!(events, seen.events);
        assert!(written == seen.bytes, "{} and {} bytes", written.len(), seen.bytes.len());
        assert!(written.len() < 1_000, "{} bytes aren't compressed", written.len());
    }
}

/// An x for each byte would be compressed to another length, so neither side knows of compression.
#[tokio::test]
async fn what_is_redacted_is_not_compressed() {
    let config = Config { deflate: Some(Deflate::default()), ..Config::default() };
    let logs = [Log::new().redacted(), Log::new().redacted()];
    let [client, server] = run(logs, &config, async |socket: WebSocket<Wire>| {
        assert_eq!(socket.deflate(), None);
        say_much(socket).await
    })
    .await;
    for seen in [client, server] {
        assert_eq!(again(&seen.log).1.len(), seen.bytes.len());
    }
}

#[tokio::test]
async fn a_redacted_recording_holds_no_secret_and_replays_to_the_same_end() {
    let logs = [Log::new().redacted(), Log::new().redacted()];
    for seen in run(logs, &Config::default(), talk).await {
        let recording = seen.log.bytes();
        assert!(!recording.windows(6).any(|window| window == b"secret"), "it holds a secret");
        let (events, written) = again(&seen.log);
        assert_eq!((events.len(), written.len()), (seen.events.len(), seen.bytes.len()));
        let (was, is) = (end(&seen.events), end(&events));
        assert_eq!((is.code, is.was_clean, is.cause), (was.code, was.was_clean, was.cause));
    }
}
