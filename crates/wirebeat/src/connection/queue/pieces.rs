use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::segment::Segment;
use super::tail::Tail;

/// A buffer up to this length is kept when everything has gone out.
const KEPT_LEN: usize = 4096;

/// A longer one is kept up to this length, as long as a quarter of it is used each time.
const KEPT_LEN_MAX: usize = 128 * 1024;

/// The room for segments that is kept when everything has gone out, in segments.
const KEPT_SEGMENTS: usize = 64;

/// The bytes that wait, in the order in which they go out.
///
/// Headers and small payloads stand one behind another in `tail`, so that many messages leave in
/// one write; a large payload is a segment, which remembers where in `tail` it belongs.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) tail: Tail,
    segments: Vec<Segment>,
    /// How many segments have gone out. They're empty, and go away with the last.
    gone: usize,
    /// The bytes that wait in segments.
    segments_len: usize,
    /// How much of `tail` has gone out.
    start: usize,
}

impl Pieces {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tail.len() - self.start + self.segments_len
    }

    /// Appends a segment, behind what stands in `tail`. The last `header_len` bytes there are its
    /// frame's header.
    #[inline]
    pub(super) fn push_segment(&mut self, header_len: usize, bytes: Bytes) {
        self.segments_len += bytes.len();
        self.segments.push(Segment { at: self.tail.len(), header_len, bytes });
    }

    /// The segments that wait.
    #[inline]
    pub(super) fn segments(&self) -> &[Segment] {
        self.segments.get(self.gone..).unwrap_or_default()
    }

    /// All that waits, if it's in one slice.
    #[inline]
    pub(super) fn as_slice(&self) -> Option<&[u8]> {
        if self.segments_len == 0 { self.tail.from(self.start) } else { None }
    }

    /// All that waits, if it's a segment and something before it.
    #[inline]
    pub(super) fn as_pair(&self) -> Option<(&[u8], &[u8])> {
        let [Segment { at, bytes, .. }] = self.segments() else { return None };
        let before = self.tail.get(self.start..*at)?;
        if *at == self.tail.len() && !before.is_empty() { Some((before, bytes)) } else { None }
    }

    /// The slice at `offset` in what waits, as long as it goes; empty at the end.
    #[inline]
    pub(super) fn slice_at(&self, mut offset: usize) -> &[u8] {
        let mut start = self.start;
        for segment in self.segments() {
            if offset < segment.at - start {
                return &self.tail[start + offset..segment.at];
            }
            offset -= segment.at - start;
            start = segment.at;
            if offset < segment.bytes.len() {
                return &segment.bytes[offset..];
            }
            offset -= segment.bytes.len();
        }
        self.tail.get(start + offset..).unwrap_or_default()
    }

    /// Fills `slots` with what waits, slice by slice, and says how many it took.
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn fill<'a>(&'a self, slots: &mut [IoSlice<'a>]) -> usize {
        let (mut start, mut count) = (self.start, 0);
        let mut put = |slice: &'a [u8]| {
            let slot = slots.get_mut(count).filter(|_| !slice.is_empty())?;
            *slot = IoSlice::new(slice);
            count += 1;
            Some(())
        };
        for segment in self.segments() {
            if start < segment.at && put(&self.tail[start..segment.at]).is_none() {
                return count;
            }
            start = segment.at;
            if put(&segment.bytes).is_none() {
                return count;
            }
        }
        put(&self.tail[start..]);
        count
    }

    /// Everything has gone out.
    #[inline]
    pub(super) fn clear(&mut self) {
        if !self.segments.is_empty() {
            self.clear_segments();
        }
        if self.tail.capacity() > KEPT_LEN {
            self.shrink();
        }
        self.tail.truncate(0);
        self.start = 0;
    }

    #[inline]
    fn clear_segments(&mut self) {
        if self.segments.capacity() > KEPT_SEGMENTS {
            self.segments = Vec::new();
        }
        self.segments.clear();
        self.segments_len = 0;
        self.gone = 0;
    }

    #[inline(never)]
    fn shrink(&mut self) {
        let (used, room) = (self.tail.len(), self.tail.capacity());
        if room > KEPT_LEN_MAX || used < room / 4 {
            self.tail = Tail::default();
        }
    }

    /// Moves past the segment at the front and all that waits before it.
    #[inline]
    pub(super) fn advance_segment(&mut self) {
        let Some(segment) = self.segments.get_mut(self.gone) else { return };
        self.start = segment.at;
        self.segments_len -= segment.bytes.len();
        self.gone += 1;
        segment.bytes = Bytes::new();
    }

    /// Moves past `len` bytes, fewer than there are.
    pub(super) fn advance(&mut self, mut len: usize) {
        while let Some(segment) = self.segments.get_mut(self.gone) {
            let small = segment.at - self.start;
            if len < small + segment.bytes.len() {
                let large = len.saturating_sub(small);
                segment.bytes.advance(large);
                self.segments_len -= large;
                self.start += len - large;
                return;
            }
            len -= small + segment.bytes.len();
            self.advance_segment();
        }
        self.start += len;
    }

    /// Moves what waits, and what of `tail` is behind `front`, to the front of its buffers when most
    /// of them has gone out. Returns how far `tail` was moved.
    pub(super) fn compact(&mut self, front: usize) -> usize {
        if self.gone > self.segments.len() / 2 {
            self.segments.drain(..self.gone);
            self.gone = 0;
        }
        let moved = self.start.min(front);
        let waiting = self.tail.len() - moved;
        if moved < KEPT_LEN || moved < waiting {
            return 0;
        }
        self.tail.remove_front(moved);
        for segment in &mut self.segments[self.gone..] {
            segment.at -= moved;
        }
        self.start -= moved;
        moved
    }

    /// Appends the first `len` bytes to `out`. Segments are shared, the rest is copied.
    pub(super) fn share_front(&self, mut len: usize, out: &mut VecDeque<Bytes>) {
        let mut start = self.start;
        for segment in self.segments() {
            let small = len.min(segment.at - start);
            share_copy(&self.tail[start..start + small], out);
            start = segment.at;
            len -= small;
            let large = len.min(segment.bytes.len());
            if large == 0 {
                return;
            }
            out.push_back(segment.bytes.slice(..large));
            len -= large;
        }
        share_copy(&self.tail[start..start + len], out);
    }

    /// Moves everything to `out`, without a copy.
    pub(super) fn take_all(&mut self, out: &mut VecDeque<Bytes>) {
        let tail = self.tail.take();
        let mut start = self.start;
        for segment in self.segments.drain(..).skip(self.gone) {
            if start < segment.at {
                out.push_back(tail.slice(start..segment.at));
            }
            start = segment.at;
            out.push_back(segment.bytes);
        }
        if start < tail.len() {
            out.push_back(tail.slice(start..));
        }
        *self = Pieces { segments: mem::take(&mut self.segments), ..Pieces::default() };
    }

    /// Gives up all but the first `len` bytes. A segment is kept whole or not at all.
    pub(super) fn truncate(&mut self, mut len: usize) {
        let (mut start, mut segments, mut segments_len) = (self.start, 0, 0);
        for segment in self.segments() {
            if len <= segment.at - start {
                break;
            }
            len -= segment.at - start;
            start = segment.at;
            debug_assert!(len >= segment.bytes.len(), "a segment belongs to one frame");
            len -= segment.bytes.len();
            segments_len += segment.bytes.len();
            segments += 1;
        }
        self.segments.truncate(self.gone + segments);
        self.segments_len = segments_len;
        self.tail.truncate(start + len);
    }
}

fn share_copy(bytes: &[u8], out: &mut VecDeque<Bytes>) {
    if !bytes.is_empty() {
        out.push_back(Bytes::copy_from_slice(bytes));
    }
}
