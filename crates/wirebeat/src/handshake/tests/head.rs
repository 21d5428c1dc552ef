//! What a head may look like, and how large it may be.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::handshake::head::{HeadFault, HeadReader, LineEnds};

/// The headers that a reader finds behind the start line, or its fault.
fn headers(lines: impl AsRef<[u8]>, line_ends: LineEnds) -> Result<Headers, HeadFault> {
    let mut bytes = Vec::from(b"START\r\n");
    bytes.extend_from_slice(lines.as_ref());
    bytes.extend_from_slice(b"\r\n");
    let (taken, head) = HeadReader::new(line_ends, HeadLimits::default()).receive(&bytes);
    let head = head.expect("the head is complete")?;
    assert_eq!(taken, bytes.len());
    assert_eq!(head.start_line, b"START");
    Ok(head.headers)
}

fn reader(head_len_max: usize, headers_max: usize) -> HeadReader {
    HeadReader::new(LineEnds::Strict, HeadLimits { head_len_max, headers_max })
}

#[test]
fn white_space_around_a_value_is_none_of_it() {
    let headers =
        headers("A:b\r\nC: \t d e\t \r\nF:\r\nG: \t \r\na: h\r\n", LineEnds::Strict).unwrap();
    let expected: [(&str, &[u8]); 5] =
        [("A", b"b"), ("C", b"d e"), ("F", b""), ("G", b""), ("a", b"h")];
    assert_eq!(headers.iter().collect::<Vec<_>>(), expected);
    assert_eq!(headers.get_all("A").collect::<Vec<_>>(), [b"b", b"h"]);
    assert_eq!(headers.get("f"), Some(&b""[..]));
    assert_eq!(headers.get(""), None);
}

#[test]
fn headers_are_equal_whatever_the_case_of_their_names() {
    let one = headers("Aa: b\r\nC: d\r\n", LineEnds::Strict).unwrap();
    for (lines, equal) in [
        ("aA:b\r\nc:d\r\n", true),
        ("Aa: B\r\nC: d\r\n", false),
        ("C: d\r\nAa: b\r\n", false),
        ("Aa: b\r\n", false),
        ("Aa: b\r\nC: d\r\nE: f\r\n", false),
    ] {
        assert_eq!(one == headers(lines, LineEnds::Strict).unwrap(), equal, "{lines}");
    }
}

#[test]
fn credentials_stay_out_of_logs() {
    let lines = "Cookie: s3cret\r\nauthorization: s3cret\r\nX: \"\u{e4}\r\n";
    let text = format!("{:?}", headers(lines, LineEnds::Strict).unwrap());
    assert_eq!(text, r#"{"Cookie": (hidden), "authorization": (hidden), "X": "\"\xc3\xa4"}"#);
}

/// RFC 9112 §5.1, §5.2 and §2.2: what the parser could let pass, but mustn't.
#[test]
fn a_line_that_is_no_header_is_refused() {
    let header = HeadFault::Malformed(Malformed::Header);
    let line_end = HeadFault::Malformed(Malformed::LineEnd);
    for (lines, fault) in [
        ("A : b\r\n", header),
        ("A\t: b\r\n", header),
        (": b\r\n", header),
        ("A\r\n", header),
        ("A b: c\r\n", header),
        ("\u{e4}: b\r\n", header),
        // Folded: in the middle, at the end, at the start, empty.
        ("A: b\r\n c\r\nD: e\r\n", header),
        ("A: b\r\n\tc\r\n", header),
        (" A: b\r\n", header),
        ("A:\r\n b\r\n", header),
        ("A: b\r\n \r\n", header),
        ("A: b\rC: d\r\n", line_end),
        ("A: b\r\r\n", line_end),
        ("A: b\r\n\rC: d\r\n", line_end),
    ] {
        for line_ends in [LineEnds::Strict, LineEnds::Lenient] {
            assert_eq!(headers(lines, line_ends).err(), Some(fault), "{lines:?}");
        }
    }
}

#[test]
fn a_bare_lf_ends_a_line_only_where_that_is_allowed() {
    let fault = Some(HeadFault::Malformed(Malformed::LineEnd));
    for lines in ["A: b\nC: d\r\n", "A: b\r\nC: d\n", "\n"] {
        assert_eq!(headers(lines, LineEnds::Strict).err(), fault, "{lines:?}");
    }
    assert_eq!(headers("A: b\nC: d\r\n", LineEnds::Lenient).unwrap().len(), 2);
}

#[test]
fn an_empty_line_in_front_is_no_start_line() {
    let start_line = RequestRefusal::Malformed(Malformed::StartLine);
    assert_eq!(refusal(String::from("\r\n") + REQUEST), start_line);
    let mut client = client();
    let (taken, outcome) = client.receive((String::from("\n") + ANSWER).as_bytes());
    let failed = ClientOutcome::Failed(HandshakeError::Malformed(Malformed::StartLine));
    assert_eq!((taken, outcome), (1, Some(failed)));
}

#[test]
fn what_speaks_another_protocol_is_refused_at_its_first_control_byte() {
    // A TLS ClientHello, and an HTTP/2 server's SETTINGS.
    let (taken, outcome) = server().receive(b"\x16\x03\x01\x02\x00\x01");
    assert_eq!(taken, 1);
    assert!(matches!(
        outcome,
        Some(ServerOutcome::Refused(RequestRefusal::Malformed(Malformed::ControlByte), _))
    ));
    let outcome = answered(b"\x00\x00\x12\x04");
    assert_eq!(outcome, ClientOutcome::Failed(HandshakeError::Malformed(Malformed::ControlByte)));
}

#[test]
fn a_head_may_be_as_long_as_the_limit_and_no_longer() {
    let head = b"GET / HTTP/1.1\r\nA: b\r\n\r\n";
    let (taken, outcome) = reader(head.len(), 64).receive(head);
    assert_eq!(taken, head.len());
    assert!(matches!(outcome, Some(Ok(_))));
    let (taken, outcome) = reader(head.len() - 1, 64).receive(head);
    assert_eq!(taken, head.len());
    assert_eq!(outcome.and_then(Result::err), Some(HeadFault::TooLarge));
}

#[test]
fn the_default_limits_hold_at_both_ends() {
    let padded = |head: &str, len: usize| {
        let padding = "x".repeat(len - head.len() - "P: \r\n".len());
        and(head, &format!("P: {padding}"))
    };
    assert!(request(padded(REQUEST, 16 * 1024)).is_upgrade());
    let refused = refusal(padded(REQUEST, 16 * 1024 + 1));
    assert_eq!((refused, refused.status()), (RequestRefusal::HeadTooLarge, 431));
    assert!(matches!(answered(padded(ANSWER, 16 * 1024)), ClientOutcome::Open(_)));
    assert_eq!(
        answered(padded(ANSWER, 16 * 1024 + 1)),
        ClientOutcome::Failed(HandshakeError::HeadTooLarge)
    );
}

#[test]
fn each_interim_answer_has_the_limits_of_its_own() {
    let interim = format!("HTTP/1.1 100 \r\n{}\r\n", "A: b\r\n".repeat(64));
    assert!(matches!(answered(interim.repeat(8) + ANSWER), ClientOutcome::Open(_)));
}
