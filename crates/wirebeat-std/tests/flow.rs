//! Both directions at once, on one thread and with small buffers.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use support::{
    connect_with, do_nothing_for, hear_pongs, patient, patient_heartbeat, quick_heartbeat,
    raw_client, serve, shrink_buffers,
};
use wirebeat_std::{
    Client, Config, Message, OriginPolicy, Reason, SendErrorReason, WebSocket, accept_with,
};

/// A server that sends back each message before it receives the next can't read on while its
/// answers aren't read. The client, which sends some ahead, has to notice that it's its turn.
#[test]
fn messages_sent_ahead_of_a_blocking_echo_come_back() {
    const AHEAD: usize = 8;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        shrink_buffers(&stream);
        let pending = accept_with(stream, OriginPolicy::SameHost, &patient()).unwrap();
        let mut socket = pending.accept().unwrap();
        while let Some(message) = socket.recv() {
            socket.send(message).unwrap();
        }
    });
    let stream = TcpStream::connect(address).unwrap();
    shrink_buffers(&stream);
    let client = Client::new(&format!("ws://{address}/")).unwrap();
    let config = Config { send_queue_len_max: 16 << 20, ..patient() };
    let mut socket = client.config(config).connect_over(stream).unwrap();
    let message = vec![5; 200_000];
    for _ in 0..AHEAD {
        socket.send(&message).unwrap();
    }
    for _ in 0..AHEAD {
        assert_eq!(socket.recv(), Some(Message::from(&message)));
    }
    assert!(socket.close(None).unwrap().was_clean);
    server.join().unwrap();
}

/// A sender that never receives answers pings all the same, with messages that nobody has received
/// before them.
#[test]
fn an_application_that_only_sends_stays_alive_against_a_peer_that_pings() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve(patient_heartbeat(), move |mut socket| {
        socket.send("not received yet").unwrap();
        hear_pongs(&mut socket, 5);
        drop(stop);
        while socket.recv().is_some() {}
        socket.closed().unwrap().clone()
    });
    let mut socket = connect_with(&url, patient());
    while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
        // Often enough for the pongs, rarely enough for the server to be the one that asks.
        do_nothing_for(Duration::from_millis(70));
        match socket.send("tick") {
            Ok(()) => {}
            Err(error) => panic!("{error}: {:?}", socket.recv()),
        }
    }
    assert_eq!(socket.recv(), Some(Message::from("not received yet")));
    assert!(socket.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap().cause.reason, Reason::ClosedByPeer);
}

/// The heartbeat runs while an application only sends, and finds out that nobody is there.
#[test]
fn an_application_that_only_sends_notices_a_dead_peer() {
    let (raw, server) = raw_client(quick_heartbeat(), |mut socket| {
        let refused = loop {
            if let Err(error) = socket.send("tick") {
                break error.reason;
            }
        };
        assert!(matches!(refused, SendErrorReason::NotOpen(_)), "{refused}");
        assert_eq!(socket.recv(), None);
        socket.closed().unwrap().cause.reason
    });
    assert_eq!(server.join().unwrap(), Reason::HeartbeatTimeout);
    drop(raw);
}

/// Whoever drops an open WebSocket goes away, and says so.
#[test]
fn a_dropped_websocket_says_1001() {
    let (mut raw, server) = raw_client(patient(), drop);
    server.join().unwrap();
    assert_eq!(raw.read_to_end().unwrap(), b"\x88\x02\x03\xE9");
}

/// A message that fills more than the send queue goes through all the same, if it's alone.
#[test]
fn a_message_longer_than_the_send_queue_is_sent() {
    let (url, server) = serve(patient(), |mut socket| socket.recv().map(|message| message.len()));
    let config = Config { send_queue_len_max: 1000, ..patient() };
    let mut socket = connect_with(&url, config);
    socket.send(vec![0; 3_000_000]).unwrap();
    assert_eq!(server.join().unwrap(), Some(3_000_000));
}

/// Each frame that a client sends, and the echo of it.
fn frames(count: u8) -> (Vec<u8>, Vec<u8>) {
    let numbers = 0..count;
    let sent = numbers.clone().flat_map(|number| support::masked(0x82, &[number; 9]));
    let echoed = numbers.flat_map(|number| [&[0x82, 9][..], &[number; 9]].concat());
    (sent.collect(), echoed.collect())
}

/// Answers wait for each other, but not for a Close, which would leave them unsent (RFC 6455 §5.5.1).
#[test]
fn answers_to_messages_that_came_with_the_close_are_sent_before_it() {
    let (mut raw, server) = raw_client(patient(), |mut socket| {
        while let Some(message) = socket.recv() {
            socket.send(message).unwrap();
        }
        socket.closed().unwrap().messages_lost
    });
    let (mut sent, mut echoed) = frames(20);
    sent.extend(support::masked(0x88, b""));
    echoed.extend(b"\x88\x00");
    raw.write(&sent);
    assert_eq!(raw.read_to_end().unwrap(), echoed);
    assert_eq!(server.join().unwrap(), 0);
}

/// Not even if the last of them, for which the answers before have waited, isn't answered.
#[test]
fn answers_are_sent_although_the_last_message_before_the_close_has_none() {
    let (mut raw, server) = raw_client(patient(), |mut socket| {
        for _ in 0..3 {
            let message = socket.recv().unwrap();
            socket.send(message).unwrap();
        }
        assert!(socket.recv().is_some());
        assert_eq!(socket.recv(), None);
        socket.closed().unwrap().messages_lost
    });
    let (mut sent, mut echoed) = frames(4);
    sent.extend(support::masked(0x88, b""));
    echoed.truncate(33);
    echoed.extend(b"\x88\x00");
    raw.write(&sent);
    assert_eq!(raw.read_to_end().unwrap(), echoed);
    assert_eq!(server.join().unwrap(), 0);
}

/// An application that answers one message and then does something else has answered it.
#[test]
fn an_answer_that_waits_leaves_with_whatever_is_done_next() {
    let next: [fn(&mut WebSocket<TcpStream>); 5] = [
        |socket| socket.send("another").unwrap(),
        |socket| socket.ping("another").unwrap(),
        |socket| socket.start_close(None).unwrap(),
        |socket| drop(socket.close(None).unwrap()),
        |_| {},
    ];
    for next in next {
        let (mut raw, server) = raw_client(patient(), move |mut socket| {
            let message = socket.recv().unwrap();
            socket.send(message).unwrap();
            next(&mut socket);
        });
        let (mut sent, echoed) = frames(2);
        sent.extend(support::masked(0x88, b""));
        raw.write(&sent);
        let answer = &echoed[..11];
        assert_eq!(raw.read_to_end().unwrap()[..11], *answer);
        server.join().unwrap();
    }
}

#[test]
fn halves_take_over_the_answer_that_waits() {
    let (mut raw, server) = raw_client(patient(), |mut socket| {
        let message = socket.recv().unwrap();
        socket.send(message).unwrap();
        let (_sender, mut receiver) = socket.split();
        while receiver.recv().is_some() {}
    });
    let (mut sent, mut echoed) = frames(2);
    sent.extend(support::masked(0x88, b""));
    raw.write(&sent);
    echoed.truncate(11);
    echoed.extend(b"\x88\x00");
    assert_eq!(raw.read_to_end().unwrap(), echoed);
    server.join().unwrap();
}
