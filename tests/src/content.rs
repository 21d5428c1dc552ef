//! Messages that are a function of their length, the same here as in the peers' scripts.

use sha2::{Digest, Sha256};

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

/// Returns the SHA-256 of `bytes` in hex, as the peers print it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
