use alloc::vec::Vec;
use core::mem;
use core::ops::Deref;

use bytes::Bytes;

/// The least that is allocated.
const LEN_MIN: usize = 64;

/// Bytes to which others are appended in place.
///
/// Unlike in a `Vec`, the room behind them has a value too. So a frame, header and payload, is
/// written with one look at whether there's room, and a payload is masked on its way there.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// The bytes, and the room behind them.
    room: Vec<u8>,
    len: usize,
}

impl Tail {
    /// Appends `len` bytes, to be written to.
    #[inline(always)]
    pub(super) fn append(&mut self, len: usize) -> &mut [u8] {
        let (start, end) = (self.len, self.len + len);
        if end < start || end > self.room.len() {
            return self.grow_by(len);
        }
        self.len = end;
        &mut self.room[start..end]
    }

    #[cold]
    #[inline(never)]
    fn grow_by(&mut self, len: usize) -> &mut [u8] {
        let start = self.len;
        self.len += len;
        self.room.resize(self.len.next_power_of_two().max(LEN_MIN), 0);
        &mut self.room[start..self.len]
    }

    #[inline]
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.append(bytes.len()).copy_from_slice(bytes);
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The bytes from `start` on, if there are as many.
    #[inline]
    pub(super) fn from(&self, start: usize) -> Option<&[u8]> {
        self.room.get(start..self.len)
    }

    /// The length of the buffer.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.room.len()
    }

    /// Keeps the first `len` bytes.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Takes out the first `len` bytes, which there are.
    pub(super) fn remove_front(&mut self, len: usize) {
        self.room.copy_within(len..self.len, 0);
        self.len -= len;
    }

    /// Takes all of it, without a copy.
    pub(super) fn take(&mut self) -> Bytes {
        let Tail { mut room, len } = mem::take(self);
        room.truncate(len);
        Bytes::from(room)
    }
}

impl Deref for Tail {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.room[..self.len]
    }
}
