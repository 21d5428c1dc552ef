use std::sync::Mutex;
use std::sync::mpsc::{self, TryRecvError};

use tokio::io::AsyncReadExt;
use wirebeat_tokio::{Backoff, CloseCode, Event, Message, Reason, Reconnect, SessionEvent};

use crate::rig::{SECOND, builder, start, until_closed, until_open, until_tasks_are};

#[tokio::test(start_paused = true)]
async fn the_last_handle_of_an_open_connection_closes_it_with_1001_behind_what_was_sent() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    let other = session.clone();
    drop(session);
    other.send("from the other handle").unwrap();
    drop(other);
    assert_eq!(server.recv().await, Some(Message::from("from the other handle")));
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
    drop(server);
    assert!(until_closed(&mut events).await.is_final());
    assert_eq!(events.recv_event().await, None);
    until_tasks_are(0).await;
}

/// It's waited for no longer than the times of its configuration say.
#[tokio::test(start_paused = true)]
async fn no_task_is_left_of_a_session_whose_server_does_not_answer_its_close() {
    let (session, events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    session.send("read nothing behind this").unwrap();
    assert!(server.recv().await.is_some());
    drop((session, events));
    let metrics = tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 1);
    while metrics.num_alive_tasks() > 0 {
        tokio::time::sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_gives_up_what_waits_to_retry() {
    let day = Reconnect::with(Backoff::fixed(86_400 * SECOND));
    let (session, mut events, listener) = start(|builder| builder.reconnect(Some(day)));
    drop(listener);
    assert!(!until_closed(&mut events).await.is_final());
    drop(session);
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Aborted);
    assert_eq!(events.recv_event().await, None);
    until_tasks_are(0).await;
}

#[tokio::test]
async fn the_last_handle_gives_up_what_is_being_dialed() {
    let (held, gone) = mpsc::channel::<()>();
    let connector = move |_, _| {
        let held = held.clone();
        async move {
            let result = std::future::pending::<std::io::Result<tokio::net::TcpStream>>().await;
            drop(held);
            result
        }
    };
    let (session, mut events) = builder("ws://localhost/").connector(connector).connect().unwrap();
    assert!(matches!(events.recv_event().await, Some(SessionEvent::Dialing(_))));
    assert_eq!(gone.try_recv(), Err(TryRecvError::Empty));
    drop(session);
    assert_eq!(until_closed(&mut events).await.closed.cause.reason, Reason::Aborted);
    assert_eq!(events.recv_event().await, None);
    until_tasks_are(0).await;
    assert_eq!(gone.try_recv(), Err(TryRecvError::Disconnected));
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_fails_a_connection_that_is_not_open_yet() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept_raw().await;
    let mut sent = vec![0; 4096];
    let len = server.read(&mut sent).await.unwrap();
    assert!(sent[..len].ends_with(b"\r\n\r\n"));
    drop(session);
    assert_eq!(until_closed(&mut events).await.closed.cause.reason, Reason::Aborted);
    assert_eq!(server.read(&mut sent).await.unwrap(), 0);
    assert_eq!(events.recv_event().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_of_what_is_over_changes_nothing() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    session.close(None);
    assert_eq!(server.recv().await, None);
    drop(server);
    assert!(until_closed(&mut events).await.is_final());
    drop(session);
    assert_eq!(events.recv_event().await, None);
    until_tasks_are(0).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_receiver_pings_are_answered_and_messages_thrown_away() {
    let (session, events, mut listener) = start(|builder| builder);
    drop(events);
    let mut server = listener.accept().await;
    for _ in 0..1000 {
        server.send(vec![0; 1024]).await.unwrap();
    }
    server.ping("are you there?").await.unwrap();
    let Some(Event::Pong { payload, .. }) = server.recv_event().await else { panic!() };
    assert_eq!(payload.as_ref(), b"are you there?");
    drop(session);
    assert_eq!(server.recv().await, None);
}

/// What the policy holds is dropped with the session, when neither a handle nor the receiver nor the
/// task has it any more.
#[tokio::test(start_paused = true)]
async fn nothing_is_left_when_nobody_holds_the_session_and_it_is_over() {
    let (held, gone) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let policy = Reconnect::default().should_reconnect(move |_| held.lock().is_ok());
    let (session, mut events, mut listener) = start(|builder| builder.reconnect(Some(policy)));
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    drop(events);
    assert_eq!(gone.try_recv(), Err(TryRecvError::Empty));
    drop(session);
    assert_eq!(server.recv().await, None);
    drop(server);
    until_tasks_are(0).await;
    assert_eq!(gone.try_recv(), Err(TryRecvError::Disconnected));
}
