//! What passes between a client and a server over real TCP.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use support::{connect_with, raw_client, serve, serve_raw, serve_tcp};
use wirebeat_std::{
    Acceptance, Client, CloseCode, CloseFrame, Config, ConnectError, Delivery, Event, Kind,
    Message, OriginPolicy, ReadyState, Reason, Response, SendErrorReason, WebSocket, accept,
    connect,
};

fn echo(mut socket: WebSocket<std::net::TcpStream>) -> WebSocket<std::net::TcpStream> {
    while let Some(message) = socket.recv() {
        socket.send(message).unwrap();
    }
    socket
}

#[test]
fn messages_of_every_length_form_come_back_as_they_were() {
    let (url, server) = serve(Config::default(), echo);
    let mut socket = connect(&url).unwrap();
    assert_eq!(socket.ready_state(), ReadyState::Open);
    for len in [0, 1, 125, 126, 65_535, 65_536, 5_000_000] {
        let text = "é".repeat(len / 2) + &"x".repeat(len % 2);
        socket.send(&text).unwrap();
        assert_eq!(socket.recv(), Some(Message::from(text)), "{len} bytes of text");
        let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
        socket.send(&bytes).unwrap();
        assert_eq!(socket.buffered_amount(), 0);
        assert_eq!(socket.recv(), Some(Message::from(bytes)), "{len} bytes");
    }
    drop(socket);
    let server = server.join().unwrap();
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
}

#[test]
fn a_client_that_closes_learns_that_the_server_has_closed_too() {
    let (url, server) = serve(Config::default(), echo);
    let mut socket = connect(&url).unwrap();
    let closed = socket.close(Some(CloseFrame::new(4001, "enough").unwrap())).unwrap();
    assert!(closed.was_clean);
    assert_eq!((closed.code.get(), closed.cause.reason), (4001, Reason::ClosedByUs));
    assert_eq!(socket.ready_state(), ReadyState::Closed);
    assert_eq!(socket.closed(), Some(&closed));
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.close(None).unwrap(), closed);

    let server = server.join().unwrap();
    let closed = server.closed().unwrap();
    assert!(closed.was_clean);
    assert_eq!((closed.code.get(), &*closed.reason), (4001, "enough"));
    assert_eq!(closed.cause.reason, Reason::ClosedByPeer);
}

#[test]
fn a_server_that_closes_is_a_clean_end_for_the_client() {
    let (url, server) = serve(Config::default(), |mut socket| {
        socket.send("last").unwrap();
        socket.close(Some(CloseFrame::new(CloseCode::SERVICE_RESTART, "").unwrap())).unwrap()
    });
    let mut socket = connect(&url).unwrap();
    assert_eq!(socket.recv(), Some(Message::from("last")));
    assert_eq!(socket.closed(), None);
    assert_eq!(socket.recv(), None);
    let closed = socket.closed().unwrap();
    assert!(closed.was_clean && closed.is_retryable());
    assert_eq!(closed.code, CloseCode::SERVICE_RESTART);
    let late = socket.send("late").unwrap_err();
    assert_eq!(late.reason, SendErrorReason::NotOpen(ReadyState::Closed));
    assert_eq!(late.unsent, Message::from("late"));
    assert!(server.join().unwrap().was_clean);
}

#[test]
fn what_the_peer_sends_after_start_close_is_still_received() {
    let (url, server) = serve(Config::default(), |mut socket| {
        assert_eq!(socket.recv(), Some(Message::from("go")));
        for number in 0..3 {
            socket.send(number.to_string()).unwrap();
        }
        socket.recv()
    });
    let mut socket = connect(&url).unwrap();
    socket.send("go").unwrap();
    socket.start_close(None).unwrap();
    let mut received = Vec::new();
    while let Some(message) = socket.recv() {
        received.push(message.as_text().unwrap().to_owned());
    }
    assert_eq!(received, ["0", "1", "2"]);
    assert_eq!(socket.closed().unwrap().code, CloseCode::NO_STATUS);
    assert_eq!(server.join().unwrap(), None);
}

#[test]
fn events_come_in_order_and_end_with_closed() {
    let (mut raw, server) = raw_client(Config::default(), |mut socket| {
        let mut events = Vec::new();
        while let Some(event) = socket.recv_event() {
            events.push(event);
        }
        events
    });
    let mut wire = support::masked(0x89, b"are you there");
    wire.extend(support::masked(0x81, b"text"));
    wire.extend(support::masked(0x8A, b"unasked"));
    wire.extend(support::masked(0x88, &[0x03, 0xE9]));
    raw.write(&wire);
    assert_eq!(raw.read_to_end().unwrap(), b"\x8A\x0Dare you there\x88\x02\x03\xE9");
    let events = server.join().unwrap();
    assert_eq!(events.len(), 5, "{events:?}");
    assert!(matches!(&events[0], Event::Ping(payload) if payload == b"are you there"));
    assert!(matches!(&events[1], Event::Message(message) if message == &Message::from("text")));
    assert!(matches!(&events[2], Event::Pong { latency: None, .. }));
    assert!(matches!(&events[3], Event::Closing(Some(frame)) if frame.code().get() == 1001));
    assert!(matches!(&events[4], Event::Closed(closed) if closed.was_clean));
}

#[test]
fn a_peer_that_writes_byte_by_byte_is_understood() {
    let mut wire = support::masked(0x01, b"frag");
    wire.extend(support::masked(0x89, b"ping"));
    wire.extend(support::masked(0x80, "mentiert é".as_bytes()));
    wire.extend(support::masked(0x88, &[]));
    let (mut raw, server) = raw_client(Config::default(), |mut socket| {
        (socket.recv(), socket.recv(), socket.closed().unwrap().was_clean)
    });
    raw.0.set_nodelay(true).unwrap();
    for byte in wire {
        raw.write(&[byte]);
    }
    assert_eq!(raw.read_to_end().unwrap(), b"\x8A\x04ping\x88\x00");
    let message = Message::from("fragmentiert é").into_owned();
    assert_eq!(server.join().unwrap(), (Some(message), None, true));
}

#[test]
fn a_message_is_sent_and_received_in_pieces() {
    let pieces = Delivery::Pieces { message_len_max: None, frame_len_max: None };
    let config = Config { delivery: pieces, ..Config::default() };
    let (url, server) = serve(config, |mut socket| {
        let mut received = Vec::new();
        while let Some(event) = socket.recv_event() {
            if let Event::Fragment(fragment) = event {
                received.extend_from_slice(&fragment.payload);
                if fragment.last {
                    break;
                }
            }
        }
        received
    });
    let mut socket = connect(&url).unwrap();
    let part = vec![7; 300_000];
    socket.send_fragment(Some(Kind::Binary), &part[..], false).unwrap();
    let between = socket.send("between").unwrap_err();
    assert_eq!(between.reason, SendErrorReason::FragmentsInProgress);
    socket.send_fragment(None, &part[..], false).unwrap();
    socket.send_fragment(None, &b""[..], true).unwrap();
    assert_eq!(server.join().unwrap(), vec![7; 600_000]);
}

#[test]
fn subprotocol_and_headers_reach_the_other_side() {
    let (url, server) = serve_tcp(|stream| {
        let pending = accept(stream, OriginPolicy::Any).unwrap();
        let request = pending.request();
        assert_eq!(request.target(), "/");
        assert_eq!(request.headers().get_str("X-Token"), Some("17"));
        assert_eq!(request.origin(), Some("https://example.com"));
        assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["v2", "v1"]);
        let acceptance = Acceptance::new().subprotocol("v1").header("X-Node", "n4").unwrap();
        let socket = pending.accept_with(&acceptance).unwrap();
        assert_eq!(socket.subprotocol(), Some("v1"));
        assert_eq!(socket.accepted(), None);
        echo(socket)
    });
    let client = Client::new(&url).unwrap();
    let client = client.subprotocol("v2").unwrap().subprotocol("v1").unwrap();
    let client = client.header("X-Token", "17").unwrap().origin("https://example.com").unwrap();
    let socket = client.connect().unwrap();
    assert_eq!(socket.subprotocol(), Some("v1"));
    let accepted = socket.accepted().unwrap();
    assert_eq!(accepted.headers().get_str("X-Node"), Some("n4"));
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_request_that_is_refused_reads_why() {
    let (url, server) = serve_tcp(|stream| {
        let pending = accept(stream, OriginPolicy::Any).unwrap();
        let response = Response::new(401).unwrap().header("WWW-Authenticate", "Basic").unwrap();
        pending.respond(&response.body("who are you?"))
    });
    match connect(&url) {
        Err(ConnectError::Rejected(response)) => {
            assert_eq!(response.status(), 401);
            assert_eq!(response.headers().get_str("WWW-Authenticate"), Some("Basic"));
            assert_eq!(&response.body()[..], b"who are you?");
        }
        other => panic!("{other:?}"),
    }
    server.join().unwrap().unwrap();
}

#[test]
fn what_comes_with_the_servers_answer_is_received() {
    let (url, server) = serve_tcp(|stream| {
        let mut raw = support::Raw(stream);
        let request = raw.read_head();
        let key = request.split("Key: ").nth(1).unwrap().lines().next().unwrap();
        let accept = wirebeat::handshake::accept_key(key);
        let mut answer = format!(
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
        answer.extend_from_slice(b"\x81\x05first\x88\x00");
        raw.write(&answer);
        raw.read_to_end().unwrap().len()
    });
    let mut socket = connect(&url).unwrap();
    assert_eq!(socket.recv(), Some(Message::from("first")));
    // Until the server ends its side too, which it does when it has read our Close.
    assert_eq!(socket.start_close(None), Ok(()));
    drop(socket);
    assert!(server.join().unwrap() > 0);
}

#[test]
fn a_name_is_resolved_and_all_its_addresses_are_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        echo(
            accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap().accept().unwrap(),
        )
    });
    // Where localhost is ::1 as well, nobody listens there.
    let mut socket = connect(&format!("ws://localhost:{port}")).unwrap();
    assert!(socket.close(None).unwrap().was_clean);
    server.join().unwrap();
}

#[cfg(unix)]
#[test]
fn a_unix_socket_carries_a_websocket_too() {
    use std::os::unix::net::UnixStream;
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = thread::spawn(move || {
        let mut socket = accept(theirs, OriginPolicy::SameHost).unwrap().accept().unwrap();
        let message = socket.recv().unwrap();
        socket.send(message).unwrap();
        socket.recv()
    });
    let client = Client::new("ws://localhost/").unwrap();
    let mut socket = client.connect_over(ours).unwrap();
    socket.send("over a file").unwrap();
    assert_eq!(socket.recv(), Some(Message::from("over a file")));
    assert!(socket.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap(), None);
}

#[test]
fn a_ping_of_the_applications_own_is_answered() {
    let (url, server) = serve(Config::default(), echo);
    let mut socket = connect_with(&url, Config::default());
    socket.ping("are you there").unwrap();
    match socket.recv_event() {
        Some(Event::Pong { payload, latency: None }) => assert_eq!(&payload, b"are you there"),
        other => panic!("{other:?}"),
    }
    assert_eq!(socket.ping(&[0; 126]).unwrap_err().reason, SendErrorReason::PingTooLong);
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_plain_request_that_is_accepted_is_answered_426() {
    let (url, server) = serve_tcp(|stream| {
        let pending = accept(stream, OriginPolicy::SameHost).unwrap();
        assert!(!pending.request().is_upgrade());
        pending.accept().map(drop)
    });
    let mut raw = support::Raw::dial(&url);
    raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = String::from_utf8(raw.read_to_end().unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    drop(raw);
    assert!(matches!(server.join().unwrap(), Err(wirebeat_std::AcceptError::NotAnUpgrade)));
}

#[test]
fn two_frames_in_one_write_are_two_messages() {
    let (url, server) = serve_raw(|mut raw| {
        raw.0.write_all(b"\x81\x01a\x82\x01b\x88\x02\x03\xE8").unwrap();
        raw.read_to_end().unwrap()
    });
    let mut socket = connect(&url).unwrap();
    assert_eq!(socket.recv(), Some(Message::from("a")));
    assert_eq!(socket.recv(), Some(Message::from(b"b")));
    let closing = socket.recv_event();
    assert!(matches!(closing, Some(Event::Closing(Some(_)))), "{closing:?}");
    drop(socket);
    let reply = server.join().unwrap();
    assert_eq!(reply[..2], [0x88, 0x82], "a masked Close with a code");
}
