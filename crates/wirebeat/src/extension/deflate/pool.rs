use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard};

use super::{Compressor, Decompressor, DeflateSettings, WindowBits};

/// What compressed data goes through, and text on its way to be checked, in bytes: 16 KiB and what a
/// decompressor likes to have spare.
pub(crate) const BLOCK_LEN: usize = 16 * 1024 + SPARE_LEN;

/// A decompressor is quick as long as it has this much room, and sees the end without another look.
pub(crate) const SPARE_LEN: usize = 320;

/// How many of each kind are kept. Only as many are in use at a time as threads compress, and
/// messages are half received.
const KEPT_MAX: usize = 16;

pub(crate) type Block = Box<[u8; BLOCK_LEN]>;

/// What connections need for as long as a message lasts, and not in between.
#[derive(Default)]
pub(crate) struct Pool {
    #[expect(clippy::vec_box, reason = "a connection has it boxed, and neither boxes it anew")]
    compressors: Mutex<Vec<Box<Compressor>>>,
    decompressors: Mutex<Vec<Decompressor>>,
    blocks: Mutex<Vec<Block>>,
}

impl Pool {
    /// A compressor that knows of no message; `None` for a window that there's none for.
    pub(crate) fn compressor(
        &self,
        window_bits: WindowBits,
        settings: &DeflateSettings,
    ) -> Option<Box<Compressor>> {
        let mut kept = lock(&self.compressors);
        if let Some(at) = kept.iter().rposition(|kept| kept.window_bits() == window_bits) {
            return Some(kept.swap_remove(at));
        }
        drop(kept);
        Compressor::new(window_bits, settings.level, settings.memory_level).map(Box::new)
    }

    /// Gives a compressor back.
    pub(crate) fn keep_compressor(&self, mut compressor: Box<Compressor>) {
        compressor.reset();
        keep(&self.compressors, compressor);
    }

    /// A decompressor that knows of no message.
    pub(crate) fn decompressor(&self) -> Decompressor {
        lock(&self.decompressors).pop().unwrap_or_else(Decompressor::new)
    }

    /// Gives a decompressor back.
    pub(crate) fn keep_decompressor(&self, mut decompressor: Decompressor) {
        decompressor.reset();
        keep(&self.decompressors, decompressor);
    }

    /// A block, with whatever is in it.
    pub(crate) fn block(&self) -> Block {
        lock(&self.blocks).pop().unwrap_or_else(|| Box::new([0; BLOCK_LEN]))
    }

    /// Gives a block back.
    pub(crate) fn keep_block(&self, block: Block) {
        keep(&self.blocks, block);
    }
}

fn keep<T>(kept: &Mutex<Vec<T>>, one: T) {
    let mut kept = lock(kept);
    if kept.len() < KEPT_MAX {
        kept.push(one);
    }
}

/// Nothing panics while it holds one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}
