//! Bare TCP peers that speak something else, before and after the opening handshake: the error says
//! what came, and the peer is answered where it can be (RFC 6455 §4.1, §4.2.1, §7.1.7).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

use wirebeat::handshake::accept_key;
use wirebeat_std::{
    AcceptError, Cause, Config, ConnectError, HandshakeError, Malformed, OriginPolicy, Phase,
    ProtocolError, Reason, RequestRefusal, accept, connect,
};
use wirebeat_tests::endpoint::{serve, serve_stream, watch};
use wirebeat_tests::peers::Transport;

/// A TLS 1.2 record: an alert, as a server of `wss:` answers what isn't TLS.
const TLS_ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";

/// How a client's TLS handshake starts: a record of 512 bytes with a ClientHello.
const TLS_CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\
    \x5f\x1c\x77\x0a\x42\x9e\xd8\x31\x66\xb0\x04\xee\x93\x28\xcd\x51";

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The lines up to the empty one.
fn read_head(stream: &TcpStream) -> Vec<String> {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let len = reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => return lines,
            line => lines.push(line.to_owned()),
        }
        assert_ne!(len, 0);
    }
}

/// What a client of ours makes of a server that reads its request and answers so. If it `stays`, the
/// server keeps its side open.
fn connect_to(answer: &[u8], stays: bool) -> ConnectError {
    let answer = answer.to_vec();
    let (url, server) = serve_stream(move |mut stream| {
        read_head(&stream);
        stream.write_all(&answer).unwrap();
        if !stays {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        // "MUST _Fail the WebSocket Connection_": nothing is sent (§4.1).
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_err() || rest.is_empty(), "{rest:?}");
    });
    let error = connect(&url).expect_err("that opens no connection");
    server.join().unwrap();
    error
}

/// What a server of ours makes of a client that sends this, and the first line of its answer. If it
/// `stays`, the client keeps its side open.
fn accept_from(request: &[u8], stays: bool) -> (AcceptError, String) {
    let (url, server) = serve_stream(|stream| accept(stream, OriginPolicy::SameHost).map(drop));
    let mut stream = dial(&url);
    stream.write_all(request).unwrap();
    if !stays {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    let status = read_head(&stream).into_iter().next().unwrap_or_default();
    drop(stream);
    (server.join().unwrap().expect_err("that is no request"), status)
}

fn dial(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("ws://").trim_end_matches('/')).unwrap()
}

fn assert_malformed(error: &ConnectError, expected: Malformed) {
    match error {
        ConnectError::Handshake(Cause { phase: Phase::Opening, reason }) => {
            assert_eq!(*reason, Reason::Handshake(HandshakeError::Malformed(expected)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_answers_in_another_protocol_is_malformed() {
    for stays in [false, true] {
        for answer in [
            &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
            b"220 mail.example.com ESMTP\r\n\r\n",
            b"+OK POP3 ready\r\n\r\n",
            b"ICY 200 OK\r\n\r\n",
        ] {
            assert_malformed(&connect_to(answer, stays), Malformed::StartLine);
        }
        for answer in [TLS_ALERT, b"\0\x01\x02\xff\xfe\r\n\r\n"] {
            assert_malformed(&connect_to(answer, stays), Malformed::ControlByte);
        }
    }
}

#[test]
fn a_server_that_ends_without_an_answer_is_an_end_during_the_handshake() {
    for answer in ["", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"] {
        match connect_to(answer.as_bytes(), false) {
            ConnectError::Handshake(cause) => {
                assert_eq!(cause, Cause { phase: Phase::Opening, reason: Reason::Eof });
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_web_server_that_answers_with_a_page_is_told_with_its_status_and_body() {
    for (status, stays) in [(400, false), (400, true), (200, false), (302, true)] {
        let answer = format!(
            "HTTP/1.1 {status} Whatever\r\nServer: web\r\nContent-Length: 12\r\n\r\n<h1>no</h1>\n"
        );
        match connect_to(answer.as_bytes(), stays) {
            ConnectError::Rejected(response) => {
                assert_eq!(response.status(), status);
                assert_eq!(response.headers().get_str("server"), Some("web"));
                assert_eq!(&response.body()[..], b"<h1>no</h1>\n");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_answer_that_belongs_to_another_request_opens_nothing() {
    let answer = format!("{}s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", upgrade_up_to_accept());
    match connect_to(answer.as_bytes(), true) {
        ConnectError::Handshake(cause) => {
            assert_eq!(cause.reason, Reason::Handshake(HandshakeError::AcceptWrong));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_that_speaks_another_protocol_is_refused_with_400() {
    for stays in [false, true] {
        for (request, expected) in [
            (TLS_CLIENT_HELLO, Malformed::ControlByte),
            (b"\0\x01\x02\xff\xfe\r\n\r\n", Malformed::ControlByte),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Malformed::StartLine),
        ] {
            let (error, status) = accept_from(request, stays);
            match error {
                AcceptError::Refused(refusal) => {
                    assert_eq!(refusal, RequestRefusal::Malformed(expected));
                }
                other => panic!("{other:?}"),
            }
            assert!(status.starts_with("HTTP/1.1 400 "), "{status}");
        }
    }
}

/// RFC 9113 §3.4: what a client of HTTP/2 starts with is made so that servers of HTTP/1.1 refuse it.
#[test]
fn a_client_of_http_2_is_told_that_its_version_is_not_supported() {
    let (error, status) = accept_from(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true);
    assert!(matches!(error, AcceptError::Refused(RequestRefusal::HttpVersion)), "{error:?}");
    assert!(status.starts_with("HTTP/1.1 505 "), "{status}");
}

/// Bytes that are no frames, each with what is wrong with its first frame.
fn no_frames() -> [(&'static [u8], ProtocolError); 3] {
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ProtocolError::ReservedBits),
        (TLS_ALERT, ProtocolError::ReservedOpcode(5)),
        (b"\x83\x00", ProtocolError::ReservedOpcode(3)),
    ]
}

fn broken(error: ProtocolError) -> Cause {
    Cause { phase: Phase::Open, reason: Reason::Protocol(error) }
}

#[test]
fn a_server_that_goes_on_with_garbage_reads_1002() {
    for (garbage, expected) in no_frames() {
        let (url, server) = serve_stream(move |mut stream| {
            let request = read_head(&stream);
            let key = request.iter().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
            let accept = accept_key(key.unwrap());
            write!(stream, "{}{accept}\r\n\r\n", upgrade_up_to_accept()).unwrap();
            stream.write_all(garbage).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            rest
        });
        let (_, closed) = watch(&mut connect(&url).unwrap());
        assert_eq!(closed.cause, broken(expected));
        // Close, masked, with two bytes of payload: the code.
        match server.join().unwrap()[..] {
            [0x88, 0x82, a, b, _, _, code_a, code_b] => {
                assert_eq!(u16::from_be_bytes([a ^ code_a, b ^ code_b]), 1002);
            }
            ref other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_client_that_goes_on_with_garbage_reads_1002() {
    for (garbage, expected) in no_frames() {
        let (url, server) =
            serve(Transport::Tcp, Config::default(), |mut socket| watch(&mut socket).1);
        let mut stream = dial(&url);
        stream.write_all(REQUEST.as_bytes()).unwrap();
        assert!(read_head(&stream)[0].starts_with("HTTP/1.1 101 "));
        stream.write_all(garbage).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [0x88, 2, 0x03, 0xea]);
        drop(stream);
        assert_eq!(server.join().unwrap().cause, broken(expected));
    }
}

fn upgrade_up_to_accept() -> &'static str {
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: "
}
