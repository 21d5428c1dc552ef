use std::sync::Arc;

use tokio::io::AsyncReadExt;
use wirebeat_tokio::browser::{EventType, StartError, WebSocket};
use wirebeat_tokio::{CloseCode, Message, ReadyState};

use crate::rig::{URL, start, until_tasks_are};

#[tokio::test(start_paused = true)]
async fn the_last_handle_of_an_open_one_closes_it_with_1001_and_no_handler_is_called() {
    let (socket, mut seen, mut listener) = start(|builder| builder, |_| ());
    let mut server = listener.accept().await;
    seen.recv().await.unwrap();
    socket.clone().send("before it goes").unwrap();
    drop(socket);
    assert_eq!(server.recv().await, Some(Message::from("before it goes")));
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
    // The handlers are dropped, and their ends of the channel with them.
    assert!(seen.recv().await.is_none());
    drop(server);
    until_tasks_are(0).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_fails_what_is_not_open_yet() {
    let (socket, _seen, mut listener) = start(|builder| builder, |_| ());
    let mut server = listener.accept_raw().await;
    let mut sent = vec![0; 4096];
    assert!(server.read(&mut sent).await.unwrap() > 0);
    drop(socket);
    assert_eq!(server.read(&mut sent).await.unwrap(), 0);
    until_tasks_are(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_a_handler_holds_keeps_it_until_the_handler_goes() {
    let (socket, _seen, mut listener) = start(|builder| builder, |_| ());
    let kept = socket.clone();
    socket.run(move |scope| {
        scope.on_message(move |scope, _| {
            kept.send("still there").unwrap();
            scope.set_handler(EventType::Message, None);
        });
    });
    drop(socket);
    let mut server = listener.accept().await;
    server.send("anybody?").await.unwrap();
    assert_eq!(server.recv().await, Some(Message::from("still there")));
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
    drop(server);
    until_tasks_are(0).await;
}

/// What handlers hold is dropped with it, although one of them holds the last handle.
#[test]
fn a_runtime_that_is_shut_down_takes_it_along() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = Arc::new(());
    let holding = Arc::clone(&held);
    let socket = runtime.block_on(async {
        let (socket, mut seen, mut listener) = start(|builder| builder, |_| ());
        let _server = listener.accept().await;
        seen.recv().await.unwrap();
        let mine = socket.clone();
        socket.run(move |scope| {
            scope.on_message(move |_, _| mine.send(format!("{holding:?}")).unwrap());
        });
        socket
    });
    drop(runtime);
    assert_eq!(socket.ready_state(), ReadyState::Closed);
    socket.send("as in the browser, that's no error").unwrap();
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn without_a_runtime_it_is_refused_and_says_so() {
    let error = WebSocket::new(URL, |_| panic!("nothing is set up")).unwrap_err();
    assert!(matches!(error, StartError::NoRuntime), "{error:?}");
    assert!(error.to_string().contains("runtime"), "{error}");
}
