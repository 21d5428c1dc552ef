//! The browser's object against servers of other libraries, over real sockets: what a page would see.
#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use wirebeat::session::{Backoff, Next, Reconnect};
use wirebeat::websocket::{BinaryType, Event, EventType, MessageData, Scope, WebSocket};
use wirebeat::{ReadyState, Seed, Timestamp};
use wirebeat_tests::content::{binary, hex, text};
use wirebeat_tests::page::drive;
use wirebeat_tests::peers::{Library, Server, Transport, each};

/// A line for each event, with the state that its handlers saw.
type Log = Arc<Mutex<Vec<String>>>;

fn seed() -> Seed {
    Seed::new([7; 32])
}

fn line(scope: &Scope<'_>, event: &Event) -> String {
    let rs = scope.ready_state() as u8;
    match event {
        Event::Open => format!("open {rs} {:?}", scope.protocol()),
        Event::Message(message) => match &message.data {
            MessageData::Text(text) => format!("message {rs} text {}", text.len()),
            MessageData::Blob(blob) => format!("message {rs} blob {}", blob.size()),
            MessageData::ArrayBuffer(buffer) => format!("message {rs} buffer {}", hex(buffer)),
        },
        Event::Error => format!("error {rs}"),
        Event::Close(close) => format!(
            "close {rs} {} {:?} {}",
            close.code.get(),
            &*close.reason,
            if close.was_clean { "clean" } else { "not clean" }
        ),
    }
}

fn logged(socket: &mut WebSocket) -> Log {
    let log = Log::default();
    for event_type in EventType::ALL {
        let log = log.clone();
        socket.add_event_listener(event_type, move |scope, event| {
            log.lock().expect("no panic held it").push(line(scope, event));
        });
    }
    log
}

/// Drives a page to its end. Returns what it saw.
fn run(mut socket: WebSocket, page: impl FnOnce(&mut WebSocket)) -> Vec<String> {
    let log = logged(&mut socket);
    page(&mut socket);
    drive(&mut socket);
    assert_eq!(socket.ready_state(), ReadyState::Closed);
    log.lock().expect("no panic held it").clone()
}

fn new(url: &str, protocols: &[&str]) -> WebSocket {
    WebSocket::new(url, protocols, seed(), Timestamp::ZERO).expect("a good URL")
}

#[test]
fn messages_of_every_kind_come_back_and_the_close_is_clean() {
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tcp).unwrap();
        let long = text(300_000);
        let seen = run(new(&server.url("/echo"), &["superchat"]), |socket| {
            socket.on_open(move |socket| {
                socket.send(&*long).unwrap();
                socket.send(binary(70_000)).unwrap();
                socket.send(&[7; 3]).unwrap();
                socket.send("").unwrap();
            });
            let mut messages = 0;
            socket.on_message(move |socket, event| {
                messages += 1;
                match messages {
                    1 => assert_eq!(event.data.as_text(), Some(&*text(300_000))),
                    2 => {
                        assert_eq!(event.data.as_bytes(), binary(70_000));
                        socket.set_binary_type(BinaryType::ArrayBuffer);
                    }
                    4 => socket.close(Some((3001, "that was all"))).unwrap(),
                    _ => {}
                }
            });
        });
        let (code, reason) = library.answer_to(3001, "that was all");
        assert_eq!(
            seen,
            [
                "open 1 \"superchat\"",
                "message 1 text 300000",
                "message 1 blob 70000",
                "message 1 buffer 070707",
                "message 1 text 0",
                &format!("close 3 {code} {reason:?} clean"),
            ]
        );
    });
}

#[test]
fn a_server_that_closes_says_why() {
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tcp).unwrap();
        let url = server.url("/close?code=4001&reason=enough");
        assert_eq!(run(new(&url, &[]), |_| {}), ["open 1 \"\"", "close 3 4001 \"enough\" clean"]);
    });
}

#[test]
fn a_refusal_a_server_that_drops_and_one_that_is_not_there_fail() {
    const FAILED: [&str; 2] = ["error 3", "close 3 1006 \"\" not clean"];
    each(Library::SERVERS, |library| {
        let mut server = Server::start(library, Transport::Tcp).unwrap();
        assert_eq!(run(new(&server.url("/reject?status=401"), &[]), |_| {}), FAILED);
        // It knows none of these: browsers fail.
        assert_eq!(run(new(&server.url("/echo"), &["soap"]), |_| {}), FAILED);

        let seen = run(new(&server.url("/drop?after=1"), &[]), |socket| {
            socket.on_open(|socket| socket.send("last").unwrap());
        });
        assert_eq!(seen[..2], ["open 1 \"\"", "message 1 text 4"]);
        assert_eq!(seen[2..], FAILED);

        let url = server.url("/echo");
        server.kill().unwrap();
        assert_eq!(run(new(&url, &[]), |_| {}), FAILED);
    });
}

#[test]
fn one_that_reconnects_opens_again_after_every_drop_until_it_is_closed() {
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tcp).unwrap();
        let policy = Reconnect::with(Backoff::fixed(Duration::from_millis(20)));
        let socket = WebSocket::with_reconnect(
            &server.url("/drop?after=1"),
            &[],
            policy,
            seed(),
            Timestamp::ZERO,
        )
        .unwrap();
        let seen = run(socket, |socket| {
            socket.send(Timestamp::ZERO, "before the first").unwrap();
            let mut closed = 0;
            socket.on_close(move |socket, event| {
                closed += 1;
                if closed < 3 {
                    assert!(matches!(event.next, Next::At(_)), "{event:?}");
                    socket.send("between two").unwrap();
                } else if closed == 3 {
                    socket.close(None).unwrap();
                }
            });
        });
        let dropped = |text: &str| {
            let message = format!("message 1 text {}", text.len());
            ["open 1 \"\"", &message, "error 3", "close 3 1006 \"\" not clean"].map(String::from)
        };
        let connections =
            [dropped("before the first"), dropped("between two"), dropped("between two")].concat();
        assert_eq!(seen[..12], connections);
        // The last word: no connection follows.
        assert_eq!(seen[12..], ["error 3", "close 3 1006 \"\" not clean"]);
    });
}
