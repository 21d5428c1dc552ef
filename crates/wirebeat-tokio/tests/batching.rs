//! What leaves together, and that nothing is kept back.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]
#![allow(clippy::cast_possible_truncation, reason = "numbers that fit")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Counting, Counts};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::oneshot;
use wirebeat_tokio::{Config, Endpoint, Event, Message, WebSocket, upgraded};

type Server = WebSocket<Counting<DuplexStream>>;

/// An open server whose writes are counted, and the client's end of its pipe.
fn server() -> (Server, DuplexStream, Arc<Counts>) {
    let (ours, theirs) = duplex(1 << 20);
    let counts = Arc::new(Counts::default());
    let stream = Counting(ours, Arc::clone(&counts));
    (upgraded(stream, Endpoint::Server, &Config::default()), theirs, counts)
}

/// A client's frame, masked with zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

async fn echo(socket: &mut Server) -> usize {
    let mut count = 0;
    while let Some(message) = socket.recv().await {
        socket.send(message).await.unwrap();
        count += 1;
    }
    count
}

#[tokio::test]
async fn answers_to_messages_that_came_together_leave_in_one_write() {
    let (mut socket, mut client, counts) = server();
    client.write_all(&frame(2, b"sixteen bytes...").repeat(64)).await.unwrap();
    let echo = tokio::spawn(async move { echo(&mut socket).await });
    let mut echoed = vec![0; 64 * 18];
    client.read_exact(&mut echoed).await.unwrap();
    assert_eq!(counts.writes(), 1);
    client.write_all(&frame(8, &[])).await.unwrap();
    assert_eq!(echo.await.unwrap(), 64);
}

#[tokio::test]
async fn in_run_too_answers_to_messages_that_came_together_leave_in_one_write() {
    let (mut socket, mut client, counts) = server();
    client.write_all(&frame(2, b"sixteen bytes...").repeat(64)).await.unwrap();
    let echo = tokio::spawn(async move { socket.run(async |socket| echo(socket).await).await });
    let mut echoed = vec![0; 64 * 18];
    client.read_exact(&mut echoed).await.unwrap();
    assert_eq!(counts.writes(), 1);
    client.write_all(&frame(8, &[])).await.unwrap();
    assert_eq!(echo.await.unwrap(), 64);
}

/// The last answer isn't kept back, although the application doesn't receive again.
#[tokio::test]
async fn the_answer_to_the_last_message_at_hand_leaves_at_once() {
    let (mut socket, mut client, _) = server();
    client.write_all(&frame(1, b"one")).await.unwrap();
    let message = socket.recv().await.unwrap();
    socket.send(message).await.unwrap();
    let mut echoed = [0; 5];
    client.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed[2..], b"one");
}

/// RFC 6455 §5.5.1: what isn't written when the peer's Close is received is never sent.
#[tokio::test]
async fn answers_are_written_before_a_close_that_came_with_their_messages_is_received() {
    let (mut socket, mut client, _) = server();
    let together = [frame(1, b"one"), frame(1, b"two"), frame(8, &[])].concat();
    client.write_all(&together).await.unwrap();
    assert_eq!(socket.run(async |socket| echo(socket).await).await, 2);
    drop(socket);
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, *b"\x81\x03one\x81\x03two\x88\x00");
}

/// A handler that goes off to wait for something else, with more at hand than it has answered.
#[tokio::test]
async fn a_handler_that_waits_for_something_else_strands_nothing() {
    let (mut socket, mut client, counts) = server();
    let (go_on, elsewhere) = oneshot::channel::<()>();
    client
        .write_all(&[frame(1, b"one"), frame(1, b"two"), frame(1, b"xyz")].concat())
        .await
        .unwrap();
    let handler = tokio::spawn(async move {
        socket
            .run(async |socket| {
                for _ in 0..2 {
                    let message = socket.recv().await.unwrap();
                    socket.send(message).await.unwrap();
                }
                // What it has sent leaves although it doesn't call the socket.
                elsewhere.await.unwrap();
                let message = socket.recv().await.unwrap();
                socket.send(message).await.unwrap();
            })
            .await;
        socket
    });
    let mut echoed = [0; 10];
    client.read_exact(&mut echoed).await.unwrap();
    assert_eq!((&echoed, counts.writes()), (b"\x81\x03one\x81\x03two", 1));
    // Nor does it keep pings from being answered, behind what it hasn't received.
    client.write_all(&frame(9, b"ping")).await.unwrap();
    let mut pong = [0; 6];
    client.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\x8a\x04ping");
    go_on.send(()).unwrap();
    let mut echoed = [0; 5];
    client.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"\x81\x03xyz");
    drop(handler.await.unwrap());
}

#[tokio::test]
async fn what_is_fed_leaves_with_the_next_call_that_waits() {
    let (mut socket, mut client, counts) = server();
    for _ in 0..10 {
        socket.feed("fed").await.unwrap();
    }
    assert_eq!(counts.writes(), 0);
    let waiting = tokio::time::timeout(Duration::ZERO, socket.recv()).await;
    assert!(waiting.is_err());
    assert_eq!(counts.writes(), 1);
    let mut fed = [0; 50];
    client.read_exact(&mut fed).await.unwrap();
}

/// A ping before a message, and a message before a ping.
#[tokio::test]
async fn pings_among_messages_are_answered_and_reported() {
    let (mut socket, mut client, _) = server();
    let together = [frame(9, b"a"), frame(1, b"one"), frame(9, b"b")].concat();
    client.write_all(&together).await.unwrap();
    assert_eq!(socket.recv_event().await, Some(Event::Ping(b"a".into())));
    assert_eq!(socket.recv_event().await, Some(Event::Message(Message::from("one"))));
    assert_eq!(socket.recv_event().await, Some(Event::Ping(b"b".into())));
    let mut pongs = [0; 6];
    client.read_exact(&mut pongs).await.unwrap();
    assert_eq!(&pongs, b"\x8a\x01a\x8a\x01b");
}
