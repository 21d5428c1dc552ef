//! How the handler's end is its connection's.

use std::sync::mpsc;

use wirebeat_std::{CloseCode, Reason, ServeError};

use super::*;

#[test]
fn a_panic_ends_its_own_connection_alone() {
    let (server, url) = server();
    let (sender, errors) = mpsc::channel();
    let serving = server
        .on_error(move |error| sender.send(error).unwrap())
        .start(|pending| {
            let mut socket = pending.accept().unwrap();
            while let Some(message) = socket.recv() {
                assert_ne!(message, Message::from("die"), "as the test wants it");
                socket.send(message).unwrap();
            }
        })
        .unwrap();
    let (mut lives, mut dies) = (connect(&url), connect(&url));
    assert_echoes(&mut lives);
    assert_echoes(&mut dies);
    dies.send("die").unwrap();
    assert_eq!(dies.recv(), None);
    let closed = dies.closed().unwrap();
    assert_eq!((closed.code, closed.was_clean), (CloseCode::INTERNAL_ERROR, true));
    assert!(matches!(errors.recv().unwrap(), ServeError::Panicked));
    assert_echoes(&mut lives);
    assert_echoes(&mut connect(&url));
    drop(lives);
    assert_eq!(serving.shutdown().dropped, 0);
}

#[test]
fn a_panic_before_the_answer_leaves_no_connection() {
    let (server, url) = server();
    let (sender, errors) = mpsc::channel();
    let server = server.connections_max(1).on_error(move |error| sender.send(error).unwrap());
    let serving = server.start(|_| panic!("as the test wants it")).unwrap();
    for _ in 0..2 {
        let result = wirebeat_std::connect(&url);
        assert!(matches!(result, Err(wirebeat_std::ConnectError::Handshake(_))), "{result:?}");
        assert!(matches!(errors.recv().unwrap(), ServeError::Panicked));
    }
    assert_eq!(serving.shutdown().dropped, 0);
}

#[test]
fn a_panic_in_the_log_is_nothing_to_the_server() {
    let (server, url) = server();
    let server = server.on_error(|error| panic!("as the test wants it: {error}"));
    let serving = server.start(echo).unwrap();
    let mut raw = support::Raw::dial(&url);
    raw.write(b"HELO\r\n\r\n");
    raw.read_to_end().unwrap();
    assert_echoes(&mut connect(&url));
    assert_eq!(serving.shutdown().dropped, 0);
}

/// The closing handshake is gone through, although nobody calls for it.
#[test]
fn a_handler_that_returns_closes_its_connection() {
    let (server, url) = server();
    let serving = server.start(|pending| drop(pending.accept().unwrap())).unwrap();
    let mut socket = connect(&url);
    assert_eq!(socket.recv(), None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.code, closed.was_clean), (CloseCode::GOING_AWAY, true));
    assert_eq!(serving.shutdown().dropped, 0);
}

#[test]
fn halves_that_outlive_the_handler_are_closed_with_it() {
    let (server, url) = server();
    let (sender, halves) = mpsc::channel();
    let serving = server
        .start(move |pending| {
            let (ours, theirs) = pending.accept().unwrap().split();
            ours.send("welcome").unwrap();
            sender.send((ours, theirs)).unwrap();
        })
        .unwrap();
    let mut socket = connect(&url);
    assert_eq!(socket.recv(), Some(Message::from("welcome")));
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().code, CloseCode::GOING_AWAY);
    let (sender, mut receiver) = halves.recv().unwrap();
    assert_eq!(receiver.recv(), None);
    assert_eq!(sender.closed().unwrap().cause.reason, Reason::ClosedByUs);
    assert_eq!(serving.shutdown().dropped, 0);
}

#[test]
fn two_threads_may_use_a_served_connection_at_once() {
    let (server, url) = server();
    let serving = server
        .start(|pending| {
            let (sender, mut receiver) = pending.accept().unwrap().split();
            let clone = sender.clone();
            let writer =
                std::thread::spawn(move || (0..1000).for_each(|_| clone.send("tick").unwrap()));
            while let Some(message) = receiver.recv() {
                sender.send(message).unwrap();
            }
            writer.join().unwrap();
        })
        .unwrap();
    let mut socket = connect(&url);
    let (mut ticks, mut echoes) = (0, 0);
    for _ in 0..1000 {
        socket.send("tock").unwrap();
    }
    while (ticks, echoes) != (1000, 1000) {
        match socket.recv().unwrap().as_text() {
            Some("tick") => ticks += 1,
            other => {
                assert_eq!(other, Some("tock"));
                echoes += 1;
            }
        }
    }
    assert!(socket.close(None).unwrap().was_clean);
    assert_eq!(serving.shutdown().dropped, 0);
}
