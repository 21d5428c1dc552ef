//! Messages both ways, over pipes and TCP.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]
#![allow(clippy::cast_possible_truncation, reason = "numbers that fit")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use support::{pair, pair_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::TcpListener;
use wirebeat_tokio::extension::Extension;
use wirebeat_tokio::{
    AcceptError, Acceptance, Client, CloseCode, CloseFrame, Closed, Config, ConnectError, Delivery,
    Event, Kind, Message, Observer, OriginPolicy, Prepared, Response, SendErrorReason, accept,
    connect,
};

#[tokio::test]
async fn messages_of_every_size_come_back_through_pipes_of_every_size() {
    for room in [1, 7, 128, 1 << 20] {
        let (mut client, mut server) = pair(room).await;
        let echo = tokio::spawn(async move {
            while let Some(message) = server.recv().await {
                server.send(message).await.unwrap();
            }
            server.closed()
        });
        let max = if room < 100 { 3000 } else { 1 << 20 };
        for len in [0, 1, 125, 126, 2000, 65_535, 65_536, 70_000, 1 << 20] {
            if len > max {
                break;
            }
            let sent: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            client.send(&sent).await.unwrap();
            assert_eq!(client.recv().await, Some(Message::from(&sent)), "{len} through {room}");
            let text = "é".repeat(len / 2);
            client.send(&text).await.unwrap();
            assert_eq!(client.recv().await, Some(Message::from(&text)), "{len} through {room}");
        }
        let frame = CloseFrame::new(CloseCode::NORMAL, "done").unwrap();
        let closed = client.close(Some(frame)).await.unwrap();
        assert!(closed.was_clean);
        let closed = echo.await.unwrap().expect("it ended");
        assert!(closed.was_clean && closed.reason == "done", "{closed}");
        assert_eq!(client.recv().await, None);
        let error = client.send("late").await.unwrap_err();
        assert!(matches!(error.reason, SendErrorReason::NotOpen(_)));
        assert_eq!(error.unsent, Message::from("late"));
    }
}

#[tokio::test]
async fn an_upgrade_is_inspected_and_accepted_with_a_subprotocol_and_headers_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let pending = accept(stream, OriginPolicy::SameHost).await.unwrap();
        assert!(pending.look(|stream| stream.peer_addr().is_ok()));
        let request = pending.request();
        assert_eq!(request.target(), "/chat?room=7");
        assert_eq!(request.headers().get("authorization"), Some(&b"Bearer x"[..]));
        assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["v1", "v2"]);
        let acceptance = Acceptance::new().subprotocol("v2").header("x-served-by", "here").unwrap();
        let mut socket = pending.accept_with(&acceptance).await.unwrap();
        assert_eq!(socket.subprotocol(), Some("v2"));
        socket.send("welcome").await.unwrap();
        socket.recv().await
    });
    let mut client = Client::new(&format!("ws://{address}/chat?room=7"))
        .unwrap()
        .header("Authorization", "Bearer x")
        .unwrap()
        .subprotocol("v1")
        .unwrap()
        .subprotocol("v2")
        .unwrap()
        .connect()
        .await
        .unwrap();
    assert_eq!(client.subprotocol(), Some("v2"));
    let headers = client.accepted().unwrap().headers();
    assert_eq!(headers.get("x-served-by"), Some(&b"here"[..]));
    assert!(client.look(|stream| stream.get_ref().nodelay().unwrap()));
    assert_eq!(client.recv().await, Some(Message::from("welcome")));
    client.close(None).await.unwrap();
    assert_eq!(server.await.unwrap(), None);
}

#[tokio::test]
async fn a_request_is_rejected_with_a_status_and_a_body() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let pending = accept(stream, OriginPolicy::SameHost).await.unwrap();
        let response = Response::new(403).unwrap().body("not you\n");
        pending.respond(&response).await
    });
    match connect(&format!("ws://{address}/")).await {
        Err(ConnectError::Rejected(response)) => {
            assert_eq!((response.status(), &response.body()[..]), (403, &b"not you\n"[..]));
        }
        other => panic!("{other:?}"),
    }
    server.await.unwrap().unwrap();
}

/// The application's mistakes, which the client is told of in few words and the application in full.
#[tokio::test]
async fn what_a_request_cannot_be_accepted_with_is_answered_and_told_of() {
    let unknown = Acceptance::new().extension(Extension::new("x-unknown").unwrap()).unwrap();
    let mistakes =
        [(Acceptance::new().subprotocol("v2"), "the subprotocol"), (unknown, "an extension")];
    for (acceptance, said) in mistakes {
        let (ours, theirs) = duplex(1024);
        let serving = tokio::spawn(async move {
            let pending = accept(theirs, OriginPolicy::Any).await.unwrap();
            pending.accept_with(&acceptance).await.map(drop).unwrap_err().to_string()
        });
        let client = Client::new("ws://h/").unwrap().subprotocol("v1").unwrap();
        let result = client.connect_over(ours).await;
        let Err(ConnectError::Rejected(response)) = result else { panic!("{result:?}") };
        assert_eq!(response.status(), 500);
        let told = serving.await.unwrap();
        assert!(told.starts_with(&format!("the client didn't offer {said}")), "{told}");
    }

    let (mut ours, theirs) = duplex(1024);
    ours.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let pending = accept(theirs, OriginPolicy::Any).await.unwrap();
    let mut answer = String::new();
    let (accepted, read) = tokio::join!(pending.accept(), ours.read_to_string(&mut answer));
    assert!(matches!(accepted, Err(AcceptError::NotAnUpgrade)));
    read.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
}

#[tokio::test]
async fn a_connector_of_the_applications_is_told_host_and_port() {
    let (ours, theirs) = duplex(1024);
    let server = tokio::spawn(async move { support::serve(theirs, &Config::default()).await });
    let connector = async |host: &str, port| {
        assert_eq!((host, port), ("example.com", 8080));
        Ok(ours)
    };
    let client = Client::new("ws://example.com:8080/").unwrap().connect_with(connector).await;
    drop((client.unwrap(), server.await.unwrap()));
}

#[tokio::test]
async fn a_message_is_sent_and_received_in_pieces() {
    let pieces = Delivery::Pieces { message_len_max: None, frame_len_max: None };
    let server = Config { delivery: pieces, ..Config::default() };
    let (mut client, mut server) = pair_with(512, Config::default(), server).await;
    let piece = Bytes::from(vec![7; 10_000]);
    let send = async {
        for at in 0..20 {
            let first = (at == 0).then_some(Kind::Binary);
            client.send_fragment(first, piece.clone(), at == 19).await.unwrap();
        }
    };
    let receive = async {
        let mut len = 0;
        loop {
            match server.recv_event().await.expect("it goes on") {
                Event::Fragment(fragment) => {
                    assert_eq!((fragment.kind, fragment.first), (Kind::Binary, len == 0));
                    assert!(fragment.payload.iter().all(|byte| *byte == 7));
                    len += fragment.payload.len();
                    if fragment.last {
                        return len;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let ((), len) = tokio::join!(send, receive);
    assert_eq!(len, 200_000);
}

#[tokio::test]
async fn a_prepared_message_goes_to_many() {
    let news = Prepared::new("x".repeat(5000));
    for _ in 0..3 {
        let (mut client, mut server) = pair(64).await;
        let (sent, received) = tokio::join!(server.send_prepared(&news), client.recv());
        sent.unwrap();
        assert_eq!(received, Some(Message::from("x".repeat(5000))));
    }
}

#[tokio::test]
async fn pings_are_answered_while_the_application_only_receives() {
    let (mut client, mut server) = pair(64).await;
    let receiving = tokio::spawn(async move { server.recv().await });
    client.ping("are you there").await.unwrap();
    match client.recv_event().await {
        Some(Event::Pong { payload, .. }) => assert_eq!(&*payload, b"are you there"),
        other => panic!("{other:?}"),
    }
    client.close(None).await.unwrap();
    assert_eq!(receiving.await.unwrap(), None);
}

/// The server sends for ever and never receives; the ping is answered all the same, and so is the
/// Close.
#[tokio::test]
async fn pings_and_a_close_are_answered_while_the_application_only_sends() {
    let (mut client, mut server) = pair(64).await;
    let sending = tokio::spawn(async move {
        while server.send("news").await.is_ok() {
            tokio::task::yield_now().await;
        }
        server.recv().await;
        server.closed()
    });
    client.ping("hello").await.unwrap();
    while !matches!(client.recv_event().await, Some(Event::Pong { .. })) {}
    let closed = client.close(None).await.unwrap();
    assert!(closed.was_clean);
    assert!(sending.await.unwrap().is_some_and(|closed| closed.was_clean));
}

/// Both send more than the pipe and the queues hold before either receives.
#[tokio::test]
async fn two_peers_that_both_send_first_do_not_wait_for_each_other_for_ever() {
    let (mut client, mut server) = pair(100).await;
    let message = vec![1; 40_000];
    let one = async {
        client.send(&message).await.unwrap();
        client.recv().await
    };
    let other = async {
        server.send(&message).await.unwrap();
        server.recv().await
    };
    let (one, other) = tokio::join!(one, other);
    assert_eq!((one.unwrap().len(), other.unwrap().len()), (40_000, 40_000));
}

#[tokio::test]
async fn a_stream_that_ends_is_told_as_a_loss_and_not_as_an_error_of_a_call() {
    let (client, mut server) = pair(1024).await;
    let (stream, rest) = client.into_bytes().into_inner();
    assert!(rest.is_empty());
    // It sends a Close with 1001.
    drop(stream);
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().map(|closed| closed.code), Some(CloseCode::GOING_AWAY));
}

#[tokio::test]
async fn a_panic_sends_1011() {
    let (client, mut server) = pair(1024).await;
    let panicking = tokio::spawn(async move {
        let _client = client;
        panic!("on purpose");
    });
    assert!(panicking.await.is_err());
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().map(|closed| closed.code), Some(CloseCode::INTERNAL_ERROR));
}

#[tokio::test]
async fn it_is_a_stream_and_a_sink() {
    let small = Config { send_queue_len_max: 100, ..Config::default() };
    let (client, server) = pair_with(64, small.clone(), small).await;
    let echo = async {
        let (sink, stream) = server.split();
        stream.map(Ok).forward(sink).await
    };
    let (mut sink, mut stream) = client.split();
    let sending = tokio::spawn(async move {
        for at in 0..100_u8 {
            sink.feed(Message::from(vec![at; 90])).await.unwrap();
        }
        SinkExt::<Message<'static>>::close(&mut sink).await.unwrap();
        sink
    });
    let receiving = async {
        for at in 0..100_u8 {
            assert_eq!(stream.next().await, Some(Message::from(vec![at; 90])));
        }
        assert_eq!(stream.next().await, None);
    };
    let (echoed, ()) = tokio::join!(echo, receiving);
    echoed.unwrap();
    assert!(stream.closed().is_some_and(|closed| closed.was_clean));
    sending.await.unwrap();
}

#[tokio::test]
async fn a_stream_of_bytes_is_led_through_both_ways() {
    let (client, server) = pair(256).await;
    let echo = tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(server.into_bytes());
        let copied = tokio::io::copy(&mut read, &mut write).await.unwrap();
        write.shutdown().await.unwrap();
        copied
    });
    let (mut read, mut write) = tokio::io::split(client.into_bytes());
    let sent: Vec<u8> = (0..300_000_u32).map(|at| (at % 253) as u8).collect();
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        write.write_all(&sent).await.unwrap();
        write.flush().await.unwrap();
        write
    });
    let mut echoed = vec![0; expected.len()];
    read.read_exact(&mut echoed).await.unwrap();
    assert!(echoed == expected);
    let mut write = writing.await.unwrap();
    write.shutdown().await.unwrap();
    assert_eq!(read.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(echo.await.unwrap(), 300_000);
}

#[tokio::test]
async fn the_latency_is_measured_by_the_heartbeat() {
    tokio::time::pause();
    let (mut client, mut server) = pair(256).await;
    assert_eq!(client.latency(), None);
    let receiving = tokio::spawn(async move { server.recv().await });
    let pong = async { while !matches!(client.recv_event().await, Some(Event::Pong { .. })) {} };
    tokio::time::timeout(Duration::from_secs(60), pong).await.expect("virtual time passes");
    assert!(client.latency().is_some());
    drop(client);
    receiving.await.unwrap();
}

/// Counts what it's told.
#[derive(Default)]
struct Counter {
    received: AtomicU64,
    queued: AtomicU64,
    written: AtomicUsize,
    measured: AtomicU64,
    closed: AtomicU64,
}

impl Observer for Counter {
    fn received(&self, _: &Message<'_>) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    fn queued(&self, buffered_amount: u64) {
        assert!(buffered_amount > 0);
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    fn written(&self, bytes: usize) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
    }

    fn measured(&self, _: Duration) {
        self.measured.fetch_add(1, Ordering::Relaxed);
    }

    fn closed(&self, _: &Closed) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_of_each_message_byte_latency_and_end_once() {
    let (mut client, mut server) = pair(1 << 20).await;
    let counter = Arc::new(Counter::default());
    server.observe(Arc::clone(&counter) as Arc<dyn Observer>);
    for _ in 0..3 {
        client.feed("hello").await.unwrap();
    }
    client.send(vec![1; 5000]).await.unwrap();
    for _ in 0..4 {
        let message = server.recv().await.unwrap();
        server.send(message).await.unwrap();
    }
    let receiving = tokio::spawn(async move { while client.recv().await.is_some() {} });
    while !matches!(server.recv_event().await, Some(Event::Pong { .. })) {}
    server.close(None).await.unwrap();
    receiving.await.unwrap();
    let told = |count: &AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!((told(&counter.received), told(&counter.queued)), (4, 4));
    assert_eq!((told(&counter.measured), told(&counter.closed)), (1, 1));
    // Three frames of 7 bytes, one of 5004; a ping with its nonce, and a Close.
    assert_eq!(counter.written.load(Ordering::Relaxed), 3 * 7 + 5004 + (2 + 4) + 2);
}
