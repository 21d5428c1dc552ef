//! A server for all of a listener's clients: what they get, and how they end.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "../support/mod.rs"]
mod support;

mod handlers;
mod limit;
mod requests;
mod shutdown;
#[cfg(feature = "tls")]
mod tls;

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use wirebeat_std::{Message, OriginPolicy, Pending, Server, Socket, WebSocket};

/// A test that waits for it never ends.
const FOR_EVER: Duration = Duration::MAX;

/// A server that waits for its clients to the end, and its URL.
fn server() -> (Server<TcpListener>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = Server::new(listener, OriginPolicy::SameHost).shutdown_timeout(FOR_EVER);
    (server.config(support::patient()), url)
}

fn connect(url: &str) -> WebSocket<TcpStream> {
    support::connect_with(url, support::patient())
}

/// A handler that sends back what it receives.
fn echo<S: Socket>(pending: Pending<S>) {
    let mut socket = pending.accept().unwrap();
    while let Some(message) = socket.recv() {
        if socket.send(message).is_err() {
            return;
        }
    }
}

fn assert_echoes<S: Socket>(socket: &mut WebSocket<S>) {
    socket.send("there and back").unwrap();
    assert_eq!(socket.recv(), Some(Message::from("there and back")));
}
