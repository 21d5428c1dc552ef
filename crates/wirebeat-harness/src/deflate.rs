//! permessage-deflate: the header's grammar, hostile data, and two ends that compress.

use wirebeat::extension::{Deflate, DeflateParameters, WindowBits, elements};
use wirebeat::{
    Config, Connection, Delivery, Endpoint, Event, Input, Kind, Message, Prepared, ReadyState,
    Role, Seed, SendErrorReason, Timestamp,
};

use crate::frame::Frame;
use crate::source::Source;
use crate::split::waiting;

const NOW: Timestamp = Timestamp::ZERO;

/// Any bytes as a `Sec-WebSocket-Extensions`, against a reader that is written down plainly
/// (RFC 6455 §9.1).
pub fn extension_header(data: &[u8]) {
    let mut read = Vec::new();
    let mut is_malformed = false;
    for element in elements(data) {
        assert!(!is_malformed, "nothing follows an error");
        match element {
            Ok(element) => read.push(element.to_string()),
            Err(_) => is_malformed = true,
        }
    }
    let plainly = plainly(data);
    assert_eq!(is_malformed, plainly.is_none());
    if let Some(plainly) = plainly {
        assert_eq!(read, plainly);
    }
    // Whatever it says, a server of ours agrees to nothing that a client of ours wouldn't.
    let deflate = Deflate::default();
    if let Some((parameters, answer)) = deflate.negotiate([data]) {
        assert!(parameters.server_max_window_bits > WindowBits::MIN);
        assert_eq!(elements(answer.as_bytes()).filter_map(Result::ok).count(), 1);
    }
}

/// The elements, as we'd write them; `None` if the list is malformed.
fn plainly(data: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(data).ok().filter(|text| text.is_ascii())?;
    let mut list = Vec::new();
    for element in split(text, ',')? {
        if element.is_empty() {
            continue;
        }
        let mut parts = split(element, ';')?.into_iter();
        let mut written = token(parts.next()?)?.to_owned();
        for parameter in parts {
            let (name, value) = match parameter.split_once('=') {
                None => (parameter, None),
                Some((name, value)) => (name, Some(value.trim_matches([' ', '\t']))),
            };
            written.push_str("; ");
            written.push_str(token(name.trim_matches([' ', '\t']))?);
            if let Some(value) = value {
                written.push('=');
                written.push_str(token(&unquoted(value)?)?);
            }
        }
        list.push(written);
    }
    Some(list)
}

/// The parts between separators that stand in no quoted string, without white space around them.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if char == separator && !is_quoted => {
                parts.push(text[start..at].trim_matches([' ', '\t']));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim_matches([' ', '\t']));
    (!is_quoted).then_some(parts)
}

fn token(text: &str) -> Option<&str> {
    let is_token = |byte: u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte);
    (!text.is_empty() && text.bytes().all(is_token)).then_some(text)
}

fn unquoted(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let (mut unquoted, mut chars) = (String::new(), inner.chars());
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(unquoted),
            '\\' => unquoted.push(chars.next()?),
            char => unquoted.push(char),
        }
    }
}

fn endpoint(role: Role) -> Endpoint {
    match role {
        Role::Client => Endpoint::Client(Seed::new([7; 32])),
        Role::Server => Endpoint::Server,
    }
}

/// Parameters of a fuzzer's choice; both sides take the same.
fn parameters(source: &mut Source<'_>) -> DeflateParameters {
    let no_context_takeover = source.byte();
    let bits = |source: &mut Source<'_>| WindowBits::new(9 + source.below(7)).unwrap_or_default();
    DeflateParameters {
        server_no_context_takeover: no_context_takeover & 1 != 0,
        client_no_context_takeover: no_context_takeover & 2 != 0,
        server_max_window_bits: bits(source),
        client_max_window_bits: bits(source),
    }
}

/// What a connection made of compressed data.
#[derive(Debug, PartialEq)]
struct Heard {
    /// Whole messages, those of which pieces came put together.
    messages: Vec<(Kind, Vec<u8>)>,
    /// Why it failed, if it did.
    failure: Option<String>,
}

/// Any bytes as what compressed messages are made of: however they're cut, and handed over, the
/// same comes of them, and never more than the limit.
pub fn inflate(data: &[u8]) {
    let mut source = Source::new(data);
    let role = if source.is_odd() { Role::Client } else { Role::Server };
    let parameters = parameters(&mut source);
    let limits = source.byte();
    let message_len_max = [100, 5_000, 70_000, 1 << 20][usize::from(limits % 4)];
    let ratio_max = [None, Some(2), Some(20), Some(500)][usize::from(limits / 4 % 4)];
    let cut = 1 + usize::from(source.byte());
    let mut stream = Vec::new();
    let mut is_in_message = false;
    while !source.is_empty() {
        let flags = source.byte();
        let len = source.len();
        let fin = flags & 1 != 0;
        let opcode = match is_in_message {
            true => 0x00,
            false if flags & 2 != 0 => 0x01,
            false => 0x02,
        };
        let rsv1 = if is_in_message || flags & 4 != 0 { 0 } else { 0x40 };
        let first = if fin { 0x80 } else { 0 } | rsv1 | opcode;
        Frame { first, ..Frame::new(role, opcode, source.slice(len)) }.write(&mut stream);
        is_in_message = !fin;
    }
    let run = |delivery, cut| {
        let config = Config { delivery, message_len_max, heartbeat: None, ..Config::default() };
        let connection = Connection::established(endpoint(role), &config, NOW);
        let deflate = Deflate::default().ratio_max(ratio_max);
        hear(connection.with_deflate(&deflate, parameters), &stream, cut)
    };
    let whole = run(Delivery::Whole, usize::MAX);
    for (_, message) in &whole.messages {
        assert!(message.len() as u64 <= message_len_max);
    }
    assert_eq!(run(Delivery::Whole, cut), whole, "cuts change nothing");
    assert_eq!(run(Delivery::Whole, 1), whole, "cuts change nothing");
    let pieces = Delivery::Pieces { message_len_max: Some(message_len_max), frame_len_max: None };
    assert_eq!(run(pieces, cut), whole, "pieces are the message");
    assert_eq!(run(pieces, usize::MAX), whole, "pieces are the message");
}

fn hear(mut connection: Connection, stream: &[u8], cut: usize) -> Heard {
    let mut heard = Heard { messages: Vec::new(), failure: None };
    let mut pieces = Vec::new();
    for chunk in stream.chunks(cut) {
        let mut chunk = chunk.to_vec();
        let mut input = Input::new(&mut chunk);
        while let Some(event) = connection.receive(NOW, &mut input) {
            match event {
                Event::Message(message) => {
                    heard.messages.push((message.kind(), message.as_bytes().to_vec()));
                }
                Event::Fragment(fragment) => {
                    pieces.extend_from_slice(&fragment.payload);
                    if fragment.last {
                        heard.messages.push((fragment.kind, std::mem::take(&mut pieces)));
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(input.is_empty());
    }
    heard.failure = connection.cause().map(|cause| cause.to_string());
    heard
}

/// Two ends that compress, and a network that cuts: what one sends the other hears, in order, and
/// `bufferedAmount` counts what was sent, before compression.
pub fn deflate_pair(data: &[u8]) {
    let mut source = Source::new(data);
    let parameters = parameters(&mut source);
    let deflate = Deflate::default()
        .level(source.byte() % 10)
        .memory_level(source.byte() % 10)
        .message_len_min(usize::from(source.byte()));
    let config = Config { heartbeat: None, send_queue_len_max: usize::MAX, ..Config::default() };
    let mut ends = [Role::Client, Role::Server].map(|role| {
        let connection = Connection::established(endpoint(role), &config, NOW);
        End::new(connection.with_deflate(&deflate, parameters))
    });
    while !source.is_empty() {
        let [first, second] = &mut ends;
        let (from, to) = if source.is_odd() { (first, second) } else { (second, first) };
        from.call(&mut source);
        if source.is_odd() {
            let cut = 1 + usize::from(source.byte());
            from.pass(to, cut);
        }
    }
    let [client, server] = &mut ends;
    client.finish(server);
    server.finish(client);
}

/// One end, and what the other has to hear of it.
struct End {
    connection: Connection,
    expected: std::collections::VecDeque<(Kind, Vec<u8>)>,
    is_in_fragments: bool,
    fragments: Vec<u8>,
}

impl End {
    fn new(connection: Connection) -> End {
        End {
            connection,
            expected: Default::default(),
            is_in_fragments: false,
            fragments: Vec::new(),
        }
    }

    /// All that it has to say is heard.
    fn finish(&mut self, to: &mut End) {
        if self.is_in_fragments {
            self.fragment(&[], true);
        }
        self.pass(to, usize::MAX);
        assert!(self.expected.is_empty(), "all is heard");
        assert_eq!(self.connection.buffered_amount(), 0);
    }

    /// A call of the application's.
    fn call(&mut self, source: &mut Source<'_>) {
        let before = self.connection.buffered_amount();
        let action = source.below(7);
        let payload = payload(source);
        let len = payload.len() as u64;
        let taken = match action {
            0 | 1 => self.message(&payload, |connection, message| {
                connection.send(NOW, message).map_err(|error| error.reason)
            }),
            2 => self.message(&payload, |connection, message| {
                connection.send_uncompressed(NOW, message).map_err(|error| error.reason)
            }),
            3 => self.message(&payload, |connection, message| {
                let prepared = Prepared::new(message);
                connection.send_prepared(NOW, &prepared).map_err(|error| error.reason)
            }),
            4 => self.fragment(&payload, source.is_odd()),
            5 => {
                self.connection.release_compression();
                false
            }
            _ => self.connection.ping(NOW, b"between").is_err(),
        };
        let grown = if taken { len } else { 0 };
        assert_eq!(self.connection.buffered_amount(), before + grown);
    }

    fn message(
        &mut self,
        payload: &[u8],
        send: impl FnOnce(&mut Connection, Message<'_>) -> Result<(), SendErrorReason>,
    ) -> bool {
        let message = Message::from(payload);
        match send(&mut self.connection, message) {
            Ok(()) => {
                self.expected.push_back((Kind::Binary, payload.to_vec()));
                true
            }
            Err(SendErrorReason::FragmentsInProgress) => {
                assert!(self.is_in_fragments);
                false
            }
            Err(SendErrorReason::ContextTakeover) => false,
            Err(reason) => panic!("{reason}"),
        }
    }

    fn fragment(&mut self, payload: &[u8], fin: bool) -> bool {
        let first = (!self.is_in_fragments).then_some(Kind::Binary);
        self.connection.send_fragment(NOW, first, payload, fin).unwrap();
        self.fragments.extend_from_slice(payload);
        self.is_in_fragments = !fin;
        if fin {
            self.expected.push_back((Kind::Binary, std::mem::take(&mut self.fragments)));
        }
        true
    }

    /// The network takes all that waits, and brings it in pieces.
    fn pass(&mut self, to: &mut End, cut: usize) {
        while let bytes @ [_, ..] = &*waiting(&mut self.connection) {
            let mut before = self.connection.buffered_amount();
            for piece in bytes.chunks(cut) {
                self.connection.handle_written(NOW, piece.len());
                let now = self.connection.buffered_amount();
                assert!(now <= before, "it only falls");
                before = now;
                let mut piece = piece.to_vec();
                let mut input = Input::new(&mut piece);
                while let Some(event) = to.connection.receive(NOW, &mut input) {
                    match event {
                        Event::Message(message) => {
                            let expected = self.expected.pop_front();
                            let heard = (message.kind(), message.as_bytes().to_vec());
                            assert!(expected == Some(heard), "what was sent is heard");
                        }
                        Event::Ping(_) | Event::Pong { .. } => {}
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
        assert_eq!(to.connection.ready_state(), ReadyState::Open);
    }
}

/// A payload, of which more or less can be compressed.
fn payload(source: &mut Source<'_>) -> Vec<u8> {
    let (len, seed) = (source.len(), source.slice(16));
    match (source.byte() % 4, seed) {
        (_, []) | (0, _) => vec![source.byte(); len],
        (1, seed) => {
            // SplitMix64's step: it can't be compressed.
            let mut state =
                seed.iter().fold(1_u64, |sum, byte| sum.wrapping_mul(257) + u64::from(*byte));
            (0..len)
                .map(|_| {
                    state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                    (state >> 56) as u8
                })
                .collect()
        }
        (_, seed) => seed.iter().copied().cycle().take(len).collect(),
    }
}
