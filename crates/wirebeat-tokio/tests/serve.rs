//! A server for many clients, and how it ends.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use wirebeat_tokio::{
    Acceptance, CloseCode, ConnectError, MaybeTls, Message, OriginPolicy, Pending, Response,
    ServeError, Server, Stopped, Stopper, connect,
};

type Request = Pending<MaybeTls<TcpStream>>;

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn echo(pending: Request) {
    let Ok(mut socket) = pending.accept().await else { return };
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn start() -> (SocketAddr, Stopper, JoinHandle<Stopped>) {
    let (listener, address) = listen().await;
    let server = Server::new(listener, OriginPolicy::SameHost);
    let stopper = server.stopper();
    (address, stopper, tokio::spawn(server.serve(echo)))
}

#[tokio::test]
async fn many_clients_are_served_at_once() {
    let (address, stopper, serving) = start().await;
    let url = format!("ws://{address}/");
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(connect(&url).await.unwrap());
    }
    for (at, client) in clients.iter_mut().enumerate() {
        client.send(at.to_string()).await.unwrap();
    }
    for (at, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.recv().await, Some(Message::from(at.to_string())));
    }
    drop(clients);
    stopper.stop();
    assert_eq!(serving.await.unwrap(), Stopped { dropped: 0 });
}

#[tokio::test]
async fn requests_are_inspected_accepted_and_refused() {
    let (listener, address) = listen().await;
    let server = Server::new(listener, OriginPolicy::SameHost);
    let serving = tokio::spawn(server.serve(async |pending: Request| {
        if pending.request().target() != "/chat" {
            let response = Response::new(404).unwrap().body("try /chat\n");
            return pending.respond(&response).await.unwrap();
        }
        let acceptance = Acceptance::new().subprotocol("v2");
        let mut socket = pending.accept_with(&acceptance).await.unwrap();
        socket.send("welcome").await.unwrap();
        socket.recv().await;
    }));
    let result = connect(&format!("ws://{address}/")).await;
    let Err(ConnectError::Rejected(response)) = result else { panic!("{result:?}") };
    assert_eq!((response.status(), &response.body()[..]), (404, &b"try /chat\n"[..]));
    let client = wirebeat_tokio::Client::new(&format!("ws://{address}/chat")).unwrap();
    let mut client = client.subprotocol("v2").unwrap().connect().await.unwrap();
    assert_eq!(client.recv().await, Some(Message::from("welcome")));
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());
    assert_eq!(client.recv().await, None);
}

#[tokio::test]
async fn a_server_that_stops_tells_all_with_1001_and_accepts_nobody() {
    let (address, stopper, serving) = start().await;
    let mut client = connect(&format!("ws://{address}/")).await.unwrap();
    let mut undecided = TcpStream::connect(address).await.unwrap();
    undecided.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    client.send("hello").await.unwrap();
    assert_eq!(client.recv().await, Some(Message::from("hello")));
    stopper.stop();
    assert_eq!(client.recv().await, None);
    assert_eq!(client.closed().map(|closed| closed.code), Some(CloseCode::GOING_AWAY));
    assert_eq!(serving.await.unwrap(), Stopped { dropped: 0 });
    let error = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_handler_that_does_not_return_is_dropped_after_the_deadline() {
    let (listener, address) = listen().await;
    let server =
        Server::new(listener, OriginPolicy::SameHost).shutdown_timeout(Duration::from_millis(20));
    let stopper = server.stopper();
    let (dropped, is_dropped) = oneshot::channel::<()>();
    let dropped = Mutex::new(Some(dropped));
    let serving = tokio::spawn(server.serve(move |pending: Request| {
        let dropped = dropped.lock().unwrap().take();
        async move {
            let _dropped = dropped;
            let _socket = pending.accept().await.unwrap();
            std::future::pending::<()>().await;
        }
    }));
    let client = connect(&format!("ws://{address}/")).await.unwrap();
    stopper.stop();
    assert_eq!(serving.await.unwrap(), Stopped { dropped: 1 });
    assert!(is_dropped.await.is_err(), "its future is dropped");
    drop(client);
}

#[tokio::test]
async fn no_more_are_accepted_than_there_is_place_for() {
    let (listener, address) = listen().await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = Server::new(listener, OriginPolicy::SameHost).connections_max(2);
    let counts = (Arc::clone(&now), Arc::clone(&most));
    let serving = tokio::spawn(server.serve(move |pending: Request| {
        let (now, most) = counts.clone();
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            echo(pending).await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    }));
    let url = format!("ws://{address}/");
    let clients = (0..10).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let mut client = connect(&url).await.unwrap();
            client.send("hello").await.unwrap();
            assert_eq!(client.recv().await, Some(Message::from("hello")));
            client.close(None).await.unwrap();
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    serving.abort();
}

#[tokio::test]
async fn a_panic_ends_its_own_connection_with_1011_and_is_told() {
    let (listener, address) = listen().await;
    let told = Arc::new(Notify::new());
    let teller = Arc::clone(&told);
    let server = Server::new(listener, OriginPolicy::SameHost).on_error(move |error| {
        assert!(matches!(error, ServeError::Panicked), "{error}");
        teller.notify_one();
    });
    let serving = tokio::spawn(server.serve(async |pending: Request| {
        let mut socket = pending.accept().await.unwrap();
        let message = socket.recv().await;
        assert_ne!(message, Some(Message::from("panic")), "on purpose");
        socket.send(message.unwrap()).await.unwrap();
        socket.recv().await;
    }));
    let url = format!("ws://{address}/");
    let (mut well, mut ill) = (connect(&url).await.unwrap(), connect(&url).await.unwrap());
    ill.send("panic").await.unwrap();
    assert_eq!(ill.recv().await, None);
    assert_eq!(ill.closed().map(|closed| closed.code), Some(CloseCode::INTERNAL_ERROR));
    told.notified().await;
    well.send("well").await.unwrap();
    assert_eq!(well.recv().await, Some(Message::from("well")));
    serving.abort();
}

/// A handler that returns while a half is elsewhere: the connection ends all the same.
#[tokio::test]
async fn a_connection_lasts_as_long_as_its_handler() {
    let (listener, address) = listen().await;
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    let server = Server::new(listener, OriginPolicy::SameHost);
    let serving = tokio::spawn(server.serve(move |pending: Request| {
        let keep = Arc::clone(&keep);
        async move {
            let socket = pending.accept().await.unwrap();
            *keep.lock().unwrap() = Some(socket.split());
        }
    }));
    let mut client = connect(&format!("ws://{address}/")).await.unwrap();
    assert_eq!(client.recv().await, None);
    assert_eq!(client.closed().map(|closed| closed.code), Some(CloseCode::GOING_AWAY));
    let (sender, mut receiver) = kept.lock().unwrap().take().unwrap();
    assert_eq!(receiver.recv().await, None);
    sender.send("late").await.unwrap_err();
    serving.abort();
}

/// To drop the server's future drops every connection, and no task is left.
#[tokio::test]
async fn a_server_that_is_dropped_leaves_no_task_and_no_connection() {
    let alive = Arc::new(());
    let (listener, address) = listen().await;
    let server = Server::new(listener, OriginPolicy::SameHost);
    let held = Arc::clone(&alive);
    let serving = tokio::spawn(server.serve(move |pending: Request| {
        let held = Arc::clone(&held);
        async move {
            echo(pending).await;
            drop(held);
        }
    }));
    let mut client = connect(&format!("ws://{address}/")).await.unwrap();
    client.send("hello").await.unwrap();
    client.recv().await.unwrap();
    assert!(Arc::strong_count(&alive) >= 3);
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());
    assert_eq!(client.recv().await, None);
    while Arc::strong_count(&alive) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_not_a_websocket_is_answered_and_told() {
    let (listener, address) = listen().await;
    let told = Arc::new(Notify::new());
    let teller = Arc::clone(&told);
    let server = Server::new(listener, OriginPolicy::SameHost).on_error(move |error| {
        assert!(matches!(error, ServeError::Opening(_)), "{error}");
        teller.notify_one();
    });
    let serving = tokio::spawn(server.serve(echo));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    drop(stream);
    told.notified().await;
    serving.abort();
}
