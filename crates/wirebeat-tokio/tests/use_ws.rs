//! The example `use_ws`, with its own times on tokio's paused clock, against servers that stop
//! answering, close and come back.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "support/network.rs"]
mod network;
#[path = "../examples/use_ws.rs"]
#[allow(dead_code, reason = "the example's own main function isn't called")]
mod use_ws;

use network::{Listener, SECOND, listen};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;
use use_ws::{Times, end, use_ws};
use wirebeat_tokio::browser::{CloseEvent, WebSocket};
use wirebeat_tokio::{CloseFrame, Next};

const FIRST: &str = r#"{"subscribe":"all"}"#;

/// The socket, what its messages say, how its connections close, and whom it connects to.
fn start() -> (WebSocket, UnboundedReceiver<String>, UnboundedReceiver<CloseEvent>, Listener) {
    let (connector, listener) = listen(64 * 1024);
    let builder = WebSocket::builder("ws://localhost/").connector(connector);
    let (sender, messages) = unbounded_channel();
    let socket = use_ws(builder, FIRST, Times::USUAL, move |message| {
        let _ = sender.send(message.as_text().unwrap().to_owned());
    });
    let socket = socket.unwrap();
    let (sender, closes) = unbounded_channel();
    socket.run(|scope| scope.on_close(move |_, event| drop(sender.send(event.clone()))));
    (socket, messages, closes, listener)
}

/// Whole seconds that have passed, give or take less than half of one.
fn seconds_since(begin: Instant) -> u64 {
    (begin.elapsed() + SECOND / 2).as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_answering_is_pinged_given_up_and_connected_to_again() {
    let (socket, mut messages, mut closes, mut listener) = start();
    let mut silent = listener.accept().await;
    assert_eq!(silent.recv().await, Some(FIRST.into()));
    silent.send("the last that's heard of me").await.unwrap();
    assert_eq!(messages.recv().await.as_deref(), Some("the last that's heard of me"));
    let begin = Instant::now();
    assert_eq!(silent.recv().await, Some(r#"{"ping":true}"#.into()));
    assert_eq!(seconds_since(begin), 5);
    let close = closes.recv().await.unwrap();
    assert_eq!((close.code.get(), close.was_clean), (1006, false));
    assert_eq!(seconds_since(begin), 10);
    assert!(matches!(close.next, Next::At(_)));
    // On every connection it's said again, and nothing else was waiting.
    let mut server = listener.accept().await;
    assert_eq!(seconds_since(begin), 13);
    assert_eq!(server.recv().await, Some(FIRST.into()));
    end(&socket);
    while server.recv().await.is_some() {}
    drop(server);
    while closes.recv().await.unwrap().next != Next::Never {}
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_is_kept() {
    let (socket, _messages, mut closes, mut listener) = start();
    let mut server = listener.accept().await;
    assert_eq!(server.recv().await, Some(FIRST.into()));
    for _ in 0..1000 {
        assert_eq!(server.recv().await, Some(r#"{"ping":true}"#.into()));
        server.send(r#"{"pong":true}"#).await.unwrap();
    }
    end(&socket);
    while server.recv().await.is_some() {}
    assert_eq!(server.closed().unwrap().code.get(), 1000);
    drop(server);
    let close = closes.recv().await.unwrap();
    assert_eq!((close.code.get(), close.next), (1000, Next::Never));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_with_1000_is_left_alone_and_with_another_code_is_not() {
    let (_socket, _messages, mut closes, mut listener) = start();
    // 1008 says that it's of no use; this wrapper doesn't care.
    for (code, goes_on) in [(1001, true), (1008, true), (4000, true), (1000, false)] {
        let mut server = listener.accept().await;
        server.close(Some(CloseFrame::new(code, "").unwrap())).await.unwrap();
        drop(server);
        let close = closes.recv().await.unwrap();
        assert_eq!(close.code.get(), code);
        assert_eq!(close.next != Next::Never, goes_on, "{code}");
    }
}
