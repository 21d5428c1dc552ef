//! How much of a refusal's body is read (RFC 9112 §6.3).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// The most that `ReceivedResponse::body` promises.
const BODY_START_LEN_MAX: usize = 4096;

/// A refusal with these headers, and what is taken of the body bytes behind them: how many, and the
/// body that is handed over at once (`None` if the client waits for more).
fn body(status: u16, headers: &str, bytes: &[u8]) -> (usize, Option<Vec<u8>>) {
    let head = format!("HTTP/1.1 {status} \r\n{headers}\r\n");
    let mut input = Vec::from(head.as_bytes());
    input.extend_from_slice(bytes);
    let (taken, outcome) = client().receive(&input);
    match outcome {
        Some(ClientOutcome::Rejected(response)) => {
            (taken - head.len(), Some(response.body().to_vec()))
        }
        None => (taken - head.len(), None),
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn a_length_ends_the_body() {
    assert_eq!(body(400, "Content-Length: 3\r\n", b"abcd"), (3, Some(b"abc".to_vec())));
    assert_eq!(body(400, "Content-Length: 3\r\n", b"ab"), (2, None));
    assert_eq!(body(400, "Content-Length: 0\r\n", b"abcd"), (0, Some(Vec::new())));
}

#[test]
fn a_body_is_read_up_to_four_kibibytes() {
    let long = [b'x'; BODY_START_LEN_MAX + 1];
    let whole = (BODY_START_LEN_MAX, Some(long[..BODY_START_LEN_MAX].to_vec()));
    assert_eq!(body(400, "", &long), whole);
    assert_eq!(body(400, "Content-Length: 18446744073709551615\r\n", &long), whole);
    assert_eq!(body(400, "Content-Length: 4096\r\n", &long), whole);
    let shorter = &long[..BODY_START_LEN_MAX - 1];
    assert_eq!(body(400, "", shorter), (BODY_START_LEN_MAX - 1, None));
}

#[test]
fn statuses_without_content_have_no_body() {
    assert_eq!(body(204, "Content-Length: 3\r\n", b"abc"), (0, Some(Vec::new())));
    assert_eq!(body(304, "", b"abc"), (0, Some(Vec::new())));
}

#[test]
fn a_length_that_is_none_gives_no_body() {
    for headers in [
        "Content-Length: x\r\n",
        "Content-Length: +3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
    ] {
        assert_eq!(body(400, headers, b"abc"), (0, Some(Vec::new())), "{headers}");
    }
}

#[test]
fn chunks_are_put_together() {
    let chunked = "Content-Length: 1\r\nTransfer-Encoding: gzip, Chunked\r\n";
    for (wire, text) in [
        ("3\r\nabc\r\n00A;x=y\r\n0123456789\r\n0\r\n", "abc0123456789"),
        ("3 ;x\nabc\n0\n", "abc"),
        ("0\r\n", ""),
    ] {
        let expected = (wire.len(), Some(text.as_bytes().to_vec()));
        let longer = String::from(wire) + "\r\nexcess";
        assert_eq!(body(400, chunked, longer.as_bytes()), expected, "{wire:?}");
        assert_eq!(body(400, chunked, &wire.as_bytes()[..wire.len() - 1]).1, None, "{wire:?}");
    }
}

#[test]
fn chunks_that_are_none_end_the_body() {
    let chunked = "Transfer-Encoding: chunked\r\n";
    for (wire, text) in [
        ("x", ""),
        ("\r", ""),
        ("3\r\nabcd", "abc"),
        ("3\r\nabc\r\n-", "abc"),
        ("10000000000000000", ""),
    ] {
        let expected = (wire.len(), Some(text.as_bytes().to_vec()));
        assert_eq!(body(400, chunked, wire.as_bytes()), expected, "{wire:?}");
    }
}

#[test]
fn chunks_without_data_end_at_the_limit_too() {
    let wire = String::from("1;") + &"x".repeat(2 * BODY_START_LEN_MAX);
    let expected = (BODY_START_LEN_MAX, Some(Vec::new()));
    assert_eq!(body(400, "Transfer-Encoding: chunked\r\n", wire.as_bytes()), expected);
}

#[test]
fn a_coding_that_is_not_chunked_last_ends_with_the_transport() {
    assert_eq!(body(400, "Transfer-Encoding: chunked, gzip\r\n", b"0\r\n"), (3, None));
}
