use std::future::pending;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wirebeat::handshake::accept_key;
use wirebeat_tokio::{
    Backoff, CloseCode, CloseFrame, ConnectError, ReadyState, Reason, Reconnect, SendErrorReason,
    Session, SessionEvent, TargetError,
};

use crate::rig::{SECOND, builder, start, until_closed, until_open, until_tasks_are};

#[tokio::test(start_paused = true)]
async fn a_close_while_it_waits_to_retry_ends_it_at_once() {
    let day = Reconnect::with(Backoff::fixed(86_400 * SECOND));
    let (session, mut events, listener) = start(|builder| builder.reconnect(Some(day)));
    drop(listener);
    session.send("for nobody").unwrap();
    assert!(!until_closed(&mut events).await.is_final());
    session.close(None);
    let Some(SessionEvent::Dropped(dropped)) = events.recv_event().await else { panic!() };
    assert_eq!(dropped.message, "for nobody".into());
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Aborted);
    assert!(closed.is_final());
    assert_eq!(events.recv_event().await, None);
    assert_eq!(session.ready_state(), ReadyState::Closed);
}

#[tokio::test]
async fn a_close_while_it_dials_waits_for_no_answer() {
    let never = |_, _| pending::<std::io::Result<tokio::net::TcpStream>>();
    let (session, mut events) = builder("ws://localhost/").connector(never).connect().unwrap();
    assert!(matches!(events.recv_event().await, Some(SessionEvent::Dialing(_))));
    session.close(None);
    assert_eq!(until_closed(&mut events).await.closed.cause.reason, Reason::Aborted);
    assert_eq!(events.recv_event().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_close_before_the_servers_answer_drops_the_transport() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept_raw().await;
    session.close(Some(CloseFrame::new(CloseCode::NORMAL, "").unwrap()));
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Aborted);
    // No frame is sent that the server couldn't understand yet.
    let mut sent = Vec::new();
    server.read_to_end(&mut sent).await.unwrap();
    assert!(sent.is_empty() || sent.ends_with(b"\r\n\r\n"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_close_of_an_open_connection_comes_behind_what_was_sent() {
    let (session, mut events, mut listener) = start(|builder| builder);
    let mut server = listener.accept().await;
    until_open(&mut events).await;
    for number in 0..100 {
        session.send(format!("message {number}")).unwrap();
    }
    session.close(Some(CloseFrame::new(CloseCode::NORMAL, "done").unwrap()));
    let error = session.send("too late").unwrap_err();
    assert!(matches!(error.reason, SendErrorReason::NotOpen(_)), "{error:?}");
    for number in 0..100 {
        assert_eq!(server.recv().await, Some(format!("message {number}").into()));
    }
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().unwrap().reason, "done");
    drop(server);
    let closed = until_closed(&mut events).await;
    assert!(closed.closed.was_clean && closed.is_final());
    assert_eq!(events.recv_event().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_panics_ends_the_session_and_hangs_nobody() {
    let policy = Reconnect::default().should_reconnect(|_| panic!("the policy's own fault"));
    let (session, mut events, listener) = start(|builder| builder.reconnect(Some(policy)));
    drop(listener);
    while events.recv_event().await.is_some() {}
    assert_eq!(session.ready_state(), ReadyState::Closed);
    assert!(session.send("too late").is_err());
    session.reconnect(None);
    assert_eq!(events.recv_event().await, None);
    until_tasks_are(0).await;
}

#[tokio::test]
async fn a_connector_that_panics_ends_the_session_and_hangs_nobody() {
    let connector = |_: String, _| -> std::future::Ready<std::io::Result<tokio::net::TcpStream>> {
        panic!("the connector's own fault")
    };
    let (session, mut events) = builder("ws://localhost/").connector(connector).connect().unwrap();
    while events.recv_event().await.is_some() {}
    assert_eq!(session.ready_state(), ReadyState::Closed);
}

/// Its calls would wait for a lock that is held, if it were held while it connects.
#[tokio::test]
async fn a_connector_may_use_the_session() {
    let (sender, sessions) = std::sync::mpsc::channel::<Session>();
    let sessions = std::sync::Mutex::new(sessions);
    let connector = move |_, _| {
        let session = sessions.lock().unwrap().recv().unwrap();
        async move {
            session.close(None);
            Err::<tokio::net::TcpStream, _>(std::io::Error::other(format!("{session:?}")))
        }
    };
    let (session, mut events) = builder("ws://localhost/").connector(connector).connect().unwrap();
    sender.send(session).unwrap();
    let closed = until_closed(&mut events).await;
    assert!(closed.is_final(), "{closed}");
}

#[test]
fn a_runtime_that_is_shut_down_ends_the_session_and_hangs_nobody() {
    let build = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = build();
    let (session, mut events, mut listener) = runtime.block_on(async {
        let (session, mut events, mut listener) = start(|builder| builder);
        let server = listener.accept().await;
        until_open(&mut events).await;
        drop(server);
        (session, events, listener)
    });
    drop(runtime);
    assert_eq!(session.ready_state(), ReadyState::Closed);
    assert!(session.send("too late").is_err());
    session.reconnect(None);
    build().block_on(async {
        while events.recv_event().await.is_some() {}
        assert!(session.send_when_ready("too late").await.is_err());
        drop(session);
        drop(listener.accept_raw());
    });
}

#[test]
fn without_a_runtime_it_is_refused_and_says_so() {
    let error = Session::connect("ws://localhost/").unwrap_err();
    assert!(matches!(error, ConnectError::NoRuntime), "{error:?}");
    assert!(error.to_string().contains("runtime"), "{error}");
}

#[tokio::test]
async fn a_url_that_leads_nowhere_is_refused_at_once() {
    let error = Session::connect("ftp://example.com/").unwrap_err();
    assert!(matches!(error, ConnectError::Target(TargetError::Scheme)), "{error:?}");
    assert!(error.to_string().contains("scheme"), "{error}");
    #[cfg(not(feature = "tls"))]
    assert!(matches!(Session::connect("wss://h/"), Err(ConnectError::TlsNotBuiltIn)));
}

/// What was read before is all that tells of the end, and nothing is left to be written.
#[tokio::test(start_paused = true)]
async fn a_violation_that_waited_for_the_application_ends_the_transport_when_it_is_heard_of() {
    let (session, mut events, mut listener) = start(|builder| builder.reconnect(None));
    let mut server = listener.accept_raw().await;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(server.read_u8().await.unwrap());
    }
    let request = String::from_utf8(request).unwrap();
    let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().lines().next().unwrap();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    );
    server.write_all(answer.as_bytes()).await.unwrap();
    until_open(&mut events).await;
    // More messages than wait to be taken, and a frame with an opcode that nobody knows.
    let mut frames = [0x81, 1, b'm'].repeat(100);
    frames.extend([0x83, 0]);
    server.write_all(&frames).await.unwrap();
    assert_eq!(events.recv().await, Some("m".into()));
    session.close(None);
    // A masked Close without a code.
    server.read_exact(&mut [0; 6]).await.unwrap();
    let mut messages = 1;
    while let Some(message) = events.recv().await {
        assert_eq!(message, "m".into());
        messages += 1;
    }
    assert_eq!(messages, 100);
    assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
}
