//! The wrapper that many write by hand around the browser's `WebSocket`: it starts with a URL, a
//! callback and a first message; sends `{"ping":true}` after five seconds without a message, and
//! takes the connection for dead when five more bring nothing; connects again after three seconds,
//! unless the server closed with 1000; and `end` closes with 1000, for good.
//!
//! `cargo run --example use_ws -- ws://localhost:9001/ '{"subscribe":"all"}'` prints what comes until
//! standard input ends.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;
use std::{env, io};

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use wirebeat_tokio::browser::{Builder, MessageData, StartError, WebSocket};
use wirebeat_tokio::{Backoff, CloseCode, Config, Heartbeat, Reconnect, SessionConfig};

/// How long it waits for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Without a message, until a ping is sent.
    pub(crate) quiet: Duration,
    /// For anything, after a ping.
    pub(crate) answer: Duration,
    /// Between two attempts.
    pub(crate) retry: Duration,
}

impl Times {
    /// Five seconds, five more, and three.
    pub(crate) const USUAL: Times = Times {
        quiet: Duration::from_secs(5),
        answer: Duration::from_secs(5),
        retry: Duration::from_secs(3),
    };
}

/// Connects to where `builder` leads, says `first` on every connection, and calls `on_message` with what comes.
///
/// # Errors
///
/// As for [`Builder::connect`].
pub(crate) fn use_ws(
    builder: Builder<'_>,
    first: &str,
    times: Times,
    mut on_message: impl FnMut(&MessageData) + Send + 'static,
) -> Result<WebSocket, StartError> {
    let heartbeat = Heartbeat::messages(times.quiet, times.answer, r#"{"ping":true}"#, None);
    let reconnect = Reconnect::with(Backoff::fixed(times.retry))
        .should_reconnect(|failure| failure.closed.code != CloseCode::NORMAL);
    let config = SessionConfig {
        connection: Config { heartbeat: Some(heartbeat), ..Config::default() },
        reconnect: Some(reconnect),
        greeting: vec![first.to_owned().into()],
        ..SessionConfig::default()
    };
    builder
        .config(config)
        .connect(|socket| socket.on_message(move |_, event| on_message(&event.data)))
}

/// Closes with 1000, and doesn't connect again.
pub(crate) fn end(socket: &WebSocket) {
    // The code is a good one.
    let _ = socket.close(Some((1000, "")));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: use_ws URL FIRST-MESSAGE";
    let [url, first] = env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| usage)?;
    let builder = WebSocket::builder(&url);
    let socket = use_ws(builder, &first, Times::USUAL, |message| println!("{message:?}"))?;
    let (sender, mut closed) = mpsc::unbounded_channel();
    socket.run(|socket| {
        socket.on_close(move |_, event| {
            println!("closed: {}; {}", event.code, event.next);
            // Nobody waits any more.
            let _ = sender.send(event.next);
        });
    });
    spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    end(&socket);
    while closed.recv().await.is_some_and(|next| next != wirebeat_tokio::Next::Never) {}
    Ok(())
}
