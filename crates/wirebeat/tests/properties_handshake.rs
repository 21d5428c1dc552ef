//! Opening handshakes, cut anywhere: invariants 1 and 3 of the design, against httparse.
#![forbid(unsafe_code)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wirebeat::Config;
use wirebeat::handshake::accept_key;
use wirebeat_harness::handshake::{CLIENT_KEY, check_request, check_response};
use wirebeat_harness::strategies::{config, cuts};

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_handshake.txt");

/// Header lines that belong to a handshake, or might be taken for it.
fn extra_lines() -> impl Strategy<Value = Vec<String>> {
    let line = select(vec![
        "Origin: http://example.com",
        "Origin: null",
        "Sec-WebSocket-Protocol: chat",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Extensions: permessage-deflate",
        "Sec-WebSocket-Version: 8",
        "Upgrade: h2c",
        "Connection: keep-alive",
        "Content-Length: 0",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Host: other.example",
        "Cookie: a=b; c=d",
        " folded",
        "Name : spaced",
        "no colon",
        "X: \u{7f}",
        "Bytes: \u{e9}",
    ]);
    vec(line.prop_map(str::to_owned), 0..4)
}

/// What is done to a head once it's written.
fn damage() -> impl Strategy<Value = Vec<(Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), select(b"\r\n \t:,0".to_vec())];
    prop_oneof![4 => Just(Vec::new()), 1 => vec((any::<Index>(), byte), 1..3)]
}

fn written(start: &str, lines: &[String], damage: &[(Index, u8)], behind: &[u8]) -> Vec<u8> {
    let mut head = format!("{start}\r\n{}\r\n", lines.concat()).into_bytes();
    for (index, byte) in damage {
        let at = index.index(head.len());
        head[at] = *byte;
    }
    head.extend_from_slice(behind);
    head
}

fn shuffled(base: &[&str], extra: Vec<String>) -> impl Strategy<Value = Vec<String>> + use<> {
    let lines = base.iter().map(|line| (*line).to_owned()).chain(extra);
    let lines: Vec<String> = lines.map(|line| line + "\r\n").collect();
    let len = lines.len();
    (Just(lines).prop_shuffle(), prop_oneof![3 => Just(len), 1 => 0..=len]).prop_map(
        |(mut lines, kept)| {
            lines.truncate(kept);
            lines
        },
    )
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// RFC 6455 §4.2.1.
    #[test]
    fn invariant_1_chunking_changes_nothing_of_a_request(
        start in select(vec![
            "GET /chat HTTP/1.1", "GET /chat?a=b HTTP/1.1", "GET http://example.com/ HTTP/1.1",
            "HEAD / HTTP/1.1", "POST / HTTP/1.1", "OPTIONS * HTTP/1.1", "GET / HTTP/1.0",
            "GET  / HTTP/1.1", "GET /chat",
        ]),
        lines in extra_lines().prop_flat_map(|extra| shuffled(&[
            "Host: example.com",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ], extra)),
        damage in damage(),
        behind in vec(any::<u8>(), 0..40),
        cuts in cuts(),
        head_len_max in prop_oneof![3 => Just(16 * 1024), 1 => 100..400_usize],
    ) {
        let config = Config { head_len_max, heartbeat: None, ..Config::default() };
        check_request(&config, &written(start, &lines, &damage, &behind), &cuts);
    }

    /// RFC 6455 §4.1: and nothing is sent on an answer that opens no connection.
    #[test]
    fn invariant_1_chunking_changes_nothing_of_an_answer(
        start in prop_oneof![3 => Just("HTTP/1.1 101 Switching Protocols"), 1 => select(vec![
            "HTTP/1.1 101", "HTTP/1.0 101 x", "HTTP/1.1 100 Continue", "HTTP/1.1 200 OK",
            "HTTP/1.1 404 Not Found", "HTTP/1.1 302 Found", "HTTP/1.1 503 Busy", "HTTP/2.0 101 x",
        ])],
        interim in prop_oneof![3 => Just(0), 1 => 0..10_usize],
        lines in extra_lines().prop_flat_map(|extra| shuffled(&[
            "Upgrade: websocket",
            "Connection: Upgrade",
            &format!("Sec-WebSocket-Accept: {}", accept_key(CLIENT_KEY)),
        ], extra)),
        damage in damage(),
        behind in vec(any::<u8>(), 0..40),
        cuts in cuts(),
        head_len_max in prop_oneof![3 => Just(16 * 1024), 1 => 60..300_usize],
    ) {
        let config = Config { head_len_max, heartbeat: None, ..Config::default() };
        let mut stream = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(interim);
        stream.extend(written(start, &lines, &damage, &behind));
        check_response(&config, &stream, &cuts);
    }

    #[test]
    fn invariant_3_no_bytes_panic(data in vec(any::<u8>(), 0..200)) {
        wirebeat_harness::handshake_request(&data);
        wirebeat_harness::handshake_response(&data);
    }
}
