//! Peers that go without a word: processes that are killed or stopped, and servers that drop their
//! connections (RFC 6455 §7.1.4, §7.1.5).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use wirebeat_std::{
    CloseCode, Closed, Config, Heartbeat, Phase, ReadyState, Reason, Side, WebSocket,
};
use wirebeat_tests::endpoint::{connect, serve, watch};
use wirebeat_tests::peers::{Client, Server, Transport, each_client, each_server};

/// Finds a dead peer within seconds, and gives a live one on a busy machine time to answer.
fn short_heartbeat() -> Config {
    let heartbeat = Heartbeat::pings(Duration::from_millis(100), Duration::from_secs(4));
    Config { heartbeat: Some(heartbeat), ..Config::default() }
}

fn assert_not_clean(closed: &Closed) {
    assert_eq!((closed.code, &*closed.reason), (CloseCode::ABNORMAL, ""));
    assert!(!closed.was_clean && closed.is_retryable());
    assert_eq!((closed.cause.phase, closed.cause.side()), (Phase::Open, Side::Transport));
}

fn assert_lost(closed: &Closed) {
    assert_not_clean(closed);
    // By a FIN or by a reset: what the system says of a process that has ended depends on what it
    // had not read yet.
    assert!(matches!(closed.cause.reason, Reason::Eof | Reason::Lost), "{closed}");
}

/// One message there and back.
fn exchange(socket: &mut WebSocket<TcpStream>) {
    socket.send("still there?").unwrap();
    assert_eq!(socket.recv(), Some("still there?".into()));
}

/// A server of ours that tells when a message has gone there and back, and then waits for the end.
fn serve_until_lost(
    transport: Transport,
    config: Config,
    exchanged: Sender<()>,
) -> (String, JoinHandle<Closed>) {
    serve(transport, config, move |mut socket| {
        exchange(&mut socket);
        exchanged.send(()).unwrap();
        watch(&mut socket).1
    })
}

#[test]
fn a_peers_server_that_is_killed_is_a_loss() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/echo"), Config::default());
        exchange(&mut socket);
        server.kill().unwrap();
        assert_lost(&watch(&mut socket).1);
        assert_eq!(socket.ready_state(), ReadyState::Closed);
        assert!(socket.send("is anybody there?").is_err());
    });
}

#[test]
fn a_peers_client_that_is_killed_is_a_loss() {
    each_client(|library, transport| {
        let (exchanged, is_exchanged) = channel();
        let (url, ours) = serve_until_lost(transport, Config::default(), exchanged);
        let mut client = Client::start(library, &url, "wait", &[]).unwrap();
        is_exchanged.recv().unwrap();
        client.kill().unwrap();
        assert_lost(&ours.join().unwrap());
    });
}

#[test]
fn a_peers_server_that_drops_the_connection_is_a_loss() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/drop?after=0"), Config::default());
        assert_lost(&watch(&mut socket).1);
        let event = server.wait_for("close").unwrap();
        assert_eq!((&event["code"], &event["clean"]), (&1006.into(), &false.into()));
    });
}

#[test]
fn a_peers_server_that_hangs_is_found_by_the_heartbeat() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/echo"), short_heartbeat());
        exchange(&mut socket);
        server.stop().unwrap();
        let (_, closed) = watch(&mut socket);
        assert_not_clean(&closed);
        assert_eq!(closed.cause.reason, Reason::HeartbeatTimeout);

        server.go_on().unwrap();
        let event = server.wait_for("close").unwrap();
        assert_eq!((&event["code"], &event["clean"]), (&1006.into(), &false.into()));
        // It takes new connections: nothing of it was broken.
        exchange(&mut connect(&server.url("/echo"), short_heartbeat()));
    });
}

#[test]
fn a_peers_client_that_hangs_is_found_by_the_heartbeat() {
    each_client(|library, transport| {
        let (exchanged, is_exchanged) = channel();
        let (url, ours) = serve_until_lost(transport, short_heartbeat(), exchanged);
        let mut client = Client::start(library, &url, "wait", &[]).unwrap();
        is_exchanged.recv().unwrap();
        client.stop().unwrap();
        let closed = ours.join().unwrap();
        assert_not_clean(&closed);
        assert_eq!(closed.cause.reason, Reason::HeartbeatTimeout);

        client.go_on().unwrap();
        let event = client.wait_for("close").unwrap();
        assert_eq!((&event["code"], &event["clean"]), (&1006.into(), &false.into()));
    });
}

/// A peer that hangs while a long message is under way takes what its system has room for, and no
/// more: sending ends too.
#[test]
fn a_peers_server_that_hangs_does_not_hold_what_is_sent_for_ever() {
    each_server(|library, transport| {
        let server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/echo"), short_heartbeat());
        exchange(&mut socket);
        server.stop().unwrap();
        let mut sent = 0;
        while socket.send(vec![7; 4_000_000]).is_ok() {
            sent += 1;
        }
        let (_, closed) = watch(&mut socket);
        assert_not_clean(&closed);
        assert_eq!(closed.cause.reason, Reason::HeartbeatTimeout);
        assert!((1..=sent).contains(&closed.messages_lost), "{} of {sent}", closed.messages_lost);
    });
}
