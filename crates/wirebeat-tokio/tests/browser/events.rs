use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;
use wirebeat_tokio::browser::{
    BinaryType, CloseArgumentError, ConstructError, Event, EventType, MessageData, SendErrorReason,
    StartError, WebSocket,
};
use wirebeat_tokio::{Acceptance, CloseCode, Message, OriginPolicy, ReadyState, accept};

use crate::rig::{start, until_close};

#[tokio::test(start_paused = true)]
async fn events_come_in_order_each_with_its_state() {
    let (socket, mut seen, mut listener) = start(
        |builder| builder,
        |scope| {
            scope.on_open(|socket| socket.send("hello").unwrap());
            scope.on_message(|socket, _| socket.close(Some((3000, "enough"))).unwrap());
        },
    );
    let mut server = listener.accept().await;
    assert_eq!(server.recv().await, Some(Message::from("hello")));
    server.send("hello yourself").await.unwrap();
    assert_eq!(server.recv().await, None);
    let closed = server.closed().unwrap();
    assert_eq!((closed.code.get(), &*closed.reason), (3000, "enough"));
    drop(server);

    assert_eq!(seen.recv().await.unwrap(), (ReadyState::Open, Event::Open));
    let (state, Event::Message(message)) = seen.recv().await.unwrap() else { panic!() };
    assert_eq!((state, message.data.as_text()), (ReadyState::Open, Some("hello yourself")));
    let (state, Event::Close(close)) = seen.recv().await.unwrap() else { panic!() };
    assert_eq!((state, close.code.get(), close.was_clean), (ReadyState::Closed, 3000, true));
    assert_eq!(socket.ready_state(), ReadyState::Closed);
    assert!(socket.closed().unwrap().is_final());
    // As in the browser, that's no error, and the bytes are counted for ever.
    socket.send("too late").unwrap();
    assert_eq!(socket.buffered_amount(), 8);
}

#[tokio::test(start_paused = true)]
async fn what_the_request_says_and_the_answer_is_seen() {
    let (socket, mut seen, mut listener) = start(
        |builder| builder.protocols(["v2", "v1"]).header("X-Token", "7").origin("https://h"),
        |_| (),
    );
    let stream = listener.accept_raw().await;
    let pending = accept(stream, OriginPolicy::Any).await.unwrap();
    assert_eq!(pending.request().headers().get_str("X-Token"), Some("7"));
    assert_eq!(pending.request().subprotocols().collect::<Vec<_>>(), ["v2", "v1"]);
    let _server = pending.accept_with(&Acceptance::new().subprotocol("v1")).await.unwrap();
    seen.recv().await.unwrap();
    assert_eq!((&*socket.protocol(), &*socket.extensions()), ("v1", ""));
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_an_error_and_a_close_and_the_reason_is_told_to_the_application_alone() {
    let (socket, mut seen, listener) = start(|builder| builder, |_| ());
    drop(listener);
    assert_eq!(seen.recv().await.unwrap(), (ReadyState::Closed, Event::Error));
    let close = until_close(&mut seen).await;
    assert_eq!((close.code, close.was_clean), (CloseCode::ABNORMAL, false));
    let cause = socket.closed().unwrap().closed.cause;
    assert!(cause.to_string().contains("refused"), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn what_the_browser_throws_is_an_error_of_the_call() {
    let error = WebSocket::new("ftp://h/", |_| panic!("nothing is set up")).unwrap_err();
    assert!(matches!(error, StartError::Construct(ConstructError::Scheme(_))), "{error:?}");
    let (socket, _seen, _listener) = start(|builder| builder, |_| ());
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

#[tokio::test(start_paused = true)]
async fn a_handle_in_a_handler_sees_what_belongs_to_the_event_and_waits_for_nothing() {
    let (sender, mut states) = unbounded_channel();
    let (socket, _seen, mut listener) = start(|builder| builder, |_| ());
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
    let mut server = listener.accept().await;
    // What's done by the scope is done at once.
    assert_eq!(server.recv().await, Some(Message::from("by the scope")));
    assert_eq!(server.recv().await, Some(Message::from("by the handle")));
    assert_eq!(server.recv().await, None);
    assert_eq!(states.recv().await.unwrap(), ReadyState::Open);
    assert_eq!(states.recv().await.unwrap(), ReadyState::Closing);
}

#[tokio::test(start_paused = true)]
async fn binary_messages_are_what_was_asked_for_and_listeners_come_and_go() {
    let mut once = None;
    let (socket, mut seen, mut listener) = start(
        |builder| builder,
        |scope| {
            once = Some(scope.add_event_listener(EventType::Message, |socket, _| {
                socket.set_binary_type(BinaryType::ArrayBuffer);
            }));
        },
    );
    let once = once.unwrap();
    let mut server = listener.accept().await;
    seen.recv().await.unwrap();
    let mut data = async || {
        server.send(vec![1, 2, 3]).await.unwrap();
        match seen.recv().await.unwrap() {
            (_, Event::Message(message)) => message.data,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(data().await, MessageData::Blob(_)));
    assert!(matches!(data().await, MessageData::ArrayBuffer(_)));
    let (sender, done) = oneshot::channel();
    socket.run(move |scope| sender.send(scope.remove_event_listener(once)).unwrap());
    assert!(done.await.unwrap());
    socket.set_binary_type(BinaryType::Blob);
    // It's asked for before the server is, and done before the message comes.
    assert!(matches!(data().await, MessageData::Blob(_)));
    assert!(matches!(data().await, MessageData::Blob(_)));
}
