use std::time::Duration;

use futures_util::StreamExt;
use wirebeat_tokio::{Config, Kind, Message, ReadyState, Reason, SessionConfig, SessionEvent};

use crate::rig::{SECOND, accept_on, patient, start, until_open};

/// The server's write stall is what shows that the client has stopped to read.
#[tokio::test(start_paused = true)]
async fn what_the_application_does_not_take_makes_the_server_wait() {
    let (_session, mut events, mut listener) = start(|builder| builder.reconnect(None));
    let config = Config { write_stall_timeout: Some(30 * SECOND), ..patient() };
    let mut server = accept_on(listener.accept_raw().await, &config).await;
    let mut sent = 0_u32;
    while server.send(sent.to_be_bytes().repeat(4096)).await.is_ok() {
        sent += 1;
        assert!(sent < 10_000, "the client reads on and on");
    }
    while server.recv_event().await.is_some() {}
    assert_eq!(server.closed().unwrap().cause.reason, Reason::WriteStall);
    drop(server);
    // All that came before is handed over, in order.
    let mut received = 0_u32;
    while let Some(message) = events.recv().await {
        assert_eq!(message.as_bytes()[..4], u32::to_be_bytes(received));
        received += 1;
    }
    assert!(0 < received && received <= sent, "{received} of {sent}");
}

/// A heartbeat stands still while the application takes nothing, and nobody is held to be dead.
#[tokio::test(start_paused = true)]
async fn an_application_that_is_away_for_an_hour_finds_the_connection_and_all_that_came() {
    let heartbeat = wirebeat_tokio::Heartbeat::pings(SECOND, SECOND);
    let (session, mut events, mut listener) = start(|builder| builder.heartbeat(Some(heartbeat)));
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    let serving = tokio::spawn(async move {
        for number in 0..500_u32 {
            server.send(number.to_be_bytes().repeat(1024)).await.unwrap();
        }
        server.recv().await
    });
    tokio::time::sleep(3600 * SECOND).await;
    for number in 0..500_u32 {
        assert_eq!(events.recv().await.unwrap().as_bytes()[..4], number.to_be_bytes());
    }
    session.send("all of it").unwrap();
    assert_eq!(serving.await.unwrap(), Some(Message::from("all of it")));
}

#[tokio::test(start_paused = true)]
async fn long_messages_pass_in_both_directions_at_once() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    let echo = tokio::spawn(async move {
        while let Some(message) = server.recv().await {
            server.send(message).await.unwrap();
        }
    });
    let long: Vec<Message<'static>> =
        (1..4_u8).map(|byte| Message::from(vec![byte; 3 * 1024 * 1024])).collect();
    for message in &long {
        session.send(message.borrow()).unwrap();
    }
    for message in &long {
        assert_eq!(events.recv().await.as_ref(), Some(message));
    }
    session.close(None);
    echo.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sender_waits_for_room_until_it_is_over() {
    let config = SessionConfig {
        connection: Config { send_queue_len_max: 1024, ..patient() },
        outbox_messages_max: 1,
        ..SessionConfig::default()
    };
    let (session, _events, mut listener) = start(|builder| builder.config(config));
    let mine = session.clone();
    let sender = tokio::spawn(async move {
        for number in 0..1000_u32 {
            mine.send_when_ready(number.to_be_bytes().repeat(1024)).await.unwrap();
        }
        // Nobody reads these, so that there is room only for so many.
        while mine.send_when_ready(vec![0; 1024 * 1024]).await.is_ok() {}
    });
    let mut server = listener.accept().await;
    for number in 0..1000_u32 {
        assert_eq!(server.recv().await.unwrap().as_bytes()[..4], number.to_be_bytes());
    }
    session.close(None);
    sender.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_stops_to_wait_has_sent_nothing() {
    let config = SessionConfig { outbox_messages_max: 1, ..SessionConfig::default() };
    let (session, mut events, mut listener) = start(|builder| builder.config(config));
    session.send("first").unwrap();
    // Nobody has accepted yet.
    let waiting = tokio::time::timeout(Duration::from_millis(1), session.send_when_ready("second"));
    assert!(waiting.await.is_err());
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    session.send("third").unwrap();
    assert_eq!(server.recv().await, Some(Message::from("first")));
    assert_eq!(server.recv().await, Some(Message::from("third")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_tasks_may_send_and_each_ones_order_is_kept() {
    let (session, _events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    let tasks: Vec<_> = (0..4_u8)
        .map(|task| {
            let session = session.clone();
            tokio::spawn(async move {
                for number in 0..250_u8 {
                    session.send(vec![task, number]).unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut next = [0; 4];
    for _ in 0..1000 {
        let message = server.recv().await.unwrap();
        let &[task, number] = message.as_bytes() else { panic!("{message:?}") };
        assert_eq!(number, next[usize::from(task)]);
        next[usize::from(task)] += 1;
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn pings_and_parts_of_messages_go_out_on_the_open_connection() {
    let (session, mut events, mut listener) = start(|builder| builder);
    assert!(session.ping("too early").is_err());
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.ping("now").unwrap();
    assert_eq!(session.send_fragment(Some(Kind::Text), "in two ", false), Ok(None));
    let id = session.send_fragment(None, "parts", true).unwrap();
    assert_eq!(server.recv().await, Some(Message::from("in two parts")));
    assert!(id.is_some());
    // As a stream, too.
    let serving = tokio::spawn(async move { server.recv().await });
    assert!(matches!(events.next().await, Some(SessionEvent::Pong { .. })));
    drop(session);
    assert_eq!(serving.await.unwrap(), None);
    assert!(events.map(|_| ()).count().await > 0);
}

/// An application that selects drops `recv` all the time.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_stops_to_wait_loses_nothing() {
    let (_session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    let serving = tokio::spawn(async move {
        for number in 0..100_u32 {
            server.send(number.to_string()).await.unwrap();
            tokio::time::sleep(SECOND).await;
        }
        server
    });
    let mut received = 0;
    while received < 100 {
        let moment = Duration::from_millis(300);
        if let Ok(message) = tokio::time::timeout(moment, events.recv()).await {
            assert_eq!(message, Some(Message::from(received.to_string())));
            received += 1;
        }
    }
    drop(serving.await.unwrap());
}
