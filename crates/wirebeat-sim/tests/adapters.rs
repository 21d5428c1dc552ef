//! What the adapter for threads records over real TCP is done again: the same events, bytes and end.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use wirebeat_sim::record::{Call, Log, Step, replay};
use wirebeat_std::extension::{Deflate, DeflateParameters};
use wirebeat_std::{
    Client, CloseFrame, Closed, Config, Event, Kind, OriginPolicy, Pending, Prepared, Reason,
    Server, WebSocket,
};

/// A frame whose reserved bits are all set, which nobody agreed to (RFC 6455 §5.2).
const GARBAGE: &[u8] = &[0xFF; 16];

type Socket = WebSocket<TcpStream>;
type Events = Vec<Event<'static>>;

/// What an end was seen to do, by its application and by whoever is between the two.
struct Seen {
    log: Log,
    events: Events,
    /// What left its socket and arrived.
    bytes: Vec<u8>,
}

/// A client and a server of ours, each recorded, with a relay between them that keeps what passes.
fn run(logs: [Log; 2], config: &Config, talk: impl FnOnce(Socket) -> Events) -> [Seen; 2] {
    let (events_in, server_events) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(listener, OriginPolicy::SameHost)
        .config(config.clone())
        .record(logs[1].clone());
    let serving = server.start(move |pending| events_in.send(echo(pending)).unwrap()).unwrap();

    let relay = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/chat?token=secret-query", relay.local_addr().unwrap());
    let relaying = thread::spawn(move || {
        let (client, server) = (relay.accept().unwrap().0, TcpStream::connect(address).unwrap());
        let clones = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let there = relay_bytes(client, server);
        let back = relay_bytes(clones.0, clones.1);
        [there.join().unwrap(), back.join().unwrap()]
    });
    let client = Client::new(&url).unwrap().header("Cookie", "id=secret-cookie").unwrap();
    let client_events =
        talk(client.config(config.clone()).record(logs[0].clone()).connect().unwrap());
    let [from_client, from_server] = relaying.join().unwrap();
    let server_events = server_events.recv().unwrap();
    serving.shutdown();
    let [client_log, server_log] = logs;
    [
        Seen { log: client_log, events: client_events, bytes: from_client },
        Seen { log: server_log, events: server_events, bytes: from_server },
    ]
}

/// Sends back what comes, as it came, once more as a prepared message, and nothing else.
fn echo(pending: Pending<TcpStream>) -> Events {
    let mut socket = pending.accept().unwrap();
    let mut events = Vec::new();
    while let Some(event) = socket.recv_event() {
        if let Event::Message(message) = &event {
            // Whoever has gone is known by the event that follows.
            let _ = socket.send(message.borrow());
            let _ = socket.send_prepared(&Prepared::new(message.borrow()));
        }
        events.push(event);
    }
    events
}

/// Passes on all that comes, and returns it.
fn relay_bytes(mut from: TcpStream, mut to: TcpStream) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let (mut passed, mut chunk) = (Vec::new(), [0; 4096]);
        while let Ok(len @ 1..) = from.read(&mut chunk) {
            passed.extend_from_slice(&chunk[..len]);
            let _ = to.write_all(&chunk[..len]);
        }
        let _ = to.shutdown(Shutdown::Write);
        passed
    })
}

/// A conversation with a good end: text, fragments, a ping, a long message, and a Close.
fn talk(mut socket: Socket) -> Events {
    let mut events = Vec::new();
    socket.send("secret text").unwrap();
    socket.send_fragment(Some(Kind::Binary), &b"secret "[..], false).unwrap();
    socket.send_fragment(None, &b"bytes"[..], true).unwrap();
    socket.ping(&b"secret ping"[..]).unwrap();
    socket.send_uncompressed(vec![0xA5; 300_000]).unwrap();
    receive(&mut events, || socket.recv_event(), 6);
    // In two hands, what is written is taken out of the connection first.
    let (sender, mut receiver) = socket.split();
    sender.send("secret half").unwrap();
    receive(&mut events, || receiver.recv_event(), 2);
    sender.start_close(Some(CloseFrame::new(4001, "secret reason").unwrap())).unwrap();
    receive(&mut events, || receiver.recv_event(), usize::MAX);
    events
}

/// Takes what comes, until so many messages have come or it's over.
fn receive(
    events: &mut Events,
    mut next: impl FnMut() -> Option<Event<'static>>,
    mut messages: usize,
) {
    while messages > 0
        && let Some(event) = next()
    {
        messages -= usize::from(matches!(event, Event::Message(_)));
        events.push(event);
    }
}

/// All that an application hears in a replay once it's open, and all that is written.
fn again(log: &Log) -> (Events, Vec<u8>, Vec<Step>) {
    let steps: Vec<Step> = replay(&log.bytes()).unwrap().map(Result::unwrap).collect();
    let events = steps.iter().flat_map(|step| step.events.clone());
    let heard = events.filter(|event| !matches!(event, Event::Request(_) | Event::Open(_)));
    (heard.collect(), steps.iter().flat_map(|step| step.written.clone()).collect(), steps)
}

fn end(events: &[Event<'static>]) -> Closed {
    match events.last() {
        Some(Event::Closed(closed)) => closed.clone(),
        other => panic!("{other:?} isn't the end"),
    }
}

fn logs(make: impl Fn() -> Log) -> [Log; 2] {
    [make(), make()]
}

#[test]
fn a_conversation_over_tcp_replays_to_the_same_events_and_bytes() {
    let seen = run(logs(Log::new), &Config::default(), talk);
    for seen in seen {
        let (events, written, _) = again(&seen.log);
        assert_eq!(events, seen.events);
        assert!(written == seen.bytes, "{} and {} bytes", written.len(), seen.bytes.len());
        let closed = end(&events);
        assert!(closed.was_clean && closed.code.get() == 4001, "{closed:?}");
    }
}

#[test]
fn garbage_amid_a_conversation_over_tcp_replays_to_the_same_failure() {
    let until_over = |mut socket: Socket| {
        socket.send(vec![0; 70_000]).unwrap();
        socket.send("last").unwrap();
        let mut events = Vec::new();
        receive(&mut events, || socket.recv_event(), 4);
        // Past the connection, which knows nothing of it.
        socket.get_ref().write_all(GARBAGE).unwrap();
        receive(&mut events, || socket.recv_event(), usize::MAX);
        events
    };
    let [client, server] = run(logs(Log::new), &Config::default(), until_over);
    let (client_events, client_bytes, _) = again(&client.log);
    let (server_events, server_bytes, steps) = again(&server.log);
    assert_eq!((&client_events, &server_events), (&client.events, &server.events));
    let at = client.bytes.windows(GARBAGE.len()).position(|bytes| bytes == GARBAGE).unwrap();
    assert_eq!([&client.bytes[..at], &client.bytes[at + GARBAGE.len()..]].concat(), client_bytes);
    assert_eq!(server_bytes, server.bytes);

    let closed = end(&server_events);
    assert!(matches!(closed.cause.reason, Reason::Protocol(_)), "{closed:?}");
    assert_eq!(end(&client_events).code.get(), 1002);
    let has_come = steps.iter().any(|step| match &step.call {
        Call::Receive(bytes) => bytes.ends_with(GARBAGE),
        _ => false,
    });
    assert!(has_come, "garbage is recorded as it came");
}

/// A compressed conversation: with each context taken over, and with none, where messages may be
/// prepared too.
#[test]
fn a_compressed_conversation_over_tcp_replays_to_the_same_events_and_bytes() {
    let apart = DeflateParameters {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        ..DeflateParameters::default()
    };
    for deflate in [Deflate::default(), Deflate::default().parameters(apart).level(9)] {
        let echoes = if deflate.settings().parameters == apart { 2 } else { 1 };
        let config = Config { deflate: Some(deflate), ..Config::default() };
        let seen = run(logs(Log::new), &config, move |mut socket| {
            assert!(socket.deflate().is_some());
            let mut events = Vec::new();
            for _ in 0..3 {
                socket.send("a text like others ".repeat(100)).unwrap();
                socket.send_uncompressed("a text like others ".repeat(100)).unwrap();
                receive(&mut events, || socket.recv_event(), 2 * echoes);
            }
            socket.start_close(None).unwrap();
            receive(&mut events, || socket.recv_event(), usize::MAX);
            events
        });
        for seen in seen {
            let (events, written, steps) = again(&seen.log);
            assert_eq!(events, seen.events);
            assert!(written == seen.bytes, "{} and {} bytes", written.len(), seen.bytes.len());
            let said: usize = steps.iter().map(|step| said(&step.call)).sum();
            assert!(seen.bytes.len() < 9 * said / 10, "{} of {said} bytes", seen.bytes.len());
        }
    }
}

/// How many bytes a call sends, before compression.
fn said(call: &Call) -> usize {
    match call {
        Call::Send(message)
        | Call::SendUncompressed(message)
        | Call::SendPrepared(message, true) => message.len(),
        _ => 0,
    }
}

/// Neither side knows of compression while it's recorded without what is said: an x for each byte
/// would be compressed to another length.
#[test]
fn what_is_redacted_is_not_compressed() {
    let config = Config { deflate: Some(Deflate::default()), ..Config::default() };
    let [client, server] = run(logs(|| Log::new().redacted()), &config, |mut socket| {
        assert_eq!(socket.deflate(), None);
        socket.send("secret ".repeat(1_000)).unwrap();
        socket.start_close(None).unwrap();
        let mut events = Vec::new();
        receive(&mut events, || socket.recv_event(), usize::MAX);
        events
    });
    for seen in [client, server] {
        assert_eq!(again(&seen.log).1.len(), seen.bytes.len());
    }
}

#[test]
fn a_redacted_recording_over_tcp_holds_no_secret_and_replays_to_the_same_end() {
    let seen = run(logs(|| Log::new().redacted()), &Config::default(), talk);
    for seen in seen {
        let recording = seen.log.bytes();
        let found = recording.windows(6).any(|window| window == b"secret");
        assert!(!found, "the recording holds a secret");
        let (events, written, _) = again(&seen.log);
        assert_eq!(events.len(), seen.events.len());
        assert_eq!(written.len(), seen.bytes.len());
        let (was, is) = (end(&seen.events), end(&events));
        assert_eq!((is.code, is.was_clean, is.cause), (was.code, was.was_clean, was.cause));
    }
}

/// A log holds one connection: the next doesn't go into it.
#[test]
fn a_log_that_is_given_to_two_connections_records_the_first() {
    let log = Log::new();
    let once = |log: &Log| {
        run([log.clone(), Log::new()], &Config::default(), talk);
        log.bytes()
    };
    let first = once(&log);
    assert_eq!(once(&log), first);
}
