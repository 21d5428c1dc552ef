use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use wirebeat_std::{
    Backoff, Config, OriginPolicy, Reconnect, Session, SessionBuilder, SessionClosed, SessionEvent,
    SessionEvents, WebSocket, accept_with,
};

use crate::support::patient;

/// A builder that reconnects within a moment, never loses its patience, and has room for much.
pub(crate) fn builder(url: &str) -> SessionBuilder {
    let config = wirebeat_std::SessionConfig {
        connection: Config { send_queue_len_max: 64 * 1024 * 1024, ..patient() },
        connect_timeout: None,
        reconnect: Some(Reconnect::with(Backoff::fixed(Duration::from_millis(1)))),
        ..wirebeat_std::SessionConfig::default()
    };
    Session::builder(url).unwrap().config(config)
}

/// A policy that waits for longer than any test.
pub(crate) fn after_a_day() -> Reconnect {
    Reconnect::with(Backoff::fixed(Duration::from_secs(24 * 60 * 60)))
}

pub(crate) fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (url_of(listener.local_addr().unwrap()), listener)
}

pub(crate) fn url_of(address: SocketAddr) -> String {
    format!("ws://{address}/")
}

pub(crate) fn accept_one(listener: &TcpListener) -> WebSocket<TcpStream> {
    accept_on(listener, &patient())
}

pub(crate) fn accept_on(listener: &TcpListener, config: &Config) -> WebSocket<TcpStream> {
    let stream = listener.accept().unwrap().0;
    accept_with(stream, OriginPolicy::SameHost, config).unwrap().accept().unwrap()
}

/// Waits until a connection is open. Returns the ends of the attempts that were none.
pub(crate) fn until_open(events: &mut SessionEvents) -> Vec<SessionClosed> {
    let mut ends = Vec::new();
    loop {
        match events.recv_event().expect("a connection opens before it's over") {
            SessionEvent::Open(_) => return ends,
            SessionEvent::Closed(closed) => ends.push(closed),
            _ => {}
        }
    }
}

/// Waits for the end of an attempt or a connection.
pub(crate) fn until_closed(events: &mut SessionEvents) -> SessionClosed {
    loop {
        if let SessionEvent::Closed(closed) = events.recv_event().expect("it ends before it's over")
        {
            return closed;
        }
    }
}

/// An address that doesn't answer, for as long as what comes with it is kept: its backlog is full,
/// and the system drops whoever else asks.
pub(crate) fn silent() -> (Vec<Socket>, SocketAddr) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut kept = vec![listener];
    for _ in 0..4 {
        let filler = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        filler.set_nonblocking(true).unwrap();
        let _ = filler.connect(&address.into());
        kept.push(filler);
    }
    (kept, address)
}
