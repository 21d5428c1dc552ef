use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use super::Compression;
use crate::Payload;
use crate::extension::{BLOCK_LEN, Block, Compressor, Deflate, TAIL};

/// A payload as it goes on the wire, before it's masked.
#[derive(Debug)]
pub(in crate::connection) struct Packed {
    /// What didn't fit into the block, and comes before it.
    front: Vec<u8>,
    block: Block,
    len: usize,
}

impl Packed {
    /// Compresses `payload`. What the receiver adds to a message is left out where one ends.
    fn new(
        compressor: &mut Compressor,
        payload: &[u8],
        ends_message: bool,
        block: Block,
    ) -> Packed {
        let mut packed = Packed { front: Vec::new(), block, len: 0 };
        if payload.is_empty() {
            // "An empty block with no compression": what ends it comes with the tail.
            packed.block[0] = 0;
            packed.len = usize::from(ends_message);
            return packed;
        }
        let mut rest = payload;
        loop {
            let (len, is_all) = compressor.compress(&mut rest, &mut *packed.block);
            if is_all {
                packed.len = len;
                break;
            }
            packed.front.extend_from_slice(&packed.block[..len]);
        }
        if ends_message {
            packed.drop_tail();
        }
        packed
    }

    /// "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end" (RFC 7692 §7.2.1).
    fn drop_tail(&mut self) {
        let in_front = TAIL.len().saturating_sub(self.len);
        self.front.truncate(self.front.len() - in_front);
        self.len = self.len.saturating_sub(TAIL.len());
    }

    pub(in crate::connection) fn len(&self) -> usize {
        self.front.len() + self.len
    }

    /// The bytes: a long payload is on its own.
    pub(in crate::connection) fn payload(&mut self) -> Payload<'_> {
        let block = &self.block[..self.len];
        if self.front.is_empty() {
            return Payload::Borrowed(block);
        }
        self.front.extend_from_slice(block);
        Payload::Owned(Bytes::from(core::mem::take(&mut self.front)))
    }
}

impl Compression {
    /// Compresses a message, unless it's too short, or gets no shorter.
    pub(in crate::connection) fn pack(&mut self, payload: &[u8]) -> Option<Packed> {
        let packed = self.pack_if_shorter(payload);
        let on_wire = packed.as_ref().map_or(payload.len(), Packed::len);
        self.note_sent(payload.len(), on_wire);
        packed
    }

    fn pack_if_shorter(&mut self, payload: &[u8]) -> Option<Packed> {
        if payload.len() < self.deflate.settings().message_len_min {
            return None;
        }
        let mut compressor = self.take_compressor()?;
        let packed = Packed::new(&mut compressor, payload, true, self.deflate.pool().block());
        let is_shorter = packed.len() < payload.len() || self.deflate.settings().is_even_if_longer;
        if !is_shorter && self.takes_own_context_over() {
            // The receiver won't know of this message, so no later one may refer to it.
            compressor.reset();
        }
        self.leave_compressor(compressor);
        if is_shorter {
            return Some(packed);
        }
        self.unpack(packed);
        None
    }

    /// Compresses a part of a message that is sent in fragments, if the first was: it's decided then,
    /// once for all of them.
    pub(in crate::connection) fn pack_fragment(
        &mut self,
        payload: &[u8],
        first: bool,
        fin: bool,
    ) -> Option<Packed> {
        if first && fin {
            return self.pack(payload);
        }
        if first {
            self.is_fragment_compressed = true;
        }
        let compressor = if self.is_fragment_compressed { self.take_compressor() } else { None };
        let Some(mut compressor) = compressor else {
            // It begins with no compressor, so it goes on without one.
            self.is_fragment_compressed = false;
            self.note_sent(payload.len(), payload.len());
            return None;
        };
        let packed = Packed::new(&mut compressor, payload, fin, self.deflate.pool().block());
        if fin {
            self.is_fragment_compressed = false;
            self.leave_compressor(compressor);
        } else {
            self.compressor = Some(compressor);
        }
        self.note_sent(payload.len(), packed.len());
        Some(packed)
    }

    /// Takes back what a packed payload stood in.
    pub(in crate::connection) fn unpack(&self, packed: Packed) {
        self.deflate.pool().keep_block(packed.block);
    }

    pub(super) fn note_sent(&mut self, len: usize, on_wire: usize) {
        let savings = self.savings_mut();
        savings.sent += len as u64;
        savings.sent_on_wire += on_wire as u64;
    }

    /// The compressor that knows what it has to know; `None` for a window that there's none for.
    fn take_compressor(&mut self) -> Option<Box<Compressor>> {
        let bits = self.own_window_bits();
        let Compression { compressor, deflate, .. } = self;
        compressor.take().or_else(|| deflate.pool().compressor(bits, deflate.settings()))
    }

    /// A message has ended.
    fn leave_compressor(&mut self, compressor: Box<Compressor>) {
        if self.takes_own_context_over() {
            self.compressor = Some(compressor);
        } else {
            self.deflate.pool().keep_compressor(compressor);
        }
    }
}

/// Compresses a message by itself; `None` if it gets no shorter.
pub(super) fn pack_alone(
    deflate: &Deflate,
    compressor: &mut Compressor,
    payload: &[u8],
) -> Option<Bytes> {
    let mut packed = Packed::new(compressor, payload, true, deflate.pool().block());
    let bytes = (packed.len() < payload.len()).then(|| packed.payload().into_bytes());
    deflate.pool().keep_block(packed.block);
    bytes
}

const _: () = assert!(BLOCK_LEN > TAIL.len());
