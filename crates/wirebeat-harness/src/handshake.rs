//! Opening handshakes, cut anywhere, against httparse.

use wirebeat::handshake::{Acceptance, HandshakeError, OriginPolicy, Request, accept_key};
use wirebeat::{Config, Connection, Event, Input, Reason, Timestamp, Transport};

use crate::rules;
use crate::source::Source;
use crate::split::{Cut, Cuts, last_events, waiting};

/// The key that every client under test sends: it follows from its seed.
pub const CLIENT_KEY: &str = "5NDLWT+8HjnmQ4Haizf11A==";

/// What came of a handshake.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    events: Vec<Event<'static>>,
    /// The output before the peer ended the transport.
    output: Vec<u8>,
    transport: Transport,
}

/// Gives a stream to a connection, cut as wanted, and accepts whatever asks. The peer ends the
/// transport behind it.
fn run(mut connection: Connection, stream: &[u8], cuts: &Cuts) -> Outcome {
    let now = Timestamp::ZERO;
    let mut events = Vec::new();
    let mut output = waiting(&mut connection);
    connection.handle_written(now, output.len());
    let mut at = 0;
    for Cut { len, .. } in cuts.chunks() {
        let mut chunk = stream[at..].to_vec();
        chunk.truncate(len);
        at += chunk.len();
        let mut input = Input::new(&mut chunk);
        while let Some(event) = connection.receive(now, &mut input) {
            if let Event::Request(_) = event {
                // A plain request can't be accepted; it waits for an answer.
                let _ = connection.accept(now, &Acceptance::new());
            }
            events.push(event.into_owned());
        }
        assert!(input.is_empty(), "receive ended before its input");
        if at == stream.len() {
            break;
        }
    }
    let transport = connection.transport();
    output.extend(waiting(&mut connection));
    connection.handle_written(now, output.len());
    connection.handle_eof(now);
    events.extend(last_events(&mut connection));
    Outcome { events, output, transport }
}

fn assert_cuts_change_nothing(
    connection: impl Fn() -> Connection,
    stream: &[u8],
    cuts: &Cuts,
) -> Outcome {
    let outcome = run(connection(), stream, &Cuts::none());
    for cuts in [cuts, &Cuts::every(1)] {
        assert_eq!(run(connection(), stream, cuts), outcome, "{cuts:?}");
    }
    let is_end = |event: &&Event<'_>| matches!(event, Event::Closed(_));
    assert_eq!(outcome.events.iter().filter(is_end).count(), 1, "one end");
    outcome
}

/// Limits of a fuzzer's choice.
fn config(source: &mut Source<'_>) -> Config {
    let is_small = source.is_odd();
    let (head_len_max, head_headers_max) = if is_small { (200, 6) } else { (16 * 1024, 64) };
    Config { head_len_max, head_headers_max, heartbeat: None, ..Config::default() }
}

/// The stream as httparse takes it: it knows no HTTP/1.2 to 1.9, although "a recipient that receives
/// a message with a major version number that it implements and a minor version number higher than
/// what it implements SHOULD process the message as if it had the highest minor version" (RFC 9110
/// §2.5).
fn as_http_1_1(stream: &[u8]) -> Vec<u8> {
    let mut stream = stream.to_vec();
    let line_end = stream.iter().position(|byte| *byte == b'\n').unwrap_or(stream.len());
    // A request's version ends its line, an answer's begins it.
    let is_answer = stream.starts_with(b"HTTP/");
    let at = if is_answer { 0 } else { stream[..line_end].trim_ascii_end().len().max(8) - 8 };
    if let Some([b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'1'..=b'9']) =
        stream.get_mut(at..at + 8)
    {
        *minor = b'1';
    }
    stream
}

/// The harness of the target `handshake_request`: limits, cuts, and what a client sends.
///
/// # Panics
///
/// If what a server makes of it depends on the cuts, if it accepts what httparse doesn't parse, or
/// if an answer isn't one.
pub fn handshake_request(data: &[u8]) {
    let mut source = Source::new(data);
    let config = config(&mut source);
    let cuts = Cuts::draw(&mut source);
    check_request(&config, source.rest(), &cuts);
}

/// Checks what a server makes of a request.
///
/// # Panics
///
/// As [`handshake_request`].
pub fn check_request(config: &Config, stream: &[u8], cuts: &Cuts) {
    let server = || Connection::server(OriginPolicy::SameHost, config, Timestamp::ZERO);
    let outcome = assert_cuts_change_nothing(server, stream, cuts);
    let output = String::from_utf8_lossy(&outcome.output);
    if let Some(Event::Request(request)) = outcome.events.first() {
        let as_parsed = as_http_1_1(stream);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head_len)) = parsed.parse(&as_parsed) else {
            panic!("httparse doesn't take it: {stream:?}");
        };
        assert!(head_len <= config.head_len_max, "a head of {head_len} bytes");
        assert!(parsed.headers.len() <= config.head_headers_max);
        assert_eq!((parsed.method, parsed.version), (Some(request.method()), Some(1)));
        assert_eq!(request.headers().len(), parsed.headers.len());
        for ((name, value), header) in request.headers().iter().zip(parsed.headers.iter()) {
            assert_eq!((name, value), (header.name, header.value));
        }
        if let Some(key) =
            request.headers().get_str("Sec-WebSocket-Key").filter(|_| request.is_upgrade())
        {
            let accept = format!("\r\nSec-WebSocket-Accept: {}\r\n", accept_key(key));
            assert!(output.starts_with("HTTP/1.1 101 ") && output.contains(&accept), "{output}");
        }
    } else if let [Event::Error(cause), Event::Closed(_)] = &outcome.events[..] {
        match cause.reason {
            Reason::Refused(refusal) => {
                let start = format!("HTTP/1.1 {} ", refusal.status());
                assert!(output.starts_with(&start), "{refusal:?}: {output}");
                let says_close = |l: &str| l.starts_with("Connection: ") && l.ends_with("close");
                assert!(output.lines().any(says_close), "{output}");
                assert_eq!(outcome.transport, Transport::Keep, "the answer has to be sent first");
            }
            Reason::Eof => assert_eq!(output, "", "an answer without a request"),
            other => panic!("a request ends of {other:?}"),
        }
    } else {
        panic!("{:?}", outcome.events);
    }
}

/// The harness of the target `handshake_response`: limits, cuts, and what a server answers to a
/// request with [`CLIENT_KEY`].
///
/// # Panics
///
/// If what a client makes of it depends on the cuts, if it opens on an answer that httparse doesn't
/// parse, or if it sends anything on one that doesn't open it.
pub fn handshake_response(data: &[u8]) {
    let mut source = Source::new(data);
    let config = config(&mut source);
    let cuts = Cuts::draw(&mut source);
    check_response(&config, source.rest(), &cuts);
}

/// Checks what a client makes of an answer.
///
/// # Panics
///
/// As [`handshake_response`].
pub fn check_response(config: &Config, stream: &[u8], cuts: &Cuts) {
    let request = Request::new("example.com", None, "/chat")
        .and_then(|request| request.subprotocol("chat"))
        .expect("it's valid");
    let client = || Connection::client(request.clone(), config, &rules::seed(), Timestamp::ZERO);
    let outcome = assert_cuts_change_nothing(client, stream, cuts);
    let head_end = outcome.output.windows(4).position(|w| w == b"\r\n\r\n").expect("a request") + 4;
    let (head, frames) = outcome.output.split_at(head_end);
    assert!(String::from_utf8_lossy(head).contains(CLIENT_KEY), "another key");
    match &outcome.events[..] {
        [Event::Open(accepted), ..] => {
            let (status, version, head) = final_head(stream).expect("httparse doesn't take it");
            assert_eq!((status, version), (101, 1));
            let accept = accept_key(CLIENT_KEY);
            assert_eq!(accepted.headers().get("Sec-WebSocket-Accept"), Some(accept.as_bytes()));
            assert!(head <= config.head_len_max, "a head of {head} bytes");
        }
        [Event::Rejected(response), Event::Error(cause), Event::Closed(_)] => {
            let (status, ..) = final_head(stream).expect("httparse doesn't take it");
            assert_eq!(response.status(), status);
            assert_eq!(cause.reason, Reason::Handshake(HandshakeError::Status(status)));
            assert!(response.body().len() <= 4096, "more than the start of a body");
            assert_eq!(frames, b"", "a frame on a connection that isn't open");
        }
        [Event::Error(cause), Event::Closed(closed)] => {
            assert!(matches!(cause.reason, Reason::Handshake(_) | Reason::Eof), "{cause:?}");
            assert!(!closed.was_clean);
            assert_eq!(frames, b"", "a frame on a connection that isn't open");
        }
        other => panic!("{other:?}"),
    }
}

/// Status and version of the answer behind the interim ones, and the length of its head.
fn final_head(mut stream: &[u8]) -> Option<(u16, u8, usize)> {
    loop {
        let as_parsed = as_http_1_1(stream);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(len) = parsed.parse(&as_parsed).ok()? else { return None };
        let (status, version) = (parsed.code?, parsed.version?);
        if status == 101 || status >= 200 {
            return Some((status, version, len));
        }
        stream = &stream[len..];
    }
}
