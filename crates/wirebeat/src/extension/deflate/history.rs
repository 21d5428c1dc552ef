//! What a decompressor has to remember to go on behind the last block of a stream.
//!
//! A block may be marked as the last of its stream (RFC 7692 §7.2.3.4), and others may follow all the
//! same. Nothing there ends the window: where contexts are taken over, what comes next may refer to
//! what came before. Zlib forgets its window when it begins another stream, so it's told it anew.
//!
//! Who never sends such a block pays nothing for it. From the first one on, what comes out is kept a
//! second time. What came out before it is asked of the decompressor's own window, which it tells
//! between messages alone: so it's looked for where such a block begins a message. If the first one
//! that ever comes is further behind in its message, what came before it is forgotten, as any zlib
//! does: one who refers there is refused. So it is where streams are so short that telling would cost
//! more than all else.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// How far back a block may refer, in bytes (RFC 1951 §2).
const WINDOW_LEN: usize = 32 * 1024;

/// The longest piece that a block repeats at once (RFC 1951 §3.2.5).
const REPEAT_LEN: usize = 258;

/// What telling costs, in bytes that came: it copies a window, in about the time in which so many are
/// decompressed.
pub(super) const TELLING_COST: usize = 64;

/// What each message may spend before it has brought anything: it may begin with a few short streams.
pub(super) const CREDIT: usize = 4 * TELLING_COST;

/// The last that came out, up to a window. It's a ring, so that a byte more doesn't move all others.
pub(super) struct History(VecDeque<u8>);

impl History {
    pub(super) fn new(bytes: &[u8]) -> History {
        let mut history = History(VecDeque::with_capacity(WINDOW_LEN));
        history.push(bytes);
        history
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(WINDOW_LEN)..];
        let excess = (self.0.len() + bytes.len()).saturating_sub(WINDOW_LEN);
        self.0.drain(..excess);
        self.0.extend(bytes);
    }

    /// What it holds, in order.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        let (first, second) = self.0.as_slices();
        [first, second]
    }
}

/// Asks a decompressor for the window that it has: how long that is, and the beginning of a block
/// that repeats all of it, and more. `len` is how much has come out of it.
pub(super) fn ask_for_window(len: u64) -> (usize, Vec<u8>) {
    let len = usize::try_from(len).map_or(WINDOW_LEN, |len| len.min(WINDOW_LEN));
    let mut bits = Bits::default();
    // BFINAL 0, BTYPE 01 (RFC 1951 §3.2.3): the codes of §3.2.6.
    bits.push(0b010, 3);
    for _ in 0..len.div_ceil(REPEAT_LEN) {
        // "285": 258 bytes, from as far back as the window goes.
        bits.push_code(0b1100_0101, 8);
        let (code, extra, extra_len) = distance(len);
        bits.push_code(code, 5);
        bits.push(extra, extra_len);
    }
    (len, bits.finish())
}

/// A distance of at least 1 as its code and its extra bits (RFC 1951 §3.2.5).
fn distance(distance: usize) -> (usize, usize, u32) {
    let from_zero = distance - 1;
    match from_zero.checked_ilog2() {
        None | Some(0) => (from_zero, 0, 0),
        Some(log) => {
            let extra_len = log - 1;
            let half = from_zero >> extra_len & 1;
            let code = 2 * log as usize + half;
            (code, from_zero & ((1 << extra_len) - 1), extra_len)
        }
    }
}

/// Bits as blocks are made of them: the first is the lowest of the first byte (RFC 1951 §3.1.1).
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// Those that make no byte yet.
    rest: usize,
    rest_len: u32,
}

impl Bits {
    /// A number: its lowest bit is the first.
    fn push(&mut self, number: usize, len: u32) {
        self.rest |= number << self.rest_len;
        self.rest_len += len;
        while self.rest_len >= 8 {
            let [byte, ..] = self.rest.to_le_bytes();
            self.bytes.push(byte);
            self.rest >>= 8;
            self.rest_len -= 8;
        }
    }

    /// A Huffman code: its highest bit is the first.
    fn push_code(&mut self, code: usize, len: u32) {
        self.push(code.reverse_bits() >> (usize::BITS - len), len);
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, 7);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::{format, vec};

    use proptest::collection::vec as vec_of;
    use proptest::prelude::*;

    use super::super::codec::{Compressor, Decompressor, Inflated, InvalidDeflate, TAIL, advance};
    use super::super::{BLOCK_LEN, WindowBits};
    use super::*;

    /// One who marks blocks as the last of a stream, and keeps its window.
    struct Sender {
        compressor: Compressor,
        /// Says where the first block ends.
        inflate: zlib_rs::Inflate,
    }

    impl Sender {
        fn new() -> Sender {
            let compressor = Compressor::new(WindowBits::MAX, 6, 8).unwrap();
            Sender { compressor, inflate: zlib_rs::Inflate::new(false, 15) }
        }

        /// A part of a message: a block or more, and an empty one.
        fn part(&mut self, plain: &[u8], is_last: bool) -> Vec<u8> {
            let (mut rest, mut part, mut block) = (plain, Vec::new(), vec![0; BLOCK_LEN]);
            loop {
                let (made, is_all) = self.compressor.compress(&mut rest, &mut block);
                part.extend_from_slice(&block[..made]);
                if is_all {
                    break;
                }
            }
            let first_len = self.first_block_len(&part, plain.len());
            let behind = part.len() - first_len;
            if is_last {
                part[0] |= 1;
                match behind - TAIL.len() {
                    // The header of the empty block was in the last byte of the one before, which
                    // is padding now.
                    0 => part.truncate(first_len),
                    1 => {}
                    // More blocks than one, of which this isn't the last.
                    _ => part[0] &= !1,
                }
            }
            part
        }

        fn first_block_len(&mut self, mut part: &[u8], plain_len: usize) -> usize {
            let (mut first, mut output) = (None, vec![0; plain_len + 1]);
            while !part.is_empty() {
                let before = self.inflate.total_in();
                self.inflate
                    .decompress(part, &mut output, zlib_rs::InflateFlush::Block)
                    .expect("compressed data");
                let taken = advance(self.inflate.total_in(), before);
                first = first.or(Some(taken));
                part = &part[taken..];
            }
            first.unwrap_or_default()
        }
    }

    /// All that comes of a message, `room` bytes at a time, when it comes `cut` bytes at a time.
    fn inflated(
        decompressor: &mut Decompressor,
        wire: &[u8],
        room: usize,
        cut: usize,
    ) -> Result<Vec<u8>, InvalidDeflate> {
        let (mut message, mut block) = (Vec::new(), vec![0; room]);
        for mut piece in wire.chunks(cut) {
            loop {
                let Inflated { taken, made, is_all } = decompressor.inflate(piece, &mut block)?;
                message.extend_from_slice(&block[..made]);
                piece = &piece[taken..];
                if is_all {
                    break;
                }
            }
        }
        decompressor.finish()?;
        Ok(message)
    }

    /// Words of a few, so that messages refer to each other; some are longer than a window.
    fn words() -> impl Strategy<Value = Vec<u8>> {
        let word = (0_u32..40, prop_oneof![9 => 1..30_usize, 1 => 1..4000_usize]);
        vec_of(word, 1..12).prop_map(|words| {
            let one = |(word, times)| format!("{}, ", word * word * 7919).repeat(times);
            words.into_iter().map(one).collect::<String>().into_bytes()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// RFC 7692 §7.2.1: "An endpoint MAY use both DEFLATE blocks with the "BFINAL" bit set to 0
        /// and DEFLATE blocks with the "BFINAL" bit set to 1": they share one window.
        #[test]
        fn the_window_goes_on_behind_the_last_block_of_a_stream(
            messages in vec_of((words(), any::<bool>(), vec_of((words(), any::<bool>()), 0..3)), 1..8),
            room in 1_usize..5000,
            cut in prop_oneof![Just(1), 1_usize..3000, Just(usize::MAX)],
        ) {
            let (mut sender, mut decompressor) = (Sender::new(), Decompressor::new());
            let mut is_begun = false;
            for (words, is_last, others) in messages {
                let (mut plain, mut wire) = (words.clone(), sender.part(&words, is_last));
                is_begun |= wire[0] & 1 == 1;
                for (words, is_last) in others {
                    plain.extend_from_slice(&words);
                    // The first of them all begins a message.
                    wire.extend(sender.part(&words, is_last && is_begun));
                }
                // What ends in a last block has nothing behind it to be left out.
                if wire.ends_with(&TAIL) {
                    wire.truncate(wire.len() - TAIL.len());
                }
                prop_assert!(inflated(&mut decompressor, &wire, room, cut).as_deref() == Ok(&*plain));
            }
        }
    }

    const LAST_HELLO: &[u8] = &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    const HELLO_AGAIN: &[u8] = &[0xf2, 0x00, 0x11, 0x00, 0x00];

    /// RFC 7692 §7.2.3.4, and §7.2.3.2 behind it.
    #[test]
    fn a_message_refers_to_one_that_ended_its_stream() {
        let mut decompressor = Decompressor::new();
        for wire in [LAST_HELLO, HELLO_AGAIN, LAST_HELLO, HELLO_AGAIN, HELLO_AGAIN] {
            let read = inflated(&mut decompressor, wire, 100, 100);
            assert_eq!(read.as_deref(), Ok(&b"Hello"[..]));
        }
        // What begins anew remembers nothing.
        decompressor.reset();
        assert_eq!(inflated(&mut decompressor, HELLO_AGAIN, 100, 100), Err(InvalidDeflate));
    }

    /// One who begins anew there, as most do, is understood; what is forgotten is refused, and never
    /// made up. It's the same however the message is cut.
    #[test]
    fn a_first_last_block_inside_a_message_forgets_what_came_before_it() {
        let untailed = |mut wire: Vec<u8>| {
            wire.truncate(wire.len() - TAIL.len());
            wire
        };
        for cut in [1, 7, usize::MAX] {
            for begins_anew in [true, false] {
                let (mut sender, mut decompressor) = (Sender::new(), Decompressor::new());
                let wire = untailed(sender.part(b"Hello, Hello, Hello", false));
                assert!(inflated(&mut decompressor, &wire, 100, cut).is_ok());
                let wire = [sender.part(b"one", false), sender.part(b"two three", true)].concat();
                let read = inflated(&mut decompressor, &wire, 100, cut);
                assert_eq!(read.as_deref(), Ok(&b"onetwo three"[..]));
                let mut next = if begins_anew { Sender::new() } else { sender };
                let wire = untailed(next.part(b"two three", false));
                let read = inflated(&mut decompressor, &wire, 100, cut);
                assert_eq!(read.is_ok_and(|read| read == b"two three"), begins_anew);
            }
        }
    }

    /// Nobody has the window copied for every two bytes; whoever doesn't refer back is read all the same,
    /// and the next message may refer to all again.
    #[test]
    fn many_short_streams_in_a_message_are_read_without_what_came_before() {
        const LAST_LETTER: &[u8] = &[0x4b, 0x04, 0x00];
        // Three from four back.
        const REPEAT: &[u8] = &[0x02, 0x62, 0x00, 0x00];

        for cut in [1, 7, usize::MAX] {
            let mut decompressor = Decompressor::new();
            assert!(inflated(&mut decompressor, LAST_HELLO, 100, cut).is_ok());
            for count in [3, 1000] {
                let read = inflated(&mut decompressor, &LAST_LETTER.repeat(count), 100, cut);
                assert_eq!(read.as_deref(), Ok(&vec![b'a'; count][..]));
            }
            assert_eq!(inflated(&mut decompressor, REPEAT, 100, cut).as_deref(), Ok(&b"aaa"[..]));
            for (count, is_told) in [(2, true), (10, false)] {
                let wire = [&LAST_LETTER.repeat(count), REPEAT].concat();
                let read = inflated(&mut decompressor, &wire, 100, cut);
                assert_eq!(read.is_ok(), is_told, "{count}");
            }
        }
    }

    /// No more is kept than can be referred to, and the window is asked for at any length.
    #[test]
    fn a_window_of_any_length_is_told() {
        for len in [0, 1, 2, 3, 4, 5, 257, 258, 259, 30_000, 32_767, 32_768, 32_769, 100_000_u64] {
            let mut sender = Sender::new();
            let mut decompressor = Decompressor::new();
            let plain: Vec<u8> = (0..len).map(|n| ((n * n) >> 5).to_le_bytes()[0]).collect();
            for (part, is_last) in [(&plain[..], false), (b"Hello", true), (&plain[..], false)] {
                let mut wire = sender.part(part, is_last);
                if part.is_empty() {
                    wire = vec![0];
                } else if wire.ends_with(&TAIL) {
                    wire.truncate(wire.len() - TAIL.len());
                }
                let read = inflated(&mut decompressor, &wire, BLOCK_LEN, usize::MAX);
                assert!(read.as_deref() == Ok(part), "{len}");
            }
        }
    }
}
