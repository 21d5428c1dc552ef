//! How a server stops: nobody new, 1001 to all, and a deadline.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use wirebeat_std::{AcceptError, CloseCode, ConnectError, Stopped};

use super::*;
use crate::support::Raw;

/// Long enough to be reached by a test that wants to.
const MOMENT: Duration = Duration::from_millis(50);

fn assert_told_to_go(socket: &mut WebSocket<TcpStream>) {
    assert_eq!(socket.recv(), None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.code, closed.was_clean), (CloseCode::GOING_AWAY, true), "{closed:?}");
}

#[test]
fn idle_clients_are_told_that_the_server_goes_away() {
    let (server, url) = server();
    let serving = server.start(echo).unwrap();
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let mut socket = connect(&url);
            assert_echoes(&mut socket);
            thread::spawn(move || assert_told_to_go(&mut socket))
        })
        .collect();
    assert_eq!(serving.shutdown(), Stopped { dropped: 0 });
    clients.into_iter().for_each(|client| client.join().unwrap());
}

#[test]
fn nobody_new_is_let_in() {
    let (server, url) = server();
    let serving = server.start(echo).unwrap();
    assert_echoes(&mut connect(&url));
    serving.shutdown();
    let result = wirebeat_std::connect(&url);
    assert!(matches!(result, Err(ConnectError::Unreachable { .. })), "{result:?}");
}

/// What the handler was given before it's closed, it receives.
#[test]
fn a_client_that_floods_is_told_too() {
    let (server, url) = server();
    let (sender, received) = mpsc::channel();
    let serving = server
        .start(move |pending| {
            let mut socket = pending.accept().unwrap();
            while socket.recv().is_some() {
                let _ = sender.send(());
            }
        })
        .unwrap();
    let client = thread::spawn(move || {
        let mut socket = connect(&url);
        let message = [7; 5000];
        while socket.send(&message).is_ok() {}
        assert_told_to_go(&mut socket);
    });
    for _ in 0..100 {
        received.recv().unwrap();
    }
    assert_eq!(serving.shutdown(), Stopped { dropped: 0 });
    client.join().unwrap();
}

/// Neither side waits for the other to read.
#[test]
fn a_client_that_floods_and_is_flooded_is_told_too() {
    let (server, url) = server();
    let (sender, begun) = mpsc::channel();
    let serving = server
        .start(move |pending| {
            let (ours, mut theirs) = pending.accept().unwrap().split();
            let flood = thread::spawn(move || while ours.send(&[7; 5000]).is_ok() {});
            while theirs.recv().is_some() {
                let _ = sender.send(());
            }
            flood.join().unwrap();
        })
        .unwrap();
    let client = thread::spawn(move || {
        let (ours, mut theirs) = connect(&url).split();
        let flood = thread::spawn(move || while ours.send(&[7; 5000]).is_ok() {});
        while theirs.recv().is_some() {}
        flood.join().unwrap();
        theirs.closed().unwrap().code
    });
    for _ in 0..100 {
        begun.recv().unwrap();
    }
    assert_eq!(serving.shutdown(), Stopped { dropped: 0 });
    assert_eq!(client.join().unwrap(), CloseCode::GOING_AWAY);
}

#[test]
fn a_client_that_never_asks_holds_up_neither_others_nor_the_end() {
    let (server, url) = server();
    let config = wirebeat_std::Config { open_timeout: None, ..support::patient() };
    let serving = server.config(config).start(echo).unwrap();
    let (mut silent, mut halfway) = (Raw::dial(&url), Raw::dial(&url));
    halfway.write(b"GET / HTTP/1.1\r\nHost:");
    let mut socket = connect(&url);
    assert_echoes(&mut socket);
    let client = thread::spawn(move || assert_told_to_go(&mut socket));
    assert_eq!(serving.shutdown(), Stopped { dropped: 0 });
    client.join().unwrap();
    for raw in [&mut silent, &mut halfway] {
        assert!(raw.read_to_end().unwrap_or_default().is_empty());
    }
}

/// A client that isn't there any more to answer the Close, and one that never does.
#[test]
fn a_client_that_does_not_answer_is_dropped_at_the_deadline() {
    let (server, url) = server();
    let config = wirebeat_std::Config { close_timeout: FOR_EVER, ..support::patient() };
    let (sender, ended) = mpsc::channel();
    let serving = server
        .config(config)
        .shutdown_timeout(MOMENT)
        .start(move |pending| {
            let mut socket = pending.accept().unwrap();
            assert_eq!(socket.recv(), None);
            sender.send(socket.closed().unwrap().was_clean).unwrap();
        })
        .unwrap();
    let mut raw = Raw::dial(&url);
    raw.ask_handshake();
    assert_eq!(serving.shutdown(), Stopped { dropped: 1 });
    assert!(!ended.recv().unwrap(), "the handler was woken");
    assert_eq!(raw.read_to_end().unwrap(), [0x88, 2, 0x03, 0xE9], "a Close with 1001");
}

/// Its handler is blocked while it sends, with no room for a Close either.
#[test]
fn a_client_that_reads_nothing_is_dropped_at_the_deadline() {
    let (server, url) = server();
    let (sender, events) = mpsc::channel();
    let serving = server
        .shutdown_timeout(MOMENT)
        .start(move |pending| {
            let mut socket = pending.accept().unwrap();
            sender.send("begun").unwrap();
            while socket.send(&[7; 1 << 20]).is_ok() {}
            sender.send("ended").unwrap();
        })
        .unwrap();
    let mut raw = Raw::dial(&url);
    raw.ask_handshake();
    assert_eq!(events.recv().unwrap(), "begun");
    assert_eq!(serving.shutdown(), Stopped { dropped: 1 });
    assert_eq!(events.recv().unwrap(), "ended");
    drop(raw);
}

/// What it does can't be ended, so it's left behind, and finds its connection closed.
#[test]
fn a_handler_that_does_something_else_is_not_waited_for_after_the_deadline() {
    let (server, url) = server();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let (sender, results) = mpsc::channel();
    let serving = server
        .shutdown_timeout(MOMENT)
        .start(move |pending| {
            let mut socket = pending.accept().unwrap();
            let _ = released.lock().unwrap().recv();
            sender.send(socket.recv()).unwrap();
            sender.send(socket.send("late").err().map(|late| late.unsent.into_owned())).unwrap();
        })
        .unwrap();
    let mut socket = connect(&url);
    assert_eq!(serving.shutdown(), Stopped { dropped: 1 });
    drop(release);
    assert_eq!(results.recv().unwrap(), None);
    assert_eq!(results.recv().unwrap(), Some(Message::from("late")));
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().code, CloseCode::GOING_AWAY);
}

#[test]
fn a_request_that_is_being_decided_on_is_gone() {
    let (server, url) = server();
    let (sender, events) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let serving = server
        .start(move |pending| {
            sender.send(None).unwrap();
            let _ = released.lock().unwrap().recv();
            sender.send(Some(pending.accept().map(drop))).unwrap();
        })
        .unwrap();
    let mut raw = Raw::dial(&url);
    raw.write(support::REQUEST);
    assert!(events.recv().unwrap().is_none());
    serving.stopper().stop();
    assert!(raw.read_to_end().unwrap_or_default().is_empty());
    drop(release);
    let result = events.recv().unwrap().unwrap();
    assert!(matches!(result, Err(AcceptError::Gone(_))), "{result:?}");
    assert_eq!(serving.wait(), Stopped { dropped: 0 });
}

#[test]
fn a_handler_may_stop_the_server() {
    let (server, url) = server();
    let (sender, receiver) = mpsc::channel::<wirebeat_std::Stopper>();
    let receiver = std::sync::Mutex::new(receiver);
    let serving = server
        .start(move |pending| {
            let mut socket = pending.accept().unwrap();
            assert_eq!(socket.recv(), Some(Message::from("stop")));
            receiver.lock().unwrap().recv().unwrap().stop();
            assert_eq!(socket.recv(), None);
        })
        .unwrap();
    sender.send(serving.stopper()).unwrap();
    let mut socket = connect(&url);
    socket.send("stop").unwrap();
    assert_told_to_go(&mut socket);
    assert_eq!(serving.wait(), Stopped { dropped: 0 });
}

#[test]
fn dropping_it_stops_the_server_in_the_background() {
    let (server, url) = server();
    let serving = server.start(echo).unwrap();
    let mut socket = connect(&url);
    assert_echoes(&mut socket);
    drop(serving);
    assert_told_to_go(&mut socket);
    // The listener went before the client was told, so the address is free.
    let address: SocketAddr = url["ws://".len()..].trim_end_matches('/').parse().unwrap();
    assert!(TcpStream::connect(address).is_err());
}
