use wirebeat_tokio::{
    Backoff, Config, Reconnect, Session, SessionBuilder, SessionClosed, SessionConfig,
    SessionEvent, SessionEvents,
};

pub(crate) use crate::network::{Listener, SECOND, accept_on, listen, patient, until_tasks_are};

/// It reconnects after a second.
pub(crate) fn each_second() -> SessionConfig {
    let reconnect = Some(Reconnect::with(Backoff::fixed(SECOND)));
    SessionConfig { connect_timeout: None, reconnect, ..SessionConfig::default() }
}

/// A builder that reconnects after a second, never loses its patience, and has room for much.
pub(crate) fn builder(url: &str) -> SessionBuilder {
    let connection = Config { send_queue_len_max: 64 * 1024 * 1024, ..patient() };
    let config = SessionConfig { connection, ..each_second() };
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
