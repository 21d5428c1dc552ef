//! Another library at the other end.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use futures_util::{SinkExt, StreamExt};
use tokio::io::duplex;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::{self, protocol::frame::coding::CloseCode as TheirCode};
use wirebeat_tokio::{Client, CloseCode, CloseFrame, Config, Message, connect};

const LENS: [usize; 8] = [0, 1, 125, 126, 5000, 65_535, 65_536, 300_000];

#[tokio::test]
async fn our_client_talks_to_its_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(message) = socket.next().await {
            match message.unwrap() {
                message @ (tungstenite::Message::Text(_) | tungstenite::Message::Binary(_)) => {
                    socket.send(message).await.unwrap();
                }
                tungstenite::Message::Close(frame) => return frame,
                _ => {}
            }
        }
        None
    });
    let mut client = connect(&format!("ws://{address}/")).await.unwrap();
    for len in LENS {
        client.send(vec![7; len]).await.unwrap();
        assert_eq!(client.recv().await, Some(Message::from(vec![7; len])));
        let text = "ü".repeat(len / 2);
        client.send(&text).await.unwrap();
        assert_eq!(client.recv().await, Some(Message::from(text)));
    }
    let frame = CloseFrame::new(CloseCode::NORMAL, "bye").unwrap();
    // It ends the stream with its answer, or before.
    client.close(Some(frame)).await.unwrap();
    let frame = server.await.unwrap().expect("our Close came");
    assert_eq!((frame.code, &*frame.reason), (TheirCode::Normal, "bye"));
}

#[tokio::test]
async fn its_client_talks_to_our_server() {
    let (ours, theirs) = duplex(300);
    let server = tokio::spawn(async move {
        let mut socket = support::serve(ours, &Config::default()).await;
        socket
            .run(async |socket| {
                while let Some(message) = socket.recv().await {
                    socket.send(message).await.unwrap();
                }
            })
            .await;
        socket.closed()
    });
    let (mut client, _) = tokio_tungstenite::client_async("ws://localhost/", theirs).await.unwrap();
    for len in LENS {
        client.feed(tungstenite::Message::binary(vec![7; len])).await.unwrap();
        client.feed(tungstenite::Message::text("ü".repeat(len / 2))).await.unwrap();
        client.send(tungstenite::Message::Ping(vec![1].into())).await.unwrap();
        let mut data = Vec::new();
        let mut has_pong = false;
        while data.len() < 2 || !has_pong {
            match client.next().await.unwrap().unwrap() {
                tungstenite::Message::Pong(_) => has_pong = true,
                message => data.push(message),
            }
        }
        assert_eq!(data[0], tungstenite::Message::binary(vec![7; len]));
        assert_eq!(data[1], tungstenite::Message::text("ü".repeat(len / 2)));
    }
    client.close(None).await.unwrap();
    while let Some(message) = client.next().await {
        message.unwrap();
    }
    assert!(server.await.unwrap().is_some_and(|closed| closed.was_clean));
}

#[tokio::test]
async fn a_refusal_of_its_is_told() {
    let (ours, theirs) = duplex(4096);
    let server = tokio::spawn(async move {
        #[allow(clippy::result_large_err, reason = "the type is its own")]
        let refuse = |_: &tungstenite::handshake::server::Request, _| {
            let mut response = tungstenite::handshake::server::ErrorResponse::new(None);
            *response.status_mut() = tungstenite::http::StatusCode::UNAUTHORIZED;
            Err(response)
        };
        tokio_tungstenite::accept_hdr_async(theirs, refuse).await.map(drop)
    });
    let error = Client::new("ws://localhost/").unwrap().connect_over(ours).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("401") && text.contains("credentials"), "{text}");
    assert!(server.await.unwrap().is_err());
}
