//! Pings and pongs between wirebeat and other libraries, seen on both ends (RFC 6455 §5.5.2, §5.5.3).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use std::net::TcpStream;
use std::time::Duration;

use wirebeat_std::{Config, Event, Heartbeat, WebSocket};
use wirebeat_tests::content::{binary, hex};
use wirebeat_tests::endpoint::{connect, serve, watch};
use wirebeat_tests::peers::{Client, Server, each_client, each_server};

/// Nothing, a few bytes, and as many as a control frame holds.
fn payloads() -> [Vec<u8>; 3] {
    [Vec::new(), b"wirebeat".to_vec(), binary(125)]
}

/// A heartbeat that asks within a moment, and waits for as long as a busy machine needs.
fn quick_heartbeat() -> Config {
    let heartbeat = Heartbeat::pings(Duration::from_millis(20), Duration::from_secs(30));
    Config { heartbeat: Some(heartbeat), ..Config::default() }
}

/// No heartbeat: all pings are the application's.
fn quiet() -> Config {
    Config { heartbeat: None, ..Config::default() }
}

/// Waits for a pong. What it carries, and the latency if it answers the heartbeat.
fn next_pong(socket: &mut WebSocket<TcpStream>) -> (Vec<u8>, Option<Duration>) {
    loop {
        match socket.recv_event().unwrap() {
            Event::Pong { payload, latency } => return (payload.to_vec(), latency),
            Event::Closed(closed) => panic!("closed while waiting for a pong: {closed}"),
            _ => {}
        }
    }
}

/// Sends the pings, and compares each with its pong.
fn ping_with_each_payload(socket: &mut WebSocket<TcpStream>) {
    for payload in payloads() {
        socket.ping(&payload[..]).unwrap();
        assert_eq!(next_pong(socket), (payload, None));
    }
}

/// The heartbeat's payload, once its latency was measured.
fn measured_payload(socket: &mut WebSocket<TcpStream>) -> Vec<u8> {
    assert_eq!(socket.latency(), None);
    let (payload, latency) = next_pong(socket);
    assert!(latency.is_some_and(|latency| !latency.is_zero()), "{latency:?}");
    assert_eq!(socket.latency(), latency);
    payload
}

#[test]
fn a_peers_server_answers_our_pings_with_their_payload() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        ping_with_each_payload(&mut connect(&server.url("/echo"), quiet()));
        for payload in payloads() {
            assert_eq!(server.wait_for("ping").unwrap()["payload"], hex(&payload));
        }
    });
}

#[test]
fn a_peers_client_answers_our_pings_with_their_payload() {
    each_client(|library, transport| {
        let (url, ours) = serve(transport, quiet(), |mut socket| {
            ping_with_each_payload(&mut socket);
            assert!(socket.close(None).unwrap().was_clean);
        });
        let events = Client::start(library, &url, "wait", &[]).unwrap().finish().unwrap();
        ours.join().unwrap();
        let pings = events.iter().filter(|event| event["event"] == "ping");
        let pings: Vec<_> = pings.map(|event| event["payload"].as_str().unwrap()).collect();
        assert_eq!(pings, payloads().map(|payload| hex(&payload)));
    });
}

#[test]
fn a_peers_server_gets_a_pong_with_its_pings_payload() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/ping?payload=are+you+there"), quiet());
        match socket.recv_event() {
            Some(Event::Ping(payload)) => assert_eq!(&payload[..], b"are you there"),
            other => panic!("{other:?}"),
        }
        assert_eq!(server.wait_for("pong").unwrap()["payload"], hex(b"are you there"));
    });
}

#[test]
fn a_peers_client_gets_a_pong_with_its_pings_payload() {
    each_client(|library, transport| {
        if !library.sends_pings() {
            return;
        }
        let (url, ours) = serve(transport, quiet(), |mut socket| watch(&mut socket));
        let events = Client::start(library, &url, "ping", &[]).unwrap().finish().unwrap();
        let pongs = events.iter().filter(|event| event["event"] == "pong");
        let pongs: Vec<_> = pongs.map(|event| event["payload"].as_str().unwrap()).collect();
        assert_eq!(pongs, payloads().map(|payload| hex(&payload)));

        let (events, closed) = ours.join().unwrap();
        let pings = events.into_iter().filter_map(|event| match event {
            Event::Ping(payload) => Some(payload.to_vec()),
            _ => None,
        });
        assert_eq!(pings.collect::<Vec<_>>(), payloads());
        assert!(closed.was_clean);
    });
}

#[test]
fn our_heartbeat_measures_a_peers_server() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let payload = measured_payload(&mut connect(&server.url("/echo"), quick_heartbeat()));
        assert_eq!(server.wait_for("ping").unwrap()["payload"], hex(&payload));
    });
}

#[test]
fn our_heartbeat_measures_a_peers_client() {
    each_client(|library, transport| {
        let (url, ours) = serve(transport, quick_heartbeat(), |mut socket| {
            let payload = measured_payload(&mut socket);
            assert!(socket.close(None).unwrap().was_clean);
            payload
        });
        let events = Client::start(library, &url, "wait", &[]).unwrap().finish().unwrap();
        let ping = events.iter().find(|event| event["event"] == "ping").unwrap();
        assert_eq!(ping["payload"], hex(&ours.join().unwrap()));
    });
}
