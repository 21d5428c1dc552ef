//! The example `use_ws`, with short times, against servers that stop answering, close and come back.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;
#[path = "../examples/use_ws.rs"]
#[allow(dead_code, reason = "the example's own main function isn't called")]
mod use_ws;

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use support::patient;
use use_ws::{Times, end, use_ws};
use wirebeat_std::browser::{CloseEvent, WebSocket};
use wirebeat_std::{CloseFrame, Next, OriginPolicy, accept_with};

const FIRST: &str = r#"{"subscribe":"all"}"#;

/// A quarter of a blink, and longer than any test.
const SOON: Duration = Duration::from_millis(50);
const NEVER: Duration = Duration::from_secs(86_400);

fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (format!("ws://{}/", listener.local_addr().unwrap()), listener)
}

fn accept_one(listener: &TcpListener) -> wirebeat_std::WebSocket<TcpStream> {
    let stream = listener.accept().unwrap().0;
    accept_with(stream, OriginPolicy::SameHost, &patient()).unwrap().accept().unwrap()
}

fn closes(socket: &WebSocket) -> Receiver<CloseEvent> {
    let (sender, closes) = mpsc::channel();
    socket.run(|scope| scope.on_close(move |_, event| drop(sender.send(event.clone()))));
    closes
}

#[test]
fn a_server_that_stops_answering_is_pinged_given_up_and_connected_to_again() {
    let (url, listener) = listen();
    let times = Times { quiet: SOON, answer: SOON, retry: SOON };
    let (sender, messages) = mpsc::channel();
    let socket = use_ws(&url, FIRST, times, move |message| {
        let _ = sender.send(message.as_text().map(str::to_owned));
    })
    .unwrap();
    let closes = closes(&socket);
    let mut silent = accept_one(&listener);
    assert_eq!(silent.recv(), Some(FIRST.into()));
    silent.send("the last that's heard of me").unwrap();
    assert_eq!(messages.recv().unwrap().as_deref(), Some("the last that's heard of me"));
    assert_eq!(silent.recv(), Some(r#"{"ping":true}"#.into()));
    let close = closes.recv().unwrap();
    assert_eq!((close.code.get(), close.was_clean), (1006, false));
    assert!(matches!(close.next, Next::At(_)));
    // On every connection it's said again, and nothing else was waiting.
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some(FIRST.into()));
    end(&socket);
    while server.recv().is_some() {}
    while closes.recv().unwrap().next != Next::Never {}
}

#[test]
fn a_server_that_answers_is_kept() {
    let (url, listener) = listen();
    // Its answer has as long as a busy machine may need.
    let times = Times { quiet: SOON, answer: NEVER, retry: NEVER };
    let socket = use_ws(&url, FIRST, times, |_| ()).unwrap();
    let closes = closes(&socket);
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some(FIRST.into()));
    for _ in 0..3 {
        assert_eq!(server.recv(), Some(r#"{"ping":true}"#.into()));
        server.send(r#"{"pong":true}"#).unwrap();
    }
    end(&socket);
    while server.recv().is_some() {}
    assert_eq!(server.closed().unwrap().code.get(), 1000);
    let close = closes.recv().unwrap();
    assert_eq!((close.code.get(), close.next), (1000, Next::Never));
}

#[test]
fn a_server_that_closes_with_1000_is_left_alone_and_with_another_code_is_not() {
    let (url, listener) = listen();
    let times = Times { quiet: NEVER, answer: NEVER, retry: SOON };
    let socket = use_ws(&url, FIRST, times, |_| ()).unwrap();
    let closes = closes(&socket);
    // 1008 says that it's of no use; this wrapper doesn't care.
    for (code, goes_on) in [(1001, true), (1008, true), (4000, true), (1000, false)] {
        let mut server = accept_one(&listener);
        server.close(Some(CloseFrame::new(code, "").unwrap())).unwrap();
        let close = closes.recv().unwrap();
        assert_eq!(close.code.get(), code);
        assert_eq!(close.next != Next::Never, goes_on, "{code}");
    }
}
