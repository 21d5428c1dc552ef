//! What passes through it.

use std::net::TcpStream;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use wirebeat_std::rustls::ServerConfig;
use wirebeat_std::{Message, OriginPolicy, Reason, WebSocket, accept_tls_with};

use crate::rig::{Authority, echo, serve_tls};
use crate::support::{self, do_nothing_for, hear_pongs, patient, patient_heartbeat};

#[test]
fn messages_of_every_length_form_come_back_over_tls() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), echo);
    let mut socket = authority.client(port).connect().unwrap();
    assert_eq!(socket.tls(|tls| tls.peer_certificates().is_some()), Some(true));
    for len in [0, 1, 125, 126, 16_383, 16_384, 16_385, 65_535, 65_536, 5_000_000] {
        let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
        socket.send(&bytes).unwrap();
        assert_eq!(socket.buffered_amount(), 0);
        assert!(socket.recv() == Some(Message::from(bytes)), "{len} bytes");
    }
    for number in 0..1000 {
        socket.send(format!("message {number}")).unwrap();
    }
    for number in 0..1000 {
        assert_eq!(socket.recv(), Some(Message::from(format!("message {number}"))));
    }
    assert!(socket.close(None).unwrap().was_clean);
    assert!(server.join().unwrap().closed().unwrap().was_clean);
}

#[test]
fn http_1_1_is_what_a_client_offers() {
    let authority = Authority::new();
    let mut tls = ServerConfig::clone(&authority.server("localhost"));
    tls.alpn_protocols = vec![b"h2".into(), b"http/1.1".into()];
    let (port, server) = serve_tls(Arc::new(tls), patient(), echo);
    let socket = authority.client(port).connect().unwrap();
    let protocol = socket.tls(|tls| tls.alpn_protocol().map(<[u8]>::to_vec)).unwrap();
    assert_eq!(protocol.as_deref(), Some(&b"http/1.1"[..]));
    drop(socket);
    server.join().unwrap();
}

/// Sends as much as it can, and receives as much, at once.
fn flood(socket: WebSocket<TcpStream>) {
    const MESSAGE: &[u8] = &[0x5A; 10_000];
    const MESSAGES: usize = 300;
    let (sender, mut receiver) = socket.split();
    let flooding = thread::spawn(move || {
        for _ in 0..MESSAGES {
            sender.send(MESSAGE).unwrap();
        }
        sender
    });
    for _ in 0..MESSAGES {
        assert!(receiver.recv() == Some(Message::from(MESSAGE)));
    }
    drop(flooding.join().unwrap());
}

#[test]
fn two_peers_that_flood_each_other_over_small_buffers_both_finish_over_tls_too() {
    let authority = Authority::new();
    let (ours, theirs) = support::narrow_pair();
    let tls = authority.server("localhost");
    let server = thread::spawn(move || {
        let pending = accept_tls_with(theirs, tls, OriginPolicy::SameHost, &patient()).unwrap();
        flood(pending.accept().unwrap());
    });
    flood(authority.client(9).config(patient()).connect_over(ours).unwrap());
    server.join().unwrap();
}

#[test]
fn a_half_that_only_sends_stays_alive_over_tls_too() {
    let authority = Authority::new();
    let (stop, stopped) = mpsc::channel::<()>();
    let tls = authority.server("localhost");
    let (port, server) = serve_tls(tls, patient_heartbeat(), move |socket| {
        let mut socket = socket.unwrap();
        socket.send("not received yet").unwrap();
        hear_pongs(&mut socket, 3);
        drop(stop);
        while socket.recv().is_some() {}
        socket.closed().unwrap().clone()
    });
    let client = authority.client(port).config(patient());
    let (sender, mut receiver) = client.connect().unwrap().split();
    while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
        do_nothing_for(Duration::from_millis(70));
        sender.send("tick").unwrap();
    }
    assert_eq!(receiver.recv(), Some(Message::from("not received yet")));
    assert!(sender.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap().cause.reason, Reason::ClosedByPeer);
}
