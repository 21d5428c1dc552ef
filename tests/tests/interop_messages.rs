//! Messages between wirebeat and other libraries, whole and in fragments, seen on both ends
//! (RFC 6455 §5.4, §5.6).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::net::TcpStream;

use serde_json::Value;
use wirebeat_std::{Config, Event, Kind, Message, ProtocolError, Reason, WebSocket};
use wirebeat_tests::content::{self, message, messages, summary, summary_of};
use wirebeat_tests::endpoint::{connect, echo, serve, watch};
use wirebeat_tests::peers::{Client, Library, Server, each_client, each_server};

/// Nothing, the edges of the three forms of a frame's length, and what no buffer takes at once.
const LENGTHS: [usize; 6] = [0, 125, 126, 65_535, 65_536, 5_000_000];

fn summaries(messages: &[Message<'_>]) -> Vec<Value> {
    messages.iter().map(summary).collect()
}

fn received_by_the_peer(events: &[Value]) -> Vec<Value> {
    events.iter().filter(|event| event["event"] == "message").map(summary_of).collect()
}

/// The kind, and the payload in `count` parts, cut without regard to code points.
fn parts<'m>(message: &'m Message<'_>, count: usize) -> (Kind, Vec<&'m [u8]>) {
    let bytes = message.as_bytes();
    let cut = |i| bytes.len() * i / count;
    (message.kind(), (0..count).map(|i| &bytes[cut(i)..cut(i + 1)]).collect())
}

/// Sends a message in five frames, of which the first and the last are empty, with pings between.
fn send_in_fragments(socket: &mut WebSocket<TcpStream>, message: &Message<'_>) {
    let (kind, parts) = parts(message, 3);
    socket.send_fragment(Some(kind), b"", false).unwrap();
    for part in parts {
        socket.ping(b"between").unwrap();
        socket.send_fragment(None, part, false).unwrap();
    }
    socket.send_fragment(None, b"", true).unwrap();
}

#[test]
fn a_peers_server_gets_every_message_and_sends_it_back() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/echo"), Config::default());
        for message in messages(&LENGTHS) {
            let expected = summary(&message);
            socket.send(message.borrow()).unwrap();
            assert_eq!(summary_of(&server.wait_for("message").unwrap()), expected);
            assert_eq!(summary(&socket.recv().unwrap()), expected);
        }
    });
}

#[test]
fn a_peers_client_gets_back_every_message_that_we_got() {
    let arguments: Vec<String> =
        LENGTHS.iter().flat_map(|len| [format!("text:{len}"), format!("binary:{len}")]).collect();
    let arguments: Vec<&str> =
        arguments.iter().flat_map(|sent| ["--send", sent.as_str()]).collect();
    each_client(|library, transport| {
        let (url, ours) = serve(transport, Config::default(), |mut socket| echo(&mut socket));
        let client = Client::start(library, &url, "echo", &arguments).unwrap();
        let events = client.finish().unwrap();
        let expected = summaries(&messages(&LENGTHS));
        assert_eq!(received_by_the_peer(&events), expected);
        assert_eq!(summaries(&ours.join().unwrap()), expected);
    });
}

#[test]
fn a_peers_server_puts_our_fragments_together() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/echo"), Config::default());
        for message in messages(&[0, 7, 200_000, 5_000_000]) {
            let expected = summary(&message);
            send_in_fragments(&mut socket, &message);
            assert_eq!(summary(&socket.recv().unwrap()), expected);
            for _ in 0..3 {
                let ping = server.wait_for("ping").unwrap();
                assert_eq!(ping["payload"], content::hex(b"between"));
            }
            assert_received_in_five_frames(
                library,
                &server.wait_for("message").unwrap(),
                &expected,
            );
        }
    });
}

#[test]
fn a_peers_client_puts_our_fragments_together() {
    each_client(|library, transport| {
        let (url, ours) = serve(transport, Config::default(), |mut socket| {
            for message in messages(&[0, 7, 200_000, 5_000_000]) {
                send_in_fragments(&mut socket, &message);
                assert_eq!(summary(&socket.recv().unwrap()), summary(&message));
            }
            assert!(socket.close(None).unwrap().was_clean);
        });
        let client = Client::start(library, &url, "wait", &[]).unwrap();
        let events = client.finish().unwrap();
        ours.join().unwrap();
        let received: Vec<_> = events.iter().filter(|event| event["event"] == "message").collect();
        let sent = messages(&[0, 7, 200_000, 5_000_000]);
        assert_eq!(received.len(), sent.len());
        for (event, message) in received.into_iter().zip(&sent) {
            assert_received_in_five_frames(library, event, &summary(message));
        }
    });
}

/// Only one of the libraries tells how many frames a message had.
fn assert_received_in_five_frames(library: Library, event: &Value, expected: &Value) {
    assert_eq!(summary_of(event), *expected);
    match library {
        Library::PythonWebsockets => assert_eq!(event["frames"], 5),
        Library::PythonAiohttp | Library::NodeWs | Library::NodeBuiltIn => {
            assert_eq!(event["frames"], Value::Null);
        }
    }
}

#[test]
fn a_peers_fragments_become_one_message() {
    each_server(|library, transport| {
        if !library.sends_fragments() {
            return;
        }
        let server = Server::start(library, transport).unwrap();
        for message in messages(&[3, 7, 200_000, 5_000_000]) {
            // The whole message in one frame would be refused.
            let frame_len_max = message.len().div_ceil(3).try_into().unwrap();
            let config = Config { frame_len_max, ..Config::default() };
            let mut socket = connect(&server.url("/fragmented?pieces=3"), config);
            socket.send(message.borrow()).unwrap();
            assert_eq!(summary(&socket.recv().unwrap()), summary(&message));
        }
    });
}

/// §10.4, §7.4.1.
#[test]
fn a_frame_beyond_our_limit_is_answered_with_1009() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let config = Config { frame_len_max: 999, ..Config::default() };
        let mut socket = connect(&server.url("/echo"), config);
        socket.send(message(Kind::Binary, 1_000)).unwrap();
        let (_, closed) = watch(&mut socket);
        let too_large = ProtocolError::FrameTooLarge { payload_len: 1_000, payload_len_max: 999 };
        assert_eq!(closed.cause.reason, Reason::Protocol(too_large));
        assert_eq!(server.wait_for("close").unwrap()["code"], 1009);
    });
}

/// Control frames may stand between fragments (§5.4): the ping is seen before the message that it
/// came in the middle of.
#[test]
fn a_peers_ping_between_its_fragments_is_answered_before_the_message_is_whole() {
    each_client(|library, transport| {
        if !library.sends_fragments() {
            return;
        }
        let (url, ours) = serve(transport, Config::default(), |mut socket| {
            let mut seen = Vec::new();
            while let Some(event) = socket.recv_event() {
                match event {
                    Event::Ping(payload) => seen.push(payload.to_vec()),
                    Event::Message(message) => {
                        seen.push(message.as_bytes().to_vec());
                        send_in_fragments(&mut socket, &message);
                    }
                    _ => {}
                }
            }
            seen
        });
        let sent = ["--send", "text:7", "--send", "binary:5000000", "--send", "text:200000"];
        let client = Client::start(library, &url, "fragmented", &sent).unwrap();
        let events = client.finish().unwrap();

        let messages = [
            message(Kind::Text, 7),
            message(Kind::Binary, 5_000_000),
            message(Kind::Text, 200_000),
        ];
        assert_eq!(received_by_the_peer(&events), summaries(&messages));
        let pongs = events.iter().filter(|event| event["event"] == "pong");
        let pongs: Vec<_> = pongs.map(|event| event["payload"].as_str().unwrap()).collect();
        assert_eq!(pongs, vec![content::hex(b"between"); 3]);
        let expected: Vec<&[u8]> =
            messages.iter().flat_map(|message| [b"between", message.as_bytes()]).collect();
        assert!(ours.join().unwrap() == expected, "a ping, then its message, three times");
    });
}
