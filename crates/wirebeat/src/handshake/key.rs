//! `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` ([RFC 6455 §1.3]).
//!
//! [RFC 6455 §1.3]: https://www.rfc-editor.org/rfc/rfc6455#section-1.3

use alloc::string::String;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use sha1::{Digest, Sha1};

/// What a server appends to the key before hashing: no server that doesn't speak WebSocket would.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Sixteen bytes make 128 bits, the last of 22 characters holds four more: what these are is
/// nobody's business, and clients exist that make up keys out of 22 random characters.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// The `Sec-WebSocket-Accept` that belongs to a `Sec-WebSocket-Key` ([RFC 6455 §4.2.2], item 5.4):
/// proof that the answer was made for this very request, by someone who speaks WebSocket.
///
/// The handshakes of this crate do this by themselves; it's public for servers that do the upgrade
/// with an HTTP library.
///
/// ```
/// use wirebeat::handshake::accept_key;
///
/// assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
///
/// [RFC 6455 §4.2.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
#[must_use]
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID);
    STANDARD.encode(hash.finalize())
}

/// The key for a nonce: "a nonce consisting of a randomly selected 16-byte value that has been
/// base64-encoded" (§4.1, item 7).
pub(super) fn encode(nonce: [u8; 16]) -> String {
    STANDARD.encode(nonce)
}

/// Whether this is a key: "a base64-encoded value that, when decoded, is 16 bytes in length"
/// (§4.2.1, item 5).
pub(super) fn is_key(key: &[u8]) -> bool {
    let mut nonce = [0; 18];
    key.len() == 24 && LENIENT.decode_slice(key, &mut nonce) == Ok(16)
}
