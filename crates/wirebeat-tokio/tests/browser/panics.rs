use tokio::sync::mpsc::unbounded_channel;
use wirebeat_tokio::Message;
use wirebeat_tokio::browser::Event;

use crate::rig::start;

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_is_said_so_and_the_others_and_the_connection_go_on() {
    let (sender, mut panics) = unbounded_channel();
    let (socket, mut seen, mut listener) = start(
        |builder| builder.on_panic(move |panic| sender.send(panic.message.clone()).unwrap()),
        |scope| scope.on_message(|_, event| panic!("no good: {:?}", event.data.as_text())),
    );
    let mut server = listener.accept().await;
    assert_eq!(seen.recv().await.unwrap().1, Event::Open);
    for text in ["one", "two"] {
        server.send(text).await.unwrap();
        assert_eq!(panics.recv().await.unwrap(), Some(format!("no good: Some({text:?})")));
        // The listener before or behind it hears the same event.
        let (_, Event::Message(message)) = seen.recv().await.unwrap() else { panic!() };
        assert_eq!(message.data.as_text(), Some(text));
    }
    socket.run(|_| panic!("neither is a function that is run"));
    let message = panics.recv().await.unwrap();
    assert_eq!(message.as_deref(), Some("neither is a function that is run"));
    socket.send("still there").unwrap();
    assert_eq!(server.recv().await, Some(Message::from("still there")));
}

#[tokio::test(start_paused = true)]
async fn one_who_panics_when_told_of_a_panic_does_no_harm() {
    let (_socket, _seen, mut listener) = start(
        |builder| builder.on_panic(|_| panic!("this one too")),
        |scope| {
            scope.on_open(|_| panic!("no good"));
            scope.on_message(|socket, _| socket.send("heard").unwrap());
        },
    );
    let mut server = listener.accept().await;
    server.send("anybody?").await.unwrap();
    assert_eq!(server.recv().await, Some(Message::from("heard")));
}
