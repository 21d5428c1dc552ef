//! Futures that are dropped at random points, over narrow pipes.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]
#![allow(clippy::cast_possible_truncation, reason = "numbers that fit")]

mod support;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use support::{ClientSocket, ServerSocket, pair_with};
use wirebeat_tokio::{
    CloseCode, CloseFrame, Config, Event, Message, SendErrorReason, Socket, WebSocket,
};

/// How many runs, each with a seed of its own.
const RUNS: u64 = 400;

/// How many messages each side sends.
const MESSAGES: u32 = 60;

/// A generator that's good enough to choose by (xorshift).
struct Choices(u64);

impl Choices {
    fn next(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Polls a future at most so often, and drops it then.
async fn within<F: Future>(polls: u64, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// As [`within`], but it's polled again at once: both sides may be receiving, and wait for the other
/// to send, or the other way about.
async fn soon<F: Future>(polls: u64, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let restless = poll_fn(|cx| {
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            cx.waker().wake_by_ref();
        }
        polled
    });
    within(polls, restless).await
}

/// The payload of a side's message: its number, and what follows from it.
fn payload(number: u32) -> Vec<u8> {
    let len = number.wrapping_mul(2_654_435_761) >> 22;
    let body = (0..len).map(|at| (at ^ number) as u8);
    number.to_be_bytes().into_iter().chain(body).collect()
}

/// What a side has sent for certain, perhaps, and received.
#[derive(Default)]
struct Tally {
    sent: Vec<u32>,
    perhaps: Vec<u32>,
    received: Vec<u32>,
}

impl Tally {
    fn receive(&mut self, message: &Message<'_>) {
        let bytes = message.as_bytes();
        let number = u32::from_be_bytes(*bytes.first_chunk().expect("a number"));
        assert_eq!(bytes, payload(number), "whole and unchanged");
        self.received.push(number);
    }
}

/// Sends all of its messages and receives what comes, and drops most of the futures for it.
async fn talk<S: Socket>(socket: &mut WebSocket<S>, choices: &mut Choices, tally: &mut Tally) {
    let mut number = 0;
    while number < MESSAGES {
        let polls = choices.next(4);
        match choices.next(6) {
            0 | 1 => {
                if let Some(Some(message)) = soon(polls, socket.recv()).await {
                    tally.receive(&message);
                }
            }
            2 => match soon(polls, socket.recv_event()).await {
                Some(Some(Event::Message(message))) => tally.receive(&message),
                Some(other) => assert!(matches!(other, Some(Event::Ping(_) | Event::Pong { .. }))),
                None => {}
            },
            3 => {
                match soon(polls, socket.send(payload(number))).await {
                    Some(sent) => {
                        sent.expect("it's open");
                        tally.sent.push(number);
                    }
                    None => tally.perhaps.push(number),
                }
                number += 1;
            }
            4 => match socket.try_feed(payload(number)) {
                Ok(()) => {
                    tally.sent.push(number);
                    number += 1;
                    soon(polls, socket.flush()).await;
                }
                Err(error) => {
                    assert_eq!(error.reason, SendErrorReason::Full);
                    assert_eq!(error.unsent.as_bytes(), payload(number));
                    soon(polls, socket.flush()).await;
                }
            },
            _ => {
                let _ = soon(polls, socket.ping("?")).await;
            }
        }
    }
}

/// Receives all that's left, the end included.
async fn drain<S: Socket>(socket: &mut WebSocket<S>, choices: &mut Choices, tally: &mut Tally) {
    loop {
        match within(choices.next(3), socket.recv()).await {
            Some(Some(message)) => tally.receive(&message),
            Some(None) => return,
            None => {}
        }
    }
}

fn check(seed: u64, sent: &Tally, received: &[u32]) {
    let is_in_order = received.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(is_in_order, "seed {seed}: {received:?}");
    let is_whole = sent.sent.iter().all(|number| received.contains(number));
    assert!(is_whole, "seed {seed}: of {:?} came {received:?}", sent.sent);
    let is_known =
        received.iter().all(|number| sent.sent.contains(number) || sent.perhaps.contains(number));
    assert!(is_known, "seed {seed}: {received:?}");
}

async fn run(seed: u64) {
    let mut choices = Choices(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let room = 1 + choices.next(200) as usize;
    let queue =
        Config { send_queue_len_max: 500 + choices.next(4000) as usize, ..Config::default() };
    let (mut client, mut server) = pair_with(room, queue.clone(), queue).await;
    let (mut of_client, mut of_server) = (Tally::default(), Tally::default());
    let mut theirs = Choices(choices.next(u64::MAX) | 1);

    let client_side = async {
        let client: &mut ClientSocket = &mut client;
        talk(client, &mut choices, &mut of_client).await;
        let frame = CloseFrame::new(CloseCode::NORMAL, "done").expect("it's a code to send");
        let _ = soon(choices.next(3), client.start_close(Some(frame))).await;
        drain(client, &mut choices, &mut of_client).await;
        client.closed()
    };
    let server_side = async {
        let server: &mut ServerSocket = &mut server;
        // It goes on until the client closes; what it sends then isn't taken.
        let mut number = 0;
        loop {
            let polls = theirs.next(4);
            if theirs.next(2) == 0 && number < MESSAGES {
                match soon(polls, server.send(payload(number))).await {
                    Some(Ok(())) => of_server.sent.push(number),
                    Some(Err(error)) => {
                        assert!(matches!(error.reason, SendErrorReason::NotOpen(_)));
                    }
                    None => of_server.perhaps.push(number),
                }
                number += 1;
                continue;
            }
            let received = match number {
                MESSAGES => within(polls, server.recv()).await,
                _ => soon(polls, server.recv()).await,
            };
            match received {
                Some(Some(message)) => of_server.receive(&message),
                Some(None) => return server.closed(),
                None => {}
            }
        }
    };
    let (of_close, of_their_close) = tokio::join!(client_side, server_side);
    let (closed, their_closed) = (of_close.expect("it ended"), of_their_close.expect("it ended"));
    assert!(closed.was_clean && their_closed.was_clean, "seed {seed}: {closed}, {their_closed}");
    assert_eq!((closed.messages_lost, &*their_closed.reason), (0, "done"), "seed {seed}");
    check(seed, &of_client, &of_server.received);
    // What the server hadn't written when the client's Close came is given up, and counted.
    let given_up = their_closed.messages_lost as usize;
    let certain = of_server.sent.len().saturating_sub(given_up);
    of_server.sent.truncate(certain);
    let unsure = of_server.sent.split_off(certain.saturating_sub(given_up));
    of_server.perhaps.extend(unsure);
    let mut known = of_server.perhaps.clone();
    known.extend(&of_server.sent);
    let received = &of_client.received;
    assert!(received.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {received:?}");
    assert!(of_server.sent.iter().all(|number| received.contains(number)), "seed {seed}");
}

#[tokio::test]
async fn futures_that_are_dropped_lose_no_byte_and_no_message() {
    for seed in 1..=RUNS {
        run(seed).await;
    }
}
