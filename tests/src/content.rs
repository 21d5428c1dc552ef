//! Messages that are a function of their length, the same here as in the peers' scripts.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wirebeat_std::{Kind, Message};

/// What a text message repeats: code points of one, two, three and four bytes.
const TEXT_UNIT: &str = "wirebeat µ→💓 ";

/// Makes the binary message of `len` bytes: byte i is i mod 251.
///
/// 251 is prime, so that a piece which got into the wrong place shows, whatever power of two the
/// sizes of chunks are.
pub fn binary(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

/// Makes the text message of `len` bytes of UTF-8.
pub fn text(len: usize) -> String {
    let mut text = TEXT_UNIT.repeat(len / TEXT_UNIT.len() + 1);
    let cut = (0..=len).rev().find(|&cut| text.is_char_boundary(cut)).unwrap_or(0);
    text.truncate(cut);
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text
}

/// Makes the message of `len` bytes of this kind.
pub fn message(kind: Kind, len: usize) -> Message<'static> {
    match kind {
        Kind::Text => text(len).into(),
        Kind::Binary => binary(len).into(),
    }
}

/// Makes a message of each kind and length.
pub fn messages(lengths: &[usize]) -> Vec<Message<'static>> {
    lengths
        .iter()
        .flat_map(|len| [Kind::Text, Kind::Binary].map(|kind| message(kind, *len)))
        .collect()
}

/// Returns what tells messages apart, without their megabytes, as the peers print it.
pub fn summary(message: &Message<'_>) -> Value {
    json!({
        "kind": if message.is_text() { "text" } else { "binary" },
        "len": message.len(),
        "sha256": sha256_hex(message.as_bytes()),
    })
}

/// Returns the part of a peer's `message` event that [`summary`] makes too.
pub fn summary_of(event: &Value) -> Value {
    json!({ "kind": event["kind"], "len": event["len"], "sha256": event["sha256"] })
}

/// Returns the SHA-256 of `bytes` in hex, as the peers print it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns `bytes` in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
