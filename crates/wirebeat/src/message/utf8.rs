use alloc::string::String;
use core::str;

/// Pieces up to this length are checked byte by byte; longer ones have their whole sequences checked
/// at once.
const SMALL_LEN_MAX: usize = 8;

/// From this length on vectors beat the standard library on text that isn't ASCII.
#[cfg(feature = "simd")]
const WIDE_LEN_MIN: usize = 64;

/// A sequence of UTF-8 has at most four bytes, so at most three of an unfinished one are kept.
const SEQUENCE_LEN_MAX: usize = 4;

/// Bytes that no continuation makes UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

/// Where text goes that is complete.
pub(crate) trait TextSink {
    /// Takes a character.
    fn character(&mut self, character: char);
    /// Takes a run of them.
    fn text(&mut self, text: &str);
}

impl TextSink for String {
    #[inline]
    fn character(&mut self, character: char) {
        self.push(character);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// For text that is checked and kept elsewhere.
impl TextSink for () {
    fn character(&mut self, _: char) {}

    fn text(&mut self, _: &str) {}
}

/// Checks text that comes in pieces, wherever they're cut, and fails at the first byte that no
/// continuation could mend ([RFC 6455 §8.1]).
///
/// [RFC 6455 §8.1]: https://www.rfc-editor.org/rfc/rfc6455#section-8.1
#[derive(Clone, Debug)]
pub(crate) struct Utf8Checker {
    /// The bits of a sequence that isn't finished.
    bits: u32,
    /// How many of its bytes are to come.
    missing: u8,
    /// The range in which the next of them must be ([RFC 3629 §4]).
    ///
    /// [RFC 3629 §4]: https://www.rfc-editor.org/rfc/rfc3629#section-4
    next_min: u8,
    next_max: u8,
}

impl Default for Utf8Checker {
    fn default() -> Utf8Checker {
        Utf8Checker { bits: 0, missing: 0, next_min: 0x80, next_max: 0xBF }
    }
}

impl Utf8Checker {
    /// Takes the next piece and hands on, in order, all the text that is complete with it.
    #[inline]
    pub(crate) fn push(&mut self, piece: &[u8], sink: &mut impl TextSink) -> Result<(), NotUtf8> {
        if piece.len() <= SMALL_LEN_MAX {
            return self.push_bytes(piece, sink);
        }
        let continuation = piece.len().min(usize::from(self.missing));
        let (finishing, rest) = piece.split_at(continuation);
        self.push_bytes(finishing, sink)?;
        let (whole, unfinished) = rest.split_at(rest.len() - unfinished_suffix_len(rest));
        if !whole.is_empty() {
            sink.text(from_utf8(whole)?);
        }
        self.push_bytes(unfinished, sink)
    }

    /// Whether the text may end here.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.missing == 0
    }

    fn push_bytes(&mut self, bytes: &[u8], sink: &mut impl TextSink) -> Result<(), NotUtf8> {
        bytes.iter().try_for_each(|&byte| self.push_byte(byte, sink))
    }

    /// Takes the next byte.
    #[inline(always)]
    pub(crate) fn push_byte(&mut self, byte: u8, sink: &mut impl TextSink) -> Result<(), NotUtf8> {
        if self.missing == 0 {
            if byte >= 0x80 {
                return self.begin_sequence(byte);
            }
            sink.character(char::from(byte));
            return Ok(());
        }
        if byte < self.next_min || byte > self.next_max {
            return Err(NotUtf8);
        }
        self.bits = self.bits << 6 | u32::from(byte & 0x3F);
        self.missing -= 1;
        (self.next_min, self.next_max) = (0x80, 0xBF);
        if self.missing == 0 {
            // The ranges leave no surrogate and nothing past U+10FFFF.
            sink.character(char::from_u32(self.bits).ok_or(NotUtf8)?);
        }
        Ok(())
    }

    /// The table of well-formed sequences, by their first byte.
    #[inline]
    fn begin_sequence(&mut self, first: u8) -> Result<(), NotUtf8> {
        let (missing, next_min, next_max) = match first {
            0xC2..=0xDF => (1, 0x80, 0xBF),
            0xE0 => (2, 0xA0, 0xBF),
            0xE1..=0xEC | 0xEE..=0xEF => (2, 0x80, 0xBF),
            0xED => (2, 0x80, 0x9F),
            0xF0 => (3, 0x90, 0xBF),
            0xF1..=0xF3 => (3, 0x80, 0xBF),
            0xF4 => (3, 0x80, 0x8F),
            0x00..=0xC1 | 0xF5..=0xFF => return Err(NotUtf8),
        };
        let bits = u32::from(first) & (0x3F >> missing);
        *self = Utf8Checker { bits, missing, next_min, next_max };
        Ok(())
    }
}

/// Checks text that is whole.
#[inline]
pub(crate) fn from_utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    #[cfg(feature = "simd")]
    if bytes.len() >= WIDE_LEN_MIN {
        return simdutf8::basic::from_utf8(bytes).map_err(|_| NotUtf8);
    }
    str::from_utf8(bytes).map_err(|_| NotUtf8)
}

/// How many bytes at the end begin a sequence that more bytes could finish.
#[inline]
fn unfinished_suffix_len(bytes: &[u8]) -> usize {
    for (index, &byte) in bytes.iter().rev().take(SEQUENCE_LEN_MAX - 1).enumerate() {
        let len_so_far = index + 1;
        let sequence_len = match byte {
            0x80..=0xBF => continue,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
            0x00..=0x7F => 1,
        };
        return if len_so_far < sequence_len { len_so_far } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    /// Every sequence of one to four bytes drawn from the bytes at which UTF-8's rules change,
    /// cut everywhere, agrees with the standard library (RFC 6455 §8.1, failure T38). The
    /// exhaustive walk over all bytes is in `tests/utf8.rs`.
    #[test]
    fn a_cut_sequence_is_judged_as_a_whole_one() {
        const EDGES: [u8; 23] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
            0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5,
        ];
        for count in 1..=4_u32 {
            for number in 0..EDGES.len().pow(count) {
                let bytes: Vec<u8> =
                    (0..count).map(|i| EDGES[number / EDGES.len().pow(i) % EDGES.len()]).collect();
                for cut in 0..bytes.len() {
                    assert_agrees(&bytes, &[&bytes[..cut], &bytes[cut..]]);
                }
            }
        }
    }

    fn assert_agrees(whole: &[u8], pieces: &[&[u8]]) {
        let (mut checker, mut text, mut seen) = (Utf8Checker::default(), String::new(), 0);
        for piece in pieces {
            seen += piece.len();
            let verdict = checker.push(piece, &mut text);
            let possible = match str::from_utf8(&whole[..seen]) {
                Ok(_) => true,
                Err(error) => error.error_len().is_none(),
            };
            assert_eq!(verdict.is_ok(), possible, "{whole:x?} after {seen} bytes");
            if verdict.is_err() {
                return;
            }
        }
        match str::from_utf8(whole) {
            Ok(expected) => assert!(checker.is_complete() && text == expected, "{whole:x?}"),
            Err(_) => assert!(!checker.is_complete(), "{whole:x?}"),
        }
    }
}
