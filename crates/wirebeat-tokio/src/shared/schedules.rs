//! Every order in which the tasks that use a connection might get their turns, or many of them:
//! shuttle chooses which goes on at each lock, and no order may lose a wake-up, a byte or a Close.
//!
//! No timer ever comes here: what waits for one waits for ever, and is found.

mod transport;

use std::mem::ManuallyDrop;
use std::time::Duration;

use shuttle::future::{block_on, spawn};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Runner, thread};
use tokio::runtime::Builder;
use wirebeat::{CloseCode, CloseFrame, Config, Endpoint, Event, Message, Seed};

use self::transport::{End, transport};
use crate::{Receiver, Sender, WebSocket, upgraded};

const SCHEDULES: usize = 2_000;

const MESSAGES: usize = 3;

/// No timer of these ever comes.
fn config() -> Config {
    const NEVER: Duration = Duration::from_secs(1 << 30);
    Config {
        heartbeat: None,
        open_timeout: None,
        write_stall_timeout: None,
        close_timeout: NEVER,
        linger: NEVER,
        // One message is more than it takes, so that senders wait for room too.
        send_queue_len_max: 60,
        ..Config::default()
    }
}

/// A client and a server that are connected.
fn connected() -> (WebSocket<End>, WebSocket<End>) {
    let (ours, theirs) = transport();
    let client = upgraded(ours, Endpoint::Client(Seed::new([7; 32])), &config());
    (client, upgraded(theirs, Endpoint::Server, &config()))
}

fn message(number: usize) -> Message<'static> {
    Message::from(format!("message {number} that is longer than the pipe"))
}

async fn send_all(sender: Sender<End>) -> Sender<End> {
    for number in 0..MESSAGES {
        sender.send(message(number)).await.expect("nobody closes before all is sent");
    }
    sender
}

async fn recv_all(receiver: &mut Receiver<End>) {
    for number in 0..MESSAGES {
        assert_eq!(receiver.recv().await, Some(message(number)));
    }
}

/// Sends back what comes, with one task, until the end.
async fn echo(mut socket: WebSocket<End>) {
    while let Some(message) = socket.recv().await {
        socket.send(message).await.expect("the client closes last");
    }
    assert!(socket.closed().is_some_and(|closed| closed.was_clean));
}

/// Both flood each other, with two tasks each; then one closes.
async fn both_flood() {
    let (client, server) = connected();
    let serving = spawn(async {
        let (sender, mut receiver) = server.split();
        let sending = spawn(send_all(sender));
        recv_all(&mut receiver).await;
        let _sender = sending.await.unwrap();
        assert_eq!(receiver.recv().await, None);
        assert!(receiver.closed().unwrap().was_clean);
    });
    let (sender, mut receiver) = client.split();
    let sending = spawn(send_all(sender));
    recv_all(&mut receiver).await;
    sending.await.unwrap().start_close(None).await.unwrap();
    assert_eq!(receiver.recv().await, None);
    serving.await.unwrap();
}

/// A task that only sends takes in what comes, or its peer would never read on.
async fn one_sends_while_it_receives() {
    let (client, server) = connected();
    let serving = spawn(echo(server));
    let (sender, mut receiver) = client.split();
    let sending = spawn(send_all(sender));
    recv_all(&mut receiver).await;
    sending.await.unwrap().start_close(None).await.unwrap();
    assert_eq!(receiver.recv().await, None);
    serving.await.unwrap();
}

/// Two that send at once, and one that receives.
async fn two_send() {
    let (client, server) = connected();
    let serving = spawn(echo(server));
    let (sender, mut receiver) = client.split();
    let other = sender.clone();
    let sending = [spawn(send_all(sender)), spawn(send_all(other))];
    for _ in 0..2 * MESSAGES {
        assert!(receiver.recv().await.is_some());
    }
    for sending in sending {
        sending.await.unwrap().start_close(None).await.unwrap();
    }
    assert_eq!(receiver.recv().await, None);
    serving.await.unwrap();
}

/// Both close, while a task receives.
async fn both_close() {
    let (client, mut server) = connected();
    let serving = spawn(async move {
        server.start_close(CloseFrame::new(4001, "").ok()).await.unwrap();
        while server.recv().await.is_some() {}
        assert!(server.closed().unwrap().was_clean);
    });
    let (sender, mut receiver) = client.split();
    let receiving = spawn(async move {
        assert_eq!(receiver.recv().await, None);
        receiver.closed().unwrap()
    });
    sender.start_close(CloseFrame::new(4002, "").ok()).await.unwrap();
    assert!(receiving.await.unwrap().was_clean);
    serving.await.unwrap();
}

/// The last half that is dropped closes it, behind what the other has sent.
async fn both_halves_are_dropped() {
    let (client, mut server) = connected();
    let serving = spawn(async move {
        let mut code = None;
        while let Some(event) = server.recv_event().await {
            if let Event::Closing(frame) = event {
                code = frame.map(|frame| frame.code());
            }
        }
        code
    });
    let (sender, receiver) = client.split();
    let dropping = spawn(async move { drop(receiver) });
    drop(sender);
    dropping.await.unwrap();
    let code = serving.await.unwrap();
    assert!(code.is_none_or(|code| code == CloseCode::GOING_AWAY), "{code:?}");
}

/// The peer is gone in the midst of it: everybody ends, and nobody waits for ever.
async fn the_peer_is_lost() {
    let (client, server) = connected();
    let (sender, mut receiver) = client.split();
    let sending = spawn(async move { while sender.send(message(0)).await.is_ok() {} });
    let receiving = spawn(async move { assert_eq!(receiver.recv().await, None) });
    let leaving = thread::spawn(move || drop(server));
    sending.await.unwrap();
    receiving.await.unwrap();
    leaving.join().unwrap();
}

/// Runs it under so many schedules of either kind. A seed that is given is run again.
fn check<F: Future<Output = ()> + Send + 'static>(
    scenario: impl Fn() -> F + Copy + Send + Sync + 'static,
) {
    let seed = match std::env::var("SHUTTLE_SEED") {
        Ok(seed) => seed.parse().expect("SHUTTLE_SEED is a number"),
        Err(_) => getrandom::u64().unwrap(),
    };
    println!("SHUTTLE_SEED={seed}");
    // Its timers are set, and never looked at: nor when it would end, where nothing is scheduled.
    let runtime = ManuallyDrop::new(Builder::new_current_thread().enable_time().build().unwrap());
    let _entered = runtime.enter();
    let mut config = shuttle::Config::new();
    config.stack_size = 256 * 1024;
    let scenario = move || block_on(scenario());
    let random = RandomScheduler::new_from_seed(seed, SCHEDULES);
    Runner::new(random, config.clone()).run(scenario);
    let pct = PctScheduler::new_from_seed(seed, 3, SCHEDULES);
    Runner::new(pct, config).run(scenario);
}

#[test]
fn no_schedule_stops_two_that_flood_each_other() {
    check(both_flood);
}

#[test]
fn no_schedule_stops_one_that_sends_while_it_receives() {
    check(one_sends_while_it_receives);
}

#[test]
fn no_schedule_stops_two_that_send() {
    check(two_send);
}

#[test]
fn no_schedule_loses_a_close() {
    check(both_close);
}

#[test]
fn no_schedule_hangs_when_both_halves_are_dropped() {
    check(both_halves_are_dropped);
}

#[test]
fn no_schedule_waits_for_a_peer_that_is_lost() {
    check(the_peer_is_lost);
}
