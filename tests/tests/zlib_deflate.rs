//! What Python's zlib compresses, decompressed by us, and what we compress, decompressed by it: over
//! messages of every kind, and every setting of either (RFC 7692 §7.2).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use bytes::Buf;
use wirebeat::extension::{Deflate, DeflateParameters, WindowBits};
use wirebeat::frame::{Header, Opcode, Rsv, mask};
use wirebeat::{
    Config, Connection, Delivery, Endpoint, Event, Fragment, Input, Kind, Message, Role, Seed,
    Timestamp,
};
use wirebeat_tests::peers::zlib::{self, Deflated, Stream};

const SEED: u64 = 7692;
const NOW: Timestamp = Timestamp::ZERO;
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// Text if it can be.
fn kind(content: &[u8]) -> Kind {
    if std::str::from_utf8(content).is_ok() { Kind::Text } else { Kind::Binary }
}

fn opcode(kind: Kind) -> Opcode {
    match kind {
        Kind::Text => Opcode::Text,
        Kind::Binary => Opcode::Binary,
    }
}

/// How a message comes to our server.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    delivery: Delivery,
    /// The length of a message's frames, and of what is read at once.
    frame_len: usize,
    chunk_len: usize,
    /// Whether text comes as binary data, too, which goes another way.
    is_binary: bool,
}

const ARRIVALS: [Arrival; 4] = [
    Arrival {
        delivery: Delivery::Whole,
        frame_len: usize::MAX,
        chunk_len: usize::MAX,
        is_binary: false,
    },
    Arrival {
        delivery: Delivery::Whole,
        frame_len: usize::MAX,
        chunk_len: usize::MAX,
        is_binary: true,
    },
    Arrival { delivery: Delivery::Whole, frame_len: 101, chunk_len: 7, is_binary: false },
    Arrival {
        delivery: Delivery::Pieces { message_len_max: None, frame_len_max: None },
        frame_len: 1009,
        chunk_len: 131,
        is_binary: false,
    },
];

/// A compressed message as a client sends it.
fn frames(kind: Kind, wire: &[u8], frame_len: usize) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), wire);
    let (mut rsv, mut opcode) = (Rsv::RSV1, opcode(kind));
    loop {
        let (payload, after) = rest.split_at(frame_len.min(rest.len()));
        let (fin, payload_len) = (after.is_empty(), payload.len() as u64);
        Header { fin, rsv, opcode, masking_key: Some(KEY), payload_len }.encode(&mut bytes);
        let start = bytes.len();
        bytes.extend_from_slice(payload);
        mask(&mut bytes[start..], KEY);
        if fin {
            return bytes;
        }
        (rest, rsv, opcode) = (after, Rsv::NONE, Opcode::Continuation);
    }
}

/// The message that comes of these bytes: its kind and its content. Nothing else may.
fn receive(connection: &mut Connection, bytes: &[u8], chunk_len: usize) -> (Kind, Vec<u8>) {
    let (mut content, mut ended) = (Vec::new(), None);
    for chunk in bytes.chunks(chunk_len) {
        let mut chunk = chunk.to_vec();
        let mut input = Input::new(&mut chunk);
        while let Some(event) = connection.receive(NOW, &mut input) {
            assert_eq!(ended, None, "one message comes, not {event:?}");
            match event {
                Event::Message(message) => {
                    content.extend_from_slice(message.as_bytes());
                    ended = Some(message.kind());
                }
                Event::Fragment(Fragment { kind, payload, last, .. }) => {
                    content.extend_from_slice(&payload);
                    ended = last.then_some(kind);
                }
                other => unreachable!("no message: {other:?}"),
            }
        }
    }
    assert_eq!(connection.cause(), None);
    (ended.unwrap(), content)
}

#[test]
fn what_zlib_compresses_is_received_as_it_was() {
    let streams = zlib::deflated(SEED).unwrap();
    // 7 windows, 10 levels, 5 strategies.
    assert_eq!(streams.len(), 350);
    for Stream { name, messages } in streams {
        for arrival in ARRIVALS {
            let Arrival { delivery, frame_len, chunk_len, is_binary } = arrival;
            let config = Config { delivery, ..Config::default() };
            let mut server = Connection::established(Endpoint::Server, &config, NOW)
                .with_deflate(&Deflate::default(), DeflateParameters::default());
            for (number, Deflated { content, wire }) in messages.iter().enumerate() {
                let kind = if is_binary { Kind::Binary } else { kind(content) };
                let bytes = frames(kind, wire, frame_len);
                let received = receive(&mut server, &bytes, chunk_len);
                assert!(received == (kind, content.clone()), "{name}: {number} by {arrival:?}");
            }
        }
    }
}

/// All that waits to be sent, which is one message: what its frames carry, and whether it's compressed.
fn sent(connection: &mut Connection) -> (bool, Vec<u8>) {
    let mut bytes = Vec::new();
    while let Some(mut transmit) = connection.poll_transmit() {
        let written = transmit.copy_to_bytes(transmit.remaining());
        bytes.extend_from_slice(&written);
        connection.handle_written(NOW, written.len());
    }
    let (mut rest, mut payload, mut is_compressed) = (&mut bytes[..], Vec::new(), None);
    while let Some((header, header_len)) = Header::parse(rest).unwrap() {
        let frame_len = header_len + usize::try_from(header.payload_len).unwrap();
        let (frame, after) = rest.split_at_mut(frame_len);
        if let Some(key) = header.masking_key {
            mask(&mut frame[header_len..], key);
        }
        payload.extend_from_slice(&frame[header_len..]);
        is_compressed.get_or_insert(header.rsv == Rsv::RSV1);
        assert_eq!(header.fin, after.is_empty(), "one message is sent");
        rest = after;
    }
    (is_compressed.unwrap(), payload)
}

/// Ours, with the settings that belong to this number, and the name by which zlib knows them.
fn sender(number: usize) -> (Connection, String) {
    let nth = |count: usize| u8::try_from(number % count).unwrap();
    let (bits, is_fresh) = (9 + nth(7), number % 4 == 3);
    let (role, endpoint) = match number % 2 {
        0 => (Role::Server, Endpoint::Server),
        _ => (Role::Client, Endpoint::Client(Seed::new([7; 32]))),
    };
    let mut parameters = DeflateParameters::default();
    let (window, no_takeover) = match role {
        Role::Server => {
            (&mut parameters.server_max_window_bits, &mut parameters.server_no_context_takeover)
        }
        Role::Client => {
            (&mut parameters.client_max_window_bits, &mut parameters.client_no_context_takeover)
        }
    };
    *window = WindowBits::new(bits).unwrap();
    *no_takeover = is_fresh;
    let deflate = Deflate::default()
        .level(1 + nth(9))
        .memory_level(1 + u8::try_from(number / 9 % 9).unwrap())
        .message_len_min(1)
        .even_if_longer(number.is_multiple_of(3));
    let connection = Connection::established(endpoint, &Config::default(), NOW)
        .with_deflate(&deflate, parameters);
    (connection, format!("{bits} {}takeover", if is_fresh { "no-" } else { "" }))
}

fn send(connection: &mut Connection, content: &[u8], is_fragmented: bool) {
    let kind = kind(content);
    if is_fragmented {
        let (front, back) = content.split_at(content.len() / 3);
        connection.send_fragment(NOW, Some(kind), front, false).unwrap();
        connection.send_fragment(NOW, None, back, true).unwrap();
    } else {
        let message = match kind {
            Kind::Text => Message::from(std::str::from_utf8(content).unwrap()),
            Kind::Binary => Message::from(content),
        };
        connection.send(NOW, message).unwrap();
    }
}

#[test]
fn what_we_send_is_decompressed_by_zlib_as_it_was() {
    let mut compressed = Vec::new();
    for (number, Stream { messages, .. }) in zlib::deflated(SEED).unwrap().into_iter().enumerate() {
        let (mut connection, name) = sender(number);
        let mut stream = Stream { name, messages: Vec::new() };
        for (nth, Deflated { content, .. }) in messages.into_iter().enumerate() {
            send(&mut connection, &content, nth % 3 == 2);
            match sent(&mut connection) {
                (true, wire) => stream.messages.push(Deflated { content, wire }),
                (false, plain) => assert_eq!(plain, content),
            }
        }
        compressed.push(stream);
    }
    assert!(compressed.iter().map(|stream| stream.messages.len()).sum::<usize>() > 1000);
    let inflated = zlib::inflated(&compressed).unwrap();
    for (Stream { name, messages }, inflated) in compressed.iter().zip(inflated) {
        let contents: Vec<_> = messages.iter().map(|message| &message.content).collect();
        assert!(inflated.iter().eq(contents), "{name}");
    }
}
