//! Every deadline, in tokio's paused time: nothing here takes as long as it says.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::time::Duration;

use support::{pair, pair_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::sleep;
use wirebeat_tokio::{
    AcceptError, Client, CloseCode, Config, ConnectError, Endpoint, Heartbeat, OriginPolicy,
    Reason, Response, Step, accept, upgraded,
};

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_found_by_the_heartbeat() {
    let (ours, mut theirs) = duplex(1024);
    let mut socket = upgraded(ours, Endpoint::Server, &Config::default());
    assert_eq!(socket.recv().await, None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.code, closed.cause.reason), (CloseCode::ABNORMAL, Reason::HeartbeatTimeout));
    // A ping went out, and the stream was ended.
    let mut all = Vec::new();
    theirs.read_to_end(&mut all).await.unwrap();
    assert_eq!(all[0], 0x89);
}

#[tokio::test(start_paused = true)]
async fn peers_that_only_receive_keep_each_other_alive() {
    let (mut client, mut server) = pair(64).await;
    let away = tokio::time::timeout(Duration::from_secs(3600), async {
        tokio::join!(client.recv(), server.recv())
    });
    assert!(away.await.is_err(), "nothing comes, and nothing ends");
    // Whichever asks first has its answer, which is a sign of life for the other.
    assert!(client.latency().or(server.latency()).is_some());
}

/// The application is away for ten times the heartbeat's patience; the peer has answered.
#[tokio::test(start_paused = true)]
async fn an_application_that_was_away_finds_the_connection_open_if_the_peer_answered() {
    let second = Duration::from_secs(1);
    let config = Config { heartbeat: Some(Heartbeat::pings(second, second)), ..Config::default() };
    let (mut client, mut server) = pair_with(1024, Config::default(), config).await;
    let answering = tokio::spawn(async move {
        client.recv().await;
    });
    // The ping leaves, and its answer comes while nobody looks.
    let waiting = tokio::time::timeout(second + second / 2, server.recv()).await;
    assert!(waiting.is_err());
    sleep(20 * second).await;
    let waiting = tokio::time::timeout(second / 2, server.recv()).await;
    assert!(waiting.is_err(), "{:?}", server.closed());
    drop(server);
    answering.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_for_nothing_is_dropped() {
    let (ours, _theirs) = duplex(1024);
    let result = accept(ours, OriginPolicy::SameHost).await;
    assert!(matches!(result, Err(AcceptError::Timeout)), "{result:?}");
}

/// Either decision: to open it, or to answer without.
#[tokio::test(start_paused = true)]
async fn a_decision_that_takes_too_long_comes_too_late() {
    for opens in [true, false] {
        let (ours, theirs) = duplex(1024);
        let client = tokio::spawn(async move {
            Client::new("ws://localhost/").unwrap().connect_over(theirs).await.map(drop)
        });
        let pending = accept(ours, OriginPolicy::SameHost).await.unwrap();
        sleep(Duration::from_secs(11)).await;
        let result = match opens {
            true => pending.accept().await.map(drop),
            false => pending.respond(&Response::new(403).unwrap()).await,
        };
        assert!(matches!(result, Err(AcceptError::Timeout)), "{result:?}");
        let result = client.await.unwrap();
        assert!(matches!(result, Err(ConnectError::Timeout(Step::Handshake))), "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_runs_into_the_open_timeout() {
    let (ours, _theirs) = duplex(1024);
    let result = Client::new("ws://localhost/").unwrap().connect_over(ours).await;
    assert!(matches!(result, Err(ConnectError::Timeout(Step::Handshake))), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_ends_by_the_write_stall() {
    let (ours, mut theirs) = duplex(64);
    let config = Config { heartbeat: None, ..Config::default() };
    let mut socket = upgraded(ours, Endpoint::Server, &config);
    theirs.write_all(&[0x82, 0x80, 0, 0, 0, 0]).await.unwrap();
    let sent = socket.send(vec![0; 2_000_000]).await;
    sent.unwrap();
    assert!(socket.recv().await.is_some());
    assert_eq!(socket.recv().await, None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.cause.reason, closed.messages_lost), (Reason::WriteStall, 1));
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_answered_ends_by_its_timeout() {
    let (ours, _theirs) = duplex(64);
    let mut socket = upgraded(ours, Endpoint::Server, &Config::default());
    let closed = socket.close(None).await.unwrap();
    assert_eq!((closed.was_clean, closed.cause.reason), (false, Reason::CloseTimeout));
}

/// A deadline that one half makes is kept by the other, which waits already.
#[tokio::test(start_paused = true)]
async fn a_deadline_of_one_half_is_kept_by_the_other() {
    let (ours, _theirs) = duplex(64);
    let config = Config { heartbeat: None, ..Config::default() };
    let (sender, mut receiver) = upgraded(ours, Endpoint::Server, &config).split();
    let receiving = tokio::spawn(async move {
        let ended = receiver.recv().await;
        (ended, receiver.closed())
    });
    tokio::task::yield_now().await;
    sender.start_close(None).await.unwrap();
    let (ended, closed) = receiving.await.unwrap();
    assert_eq!(ended, None);
    assert_eq!(closed.map(|closed| closed.cause.reason), Some(Reason::CloseTimeout));
}

/// RFC 6455 §5.5.1: whoever breaks the protocol is told before the stream ends.
#[tokio::test(start_paused = true)]
async fn a_peer_that_breaks_the_protocol_is_told_and_dropped() {
    let (ours, mut theirs) = duplex(64);
    let mut socket = upgraded(ours, Endpoint::Server, &Config::default());
    let receiving = tokio::spawn(async move {
        let ended = socket.recv().await;
        (ended, socket.closed())
    });
    // A frame that isn't masked.
    theirs.write_all(b"\x81\x02hi").await.unwrap();
    let mut all = Vec::new();
    theirs.read_to_end(&mut all).await.unwrap();
    assert_eq!(all[..1], [0x88]);
    assert_eq!(all[2..4], 1002_u16.to_be_bytes());
    let (ended, closed) = receiving.await.unwrap();
    assert_eq!(ended, None);
    assert!(matches!(closed.unwrap().cause.reason, Reason::Protocol(_)));
}
