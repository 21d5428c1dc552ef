use core::str;

/// A sequence of UTF-8 has at most four bytes, so at most three of an unfinished one are kept.
const SEQUENCE_LEN_MAX: usize = 4;

/// From this length on vectors beat the standard library on text that isn't ASCII.
#[cfg(feature = "simd")]
const WIDE_LEN_MIN: usize = 64;

/// Bytes that no continuation makes UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

/// Checks text that comes in pieces, wherever they're cut, and fails at the first piece that no
/// continuation could mend ([RFC 6455 §8.1]).
///
/// Between two pieces it keeps the bytes of a sequence that isn't finished, always a possible
/// beginning of one.
///
/// [RFC 6455 §8.1]: https://www.rfc-editor.org/rfc/rfc6455#section-8.1
#[derive(Clone, Debug, Default)]
pub(crate) struct Utf8Checker {
    unfinished: [u8; SEQUENCE_LEN_MAX],
    unfinished_len: u8,
}

impl Utf8Checker {
    /// Takes the next piece and hands on, in order, all the text that is complete with it.
    #[inline]
    pub(crate) fn push(
        &mut self,
        piece: &[u8],
        mut complete: impl FnMut(&str),
    ) -> Result<(), NotUtf8> {
        let rest = if self.unfinished_len == 0 {
            piece
        } else {
            self.finish_sequence(piece, &mut complete)?
        };
        let (whole, unfinished) = rest.split_at(rest.len() - unfinished_suffix_len(rest));
        if !whole.is_empty() {
            complete(from_utf8(whole)?);
        }
        if !unfinished.is_empty() {
            self.keep(unfinished)?;
        }
        Ok(())
    }

    /// Whether the text may end here.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.unfinished_len == 0
    }

    /// Completes the kept sequence from the front of `piece`, and returns what is left of it.
    fn finish_sequence<'p>(
        &mut self,
        mut piece: &'p [u8],
        complete: &mut impl FnMut(&str),
    ) -> Result<&'p [u8], NotUtf8> {
        while let Some((&byte, rest)) = piece.split_first() {
            piece = rest;
            // Four bytes are either a sequence or an error, so the index stays in bounds.
            self.unfinished[usize::from(self.unfinished_len)] = byte;
            self.unfinished_len += 1;
            match str::from_utf8(&self.unfinished[..usize::from(self.unfinished_len)]) {
                Ok(sequence) => {
                    complete(sequence);
                    self.unfinished_len = 0;
                    break;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(NotUtf8),
            }
        }
        Ok(piece)
    }

    fn keep(&mut self, unfinished: &[u8]) -> Result<(), NotUtf8> {
        debug_assert!(unfinished.len() < SEQUENCE_LEN_MAX && self.unfinished_len == 0);
        match str::from_utf8(unfinished) {
            Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => {
                for (kept, &byte) in self.unfinished.iter_mut().zip(unfinished) {
                    *kept = byte;
                    self.unfinished_len += 1;
                }
                Ok(())
            }
            _ => Err(NotUtf8),
        }
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
            let verdict = checker.push(piece, |part| text.push_str(part));
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
