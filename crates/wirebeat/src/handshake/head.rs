//! From bytes, cut anywhere, to a start line and headers.
//!
//! The end of the head is looked for in each byte once, when it comes; the parser runs once, over
//! the whole head. Whatever ends the reading early is decided by a byte's place in the stream, not
//! by how the stream was cut.

use alloc::vec;
use alloc::vec::Vec;

use super::error::Malformed;
use super::headers::Headers;
use super::syntax;

/// How much of a request or answer is read before the handshake is given up.
///
/// Without these a peer could make the other end hold any amount of memory before a byte of
/// WebSocket was spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// The longest head, in bytes, inclusive: start line, headers, and the empty line that ends
    /// them. 16 KiB unless set.
    pub head_len_max: usize,
    /// The most header lines, inclusive. 64 unless set.
    pub headers_max: usize,
}

impl Default for HeadLimits {
    fn default() -> HeadLimits {
        HeadLimits { head_len_max: 16 * 1024, headers_max: 64 }
    }
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// CRLF and nothing else. Requests pass proxies, and where two of them disagree on what a line
    /// is, one request becomes two.
    Strict,
    /// CRLF, or a bare LF: "a recipient MAY recognize a single LF as a line terminator"
    /// ([RFC 9112 §2.2]).
    ///
    /// [RFC 9112 §2.2]: https://www.rfc-editor.org/rfc/rfc9112#section-2.2
    Lenient,
}

/// Why a head can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadFault {
    TooLarge,
    TooManyHeaders,
    Malformed(Malformed),
}

/// Collects a head.
pub(super) struct HeadReader {
    bytes: Vec<u8>,
    position: Position,
    /// Lines that are complete, the start line among them.
    lines: usize,
    line_ends: LineEnds,
    limits: HeadLimits,
    /// How many bytes were looked at, for the tests that prove the work to be linear.
    #[cfg(test)]
    pub(super) work: usize,
}

/// Where in a line the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Start,
    Within,
    /// Behind a CR; `blank` if nothing came before it.
    AfterCr {
        blank: bool,
    },
}

/// What one byte meant.
enum Step {
    More,
    End,
    Fault(HeadFault),
}

impl HeadReader {
    pub(super) fn new(line_ends: LineEnds, limits: HeadLimits) -> HeadReader {
        HeadReader {
            bytes: Vec::new(),
            position: Position::Start,
            lines: 0,
            line_ends,
            limits,
            #[cfg(test)]
            work: 0,
        }
    }

    /// Takes bytes up to the end of the head. Says how many, and the head once it's complete; the
    /// reader is then ready for another one.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> (usize, Option<Result<Head, HeadFault>>) {
        for (index, byte) in bytes.iter().enumerate() {
            let len = self.bytes.len() + index + 1;
            let step = if len > self.limits.head_len_max {
                Step::Fault(HeadFault::TooLarge)
            } else {
                self.step(*byte)
            };
            match step {
                Step::More => {}
                Step::End => {
                    self.bytes.extend_from_slice(&bytes[..=index]);
                    return (index + 1, Some(self.take()));
                }
                Step::Fault(fault) => {
                    self.bytes = Vec::new();
                    return (index + 1, Some(Err(fault)));
                }
            }
        }
        self.bytes.extend_from_slice(bytes);
        (bytes.len(), None)
    }

    fn step(&mut self, byte: u8) -> Step {
        #[cfg(test)]
        {
            self.work += 1;
        }
        let (blank, after_cr) = match self.position {
            Position::Start => (true, false),
            Position::Within => (false, false),
            Position::AfterCr { blank } => (blank, true),
        };
        match byte {
            b'\n' if after_cr || self.line_ends == LineEnds::Lenient => {
                if blank {
                    return Step::End;
                }
                self.lines += 1;
                self.position = Position::Start;
            }
            // A bare CR or LF: "a recipient of such a bare CR MUST consider that element to be
            // invalid" (RFC 9112 §2.2).
            _ if after_cr || byte == b'\n' => return malformed(Malformed::LineEnd),
            b'\r' => self.position = Position::AfterCr { blank },
            _ if !syntax::is_field_byte(byte) => return malformed(Malformed::ControlByte),
            _ if blank && self.lines > self.limits.headers_max => {
                return Step::Fault(HeadFault::TooManyHeaders);
            }
            _ => self.position = Position::Within,
        }
        Step::More
    }

    /// Parses what was collected and starts over.
    fn take(&mut self) -> Result<Head, HeadFault> {
        let mut bytes = core::mem::take(&mut self.bytes);
        bytes.shrink_to_fit();
        let lines = core::mem::take(&mut self.lines);
        self.position = Position::Start;
        Head::parse(bytes, lines).map_err(HeadFault::Malformed)
    }
}

fn malformed(why: Malformed) -> Step {
    Step::Fault(HeadFault::Malformed(why))
}

/// A complete head: its start line, not looked into yet, and its headers.
pub(super) struct Head {
    /// Without its line end.
    pub(super) start_line: Vec<u8>,
    pub(super) headers: Headers,
}

impl Head {
    /// Parses a head of so many lines. Empty lines in front aren't skipped: the reason for doing so
    /// ([RFC 9112 §2.2]), a client that sends a line end behind a body, can't be in front of a
    /// connection's first request.
    ///
    /// The parser is strict about names: nothing may stand between a name and its colon, and a
    /// folded line is a name that starts with white space. For requests that is a MUST
    /// ([RFC 9112 §5.2]); a user agent may unfold, but no server has a reason to fold.
    ///
    /// [RFC 9112 §2.2]: https://www.rfc-editor.org/rfc/rfc9112#section-2.2
    /// [RFC 9112 §5.2]: https://www.rfc-editor.org/rfc/rfc9112#section-5.2
    fn parse(mut bytes: Vec<u8>, lines: usize) -> Result<Head, Malformed> {
        let header_lines = lines.checked_sub(1).ok_or(Malformed::StartLine)?;
        let line_end = bytes.iter().position(|byte| *byte == b'\n').ok_or(Malformed::StartLine)?;
        let mut parsed = vec![httparse::EMPTY_HEADER; header_lines];
        let headers = match httparse::parse_headers(&bytes[line_end + 1..], &mut parsed) {
            Ok(httparse::Status::Complete((_, headers))) => Headers::collect_from(headers),
            Ok(httparse::Status::Partial) | Err(_) => return Err(Malformed::Header),
        };
        bytes.truncate(line_end);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(Head { start_line: bytes, headers })
    }
}
