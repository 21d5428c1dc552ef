//! With real sockets, and names.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use wirebeat_tokio::{
    Backoff, ConnectError, DialError, Heartbeat, Message, OriginPolicy, Pending, Reason, Reconnect,
    Server, Session, SessionEvent, SessionEvents, Socket, serve,
};

use crate::rig::{accept_on, builder, patient, until_closed, until_open};

/// A policy that waits for a moment.
fn soon() -> Reconnect {
    Reconnect::with(Backoff::fixed(Duration::from_millis(1)))
}

async fn echo<S: Socket>(pending: Pending<S>) {
    let Ok(mut socket) = pending.accept().await else { return };
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Everything is default here: the server is ours, with its handlers, and goes away in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_ours_that_stops_and_starts_again_is_talked_to_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(listener, OriginPolicy::SameHost);
    let stopper = server.stopper();
    let serving = tokio::spawn(server.serve(echo));
    let (session, mut events) = Session::builder(&format!("ws://{address}/"))
        .unwrap()
        .reconnect(Some(soon()))
        .connect()
        .unwrap();
    session.send("one").unwrap();
    assert_eq!(events.recv().await, Some(Message::from("one")));
    stopper.stop();
    serving.await.unwrap();
    assert_eq!(until_closed(&mut events).await.closed.code.get(), 1001);
    // Nobody listens there for a while.
    let refused = until_closed(&mut events).await;
    assert_eq!(refused.closed.cause.reason, Reason::Dial(DialError::Refused));
    assert!(matches!(events.failure(), Some(ConnectError::Unreachable { .. })));
    session.send("two").unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    let serving = tokio::spawn(serve(listener, OriginPolicy::SameHost, echo));
    assert_eq!(events.recv().await, Some(Message::from("two")));
    serving.abort();
}

/// Carries connections to a server, until they're cut: then nothing arrives any more, and neither
/// end is told.
async fn carry(way: TcpListener, server: SocketAddr, cut: Arc<Notify>) {
    loop {
        let (mut ours, _) = way.accept().await.unwrap();
        let mut theirs = TcpStream::connect(server).await.unwrap();
        let cut = Arc::clone(&cut);
        tokio::spawn(async move {
            tokio::select! {
                _ = copy_bidirectional(&mut ours, &mut theirs) => {}
                () = cut.notified() => std::future::pending().await,
            }
        });
    }
}

/// Says it on every connection until it comes back, since a busy machine may hold one to be dead.
async fn until_echoed(session: &Session, events: &mut SessionEvents, text: &str) {
    let _ = session.send(text);
    loop {
        match events.recv_event().await.expect("it goes on") {
            SessionEvent::Open(_) => drop(session.send(text)),
            SessionEvent::Message(message) if message == text.into() => return,
            SessionEvent::Closed(closed) => {
                assert_eq!(closed.closed.cause.reason, Reason::HeartbeatTimeout);
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_that_is_cut_is_noticed_and_another_connection_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, OriginPolicy::Any, echo));
    let way = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", way.local_addr().unwrap());
    let cut = Arc::new(Notify::new());
    tokio::spawn(carry(way, address, Arc::clone(&cut)));
    let moment = Duration::from_millis(50);
    let (session, mut events) = builder(&url)
        .reconnect(Some(soon()))
        .heartbeat(Some(Heartbeat::pings(moment, moment)))
        .connect()
        .unwrap();
    until_echoed(&session, &mut events, "one").await;
    cut.notify_waiters();
    until_closed(&mut events).await;
    until_echoed(&session, &mut events, "two").await;
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told_as_such() {
    let (session, mut events) = builder("ws://name.invalid/").connect().unwrap();
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Name));
    let failure = events.failure();
    assert!(matches!(failure, Some(ConnectError::Dns { .. })), "{failure:?}");
    session.close(None);
    while events.recv_event().await.is_some() {}
}

#[tokio::test]
async fn a_name_and_each_of_its_addresses_are_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // On many systems it leads to ::1 first, where nobody listens.
    let (_session, mut events) = builder(&format!("ws://localhost:{port}/")).connect().unwrap();
    let _server = accept_on(listener.accept().await.unwrap().0, &patient()).await;
    assert!(until_open(&mut events).await.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_servers_is_told_with_its_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let (_session, mut events) = builder(&url).connect().unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 4096];
    assert!(stream.read(&mut request).await.unwrap() > 0);
    stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let mut status = None;
    while let Some(event) = events.recv_event().await {
        if let SessionEvent::Rejected(response) = event {
            status = Some(response.status());
        }
    }
    // It's final.
    assert_eq!(status, Some(403));
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn a_proxy_is_asked_for_each_attempt_and_told_of_when_it_refuses() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let serving = tokio::spawn(serve(server, OriginPolicy::SameHost, echo));
    let (session, mut events) = builder("ws://chat.example/")
        .reconnect(Some(soon()))
        .proxy(wirebeat_tokio::Proxy::new(&url).unwrap())
        .connect()
        .unwrap();
    session.send("through").unwrap();
    for answer in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let mut asked = String::new();
        while !asked.ends_with("\r\n\r\n") {
            asked.push(char::from(stream.read_u8().await.unwrap()));
        }
        assert!(asked.starts_with("CONNECT chat.example:80 "), "{asked}");
        stream.write_all(answer.as_bytes()).await.unwrap();
        if answer.contains("503") {
            let closed = until_closed(&mut events).await;
            assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Proxy));
            let failure = events.failure();
            assert!(matches!(failure, Some(ConnectError::Proxy { .. })), "{failure:?}");
        } else {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(address).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    }
    assert_eq!(events.recv().await, Some(Message::from("through")));
    serving.abort();
}
