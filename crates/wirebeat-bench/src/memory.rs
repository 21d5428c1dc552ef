use std::hint::black_box;
use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, BufMut, Bytes};

/// The most that one read hands out, as from a socket that is never empty.
pub const CHUNK_LEN_MAX: usize = 64 * 1024;

/// A transport in memory: what is read was there before, what is written is counted and forgotten.
#[derive(Clone, Debug)]
pub struct Memory {
    incoming: Bytes,
    chunk_len: usize,
    written_len: Written,
}

/// How much was written to a [`Memory`], which its clones share.
#[derive(Clone, Debug, Default)]
pub struct Written(Arc<AtomicU64>);

impl Written {
    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Memory {
    /// A transport from which `incoming` can be read, at most `chunk_len` bytes at once.
    #[must_use]
    pub fn new(incoming: Bytes, chunk_len: usize) -> Memory {
        Memory { incoming, chunk_len, written_len: Written::default() }
    }

    /// A counter of what will be written, to be kept while the transport is moved away.
    #[must_use]
    pub fn written(&self) -> Written {
        self.written_len.clone()
    }

    /// Reads to the front of `into`, and says how much; zero at the end.
    pub fn read_to(&mut self, into: &mut [u8]) -> usize {
        let len = self.next_len(into.len());
        copy_to(&self.incoming[..len], into);
        self.incoming.advance(len);
        len
    }

    /// Reads behind what `into` holds, and says how much; zero at the end.
    pub fn read_behind(&mut self, into: &mut impl BufMut) -> usize {
        let len = self.next_len(into.remaining_mut());
        copy_behind(&self.incoming[..len], into);
        self.incoming.advance(len);
        len
    }

    /// Takes all of `bytes`.
    #[inline]
    pub fn write_from(&self, bytes: &[u8]) -> usize {
        black_box(bytes.as_ptr());
        self.count(bytes.len());
        bytes.len()
    }

    /// Takes all of `slices`.
    #[inline]
    pub fn write_from_all(&self, slices: &[IoSlice<'_>]) -> usize {
        let mut len = 0;
        for slice in slices {
            black_box(slice.as_ptr());
            len += slice.len();
        }
        self.count(len);
        len
    }

    #[inline]
    fn count(&self, len: usize) {
        let Written(written_len) = &self.written_len;
        // One thread writes, so this need not be one atomic step.
        let len = written_len.load(Ordering::Relaxed) + len as u64;
        written_len.store(len, Ordering::Relaxed);
    }

    fn next_len(&self, room: usize) -> usize {
        room.min(self.chunk_len).min(self.incoming.len())
    }
}

/// The transport's copy, which stands for the kernel's. A function of its own, so that a profiler
/// can leave it out; it must not end with a jump to the copy, or it would be left before that.
#[inline(never)]
fn copy_to(bytes: &[u8], into: &mut [u8]) {
    into[..bytes.len()].copy_from_slice(bytes);
    black_box(bytes);
}

/// As [`copy_to`], where there are no bytes yet.
#[inline(never)]
fn copy_behind(bytes: &[u8], into: &mut impl BufMut) {
    into.put_slice(bytes);
    black_box(bytes);
}

impl Read for Memory {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_to(into))
    }
}

impl Write for Memory {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.write_from(bytes))
    }

    #[inline]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.write_from_all(slices))
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
