//! A connection goes from task to task, or is used by two: what happens wakes whoever waits.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use support::{pair, pair_with};
use tokio::time::{sleep, timeout};
use wirebeat_tokio::{CloseCode, Config, Heartbeat, Message, Reason};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn what_comes_wakes_the_task_that_it_has_gone_to() {
    let (mut client, mut server) = pair(64).await;
    assert!(timeout(SECOND, server.recv()).await.is_err(), "this task waits, and gives up");
    let elsewhere = tokio::spawn(async move { server.recv().await });
    sleep(SECOND).await;
    client.send("found").await.unwrap();
    assert_eq!(elsewhere.await.unwrap(), Some(Message::from("found")));
}

/// The timer was set while another task waited.
#[tokio::test(start_paused = true)]
async fn deadlines_wake_the_task_that_it_has_gone_to() {
    let config = Config { heartbeat: Some(Heartbeat::pings(SECOND, SECOND)), ..Config::default() };
    let (mut client, mut server) = pair_with(1024, Config::default(), config).await;
    let sending = async {
        sleep(SECOND / 2).await;
        client.send("this task waits, and is done").await.unwrap();
    };
    assert!(tokio::join!(server.recv(), sending).0.is_some());
    let elsewhere = tokio::spawn(async move {
        assert_eq!(server.recv().await, None);
        server.closed().unwrap()
    });
    let closed = elsewhere.await.unwrap();
    assert_eq!((closed.code, closed.cause.reason), (CloseCode::ABNORMAL, Reason::HeartbeatTimeout));
    drop(client);
}

/// One task waits in the stream while another uses the sink: neither takes the other's wake-up.
#[tokio::test(start_paused = true)]
async fn a_stream_and_a_sink_are_used_by_two_tasks() {
    let (mut client, server) = pair(64).await;
    let (mut sink, mut stream) = StreamExt::split(server);
    let receiving = tokio::spawn(async move {
        let mut count = 0;
        while let Some(message) = stream.next().await {
            assert_eq!(message.len(), 1000);
            count += 1;
        }
        count
    });
    sleep(SECOND).await;
    let sending = tokio::spawn(async move {
        for _ in 0..100 {
            sink.send(Message::from(vec![1; 1000])).await.unwrap();
        }
        sink
    });
    for _ in 0..100 {
        assert_eq!(client.recv().await.map(|message| message.len()), Some(1000));
        client.send(vec![2; 1000]).await.unwrap();
    }
    drop(sending.await.unwrap());
    client.close(None).await.unwrap();
    assert_eq!(receiving.await.unwrap(), 100);
}

/// A handler waits for its connection in a future that's polled only when it was woken itself, beside
/// others that wake the task.
#[tokio::test(start_paused = true)]
async fn a_handler_may_wait_in_a_future_that_is_woken_by_itself() {
    let (mut client, mut server) = pair(64).await;
    let handling = tokio::spawn(async move {
        server
            .run(async |server| {
                let mut both = futures_util::stream::FuturesUnordered::new();
                both.push(async { server.recv().await }.boxed());
                both.push(
                    async {
                        for _ in 0..5 {
                            sleep(SECOND).await;
                        }
                        None
                    }
                    .boxed(),
                );
                let mut messages = Vec::new();
                while let Some(message) = both.next().await {
                    messages.extend(message);
                }
                messages
            })
            .await
    });
    sleep(3 * SECOND + SECOND / 2).await;
    client.send("here").await.unwrap();
    let mut receiving = pin!(client.recv());
    assert!(timeout(30 * SECOND, &mut receiving).await.is_ok(), "the server is dropped at the end");
    assert_eq!(handling.await.unwrap(), [Message::from("here")]);
}
