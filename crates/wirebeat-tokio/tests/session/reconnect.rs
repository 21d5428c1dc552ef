use std::time::Duration;

use tokio::time::Instant;
use wirebeat_tokio::{
    CloseCode, CloseFrame, ConnectError, DialError, Heartbeat, Message, Next, ReadyState, Reason,
    Session, SessionEvent, Target, accept,
};

use crate::rig::{SECOND, listen, start, until_closed, until_open};

#[tokio::test(start_paused = true)]
async fn a_server_that_comes_back_gets_what_was_sent_meanwhile_behind_the_greeting() {
    let (session, mut events, mut listener) = start(|builder| builder.greeting("login"));
    let mut first = listener.accept().await;
    until_open(&mut events).await;
    session.send("to the first").unwrap();
    assert_eq!(first.recv().await, Some(Message::from("login")));
    assert_eq!(first.recv().await, Some(Message::from("to the first")));
    let restart = CloseFrame::new(CloseCode::SERVICE_RESTART.get(), "").unwrap();
    first.close(Some(restart)).await.unwrap();
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.code, CloseCode::SERVICE_RESTART);
    assert!(matches!(closed.next, Next::At(at) if at > session.now()));

    let ids = [session.send("one").unwrap(), session.send("two").unwrap()];
    assert!(ids[0] < ids[1]);
    assert_eq!(session.ready_state(), ReadyState::Connecting);
    assert_eq!(session.outbox_messages(), 2);
    let mut second = listener.accept().await;
    for expected in ["login", "one", "two"] {
        assert_eq!(second.recv().await, Some(Message::from(expected)));
    }
    second.send("answer").await.unwrap();
    assert_eq!(events.recv().await, Some(Message::from("answer")));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_with_its_error_and_tried_again_when_the_policy_says() {
    let (session, mut events, listener) = start(|builder| builder);
    drop(listener);
    let begin = Instant::now();
    for (failures, waited) in [(1, Duration::ZERO), (2, SECOND), (3, 2 * SECOND)] {
        let refused = until_closed(&mut events).await;
        assert_eq!(refused.closed.cause.reason, Reason::Dial(DialError::Refused));
        assert_eq!(refused.failures, failures);
        let failure = events.failure();
        assert!(matches!(failure, Some(ConnectError::Unreachable { .. })), "{failure:?}");
        // The policy's second lies between two attempts, and no more.
        let late = begin.elapsed() - waited;
        assert!(late < SECOND / 2, "{late:?}");
    }
    assert_eq!(session.failures(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_is_found_by_the_heartbeat_and_dialed_again() {
    let heartbeat = Heartbeat::pings(20 * SECOND, 20 * SECOND);
    let (session, mut events, mut listener) = start(|builder| builder.heartbeat(Some(heartbeat)));
    let silent = listener.accept().await;
    until_open(&mut events).await;
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::HeartbeatTimeout);
    assert_eq!(closed.closed.code, CloseCode::ABNORMAL);
    assert!(!closed.is_final());
    drop(silent);
    // One that answers is kept for an hour and more.
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    let serving = tokio::spawn(async move { server.recv().await });
    tokio::time::sleep(3600 * SECOND).await;
    assert_eq!(session.ready_state(), ReadyState::Open);
    assert!(session.latency().is_some());
    session.send("still here").unwrap();
    assert_eq!(serving.await.unwrap(), Some(Message::from("still here")));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up_after_the_connect_timeout() {
    let (connector, mut listener) = listen(1024);
    let builder = Session::builder("ws://localhost/").unwrap().connector(connector);
    let (_session, mut events) = builder.connect().unwrap();
    let begin = Instant::now();
    let silent = listener.accept_raw().await;
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::OpenTimeout);
    assert!(begin.elapsed() >= 10 * SECOND, "{:?}", begin.elapsed());
    drop(silent);
    let _second = listener.accept().await;
    until_open(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_never_answers_is_dropped_after_the_connect_timeout() {
    let builder = Session::builder("ws://localhost/").unwrap();
    let never = |_, _| std::future::pending::<std::io::Result<tokio::io::DuplexStream>>();
    let (_session, mut events) = builder.connector(never).connect().unwrap();
    assert_eq!(until_closed(&mut events).await.closed.cause.reason, Reason::OpenTimeout);
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_connection_had_is_named() {
    let (session, mut events, mut listener) = start(|builder| builder.reconnect(None));
    let server = listener.accept().await;
    until_open(&mut events).await;
    // More than the pipe takes, which nobody reads.
    let id = session.send(vec![0; 8 * 1024 * 1024]).unwrap();
    let stuck = session.send("behind it").unwrap();
    drop(server);
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.lost, [id, stuck]);
    assert!(closed.is_final());
    assert_eq!(events.recv_event().await, None);
    assert!(session.send("too late").is_err());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_asks_is_told_where_each_attempt_leads() {
    let (connector, mut listener) = listen(1024);
    let (session, mut events) = Session::asking().connector(connector).connect().unwrap();
    let Some(SessionEvent::Dialing(first)) = events.recv_event().await else { panic!() };
    session.dial_failed(first, DialError::Other);
    let failed = until_closed(&mut events).await;
    assert_eq!(failed.closed.cause.reason, Reason::Dial(DialError::Other));
    assert!(events.failure().is_none());
    let Some(SessionEvent::Dialing(second)) = events.recv_event().await else { panic!() };
    assert!(first < second);
    let target = Target::parse("ws://localhost/").unwrap().header("X-Token", "fresh").unwrap();
    session.dial(second, target);
    let stream = listener.accept_raw().await;
    let pending = accept(stream, wirebeat_tokio::OriginPolicy::Any).await.unwrap();
    assert_eq!(pending.request().headers().get_str("X-Token"), Some("fresh"));
    let _server = pending.accept().await.unwrap();
    until_open(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_over_connects_again_when_it_is_told_to() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    session.close(None);
    assert!(server.recv().await.is_none());
    assert!(until_closed(&mut events).await.is_final());
    assert_eq!(events.recv_event().await, None);
    session.reconnect(None);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    session.send("again").unwrap();
    assert_eq!(server.recv().await, Some(Message::from("again")));
}

#[tokio::test(start_paused = true)]
async fn an_open_connection_is_replaced_when_it_is_told_to() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    session.reconnect(Some(CloseFrame::new(4000, "another, please").unwrap()));
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().unwrap().code.get(), 4000);
    drop(server);
    let _server = listener.accept().await;
    let ends = until_open(&mut events).await;
    assert_eq!(ends.len(), 1);
    assert!(ends[0].closed.was_clean);
}

#[tokio::test(start_paused = true)]
async fn a_host_without_a_network_dials_when_it_has_one() {
    let (session, mut events, mut listener) = start(|builder| builder);
    drop(listener.accept_raw().await);
    let lost = until_closed(&mut events).await;
    assert!(matches!(lost.next, Next::At(_)));
    session.handle_offline();
    tokio::time::sleep(3600 * SECOND).await;
    assert_eq!(session.attempt(), lost.attempt);
    session.handle_online();
    let _server = listener.accept().await;
    until_open(&mut events).await;
}
