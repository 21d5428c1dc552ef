use alloc::string::String;
use alloc::vec::Vec;

use super::utf8::NotUtf8;
use super::{Kind, Message, Payload, Text, Utf8Checker};
use crate::frame::{self, MaskingKey};

/// The least that is reserved for a message that arrives in pieces.
const RESERVE_LEN_MIN: usize = 4096;

/// What is unmasked, checked and copied at once, so that a large message goes through the caches
/// once. A multiple of four, so the masking key needs no rotation between blocks.
const BLOCK_LEN: usize = 8192;

/// Pieces up to this length are unmasked and checked byte by byte.
const TINY_LEN_MAX: usize = size_of::<MaskingKey>();

/// A message that is put together from the pieces that arrive ([RFC 6455 §5.4]).
///
/// [RFC 6455 §5.4]: https://www.rfc-editor.org/rfc/rfc6455#section-5.4
#[derive(Debug)]
pub(crate) enum Assembly {
    /// Text is checked as it comes and never again, so that its end costs nothing.
    Text(String, Utf8Checker),
    Binary(Vec<u8>),
}

impl Assembly {
    pub(crate) fn new(kind: Kind) -> Assembly {
        match kind {
            Kind::Text => Assembly::Text(String::new(), Utf8Checker::default()),
            Kind::Binary => Assembly::Binary(Vec::new()),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Assembly::Text(text, _) => text.len(),
            Assembly::Binary(bytes) => bytes.len(),
        }
    }

    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Assembly::Text(..) => Kind::Text,
            Assembly::Binary(_) => Kind::Binary,
        }
    }

    /// Makes room for `piece_len` bytes that are there, the first of the `frame_rest` that are to
    /// come in this frame.
    ///
    /// What a peer declares is a claim, and is never allocated: a message earns its buffer by what
    /// has arrived of it, or by the length of the message before it, `last_len`. Where more
    /// fragments may follow, room doubles, so that a flood of small ones is copied once on average.
    #[inline]
    pub(crate) fn reserve(
        &mut self,
        piece_len: usize,
        frame_rest: usize,
        is_fragmented: bool,
        last_len: usize,
    ) {
        let (capacity, len) = match self {
            Assembly::Text(text, _) => (text.capacity(), text.len()),
            Assembly::Binary(bytes) => (bytes.capacity(), bytes.len()),
        };
        if capacity - len < piece_len {
            let wanted = if is_fragmented { frame_rest.max(len) } else { frame_rest };
            let earned = (len + piece_len).max(last_len).max(RESERVE_LEN_MIN);
            self.grow(wanted.min(earned));
        }
    }

    #[cold]
    fn grow(&mut self, room: usize) {
        match self {
            Assembly::Text(text, _) => text.reserve_exact(room),
            Assembly::Binary(bytes) => bytes.reserve_exact(room),
        }
    }

    /// Appends a piece of a frame, unmasked on the way. Room was made for the frame before.
    #[inline]
    pub(crate) fn push(
        &mut self,
        piece: &mut [u8],
        key: Option<MaskingKey>,
    ) -> Result<(), NotUtf8> {
        if piece.len() <= TINY_LEN_MAX {
            self.push_tiny(piece, key.unwrap_or_default())
        } else {
            self.push_blocks(piece, key)
        }
    }

    /// A piece that is no longer than the masking key.
    #[inline]
    fn push_tiny(&mut self, piece: &[u8], key: MaskingKey) -> Result<(), NotUtf8> {
        let mut unmasked = piece.iter().zip(&key).map(|(byte, key)| byte ^ key);
        match self {
            Assembly::Text(text, checker) => {
                unmasked.try_for_each(|byte| checker.push_byte(byte, text))
            }
            Assembly::Binary(bytes) => {
                bytes.extend(unmasked);
                Ok(())
            }
        }
    }

    #[inline(never)]
    fn push_blocks(&mut self, piece: &mut [u8], key: Option<MaskingKey>) -> Result<(), NotUtf8> {
        piece.chunks_mut(BLOCK_LEN).try_for_each(|block| self.push_block(block, key))
    }

    #[inline]
    fn push_block(&mut self, block: &mut [u8], key: Option<MaskingKey>) -> Result<(), NotUtf8> {
        if let Some(key) = key {
            frame::mask(block, key);
        }
        match self {
            Assembly::Text(text, checker) => checker.push(block, text),
            Assembly::Binary(bytes) => {
                bytes.extend_from_slice(block);
                Ok(())
            }
        }
    }

    /// The message, now that its last frame has ended.
    pub(crate) fn finish(self) -> Result<Message<'static>, NotUtf8> {
        match self {
            Assembly::Text(text, checker) if checker.is_complete() => {
                Ok(Message::Text(Text::from(text)))
            }
            Assembly::Text(..) => Err(NotUtf8),
            Assembly::Binary(bytes) => Ok(Message::Binary(Payload::from(bytes))),
        }
    }
}
