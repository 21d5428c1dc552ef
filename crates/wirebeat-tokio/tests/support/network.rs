//! Servers at the other ends of pipes, which a connector leads to.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wirebeat_tokio::{Config, OriginPolicy, Socket, WebSocket, accept_with};

/// A second of tokio's time.
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Whoever is dialed, each by a pipe with room for so many bytes. Once it's dropped, dials are
/// refused.
pub(crate) struct Listener(UnboundedReceiver<DuplexStream>);

impl Listener {
    pub(crate) async fn accept_raw(&mut self) -> DuplexStream {
        self.0.recv().await.unwrap()
    }

    pub(crate) async fn accept(&mut self) -> WebSocket<DuplexStream> {
        accept_on(self.accept_raw().await, &patient()).await
    }
}

/// A connector, and whom it leads to.
pub(crate) fn listen(room: usize) -> (impl Fn(String, u16) -> Dialed + Clone, Listener) {
    let (sender, dialed) = unbounded_channel();
    (move |_, _| dial(sender.clone(), room), Listener(dialed))
}

type Dialed = Pin<Box<dyn Future<Output = io::Result<DuplexStream>> + Send>>;

fn dial(listener: UnboundedSender<DuplexStream>, room: usize) -> Dialed {
    Box::pin(async move {
        let (ours, theirs) = duplex(room);
        listener.send(theirs).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(ours)
    })
}

pub(crate) async fn accept_on<S: Socket>(stream: S, config: &Config) -> WebSocket<S> {
    let pending = accept_with(stream, OriginPolicy::Any, config).await.unwrap();
    pending.accept().await.unwrap()
}

/// Neither heartbeat nor write stall: whatever ends the connection is something else.
pub(crate) fn patient() -> Config {
    Config { heartbeat: None, write_stall_timeout: None, ..Config::default() }
}

/// Waits until no task is left but those that were there before.
pub(crate) async fn until_tasks_are(count: usize) {
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() != count {
        tokio::task::yield_now().await;
    }
}
