//! What the behaviour tests share: a peer that is written down byte by byte, independently of the
//! library's own codec, and a driver that holds a connection in its hands.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use core::time::Duration;

use bytes::Buf;
use wirebeat::handshake::{OriginPolicy, Request, accept_key};
use wirebeat::{
    Cause, CloseCode, Closed, Config, Connection, Endpoint, Event, Input, ReadyState, Reason, Role,
    Seed, Timestamp,
};

pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// First bytes of frames: FIN and opcode (RFC 6455 §5.2).
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;
/// Without FIN.
pub(crate) const TEXT_BEGINS: u8 = 0x01;
pub(crate) const BINARY_BEGINS: u8 = 0x02;
pub(crate) const CONTINUES: u8 = 0x00;
/// With FIN.
pub(crate) const CONTINUES_LAST: u8 = 0x80;

/// The key that the written-down client masks with: RFC 6455 §5.7's.
pub(crate) const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

pub(crate) const START: Timestamp = Timestamp::ZERO;

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The smallest step of time.
pub(crate) const TICK: Duration = Duration::from_nanos(1);

/// A connection that is open from the start.
pub(crate) fn open(role: Role, config: &Config) -> Connection {
    let endpoint = match role {
        Role::Client => Endpoint::Client(Seed::new([7; 32])),
        Role::Server => Endpoint::Server,
    };
    Connection::established(endpoint, config, START)
}

pub(crate) fn new_client(config: &Config) -> Connection {
    let request = Request::new("example.com", None, "/").expect("a valid request");
    Connection::client(request, config, &Seed::new([7; 32]), START)
}

pub(crate) fn new_server(config: &Config) -> Connection {
    Connection::server(OriginPolicy::Any, config, START)
}

/// A request as any client sends it.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The 101 that belongs to a request of ours.
pub(crate) fn response_to(request: &[u8]) -> Vec<u8> {
    let request = core::str::from_utf8(request).expect("a request is text");
    let key = header(request, "Sec-WebSocket-Key").expect("a request has a key");
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    )
    .into_bytes()
}

/// A header's value.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// A frame as the peer of a connection of this role sends it: with the shortest length, masked if
/// the peer is a client.
pub(crate) fn from_peer_of(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut wire = head_from_peer_of(role, first, payload.len() as u64);
    match role {
        Role::Server => wire.extend(payload.iter().zip(KEY.iter().cycle()).map(|(b, k)| b ^ k)),
        Role::Client => wire.extend_from_slice(payload),
    }
    wire
}

/// The header alone, with the shortest form of the length.
pub(crate) fn head_from_peer_of(role: Role, first: u8, len: u64) -> Vec<u8> {
    let form = match len {
        0..=125 => LengthForm::Short,
        126..=0xFFFF => LengthForm::Medium,
        _ => LengthForm::Long,
    };
    head_with_form(role, first, len, form).expect("the shortest form fits")
}

/// The three ways to write a length (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LengthForm {
    Short,
    Medium,
    Long,
}

/// A header whose length is written in the given form, whether it's the shortest or not; `None` if
/// the length doesn't fit.
pub(crate) fn head_with_form(role: Role, first: u8, len: u64, form: LengthForm) -> Option<Vec<u8>> {
    let mask_bit = if role == Role::Server { 0x80 } else { 0 };
    let mut wire = vec![first];
    match form {
        LengthForm::Short => {
            wire.push(mask_bit | u8::try_from(len).ok().filter(|len| *len <= 125)?);
        }
        LengthForm::Medium => {
            wire.push(mask_bit | 126);
            wire.extend_from_slice(&u16::try_from(len).ok()?.to_be_bytes());
        }
        LengthForm::Long => {
            wire.push(mask_bit | 127);
            wire.extend_from_slice(&len.to_be_bytes());
        }
    }
    if role == Role::Server {
        wire.extend_from_slice(&KEY);
    }
    Some(wire)
}

/// The body of a Close frame.
pub(crate) fn close_body(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// The peer's Close frame.
pub(crate) fn peer_close(role: Role, code: u16) -> Vec<u8> {
    from_peer_of(role, CLOSE, &close_body(code, ""))
}

/// Gives the bytes to the connection and collects all events.
pub(crate) fn receive(
    connection: &mut Connection,
    now: Timestamp,
    bytes: &[u8],
) -> Vec<Event<'static>> {
    let mut chunk = bytes.to_vec();
    let mut input = Input::new(&mut chunk);
    let mut events = Vec::new();
    while let Some(event) = connection.receive(now, &mut input) {
        events.push(event.into_owned());
    }
    assert!(input.is_empty(), "what yields no event is used up");
    events
}

/// The events that wait.
pub(crate) fn poll(connection: &mut Connection) -> Vec<Event<'static>> {
    std::iter::from_fn(|| connection.poll_event()).collect()
}

/// All bytes that wait, which stay where they are.
pub(crate) fn waiting(connection: &mut Connection) -> Vec<u8> {
    let Some(mut transmit) = connection.poll_transmit() else { return Vec::new() };
    let mut bytes = Vec::new();
    while transmit.has_remaining() {
        let chunk = transmit.chunk();
        bytes.extend_from_slice(chunk);
        let len = chunk.len();
        transmit.advance(len);
    }
    bytes
}

/// Writes all that waits.
pub(crate) fn write_all(connection: &mut Connection, now: Timestamp) -> Vec<u8> {
    let bytes = waiting(connection);
    connection.handle_written(now, bytes.len());
    bytes
}

/// Writes at most `len` bytes of what waits.
pub(crate) fn write(connection: &mut Connection, now: Timestamp, len: usize) -> Vec<u8> {
    let mut bytes = waiting(connection);
    bytes.truncate(len);
    connection.handle_written(now, bytes.len());
    bytes
}

/// A frame that a connection sent, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) first: u8,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
}

/// Reads whole frames as plainly as the RFC draws them (§5.2), and insists on the shortest length.
pub(crate) fn frames(mut wire: &[u8]) -> Vec<Sent> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = wire {
        let masked = second & 0x80 != 0;
        let (len, rest) = match second & 0x7F {
            126 => {
                let (len, rest) = rest.split_first_chunk::<2>().expect("a 16-bit length");
                assert!(u16::from_be_bytes(*len) >= 126, "§5.2: the minimal number of bytes");
                (u64::from(u16::from_be_bytes(*len)), rest)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk::<8>().expect("a 64-bit length");
                assert!(u64::from_be_bytes(*len) > 0xFFFF, "§5.2: the minimal number of bytes");
                (u64::from_be_bytes(*len), rest)
            }
            short => (u64::from(short), rest),
        };
        let (key, rest) = if masked { rest.split_at(4) } else { (&[0; 4][..], rest) };
        let (payload, rest) = rest.split_at(usize::try_from(len).expect("a length that was sent"));
        let payload = payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k).collect();
        frames.push(Sent { first: *first, masked, payload });
        wire = rest;
    }
    assert!(wire.is_empty(), "half a frame is left");
    frames
}

/// The first bytes and payloads of the frames in `wire`.
pub(crate) fn plain(wire: &[u8]) -> Vec<(u8, Vec<u8>)> {
    frames(wire).into_iter().map(|frame| (frame.first, frame.payload)).collect()
}

/// The Close frame that is the only thing in `wire`: its code, or `None` if its body is empty.
pub(crate) fn only_close(wire: &[u8]) -> Option<u16> {
    let frames = frames(wire);
    assert_eq!(frames.len(), 1, "one frame: {frames:?}");
    assert_eq!(frames[0].first, CLOSE);
    match frames[0].payload[..] {
        [] => None,
        [high, low, ..] => Some(u16::from_be_bytes([high, low])),
        [_] => unreachable!("a Close body of one byte"),
    }
}

/// The end that the events report: an error's cause, if one was reported, and the Close. They must
/// be the last, and nothing may follow.
pub(crate) fn ending(
    connection: &mut Connection,
    events: &[Event<'static>],
) -> (Option<Cause>, Closed) {
    let (cause, closed) = match events {
        [.., Event::Error(cause), Event::Closed(closed)] => (Some(*cause), closed.clone()),
        [.., Event::Closed(closed)] => (None, closed.clone()),
        other => unreachable!("the connection hasn't ended: {other:?}"),
    };
    let ends = events.iter().filter(|event| matches!(event, Event::Error(_) | Event::Closed(_)));
    assert_eq!(ends.count(), 1 + usize::from(cause.is_some()), "{events:?}");
    if let Some(cause) = cause {
        assert_eq!(cause, closed.cause);
    }
    assert_is_over(connection);
    (cause, closed)
}

/// After CLOSED: no event, no output, no timer.
pub(crate) fn assert_is_over(connection: &mut Connection) {
    assert_eq!(connection.ready_state(), ReadyState::Closed);
    assert_eq!(connection.transport(), wirebeat::Transport::Drop);
    assert_eq!(connection.poll_event(), None);
    assert_eq!(waiting(connection), []);
    assert_eq!(connection.poll_timeout(), None);
    assert!(!connection.wants_read());
}

/// Ended by `reason`, with an error, and without the peer's Close: what the browser shows as 1006.
pub(crate) fn assert_failed(
    connection: &mut Connection,
    events: &[Event<'static>],
    reason: Reason,
) -> Closed {
    let (cause, closed) = ending(connection, events);
    assert_eq!(cause.map(|cause| cause.reason), Some(reason));
    assert_eq!((closed.code, &*closed.reason), (CloseCode::ABNORMAL, ""));
    assert!(!closed.was_clean);
    closed
}

/// Numbers that look random and are always the same.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Numbers {
        Numbers(seed)
    }

    /// SplitMix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("less than a usize")
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// Compares `actual` with the golden file, or writes it if `UPDATE_GOLDEN` is set.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the core")]
pub(crate) fn assert_golden(name: &str, actual: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file can be read");
    for (number, (expected, actual)) in golden.lines().zip(actual.lines()).enumerate() {
        assert_eq!(actual, expected, "{name}, line {}", number + 1);
    }
    assert_eq!(actual.lines().count(), golden.lines().count(), "lines in {name}");
}
