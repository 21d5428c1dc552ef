use tokio::time::timeout;
use wirebeat_tokio::browser::{Event, SendErrorReason};
use wirebeat_tokio::{
    Backoff, Config, DialError, Heartbeat, Message, Next, ReadyState, Reason, Reconnect,
    SessionConfig,
};

use crate::rig::{SECOND, URL, start, until_close};

fn each_second() -> Reconnect {
    Reconnect::with(Backoff::fixed(SECOND))
}

#[tokio::test(start_paused = true)]
async fn one_object_lives_through_many_connections_and_keeps_what_it_is_given() {
    let (socket, mut seen, mut listener) =
        start(|builder| builder.reconnect(each_second()), |_| ());
    socket.send("sent while CONNECTING").unwrap();
    let mut server = listener.accept().await;
    assert_eq!(server.recv().await, Some(Message::from("sent while CONNECTING")));
    assert_eq!(seen.recv().await.unwrap(), (ReadyState::Open, Event::Open));
    drop(server);
    let close = until_close(&mut seen).await;
    assert!(matches!(close.next, Next::At(at) if at > socket.now()));
    // Somebody is there who hangs up, and so on.
    drop(listener.accept_raw().await);
    until_close(&mut seen).await;
    assert_eq!(socket.retry_count(), 2);
    socket.send("sent while nobody was there").unwrap();
    let mut server = listener.accept().await;
    assert_eq!(server.recv().await, Some(Message::from("sent while nobody was there")));
    while seen.recv().await.unwrap().1 != Event::Open {}
    socket.close(Some((1000, ""))).unwrap();
    assert_eq!(server.recv().await, None);
    drop(server);
    assert_eq!(until_close(&mut seen).await.next, Next::Never);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_noticed_if_that_was_asked_for() {
    let reconnecting = SessionConfig::reconnecting(each_second());
    let heartbeat = Some(Heartbeat::messages(5 * SECOND, 5 * SECOND, r#"{"ping":true}"#, None));
    let connection = Config { heartbeat, ..reconnecting.connection.clone() };
    let config = SessionConfig { connection, ..reconnecting };
    let (socket, mut seen, mut listener) = start(|builder| builder.config(config), |_| ());
    let mut silent = listener.accept().await;
    assert_eq!(silent.recv().await, Some(Message::from(r#"{"ping":true}"#)));
    assert_eq!(until_close(&mut seen).await.code.get(), 1006);
    assert_eq!(socket.closed().unwrap().closed.cause.reason, Reason::HeartbeatTimeout);
    let _server = listener.accept().await;
    while seen.recv().await.unwrap().1 != Event::Open {}
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_and_what_does_not_fit_comes_back() {
    let day = Reconnect::with(Backoff::fixed(86_400 * SECOND));
    let config = SessionConfig { outbox_len_max: 10, ..SessionConfig::reconnecting(day) };
    let (socket, mut seen, listener) = start(|builder| builder.config(config), |_| ());
    drop(listener);
    until_close(&mut seen).await;
    let cause = socket.closed().unwrap().closed.cause;
    assert_eq!(cause.reason, Reason::Dial(DialError::Refused));
    socket.send("12345").unwrap();
    socket.send("67890").unwrap();
    assert_eq!(socket.buffered_amount(), 10);
    let error = socket.send("x").unwrap_err();
    assert_eq!((error.reason, error.unsent), (SendErrorReason::Full, Message::from("x")));
}

/// A handler has filled the queue before the task came to what a handle had sent.
#[tokio::test(start_paused = true)]
async fn what_finds_no_room_goes_out_when_there_is_some() {
    let reconnecting = SessionConfig::reconnecting(each_second());
    let connection =
        Config { send_queue_len_max: 10, heartbeat: None, ..reconnecting.connection.clone() };
    let config = SessionConfig { connection, ..reconnecting };
    let (socket, mut seen, mut listener) = start(|builder| builder.config(config), |_| ());
    let mut server = listener.accept().await;
    seen.recv().await.unwrap();
    socket.run(|scope| scope.send("0123456789").unwrap());
    socket.send("abcdefghij").unwrap();
    assert_eq!(server.recv().await, Some(Message::from("0123456789")));
    // Nothing else has the task look within a second.
    let next = timeout(SECOND, server.recv()).await;
    assert_eq!(next.unwrap(), Some(Message::from("abcdefghij")));
    assert_eq!(socket.buffered_amount(), 0);
}

#[tokio::test(start_paused = true)]
async fn it_connects_anew_when_it_is_told_to() {
    let (socket, mut seen, mut listener) = start(|builder| builder, |_| ());
    let mut server = listener.accept().await;
    seen.recv().await.unwrap();
    socket.reconnect();
    assert_eq!(server.recv().await, None);
    drop(server);
    let _server = listener.accept().await;
    until_close(&mut seen).await;
    assert_eq!(seen.recv().await.unwrap(), (ReadyState::Open, Event::Open));
    assert_eq!(socket.url(), URL);
}
