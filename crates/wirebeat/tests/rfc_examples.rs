//! The examples of RFC 6455 §1.2, §1.3 and §5.7, received and sent.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use sha1::{Digest, Sha1};
use wirebeat::frame::{self, Header, Opcode, Rsv};
use wirebeat::handshake::{Acceptance, HandshakeError, Origin, OriginPolicy, Request, accept_key};
use wirebeat::{Config, Connection, Event, Kind, Message, ReadyState, Reason, Role, Seed};

/// §1.2: "The handshake from the client looks as follows".
const REQUEST_1_2: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// §1.2: "The handshake from the server looks as follows".
const RESPONSE_1_2: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

fn request_1_2() -> Request {
    Request::new("server.example.com", None, "/chat")
        .and_then(|request| request.origin("http://example.com"))
        .and_then(|request| request.subprotocol("chat"))
        .and_then(|request| request.subprotocol("superchat"))
        .expect("the RFC's request")
}

/// The lines behind the first, in any order: "header fields may be sent by the client in any order".
fn sorted(head: &str) -> (&str, Vec<&str>) {
    let (start_line, rest) = head.split_once("\r\n").expect("a start line");
    let mut lines: Vec<&str> = rest.split("\r\n").collect();
    lines.sort_unstable();
    (start_line, lines)
}

#[test]
fn the_server_answers_the_request_of_section_1_2_with_its_response() {
    let origin = Origin::new("http://example.com").expect("an origin");
    let policy = OriginPolicy::Allow(vec![origin]);
    let mut server = Connection::server(policy, &Config::default(), START);
    let events = receive(&mut server, START, REQUEST_1_2.as_bytes());
    let [Event::Request(request)] = &events[..] else { unreachable!("{events:?}") };
    assert!(request.is_upgrade());
    assert_eq!((request.method(), request.target()), ("GET", "/chat"));
    assert_eq!(request.host(), "server.example.com");
    assert_eq!(request.origin(), Some("http://example.com"));
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);

    let acceptance = Acceptance::new().subprotocol("chat");
    server.accept(START, &acceptance).expect("a request waits");
    assert_eq!(server.subprotocol(), Some("chat"));
    let response = write_all(&mut server, START);
    let response = core::str::from_utf8(&response).expect("a head is text");
    assert_eq!(sorted(response), sorted(RESPONSE_1_2));
}

/// The key is drawn for each connection, so it alone differs.
#[test]
fn the_client_sends_the_request_of_section_1_2_and_takes_its_response() {
    let seed = Seed::new([7; 32]);
    let mut client = Connection::client(request_1_2(), &Config::default(), &seed, START);
    let request = write_all(&mut client, START);
    let request = core::str::from_utf8(&request).expect("a head is text");
    let key = header(request, "Sec-WebSocket-Key").expect("a key").to_owned();
    let expected = REQUEST_1_2.replace("dGhlIHNhbXBsZSBub25jZQ==", &key);
    assert_eq!(sorted(request), sorted(&expected));

    let response = RESPONSE_1_2.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", &accept_key(&key));
    let events = receive(&mut client, START, response.as_bytes());
    let [Event::Open(accepted)] = &events[..] else { unreachable!("{events:?}") };
    assert_eq!(accepted.subprotocol().map(|name| &**name), Some("chat"));
    assert_eq!((client.subprotocol(), client.ready_state()), (Some("chat"), ReadyState::Open));
}

/// As it stands it answers another key: "any other value … indicates that the server doesn't
/// accept".
#[test]
fn the_response_of_section_1_2_answers_no_other_key() {
    let seed = Seed::new([7; 32]);
    let mut client = Connection::client(request_1_2(), &Config::default(), &seed, START);
    write_all(&mut client, START);
    let events = receive(&mut client, START, RESPONSE_1_2.as_bytes());
    assert_failed(&mut client, &events, Reason::Handshake(HandshakeError::AcceptWrong));
}

/// §1.3: the key, the string that it's joined with, the hash, and its base64.
#[test]
fn the_accept_key_of_section_1_3_is_made_as_told() {
    let joined = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let hash = [
        0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f, 0x16, 0x90, 0xf6, 0x46, 0x06, 0xcf, 0x38, 0x59,
        0x45, 0xb2, 0xbe, 0xc4, 0xea,
    ];
    assert_eq!(Sha1::digest(joined)[..], hash);
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

/// §1.3: "HTTP/1.1 101 Switching Protocols", and "any status code other than 101 indicates that
/// the WebSocket handshake has not completed".
#[test]
fn the_response_of_section_1_3_opens_without_a_subprotocol() {
    let mut client = new_client(&Config::default());
    let request = write_all(&mut client, START);
    let events = receive(&mut client, START, &response_to(&request));
    assert!(matches!(&events[..], [Event::Open(accepted)] if accepted.subprotocol().is_none()));
}

/// §5.7's frames: what each is, who may send it, and its bytes.
mod section_5_7 {
    use super::*;

    const UNMASKED_TEXT: &[u8] = &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    const MASKED_TEXT: &[u8] = &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    const FRAGMENTS: [&[u8]; 2] = [&[0x01, 0x03, 0x48, 0x65, 0x6c], &[0x80, 0x02, 0x6c, 0x6f]];
    const UNMASKED_PING: &[u8] = &[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    const MASKED_PONG: &[u8] = &[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    const HEAD_256: &[u8] = &[0x82, 0x7E, 0x01, 0x00];
    const HEAD_64_KIB: &[u8] = &[0x82, 0x7F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00];

    fn payload(len: usize) -> Vec<u8> {
        (0..=255).cycle().take(len).collect()
    }

    fn client() -> Connection {
        open(Role::Client, &Config::default())
    }

    fn server() -> Connection {
        open(Role::Server, &Config::default())
    }

    /// However it's cut into two, the same comes out.
    fn assert_receives(connection: fn() -> Connection, wire: &[u8], expected: &[Event<'_>]) {
        let step = (wire.len() / 100).max(1);
        for cut in (0..=wire.len()).step_by(step) {
            let mut connection = connection();
            let mut events = receive(&mut connection, START, &wire[..cut]);
            events.extend(receive(&mut connection, START, &wire[cut..]));
            assert!(events == expected, "cut at {cut}: {events:?}");
        }
    }

    #[test]
    fn a_single_frame_unmasked_text_message() {
        assert_receives(client, UNMASKED_TEXT, &[Event::Message("Hello".into())]);
        let mut server = server();
        server.send(START, "Hello").expect("room");
        assert_eq!(waiting(&mut server), UNMASKED_TEXT);
    }

    #[test]
    fn a_single_frame_masked_text_message() {
        assert_receives(server, MASKED_TEXT, &[Event::Message("Hello".into())]);
        // With the RFC's key, by the codec; with a key of its own, by a client.
        let masking_key = Some(KEY);
        let (fin, rsv, opcode, payload_len) = (true, Rsv::NONE, Opcode::Text, 5);
        let mut wire = Vec::new();
        Header { fin, rsv, opcode, masking_key, payload_len }.encode(&mut wire);
        let mut masked = *b"Hello";
        frame::mask(&mut masked, KEY);
        wire.extend_from_slice(&masked);
        assert_eq!(wire, MASKED_TEXT);

        let mut client = client();
        client.send(START, "Hello").expect("room");
        let wire = waiting(&mut client);
        assert_eq!((&wire[..2], wire.len()), (&MASKED_TEXT[..2], MASKED_TEXT.len()));
        let unmasked: Vec<u8> =
            wire[6..].iter().zip(wire[2..6].iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert_eq!(unmasked, b"Hello");
    }

    #[test]
    fn a_fragmented_unmasked_text_message() {
        assert_receives(client, &FRAGMENTS.concat(), &[Event::Message("Hello".into())]);
        let mut server = server();
        server.send_fragment(START, Some(Kind::Text), "Hel", false).expect("room");
        server.send_fragment(START, None, "lo", true).expect("room");
        assert_eq!(waiting(&mut server), FRAGMENTS.concat());
    }

    #[test]
    fn an_unmasked_ping_and_its_masked_pong() {
        let hello = || (&b"Hello"[..]).into();
        assert_receives(client, UNMASKED_PING, &[Event::Ping(hello())]);
        assert_receives(server, MASKED_PONG, &[Event::Pong { payload: hello(), latency: None }]);
        let mut server = server();
        server.ping(START, "Hello").expect("room");
        assert_eq!(waiting(&mut server), UNMASKED_PING);

        // "contains a body of "Hello", matching the body of the ping"
        let mut client = client();
        receive(&mut client, START, UNMASKED_PING);
        let wire = waiting(&mut client);
        assert_eq!((&wire[..2], wire.len()), (&MASKED_PONG[..2], MASKED_PONG.len()));
        assert_eq!(plain(&wire), [(PONG, b"Hello".to_vec())]);
    }

    #[test]
    fn a_256_byte_binary_message_in_a_single_unmasked_frame() {
        let wire = [HEAD_256, &payload(256)].concat();
        assert_receives(client, &wire, &[Event::Message(payload(256).into())]);
        let mut server = server();
        server.send(START, payload(256)).expect("room");
        assert_eq!(waiting(&mut server), wire);
    }

    #[test]
    fn a_64_kib_binary_message_in_a_single_unmasked_frame() {
        let wire = [HEAD_64_KIB, &payload(65_536)].concat();
        assert_receives(client, &wire, &[Event::Message(payload(65_536).into())]);
        let mut server = server();
        server.send(START, Message::from(payload(65_536))).expect("room");
        assert!(waiting(&mut server) == wire);
    }

    #[test]
    fn the_codec_reads_and_writes_each_header() {
        for wire in [
            UNMASKED_TEXT,
            MASKED_TEXT,
            FRAGMENTS[0],
            FRAGMENTS[1],
            UNMASKED_PING,
            MASKED_PONG,
            HEAD_256,
            HEAD_64_KIB,
        ] {
            let (header, len) = Header::parse(wire).expect("valid").expect("whole");
            let mut encoded = Vec::new();
            header.encode(&mut encoded);
            assert_eq!(encoded, wire[..len]);
        }
    }
}
