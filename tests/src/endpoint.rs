//! Our own side of a connection to a peer.

use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use wirebeat_std::{
    AcceptError, Client, Closed, Config, Event, Message, OriginPolicy, Pending, WebSocket,
    accept_tls_with, accept_with,
};

use crate::certificates;
use crate::peers::Transport;

/// A client for `url`, which trusts the tests' certificate authority and no other.
///
/// # Panics
///
/// If that isn't a URL, or there are no certificates, which fails the test.
pub fn client(url: &str) -> Client {
    let authority = certificates::authority().expect("certificates");
    Client::new(url).expect("the URL is valid").tls_roots([authority])
}

/// Opens a WebSocket to `url`.
///
/// # Panics
///
/// If it doesn't open, which fails the test.
pub fn connect(url: &str, config: Config) -> WebSocket<TcpStream> {
    client(url).config(config).connect().expect("the server opens the connection")
}

/// A server of ours for one connection. Returns its URL, and what `serve` returns.
pub fn serve<T: Send + 'static>(
    transport: Transport,
    config: Config,
    serve: impl FnOnce(WebSocket<TcpStream>) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    serve_request(transport, config, |pending| {
        serve(pending.expect("a request").accept().expect("the connection opens"))
    })
}

/// A server of ours that decides on one request. Returns its URL, and what `decide` returns.
pub fn serve_request<T: Send + 'static>(
    transport: Transport,
    config: Config,
    decide: impl FnOnce(Result<Pending<TcpStream>, AcceptError>) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let (url, server) = serve_stream(move |stream| {
        decide(match transport {
            Transport::Tcp => accept_with(stream, OriginPolicy::SameHost, &config),
            Transport::Tls => {
                let tls = certificates::server_config().expect("certificates");
                accept_tls_with(stream, tls, OriginPolicy::SameHost, &config)
            }
        })
    });
    (url.replacen("ws", transport.scheme(), 1), server)
}

/// A listener for one connection, whatever is made of it. Returns its URL, and what `serve` returns.
///
/// # Panics
///
/// If there's no free port on the loopback interface.
pub fn serve_stream<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a listener's address");
    let serve = move || serve(listener.accept().expect("a connection").0);
    (format!("ws://{address}/"), thread::spawn(serve))
}

/// Sends back every message, and returns them all once the connection has ended.
///
/// # Panics
///
/// If the connection closes before a message went back.
pub fn echo(socket: &mut WebSocket<TcpStream>) -> Vec<Message<'static>> {
    let mut received = Vec::new();
    while let Some(message) = socket.recv() {
        socket.send(message.borrow()).expect("the connection is open");
        received.push(message);
    }
    received
}

/// Waits for the end, and returns all events before it, and how it ended.
///
/// # Panics
///
/// If the last event doesn't tell how it ended.
pub fn watch(socket: &mut WebSocket<TcpStream>) -> (Vec<Event<'static>>, Closed) {
    let mut events: Vec<_> = std::iter::from_fn(|| socket.recv_event()).collect();
    events.pop_if(|event| matches!(event, Event::Closed(_))).expect("Closed is the last event");
    let closed = socket.closed().expect("its end is known").clone();
    (events, closed)
}
