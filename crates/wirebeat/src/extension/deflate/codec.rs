//! The one place that knows which library compresses.

use alloc::boxed::Box;
use alloc::vec;
use core::fmt;

use zlib_rs::{DeflateConfig, DeflateFlush, InflateFlush, Status};

use super::WindowBits;
use super::history::{self, History};

/// What ends every message and isn't sent: an empty block that isn't compressed (RFC 7692 §7.2.1).
pub(crate) const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Compresses messages, one after another.
pub(crate) struct Compressor {
    deflate: zlib_rs::Deflate,
    window_bits: WindowBits,
}

impl Compressor {
    /// `None` for a window of 256 bytes, which no zlib compresses with.
    pub(crate) fn new(window_bits: WindowBits, level: u8, memory_level: u8) -> Option<Compressor> {
        if window_bits == WindowBits::MIN {
            return None;
        }
        let config = DeflateConfig {
            level: i32::from(level.clamp(1, 9)),
            mem_level: i32::from(memory_level.clamp(1, 9)),
            // Negative: without zlib's header.
            window_bits: -i32::from(window_bits.get()),
            ..DeflateConfig::default()
        };
        Some(Compressor { deflate: zlib_rs::Deflate::new_with_config(config), window_bits })
    }

    pub(crate) fn window_bits(&self) -> WindowBits {
        self.window_bits
    }

    /// Compresses from the front of `input` into `block`. Says how much it made of it, and whether
    /// that's all; if not, it must be asked again. All of it ends with [`TAIL`], unless `input` is
    /// empty.
    pub(crate) fn compress(&mut self, input: &mut &[u8], block: &mut [u8]) -> (usize, bool) {
        let (taken, made) = (self.deflate.total_in(), self.deflate.total_out());
        let status = self.deflate.compress(input, block, DeflateFlush::SyncFlush);
        debug_assert!(status.is_ok(), "{status:?}");
        let taken = advance(self.deflate.total_in(), taken);
        let made = advance(self.deflate.total_out(), made);
        *input = input.get(taken..).unwrap_or_default();
        // A block that isn't full: nothing waits behind it.
        (made, status.is_err() || made < block.len() && input.is_empty())
    }

    /// Forgets all messages before.
    pub(crate) fn reset(&mut self) {
        self.deflate.reset();
    }
}

/// Decompresses messages, one after another.
pub(crate) struct Decompressor {
    inflate: zlib_rs::Inflate,
    place: Place,
    /// What has come out, once a block ended a stream.
    history: Option<Box<History>>,
    /// Whether a stream begins next, and zlib hasn't been told what came before.
    is_untold: bool,
    /// What the message may spend on telling.
    credit: usize,
}

/// Where a decompressor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first byte of a message.
    Before,
    Inside,
    /// Behind a block that ended its stream.
    BehindStream,
    /// Behind something that is no compressed data.
    Broken,
}

/// How far a decompressor came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inflated {
    /// How much of the input it took.
    pub(crate) taken: usize,
    /// How much it wrote to the front of the output.
    pub(crate) made: usize,
    /// Whether that's all that comes of the input. If not, it must be asked again.
    pub(crate) is_all: bool,
}

/// Bytes that aren't compressed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidDeflate;

impl Decompressor {
    /// It reads what was compressed with any window.
    pub(crate) fn new() -> Decompressor {
        let inflate = zlib_rs::Inflate::new(false, WindowBits::MAX.get());
        Decompressor { inflate, place: Place::Before, history: None, is_untold: false, credit: 0 }
    }

    /// Decompresses from `input` into `output`, as much as fits. What comes before the data is
    /// broken comes out first.
    #[inline]
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<Inflated, InvalidDeflate> {
        match (self.place, input) {
            (Place::Broken, _) => return Err(InvalidDeflate),
            (Place::Before, [first, ..]) => self.begin(*first),
            (Place::Before | Place::Inside | Place::BehindStream, _) => {}
        }
        if self.is_untold && !input.is_empty() {
            self.tell();
        }
        let (taken, made) = self.step(input, output, InflateFlush::NoFlush);
        let is_broken = self.place == Place::Broken;
        if made == 0 && (is_broken || taken == 0 && !input.is_empty() && !output.is_empty()) {
            return Err(InvalidDeflate);
        }
        let is_all = taken == input.len() && made < output.len() && !is_broken;
        Ok(Inflated { taken, made, is_all })
    }

    /// The message ends here; all that it decompresses to has been taken.
    ///
    /// The data must end where the tail belongs that wasn't sent: a message that was cut off isn't one.
    /// It may end with the last block of a stream (§7.2.3.4).
    pub(crate) fn finish(&mut self) -> Result<(), InvalidDeflate> {
        // A byte more than the tail, so that one who reads on is found out.
        const TAIL_AND_MORE: [u8; TAIL.len() + 1] = [0x00, 0x00, 0xFF, 0xFF, 0x00];

        match self.place {
            Place::Broken => return Err(InvalidDeflate),
            Place::BehindStream => {}
            Place::Before | Place::Inside => {
                // This stops behind every block.
                let end = self.step(&TAIL_AND_MORE, &mut [0], InflateFlush::Block);
                if end != (TAIL.len(), 0) || self.place == Place::Broken {
                    return Err(InvalidDeflate);
                }
            }
        }
        self.place = Place::Before;
        Ok(())
    }

    /// A message begins with this byte: before a block ends a stream, what came before is looked up.
    fn begin(&mut self, first: u8) {
        const BFINAL: u8 = 1;

        self.place = Place::Inside;
        self.credit = history::CREDIT;
        if first & BFINAL == 0 || self.history.is_some() {
            return;
        }
        let (len, question) = history::ask_for_window(self.inflate.total_out());
        let mut window = vec![0; len];
        let answer = self.inflate.decompress(&question, &mut window, InflateFlush::NoFlush);
        debug_assert!(answer.is_ok(), "{answer:?}");
        self.history = Some(Box::new(History::new(&window)));
        self.inflate.reset(false);
        self.is_untold = true;
    }

    /// Another stream begins, which may refer to what came before it.
    fn tell(&mut self) {
        self.is_untold = false;
        let Some(credit) = self.credit.checked_sub(history::TELLING_COST) else { return };
        self.credit = credit;
        if let Some(history) = &self.history {
            for part in history.parts() {
                // It's put behind what was told before.
                let told = self.inflate.set_dictionary(part);
                debug_assert!(told.is_ok(), "{told:?}");
            }
        }
    }

    /// How much it takes and makes.
    #[inline]
    fn step(&mut self, input: &[u8], output: &mut [u8], flush: InflateFlush) -> (usize, usize) {
        let (taken, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, output, flush);
        let taken = advance(self.inflate.total_in(), taken);
        let made = advance(self.inflate.total_out(), made);
        self.credit = self.credit.saturating_add(taken);
        if let Some(history) = &mut self.history {
            history.push(&output[..made]);
        }
        match status {
            Ok(Status::Ok | Status::BufError) if taken > 0 => self.place = Place::Inside,
            Ok(Status::Ok | Status::BufError) => {}
            Ok(Status::StreamEnd) => {
                // What was made by this call alone mustn't count: the next may be cut elsewhere.
                self.history.get_or_insert_with(|| Box::new(History::new(&[])));
                self.inflate.reset(false);
                self.is_untold = true;
                self.place = Place::BehindStream;
            }
            Err(_) => self.place = Place::Broken,
        }
        (taken, made)
    }

    /// Forgets all messages before.
    pub(crate) fn reset(&mut self) {
        self.inflate.reset(false);
        self.place = Place::Before;
        self.history = None;
        self.is_untold = false;
    }
}

/// How far a counter went, by no more than a slice is long.
pub(super) fn advance(now: u64, before: u64) -> usize {
    usize::try_from(now - before).unwrap_or(usize::MAX)
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").field("window_bits", &self.window_bits).finish_non_exhaustive()
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn compressed(compressor: &mut Compressor, message: &[u8]) -> Vec<u8> {
        let (mut rest, mut wire, mut block) = (message, Vec::new(), [0; 64]);
        loop {
            let (made, is_all) = compressor.compress(&mut rest, &mut block);
            wire.extend_from_slice(&block[..made]);
            if is_all {
                assert!(rest.is_empty() && wire.ends_with(&TAIL));
                wire.truncate(wire.len() - TAIL.len());
                return wire;
            }
        }
    }

    /// All that comes of a message, when so much fits at once.
    fn inflated(
        decompressor: &mut Decompressor,
        mut wire: &[u8],
        room: usize,
    ) -> Result<Vec<u8>, InvalidDeflate> {
        let (mut message, mut block) = (Vec::new(), vec![0; room]);
        loop {
            let Inflated { taken, made, is_all } = decompressor.inflate(wire, &mut block)?;
            message.extend_from_slice(&block[..made]);
            wire = &wire[taken..];
            if is_all {
                decompressor.finish()?;
                return Ok(message);
            }
        }
    }

    const HELLO: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

    /// RFC 7692 §7.2.3.1 to §7.2.3.5.
    #[test]
    fn the_rfcs_examples_are_read() {
        for room in [1, 2, 5, 6, 4096] {
            let mut decompressor = Decompressor::new();
            let mut read = |wire: &[u8]| inflated(&mut decompressor, wire, room);
            assert_eq!(read(HELLO).as_deref(), Ok(&b"Hello"[..]));
            // "Sharing LZ77 Sliding Window".
            assert_eq!(read(&[0xf2, 0x00, 0x11, 0x00, 0x00]).as_deref(), Ok(&b"Hello"[..]));
            // "Using a DEFLATE Block with No Compression".
            let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
            assert_eq!(read(&stored).as_deref(), Ok(&b"Hello"[..]));
            // "Using a DEFLATE Block with "BFINAL" Set to 1".
            let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
            assert_eq!(read(&last).as_deref(), Ok(&b"Hello"[..]));
            // The same without what makes room for the tail.
            assert_eq!(read(&last[..7]).as_deref(), Ok(&b"Hello"[..]));
            assert_eq!(read(HELLO).as_deref(), Ok(&b"Hello"[..]));
            // "Two DEFLATE Blocks in One Message".
            let two =
                [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
            assert_eq!(read(&two).as_deref(), Ok(&b"Hello"[..]));
            // "Generating an Empty Fragment" (§7.2.3.6).
            assert_eq!(read(&[0x00]).as_deref(), Ok(&b""[..]));
            // Two streams in one message.
            let twice = [&last[..7], &last].concat();
            assert_eq!(read(&twice).as_deref(), Ok(&b"HelloHello"[..]));
        }
    }

    /// RFC 7692 §7.2.3.1: what our compressor makes of it is the example itself.
    #[test]
    fn hello_is_written_as_the_rfc_writes_it() {
        let mut compressor = Compressor::new(WindowBits::MAX, 6, 8).unwrap();
        assert_eq!(compressed(&mut compressor, b"Hello"), HELLO);
        assert_eq!(compressed(&mut compressor, b"Hello"), [0xf2, 0x00, 0x11, 0x00, 0x00]);
        compressor.reset();
        assert_eq!(compressed(&mut compressor, b"Hello"), HELLO);
    }

    #[test]
    fn what_was_cut_off_is_no_message() {
        for level in 1..=9 {
            let mut compressor = Compressor::new(WindowBits::MAX, level, 8).unwrap();
            let message: Vec<u8> = (0..2000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
            let wire = compressed(&mut compressor, &message);
            let read = inflated(&mut Decompressor::new(), &wire, 4096);
            assert_eq!(read.as_deref(), Ok(&message[..]));
            for len in 0..wire.len() {
                let read = inflated(&mut Decompressor::new(), &wire[..len], 4096);
                assert_eq!(read, Err(InvalidDeflate), "{len} of {} bytes", wire.len());
            }
        }
    }

    #[test]
    fn what_is_no_deflate_is_refused() {
        for wire in [&[0x06][..], &[0x07], &[0xff, 0xff, 0xff, 0xff], &[0x00, 1, 2, 3, 4], &[]] {
            assert_eq!(
                inflated(&mut Decompressor::new(), wire, 64),
                Err(InvalidDeflate),
                "{wire:x?}"
            );
        }
        // It refers to what is before the message, and nothing is.
        let wire = [0xf2, 0x00, 0x11, 0x00, 0x00];
        assert_eq!(inflated(&mut Decompressor::new(), &wire, 64), Err(InvalidDeflate));
    }

    #[test]
    fn every_parameter_compresses() {
        let text = "a text that repeats itself, a text that repeats itself; ".repeat(300);
        for bits in 9..=15 {
            for level in 1..=9 {
                for memory_level in 1..=9 {
                    let bits = WindowBits::new(bits).unwrap();
                    let mut compressor = Compressor::new(bits, level, memory_level).unwrap();
                    let mut decompressor = Decompressor::new();
                    for _ in 0..2 {
                        let wire = compressed(&mut compressor, text.as_bytes());
                        assert!(wire.len() < text.len() / 4, "{bits} {level} {memory_level}");
                        let read = inflated(&mut decompressor, &wire, 777);
                        assert_eq!(read.as_deref(), Ok(text.as_bytes()));
                    }
                }
            }
        }
        assert!(Compressor::new(WindowBits::MIN, 6, 8).is_none());
    }
}
