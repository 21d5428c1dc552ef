//! Two halves in two tasks, on several threads.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use support::{pair, pair_with};
use tokio::net::TcpListener;
use wirebeat_tokio::{
    CloseCode, Config, Message, OriginPolicy, SendErrorReason, Sender, Socket, WebSocket, accept,
    connect,
};

/// Sends and receives at once, and returns what came.
async fn exchange<S: Socket + Send + 'static>(socket: WebSocket<S>, count: u32) -> Vec<u32> {
    let (sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        for number in 0..count {
            let len = 4 + number as usize % 3000;
            let mut message = vec![0; len];
            message[..4].copy_from_slice(&number.to_be_bytes());
            sender.send(message).await.unwrap();
        }
        sender
    });
    let mut received = Vec::new();
    while received.len() < count as usize {
        let message = receiver.recv().await.expect("it's open");
        received.push(u32::from_be_bytes(*message.as_bytes().first_chunk().unwrap()));
    }
    sending.await.unwrap().close(None).await.unwrap();
    received
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_halves_are_used_at_once_over_narrow_pipes() {
    for room in [1, 50, 5000] {
        let count = if room == 1 { 60 } else { 2000 };
        let (client, server) = pair(room).await;
        let other = tokio::spawn(exchange(server, count));
        let expected: Vec<u32> = (0..count).collect();
        assert_eq!(exchange(client, count).await, expected);
        assert_eq!(other.await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_halves_are_used_at_once_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let socket = accept(stream, OriginPolicy::Any).await.unwrap().accept().await.unwrap();
        exchange(socket, 5000).await
    });
    let client = connect(&format!("ws://{address}/")).await.unwrap();
    let expected: Vec<u32> = (0..5000).collect();
    assert_eq!(exchange(client, 5000).await, expected);
    assert_eq!(server.await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn any_number_of_tasks_may_send_and_messages_do_not_mix() {
    let queue = Config { send_queue_len_max: 2000, ..Config::default() };
    let (client, mut server) = pair_with(100, queue, Config::default()).await;
    let (sender, mut receiver) = client.split();
    let tasks: Vec<_> = (0..8_u8)
        .map(|task| {
            let sender: Sender<_> = sender.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    sender.send(vec![task; 700]).await.unwrap();
                }
            })
        })
        .collect();
    let mut counts = [0; 8];
    for _ in 0..400 {
        let message = server.recv().await.expect("it's open");
        let task = message.as_bytes()[0];
        assert_eq!(message, Message::from(vec![task; 700]));
        counts[usize::from(task)] += 1;
    }
    assert_eq!(counts, [50; 8]);
    for task in tasks {
        task.await.unwrap();
    }
    let receiving = tokio::spawn(async move { receiver.recv().await });
    let (closed, ended) = tokio::join!(sender.close(None), server.recv());
    assert!(closed.unwrap().was_clean);
    assert_eq!((ended, receiving.await.unwrap()), (None, None));
}

#[tokio::test]
async fn a_half_that_only_sends_answers_pings_and_the_close() {
    let (client, server) = pair(64).await;
    let (sender, receiver) = server.split();
    let sending = tokio::spawn(async move {
        loop {
            if let Err(error) = sender.send("news").await {
                assert!(matches!(error.reason, SendErrorReason::NotOpen(_)));
                break;
            }
            tokio::task::yield_now().await;
        }
        sender.close(None).await.unwrap()
    });
    let (pinger, mut listening) = client.split();
    pinger.ping("hello").await.unwrap();
    loop {
        match listening.recv_event().await.expect("it's open") {
            wirebeat_tokio::Event::Pong { payload, .. } => break assert_eq!(&*payload, b"hello"),
            event => assert!(matches!(event, wirebeat_tokio::Event::Message(_))),
        }
    }
    drop(receiver);
    let closing = tokio::spawn(async move { pinger.close(None).await });
    while listening.recv().await.is_some() {}
    assert!(closing.await.unwrap().unwrap().was_clean);
    assert!(sending.await.unwrap().was_clean);
}

#[tokio::test]
async fn the_last_of_the_halves_closes() {
    let (client, mut server) = pair(64).await;
    let (sender, receiver) = client.split();
    drop(receiver);
    sender.send("still there").await.unwrap();
    assert_eq!(server.recv().await, Some(Message::from("still there")));
    drop(sender);
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().map(|closed| closed.code), Some(CloseCode::GOING_AWAY));
}

/// Counts how often it's woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Wakes>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// How often a call that can't go on wakes its task because that polls it, for another reason.
fn wakes_of<F: Future>(call: F) -> usize {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut call = pin!(call);
    for _ in 0..3 {
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    wakes.0.load(Ordering::Relaxed)
}

/// It would go round and round for as long as the peer doesn't read.
#[tokio::test]
async fn a_sender_that_is_blocked_does_not_wake_itself() {
    let (mut client, server) = pair(16).await;
    assert_eq!(wakes_of(client.send(vec![0; 4096])), 0);
    let (sender, _receiver) = server.split();
    assert_eq!(wakes_of(sender.send(vec![0; 4096])), 0);
}
