//! What holds for all heads.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::collection;
use proptest::prelude::*;
use proptest::sample;

use super::*;

/// Pieces that heads are made of, good and bad.
const PIECES: [&str; 34] = [
    "GET / HTTP/1.1\r\n",
    "HTTP/1.1 101 \r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\n",
    "Host: a\r\n",
    "Upgrade: websocket\r\n",
    "Connection: Upgrade\r\n",
    "Connection: close\r\n",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "Sec-WebSocket-Version: 13\r\n",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    "Sec-WebSocket-Protocol: chat\r\n",
    "Sec-WebSocket-Extensions: a; b=\"c\"\r\n",
    "Origin: null\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ",",
    "x",
    "5\r\nabcde\r\n",
    "0\r\n\r\n",
    "\0",
    "\x7f",
    "\u{e4}",
    "http://[::1]:80/",
    "GET",
    "HTTP/1.1",
    "[",
];

/// Bytes that look like heads, more or less: pieces in any order, whole heads, and heads with a
/// byte changed.
fn heads() -> impl Strategy<Value = Vec<u8>> {
    let pieces = collection::vec(sample::select(&PIECES[..]), 0..24)
        .prop_map(|pieces| pieces.concat().into_bytes());
    let whole = (sample::select(vec![REQUEST, ANSWER]), collection::vec(any::<u8>(), 0..16))
        .prop_map(|(head, behind)| [head.as_bytes(), &behind].concat());
    let changed = (sample::select(vec![REQUEST, ANSWER]), any::<sample::Index>(), any::<u8>())
        .prop_map(|(head, index, byte)| {
            let mut bytes = Vec::from(head);
            let index = index.index(bytes.len());
            bytes[index] = byte;
            bytes
        });
    prop_oneof![pieces, whole, changed, collection::vec(any::<u8>(), 0..64)]
}

/// Limits that such heads reach.
fn limits() -> impl Strategy<Value = HeadLimits> {
    let small = (0usize..400, 0usize..8)
        .prop_map(|(head_len_max, headers_max)| HeadLimits { head_len_max, headers_max });
    prop_oneof![Just(HeadLimits::default()), small]
}

fn token() -> impl Strategy<Value = String> {
    "[-!#$%&'*+.^_`|~0-9A-Za-z]{1,12}"
}

/// A header's value: any bytes that may be sent.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\t'), b' '..=b'~', 0x80..=0xffu8];
    let end = prop_oneof![b'!'..=b'~', 0x80..=0xffu8];
    prop_oneof![
        Just(Vec::new()),
        (end.clone(), collection::vec(byte, 0..32), end).prop_map(|(first, middle, last)| [
            &[first][..],
            &middle,
            &[last]
        ]
        .concat()),
    ]
}

proptest! {
    /// Nothing depends on how bytes are cut: neither the outcome nor what is taken.
    #[test]
    fn a_request_means_the_same_however_it_is_cut(
        bytes in heads(),
        cuts in collection::vec(0usize..600, 0..12),
        limits in limits(),
    ) {
        let whole = ServerHandshake::new(OriginPolicy::SameHost, None, limits).receive(&bytes);
        let mut cut = ServerHandshake::new(OriginPolicy::SameHost, None, limits);
        prop_assert_eq!(in_pieces(&bytes, &cuts, |bytes| cut.receive(bytes)), whole);
    }

    /// Nothing depends on how bytes are cut: neither the outcome nor what is taken, nor what there
    /// is of a body when the transport ends.
    #[test]
    fn an_answer_means_the_same_however_it_is_cut(
        bytes in heads(),
        cuts in collection::vec(0usize..600, 0..12),
        limits in limits(),
    ) {
        let mut whole = ClientHandshake::new(example(), None, NONCE, limits);
        let expected = whole.receive(&bytes);
        let mut cut = ClientHandshake::new(example(), None, NONCE, limits);
        prop_assert_eq!(in_pieces(&bytes, &cuts, |bytes| cut.receive(bytes)), expected);
        prop_assert_eq!(cut.finish(), whole.finish());
    }

    /// The work is one look at each byte that is taken, and no head is taken beyond the limit.
    #[test]
    fn no_byte_is_looked_at_twice(
        bytes in heads(),
        cuts in collection::vec(0usize..600, 0..12),
        limits in limits(),
    ) {
        let mut server = ServerHandshake::new(OriginPolicy::Any, None, limits);
        let (taken, outcome) = in_pieces(&bytes, &cuts, |bytes| server.receive(bytes));
        prop_assert!(server.work() <= taken);
        prop_assert!(taken <= limits.head_len_max + 1);
        if let Some(ServerOutcome::Request(request)) = outcome {
            prop_assert!(taken <= limits.head_len_max);
            prop_assert!(request.headers().len() <= limits.headers_max);
        }
    }

    /// Every line of the example is needed, and none but the lists may come twice.
    #[test]
    fn a_request_that_lacks_or_repeats_a_line_is_no_upgrade(line in 0usize..8, twice: bool) {
        let mut lines: Vec<&str> = REQUEST.split_inclusive("\r\n").collect();
        let changed = lines[line];
        if twice {
            lines.insert(line, changed);
        } else {
            lines.remove(line);
        }
        let upgrades = matches!(
            asked(lines.concat()), ServerOutcome::Request(request) if request.is_upgrade()
        );
        let name = changed.split(':').next().unwrap_or_default();
        let allowed = match name {
            "Upgrade" | "Connection" => twice,
            "Origin" | "Sec-WebSocket-Protocol" => !twice,
            _ => false,
        };
        prop_assert_eq!(upgrades, allowed, "{}", changed);
    }

    /// Every line of the example is needed, but the subprotocol, and none may come twice, but the
    /// list.
    #[test]
    fn an_answer_that_lacks_or_repeats_a_line_does_not_open(line in 0usize..5, twice: bool) {
        let mut lines: Vec<&str> = ANSWER.split_inclusive("\r\n").collect();
        let changed = lines[line];
        if twice {
            lines.insert(line, changed);
        } else {
            lines.remove(line);
        }
        let opens = matches!(
            client().receive(lines.concat().as_bytes()).1, Some(ClientOutcome::Open(_))
        );
        let name = changed.split(':').next().unwrap_or_default();
        let allowed = match name {
            "Connection" => twice,
            "Sec-WebSocket-Protocol" => !twice,
            _ => false,
        };
        prop_assert_eq!(opens, allowed, "{}", changed);
    }

    /// One byte of an accept key that differs is a wrong one.
    #[test]
    fn an_accept_key_that_differs_in_a_byte_fails(index in 0usize..28, byte in b'!'..=b'~') {
        let start = ANSWER.find("s3pP").unwrap_or_default();
        let mut bytes = Vec::from(ANSWER);
        prop_assume!(bytes[start + index] != byte);
        bytes[start + index] = byte;
        prop_assert_eq!(answered(bytes), ClientOutcome::Failed(HandshakeError::AcceptWrong));
    }

    /// What a client asks is what its server is asked, and what that answers opens the client.
    #[test]
    fn the_two_ends_understand_each_other(
        nonce: [u8; 16],
        path in "/[-._~%!$&'()*+,;=:@/?A-Za-z0-9|^`{}\\[\\]\\\\]{0,24}",
        port: Option<u16>,
        subprotocols in collection::hash_set(token(), 0..5),
        fields in collection::vec((token(), value()), 0..6),
        choice: Option<sample::Index>,
    ) {
        let mut asked = Request::new("a.example", port, &path).unwrap();
        for name in &subprotocols {
            asked = asked.subprotocol(name).unwrap();
        }
        let mut acceptance = Acceptance::new();
        let mut sent: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in &fields {
            // Some tokens are reserved: `te`, by chance.
            if let Ok(more) = asked.clone().header(name, value) {
                asked = more;
                acceptance = acceptance.header(name, value).unwrap();
                sent.push((name.clone(), value.clone()));
            }
        }
        let mut client = ClientHandshake::new(asked.clone(), None, nonce, HeadLimits::default());
        let mut server = ServerHandshake::new(OriginPolicy::SameHost, None, HeadLimits::default());

        let Some(ServerOutcome::Request(heard)) = server.receive(&client.request_bytes()).1 else {
            return Err(TestCaseError::fail("the server refused"));
        };
        prop_assert!(heard.is_upgrade());
        prop_assert_eq!(heard.target(), asked.target());
        let host = port.map_or(String::from("a.example"), |port| format!("a.example:{port}"));
        prop_assert_eq!(heard.host(), host);
        prop_assert!(heard.subprotocols().eq(asked.subprotocols().iter().map(|name| &**name)));
        let ours = heard.headers().iter().filter(|(name, _)| asked.headers().get(name).is_some());
        let ours: Vec<_> = ours.map(|(name, value)| (String::from(name), value.to_vec())).collect();
        prop_assert_eq!(&ours, &sent);

        let chosen = choice
            .filter(|_| !subprotocols.is_empty())
            .map(|choice| asked.subprotocols()[choice.index(subprotocols.len())].clone());
        if let Some(name) = &chosen {
            acceptance = acceptance.subprotocol(name);
        }
        let Consent { response: answer, subprotocol: agreed, .. } = server.accept(&acceptance).unwrap();
        prop_assert_eq!(&agreed, &chosen);
        let (taken, outcome) = client.receive(&answer);
        prop_assert_eq!(taken, answer.len());
        let Some(ClientOutcome::Open(accepted)) = outcome else {
            return Err(TestCaseError::fail(format!("the client refused: {outcome:?}")));
        };
        prop_assert_eq!(accepted.subprotocol(), chosen.as_ref());
    }
}
