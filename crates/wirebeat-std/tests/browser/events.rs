use std::sync::mpsc;

use wirebeat_std::browser::{
    BinaryType, CloseArgumentError, ConstructError, Event, EventType, MessageData, SendErrorReason,
    StartError, WebSocket,
};
use wirebeat_std::{CloseCode, Message, ReadyState};

use crate::rig::{accept_one, listen, tell, until_close};

#[test]
fn events_come_in_order_each_with_its_state() {
    let (url, listener) = listen();
    let mut seen = None;
    let socket = WebSocket::new(&url, |scope| {
        seen = Some(tell(scope));
        scope.on_open(|socket| socket.send("hello").unwrap());
        scope.on_message(|socket, _| socket.close(Some((3000, "enough"))).unwrap());
    })
    .unwrap();
    let seen = seen.unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some(Message::from("hello")));
    server.send("hello yourself").unwrap();
    assert_eq!(server.recv(), None);
    let closed = server.closed().unwrap();
    assert_eq!((closed.code.get(), &*closed.reason), (3000, "enough"));

    assert_eq!(seen.recv().unwrap(), (ReadyState::Open, Event::Open));
    let (state, Event::Message(message)) = seen.recv().unwrap() else { panic!() };
    assert_eq!((state, message.data.as_text()), (ReadyState::Open, Some("hello yourself")));
    let (state, Event::Close(close)) = seen.recv().unwrap() else { panic!() };
    assert_eq!((state, close.code.get(), close.was_clean), (ReadyState::Closed, 3000, true));
    assert_eq!(socket.ready_state(), ReadyState::Closed);
    assert!(socket.closed().unwrap().is_final());
    // As in the browser, that's no error, and the bytes are counted for ever.
    socket.send("too late").unwrap();
    assert_eq!(socket.buffered_amount(), 8);
}

#[test]
fn nobody_there_is_an_error_and_a_close_and_the_reason_is_told_to_the_application_alone() {
    let (url, listener) = listen();
    drop(listener);
    let mut seen = None;
    let socket = WebSocket::new(&url, |scope| seen = Some(tell(scope))).unwrap();
    let seen = seen.unwrap();
    assert_eq!(seen.recv().unwrap(), (ReadyState::Closed, Event::Error));
    let close = until_close(&seen);
    assert_eq!((close.code, close.was_clean), (CloseCode::ABNORMAL, false));
    let cause = socket.closed().unwrap().closed.cause;
    assert!(cause.to_string().contains("refused"), "{cause}");
}

#[test]
fn what_the_browser_throws_is_an_error_of_the_call() {
    let error = WebSocket::new("ftp://h/", |_| panic!("nothing is set up")).unwrap_err();
    assert!(matches!(error, StartError::Construct(ConstructError::Scheme(_))), "{error:?}");
    let (url, _listener) = listen();
    let socket = WebSocket::new(&url, |_| ()).unwrap();
    let error = socket.send("too early").unwrap_err();
    assert_eq!(error.reason, SendErrorReason::Connecting);
    assert_eq!(error.unsent, Message::from("too early"));
    assert_eq!(socket.close(Some((1001, ""))), Err(CloseArgumentError::Code(1001)));
    let long = "x".repeat(124);
    assert_eq!(socket.close(Some((1000, &long))), Err(CloseArgumentError::ReasonTooLong(124)));
    assert_eq!(socket.ready_state(), ReadyState::Connecting);
    socket.close(None).unwrap();
    assert!(socket.ready_state() >= ReadyState::Closing);
}

#[test]
fn a_handle_in_a_handler_sees_what_belongs_to_the_event_and_waits_for_nothing() {
    let (url, listener) = listen();
    let (sender, states) = mpsc::channel();
    let socket = WebSocket::builder(&url).connect(|_| ()).unwrap();
    let mine = socket.clone();
    socket.run(move |scope| {
        scope.on_open(move |scope| {
            sender.send(mine.ready_state()).unwrap();
            mine.send("by the handle").unwrap();
            scope.send("by the scope").unwrap();
            mine.close(None).unwrap();
            sender.send(mine.ready_state()).unwrap();
        });
    });
    let mut server = accept_one(&listener);
    // What's done by the scope is done at once.
    assert_eq!(server.recv(), Some(Message::from("by the scope")));
    assert_eq!(server.recv(), Some(Message::from("by the handle")));
    assert_eq!(server.recv(), None);
    assert_eq!(states.recv().unwrap(), ReadyState::Open);
    assert_eq!(states.recv().unwrap(), ReadyState::Closing);
}

#[test]
fn binary_messages_are_what_was_asked_for_and_listeners_come_and_go() {
    let (url, listener) = listen();
    let mut seen = None;
    let mut once = None;
    let socket = WebSocket::new(&url, |scope| {
        seen = Some(tell(scope));
        once = Some(scope.add_event_listener(EventType::Message, |socket, _| {
            socket.set_binary_type(BinaryType::ArrayBuffer);
        }));
    })
    .unwrap();
    let (seen, once) = (seen.unwrap(), once.unwrap());
    let mut server = accept_one(&listener);
    seen.recv().unwrap();
    let data = |server: &mut wirebeat_std::WebSocket<_>| {
        server.send(vec![1, 2, 3]).unwrap();
        match seen.recv().unwrap() {
            (_, Event::Message(message)) => message.data,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(data(&mut server), MessageData::Blob(_)));
    assert!(matches!(data(&mut server), MessageData::ArrayBuffer(_)));
    let (sender, done) = mpsc::channel();
    socket.run(move |scope| sender.send(scope.remove_event_listener(once)).unwrap());
    assert!(done.recv().unwrap());
    socket.set_binary_type(BinaryType::Blob);
    // It's asked for before the server is, and done before the message comes.
    assert!(matches!(data(&mut server), MessageData::Blob(_)));
    assert!(matches!(data(&mut server), MessageData::Blob(_)));
}
