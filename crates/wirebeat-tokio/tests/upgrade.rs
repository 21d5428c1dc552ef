//! WebSockets that an HTTP server gave.
#![cfg(feature = "axum")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

use std::net::SocketAddr;

use axum::Router;
use axum::response::Response;
use axum::routing::any;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wirebeat_tokio::extension::Extension;
use wirebeat_tokio::{
    Acceptance, Client, CloseCode, ConnectError, Message, OriginPolicy, WebSocketUpgrade, connect,
};

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    let acceptance = Acceptance::new().header("x-served-by", "axum").unwrap();
    upgrade.acceptance(acceptance).on_upgrade(OriginPolicy::SameHost, async |mut socket| {
        while let Some(message) = socket.recv().await {
            if message.as_text() == Some("stop") || socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

async fn choose(upgrade: WebSocketUpgrade) -> Result<Response, wirebeat_tokio::UpgradeRefusal> {
    let upgrade = upgrade.inspect(OriginPolicy::SameHost)?;
    let name = upgrade.request().subprotocols().last().unwrap().to_owned();
    let (response, opening) = upgrade.accept(&Acceptance::new().subprotocol(&name)).unwrap();
    tokio::spawn(async move {
        let mut socket = opening.open().await.unwrap();
        assert_eq!(socket.subprotocol(), Some(&*name));
        socket.send(name).await.unwrap();
        socket.close(None).await.unwrap();
    });
    Ok(response.map(|()| axum::body::Body::empty()))
}

async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/echo", any(echo)).route("/choose", any(choose));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test]
async fn messages_pass_and_a_handler_that_returns_closes() {
    let address = start().await;
    let mut socket = connect(&format!("ws://{address}/echo")).await.unwrap();
    assert_eq!(socket.accepted().unwrap().headers().get("x-served-by"), Some(&b"axum"[..]));
    for len in [0, 1, 126, 65_536, 1 << 20] {
        socket.send(vec![7; len]).await.unwrap();
        assert_eq!(socket.recv().await, Some(Message::from(vec![7; len])));
    }
    socket.send("stop").await.unwrap();
    assert_eq!(socket.recv().await, None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.code, closed.was_clean), (CloseCode::GOING_AWAY, true));
}

#[tokio::test]
async fn a_subprotocol_is_chosen_by_looking_at_the_request() {
    let address = start().await;
    let client = Client::new(&format!("ws://{address}/choose")).unwrap();
    let client = client.subprotocol("v1").unwrap().subprotocol("v2").unwrap();
    let mut socket = client.connect().await.unwrap();
    assert_eq!(socket.subprotocol(), Some("v2"));
    assert_eq!(socket.recv().await, Some(Message::from("v2")));
}

/// What the client didn't offer can't be used, and which it was is told.
#[tokio::test]
async fn what_a_request_cannot_be_accepted_with_is_told_of() {
    async fn refuse(upgrade: WebSocketUpgrade) -> Result<String, wirebeat_tokio::UpgradeRefusal> {
        let unknown = Acceptance::new().extension(Extension::new("x-unknown").unwrap()).unwrap();
        let upgrade = upgrade.inspect(OriginPolicy::SameHost)?;
        Ok(upgrade.accept(&unknown).unwrap_err().to_string())
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/", any(refuse))).await });
    let result = connect(&url).await;
    let Err(ConnectError::Rejected(response)) = result else { panic!("{result:?}") };
    let said = b"the client didn't offer an extension that was to be used";
    assert_eq!(response.body().as_ref(), said);
}

#[tokio::test]
async fn pages_of_other_sites_and_other_requests_are_refused() {
    let address = start().await;
    let client = Client::new(&format!("ws://{address}/echo")).unwrap();
    let client = client.origin("https://elsewhere.example").unwrap();
    let result = client.connect().await;
    let Err(ConnectError::Rejected(response)) = result else { panic!("{result:?}") };
    assert_eq!(response.status(), 403);

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    assert!(answer.to_lowercase().contains("upgrade: websocket"), "{answer}");
}
