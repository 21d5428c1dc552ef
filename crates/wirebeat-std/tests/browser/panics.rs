use std::sync::mpsc;

use wirebeat_std::Message;
use wirebeat_std::browser::{Event, WebSocket};

use crate::rig::{accept_one, listen, tell};

#[test]
fn a_handler_that_panics_is_said_so_and_the_others_and_the_connection_go_on() {
    let (url, listener) = listen();
    let (sender, panics) = mpsc::channel();
    let mut seen = None;
    let socket = WebSocket::builder(&url)
        .on_panic(move |panic| sender.send(panic.message.clone()).unwrap())
        .connect(|scope| {
            scope.on_message(|_, event| panic!("no good: {:?}", event.data.as_text()));
            seen = Some(tell(scope));
        })
        .unwrap();
    let seen = seen.unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(seen.recv().unwrap().1, Event::Open);
    for text in ["one", "two"] {
        server.send(text).unwrap();
        assert_eq!(panics.recv().unwrap(), Some(format!("no good: Some({text:?})")));
        // The listener behind it hears the same event.
        let (_, Event::Message(message)) = seen.recv().unwrap() else { panic!() };
        assert_eq!(message.data.as_text(), Some(text));
    }
    socket.run(|_| panic!("neither is a function that is run"));
    let message = panics.recv().unwrap();
    assert_eq!(message.as_deref(), Some("neither is a function that is run"));
    socket.send("still there").unwrap();
    assert_eq!(server.recv(), Some(Message::from("still there")));
}

#[test]
fn one_who_panics_when_told_of_a_panic_does_no_harm() {
    let (url, listener) = listen();
    let _socket = WebSocket::builder(&url)
        .on_panic(|_| panic!("this one too"))
        .connect(|scope| {
            scope.on_open(|_| panic!("no good"));
            scope.on_message(|socket, _| socket.send("heard").unwrap());
        })
        .unwrap();
    let mut server = accept_one(&listener);
    server.send("anybody?").unwrap();
    assert_eq!(server.recv(), Some(Message::from("heard")));
}
