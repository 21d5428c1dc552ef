use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wirebeat_tokio::{
    Backoff, Config, OriginPolicy, Reconnect, Session, SessionBuilder, SessionClosed, SessionEvent,
    SessionEvents, Socket, WebSocket, accept_with,
};

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

type Dialed = std::pin::Pin<Box<dyn Future<Output = io::Result<DuplexStream>> + Send>>;

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

/// A builder that reconnects after a second, never loses its patience, and has room for much.
pub(crate) fn builder(url: &str) -> SessionBuilder {
    let config = wirebeat_tokio::SessionConfig {
        connection: Config { send_queue_len_max: 64 * 1024 * 1024, ..patient() },
        connect_timeout: None,
        reconnect: Some(Reconnect::with(Backoff::fixed(SECOND))),
        ..wirebeat_tokio::SessionConfig::default()
    };
    Session::builder(url).unwrap().config(config)
}

/// A session over pipes that have room for all that a test sends at once.
pub(crate) fn start(
    change: impl FnOnce(SessionBuilder) -> SessionBuilder,
) -> (Session, SessionEvents, Listener) {
    let (connector, listener) = listen(64 * 1024);
    let builder = change(builder("ws://localhost/")).connector(connector);
    let (session, events) = builder.connect().unwrap();
    (session, events, listener)
}

/// Waits until a connection is open. Returns the ends of the attempts that were none.
pub(crate) async fn until_open(events: &mut SessionEvents) -> Vec<SessionClosed> {
    let mut ends = Vec::new();
    loop {
        match events.recv_event().await.expect("a connection opens before it's over") {
            SessionEvent::Open(_) => return ends,
            SessionEvent::Closed(closed) => ends.push(closed),
            _ => {}
        }
    }
}

/// Waits for the end of an attempt or a connection.
pub(crate) async fn until_closed(events: &mut SessionEvents) -> SessionClosed {
    loop {
        let event = events.recv_event().await.expect("it ends before it's over");
        if let SessionEvent::Closed(closed) = event {
            return closed;
        }
    }
}

/// Waits until no task is left but those that were there before.
pub(crate) async fn until_tasks_are(count: usize) {
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() != count {
        tokio::task::yield_now().await;
    }
}
