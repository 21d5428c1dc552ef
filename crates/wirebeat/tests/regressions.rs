//! What a property or a fuzz target once found, as small as it can be.
#![forbid(unsafe_code)]

use core::time::Duration;

use wirebeat::handshake::{AcceptError, Acceptance, OriginPolicy, Response};
use wirebeat::{Config, Connection, Delivery, Endpoint, Event, Heartbeat, Input, Timestamp};
use wirebeat_harness::split::waiting;

const NOW: Timestamp = Timestamp::ZERO;

/// A server whose application has been asked to decide.
fn deciding_server() -> Connection {
    let mut server = Connection::server(OriginPolicy::Any, &Config::default(), NOW);
    let mut request = b"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n\r\n"
        .to_vec();
    let event = server.receive(NOW, &mut Input::new(&mut request));
    assert!(matches!(event, Some(Event::Request(_))), "{event:?}");
    server
}

/// RFC 9112 §9.2: a request has one answer; the second would be read as another's.
#[test]
fn a_request_is_answered_once() {
    let not_found = Response::new(404).unwrap();
    let mut server = deciding_server();
    server.respond(NOW, &not_found).unwrap();
    let answer = waiting(&mut server);
    assert_eq!(server.respond(NOW, &not_found), Err(AcceptError::Gone));
    assert_eq!(server.accept(NOW, &Acceptance::new()), Err(AcceptError::Gone));
    assert_eq!(waiting(&mut server), answer);
}

/// What came behind the request was too much, and was answered with 400.
#[test]
fn a_request_that_was_refused_meanwhile_is_gone() {
    let mut server = deciding_server();
    let mut flood = vec![0; 16 * 1024 + 1];
    assert_eq!(server.receive(NOW, &mut Input::new(&mut flood)), None);
    let answer = waiting(&mut server);
    assert!(answer.starts_with(b"HTTP/1.1 400 "));
    assert_eq!(server.accept(NOW, &Acceptance::new()), Err(AcceptError::Gone));
    assert_eq!(waiting(&mut server), answer);
}

/// An application that gave the connection up can't open it.
#[test]
fn a_request_that_was_given_up_is_gone() {
    let mut server = deciding_server();
    server.close(NOW, None).unwrap();
    assert_eq!(server.accept(NOW, &Acceptance::new()), Err(AcceptError::Gone));
    assert_eq!(server.respond(NOW, &Response::new(503).unwrap()), Err(AcceptError::Gone));
    assert_eq!(server.poll_transmit().map(|_| ()), None);
}

/// A frame behind the request: a client that doesn't wait for the answer, as it must (RFC 6455
/// §4.1), and whose server's transport hasn't taken the answer yet.
fn hasty_client(frame: &[u8]) -> Vec<u8> {
    let mut server = deciding_server();
    assert_eq!(server.accept(NOW, &Acceptance::new()), Ok(()));
    let mut frame = frame.to_vec();
    let mut input = Input::new(&mut frame);
    while server.receive(NOW, &mut input).is_some() {}
    waiting(&mut server)
}

/// RFC 6455 §4.2.2: the 101 comes first.
#[test]
fn no_pong_overtakes_the_handshake() {
    let output = hasty_client(&[0x89, 0x80, 0, 0, 0, 0]);
    assert!(output.starts_with(b"HTTP/1.1 101 ") && output.ends_with(&[0x8A, 0]));
}

/// What hasn't begun is dropped when the peer closes, or breaks a rule; but not the 101.
#[test]
fn no_close_replaces_the_handshake() {
    let replied = hasty_client(&[0x88, 0x80, 0, 0, 0, 0]);
    assert!(replied.starts_with(b"HTTP/1.1 101 ") && replied.ends_with(&[0x88, 0]));
    let failed = hasty_client(&[0x83, 0x80, 0, 0, 0, 0]);
    assert!(failed.starts_with(b"HTTP/1.1 101 ") && failed.ends_with(&[0x88, 2, 0x03, 0xEA]));
}

/// A heartbeat's message isn't the application's: it's neither buffered nor lost.
#[test]
fn a_heartbeats_message_is_nobodys() {
    let second = Duration::from_secs(1);
    let heartbeat = Heartbeat::messages(second, second, "beat", None);
    let config = Config { heartbeat: Some(heartbeat), ..Config::default() };
    let mut server = Connection::established(Endpoint::Server, &config, NOW);
    server.handle_timeout(NOW + second);
    assert_eq!((waiting(&mut server), server.buffered_amount()), (b"\x81\x04beat".to_vec(), 0));
    server.send(NOW + second, "mine").unwrap();
    assert_eq!(server.buffered_amount(), 4);
    server.handle_written(NOW + second, 3);
    assert_eq!(server.buffered_amount(), 4);
    server.handle_lost(NOW + second);
    assert!(matches!(server.poll_event(), Some(Event::Error(_))));
    match server.poll_event() {
        Some(Event::Closed(closed)) => assert_eq!(closed.messages_lost, 1),
        other => panic!("{other:?}"),
    }
    assert_eq!(server.buffered_amount(), 4);
}

/// A heartbeat that is given up takes no message's place: the one in progress is still the
/// application's.
#[test]
fn a_heartbeat_that_is_given_up_is_forgotten() {
    let second = Duration::from_secs(1);
    let heartbeat = Heartbeat::messages(second, second, "beat", None);
    let config = Config { heartbeat: Some(heartbeat), ..Config::default() };
    let mut server = Connection::established(Endpoint::Server, &config, NOW);
    server.send(NOW, "in progress").unwrap();
    server.handle_written(NOW, 1);
    server.handle_timeout(NOW + second);
    let mut reserved = [0x83, 0x80];
    assert_eq!(server.receive(NOW, &mut Input::new(&mut reserved)), None);
    server.handle_written(NOW, 2);
    assert_eq!(server.buffered_amount(), 10);
}

/// With nothing to eat, a message that is handed over in pieces has no further piece: neither a
/// driver that calls `receive` until it returns `None` nor `poll_event` goes on for ever.
#[test]
fn no_input_is_no_piece_of_a_message() {
    let config = Config {
        delivery: Delivery::Pieces { message_len_max: None, frame_len_max: None },
        ..Config::default()
    };
    let mut server = Connection::established(Endpoint::Server, &config, NOW);
    let mut half = [0x82, 0x84, 0, 0, 0, 0, 1, 2];
    let mut input = Input::new(&mut half);
    assert!(matches!(server.receive(NOW, &mut input), Some(Event::Fragment(_))));
    assert_eq!(server.receive(NOW, &mut input), None);
    assert_eq!(server.poll_event(), None);
}
