use std::sync::mpsc;

use wirebeat_std::browser::WebSocket;
use wirebeat_std::{CloseCode, Message};

use crate::rig::{accept_one, listen, tell};
use crate::support::Raw;

#[test]
fn the_last_handle_of_an_open_one_closes_it_with_1001_and_no_handler_is_called() {
    let (url, listener) = listen();
    let mut seen = None;
    let socket = WebSocket::new(&url, |scope| seen = Some(tell(scope))).unwrap();
    let seen = seen.unwrap();
    let mut server = accept_one(&listener);
    seen.recv().unwrap();
    socket.clone().send("before it goes").unwrap();
    drop(socket);
    assert_eq!(server.recv(), Some(Message::from("before it goes")));
    assert_eq!(server.recv(), None);
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
    // The handlers are dropped, and their ends of the channel with them.
    assert_eq!(seen.recv(), Err(mpsc::RecvError));
}

#[test]
fn the_last_handle_fails_what_is_not_open_yet() {
    let (url, listener) = listen();
    let socket = WebSocket::new(&url, |_| ()).unwrap();
    let mut server = Raw(listener.accept().unwrap().0);
    server.read_head();
    drop(socket);
    assert_eq!(server.read_to_end().unwrap_or_default(), b"");
}

#[test]
fn a_handle_that_a_handler_holds_keeps_it_until_the_handler_goes() {
    let (url, listener) = listen();
    let socket = WebSocket::new(&url, |_| ()).unwrap();
    let kept = socket.clone();
    socket.run(move |scope| {
        scope.on_message(move |scope, _| {
            kept.send("still there").unwrap();
            scope.set_handler(wirebeat_std::browser::EventType::Message, None);
        });
    });
    drop(socket);
    let mut server = accept_one(&listener);
    server.send("anybody?").unwrap();
    assert_eq!(server.recv(), Some(Message::from("still there")));
    assert_eq!(server.recv(), None);
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
}
