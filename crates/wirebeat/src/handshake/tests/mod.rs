//! What the two machines make of heads: good, bad, and cut anywhere.

extern crate std;

mod body;
mod client;
mod extensions;
mod failures;
mod head;
mod properties;
mod server;

use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// The client's request of RFC 6455 §1.2.
const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The server's answer of RFC 6455 §1.2.
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

/// The nonce of RFC 6455 §1.3.
const NONCE: [u8; 16] = *b"the sample nonce";

/// The request of RFC 6455 §1.2, as an application makes it.
fn example() -> Request {
    Request::new("server.example.com", None, "/chat")
        .and_then(|request| request.origin("http://example.com"))
        .and_then(|request| request.subprotocol("chat"))
        .and_then(|request| request.subprotocol("superchat"))
        .unwrap()
}

fn client() -> ClientHandshake {
    ClientHandshake::new(example(), None, NONCE, HeadLimits::default())
}

fn server() -> ServerHandshake {
    ServerHandshake::new(OriginPolicy::Any, None, HeadLimits::default())
}

/// What the example's client makes of an answer that comes whole.
fn answered(answer: impl AsRef<[u8]>) -> ClientOutcome {
    client().receive(answer.as_ref()).1.expect("the answer is complete")
}

/// What a server that lets any page in makes of a request that comes whole.
fn asked(request: impl AsRef<[u8]>) -> ServerOutcome {
    server().receive(request.as_ref()).1.expect("the request is complete")
}

/// Why the request is refused.
fn refusal(request: impl AsRef<[u8]>) -> RequestRefusal {
    match asked(request) {
        ServerOutcome::Refused(refusal, _) => refusal,
        ServerOutcome::Request(request) => panic!("not refused: {request:?}"),
    }
}

/// The request, which isn't refused.
fn request(request: impl AsRef<[u8]>) -> IncomingRequest {
    match asked(request) {
        ServerOutcome::Request(request) => request,
        ServerOutcome::Refused(refusal, _) => panic!("refused: {refusal}"),
    }
}

/// The text with one line's header replaced by other lines (each without its line end).
fn with(head: &str, name: &str, lines: &[&str]) -> String {
    let mut replaced = String::new();
    let mut found = false;
    for line in head.split_inclusive("\r\n") {
        if line.split(':').next().is_some_and(|field| field.eq_ignore_ascii_case(name)) {
            found = true;
            for line in lines {
                replaced.push_str(line);
                replaced.push_str("\r\n");
            }
        } else {
            replaced.push_str(line);
        }
    }
    assert!(found, "no {name} to replace");
    replaced
}

/// The text with a header added at its end.
fn and(head: &str, line: &str) -> String {
    let mut longer = String::from(head.strip_suffix("\r\n").unwrap());
    longer.push_str(line);
    longer.push_str("\r\n\r\n");
    longer
}

/// Feeds a machine its input in pieces that end at the given places; says how much it took
/// altogether, and its outcome.
fn in_pieces<O>(
    bytes: &[u8],
    cuts: &[usize],
    mut receive: impl FnMut(&[u8]) -> (usize, Option<O>),
) -> (usize, Option<O>) {
    let mut ends: Vec<usize> = cuts.iter().copied().filter(|cut| *cut < bytes.len()).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut start = 0;
    for end in ends {
        let (taken, outcome) = receive(&bytes[start..end]);
        assert!(outcome.is_some() || taken == end - start, "without an outcome all is taken");
        if outcome.is_some() {
            return (start + taken, outcome);
        }
        start = end;
    }
    (bytes.len(), None)
}
