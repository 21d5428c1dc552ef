//! How the body of a refusal starts: what a server says about why it won't upgrade.

use alloc::vec::Vec;

use super::headers::{Headers, Occurrence};
use super::syntax;

/// The most that is read of a body, in bytes as they come, inclusive: enough for a message to a
/// person or a small JSON object.
const BODY_START_LEN_MAX: usize = 4 * 1024;

/// Collects the start of a body.
pub(super) struct BodyStart {
    framing: Framing,
    /// Bytes that may still come before the limit.
    rest: usize,
    body: Vec<u8>,
}

/// What tells where a body ends ([RFC 9112 §6.3]).
///
/// [RFC 9112 §6.3]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// A known number of bytes is still to come.
    Length(u64),
    Chunked(Chunk),
    /// The end of the transport.
    Eof,
}

/// Where in a chunk the next byte stands ([RFC 9112 §7.1]).
///
/// [RFC 9112 §7.1]: https://www.rfc-editor.org/rfc/rfc9112#section-7.1
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// In the size; `None` before its first digit.
    Size(Option<u64>),
    /// Between the size and the end of its line: extensions, which are ignored.
    Extension(u64),
    /// In the data, of which so much is still to come.
    Data(u64),
    /// Behind the data.
    LineEnd,
}

impl BodyStart {
    /// Prepares for the body of an answer.
    pub(super) fn new(status: u16, headers: &Headers) -> BodyStart {
        BodyStart {
            framing: Framing::of(status, headers),
            rest: BODY_START_LEN_MAX,
            body: Vec::new(),
        }
    }

    /// Whether nothing more is to come, or wanted.
    pub(super) fn is_complete(&self) -> bool {
        self.rest == 0 || self.framing == Framing::Length(0)
    }

    /// Takes bytes until the body is complete; says how many.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        for byte in bytes {
            if self.is_complete() {
                break;
            }
            taken += 1;
            self.rest -= 1;
            self.framing = match self.framing {
                Framing::Length(len) => {
                    self.body.push(*byte);
                    Framing::Length(len - 1)
                }
                Framing::Eof => {
                    self.body.push(*byte);
                    Framing::Eof
                }
                Framing::Chunked(chunk) => {
                    if let Chunk::Data(_) = chunk {
                        self.body.push(*byte);
                    }
                    // What breaks the chunks ends the body: it's only for people to read.
                    chunk.next(*byte).map_or(Framing::Length(0), Framing::Chunked)
                }
            };
        }
        taken
    }

    pub(super) fn into_body(self) -> Vec<u8> {
        self.body
    }
}

impl Framing {
    fn of(status: u16, headers: &Headers) -> Framing {
        if matches!(status, 204 | 304) {
            return Framing::Length(0);
        }
        // "If a message is received with both a Transfer-Encoding and a Content-Length header
        // field, the Transfer-Encoding overrides the Content-Length" (RFC 9112 §6.3).
        let codings = headers.get_all("Transfer-Encoding").flat_map(syntax::list);
        if let Some(last) = codings.last() {
            return match last.eq_ignore_ascii_case(b"chunked") {
                true => Framing::Chunked(Chunk::Size(None)),
                false => Framing::Eof,
            };
        }
        match headers.occurrence("Content-Length") {
            Occurrence::Missing => Framing::Eof,
            Occurrence::Once(value) => decimal(value).map_or(Framing::Length(0), Framing::Length),
            Occurrence::Repeated => Framing::Length(0),
        }
    }
}

impl Chunk {
    /// Where the byte after this one stands; `None` if the body ends with it.
    fn next(self, byte: u8) -> Option<Chunk> {
        match self {
            Chunk::Size(size) => match (size, hex_digit(byte)) {
                (_, Some(digit)) => {
                    let size = size.unwrap_or(0).checked_mul(16)?.checked_add(digit)?;
                    Some(Chunk::Size(Some(size)))
                }
                (Some(size), None) => Chunk::Extension(size).next(byte),
                (None, None) => None,
            },
            Chunk::Extension(0) if byte == b'\n' => None,
            Chunk::Extension(size) if byte == b'\n' => Some(Chunk::Data(size)),
            Chunk::Extension(size) => Some(Chunk::Extension(size)),
            Chunk::Data(1) => Some(Chunk::LineEnd),
            Chunk::Data(len) => Some(Chunk::Data(len - 1)),
            Chunk::LineEnd => match byte {
                b'\r' => Some(Chunk::LineEnd),
                b'\n' => Some(Chunk::Size(None)),
                _ => None,
            },
        }
    }
}

fn hex_digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

fn decimal(value: &[u8]) -> Option<u64> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(value).ok()?.parse().ok()
}
