//! From a fuzzer's bytes to numbers and slices.

/// Bytes that decide a case, read from the front.
///
/// When they're used up it goes on with zeros, so that every input is a case.
#[derive(Clone, Debug)]
pub struct Source<'s>(&'s [u8]);

impl<'s> Source<'s> {
    /// A source at the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'s [u8]) -> Source<'s> {
        Source(bytes)
    }

    /// Whether all bytes are used up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                *byte
            }
            None => 0,
        }
    }

    /// Two bytes as a number.
    pub fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// A number below `bound`, from one byte.
    pub fn below(&mut self, bound: u8) -> u8 {
        self.byte() % bound
    }

    /// Whether a byte is odd.
    pub fn is_odd(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// At most `len` bytes, fewer at the end.
    pub fn slice(&mut self, len: usize) -> &'s [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'s [u8] {
        self.slice(usize::MAX)
    }

    /// A length, small as a rule, sometimes at one of the edges of the wire format and of the core's
    /// buffers.
    pub fn len(&mut self) -> usize {
        const EDGES: [usize; 11] = [0, 1, 123, 124, 125, 126, 127, 128, 4095, 4096, 4097];
        const LONG: [usize; 5] = [16_383, 16_384, 16_385, 65_535, 65_536];
        match self.byte() {
            small @ 0..=199 => usize::from(small) % 40,
            edge @ 200..=243 => EDGES[usize::from(edge - 200) % EDGES.len()],
            long @ 244..=248 => LONG[usize::from(long - 244)],
            249.. => usize::from(self.number()) % 5_000,
        }
    }
}
