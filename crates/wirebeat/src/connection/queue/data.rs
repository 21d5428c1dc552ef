mod push;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::Bytes;

use super::pieces::Pieces;
use super::segment::Segment;
use super::shape::{Frames, Shape};
use super::{Lost, Part};

/// Frames that go out in the order in which they were queued.
///
/// There's no list of frames beside their bytes: where one begins and ends is read from its header,
/// when a part of it has gone out.
#[derive(Debug, Default)]
pub(super) struct DataLane {
    pieces: Pieces,
    at: Position,
    /// Where messages are compressed: what each data frame that waits stands for, in bytes of the
    /// application's. Otherwise it's its payload.
    #[expect(clippy::box_collection, reason = "an idle connection has none")]
    app_lens: Option<Box<VecDeque<u64>>>,
}

/// How far the lane has gone out.
#[derive(Debug, Default)]
struct Position {
    /// The bytes at the front that are no frame: a handshake.
    head_left: usize,
    /// Where in the pieces' tail the header of the frame at the front is.
    front: usize,
    /// How much of that frame has gone out.
    front_taken: usize,
    /// How many bytes wait up to the end of a heartbeat; 0 if none is among them.
    heartbeat_left: usize,
    /// Application bytes that wait.
    app_len: u64,
}

impl DataLane {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Application bytes that wait.
    #[inline]
    pub(super) fn app_len(&self) -> u64 {
        self.at.app_len
    }

    /// Queues a handshake. It comes before any frame.
    pub(super) fn push_head(&mut self, head: &[u8]) {
        debug_assert!(self.len() == self.at.head_left);
        self.pieces.tail.extend(head);
        self.at.head_left += head.len();
        self.at.front = self.pieces.tail.len();
    }

    /// The frame that was queued last stands for so many bytes of the application's.
    pub(super) fn note_app_len(&mut self, app_len: usize) {
        self.app_lens.get_or_insert_default().push_back(app_len as u64);
    }

    /// What the data frame at the front stands for, or another frame.
    fn front_app_len(&self, shape: Shape) -> u64 {
        self.nth_app_len(shape, 0)
    }

    /// The same of a frame with `nth` data frames of the application's before it.
    fn nth_app_len(&self, shape: Shape, nth: usize) -> u64 {
        if !shape.is_data {
            return 0;
        }
        let noted = self.app_lens.as_ref().and_then(|app_lens| app_lens.get(nth));
        noted.copied().unwrap_or(shape.payload_len as u64)
    }

    /// The frame that was queued last is a heartbeat.
    pub(super) fn mark_heartbeat(&mut self) {
        self.at.heartbeat_left = self.len();
    }

    pub(super) fn heartbeat_left(&self) -> usize {
        self.at.heartbeat_left
    }

    /// What is left of the handshake, and of the frame that the transport has a part of.
    pub(super) fn in_progress_len(&self) -> usize {
        match self.frames().next() {
            Some(shape) if self.at.front_taken > 0 => shape.len() - self.at.front_taken,
            _ => self.at.head_left,
        }
    }

    /// Everything has gone out.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.at = Position::default();
        if self.app_lens.is_some() {
            self.forget_app_lens();
        }
    }

    #[cold]
    #[inline(never)]
    fn forget_app_lens(&mut self) {
        if let Some(app_lens) = &mut self.app_lens {
            app_lens.clear();
        }
    }

    /// Hands the buffers back if nothing waits.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            *self = DataLane::default();
        }
    }

    /// Moves past `len` bytes, or all there are.
    pub(super) fn advance(&mut self, len: usize) {
        if len >= self.len() {
            return self.clear();
        }
        let left = self.advance_segments(len);
        self.advance_frames(left, &mut |_| {});
        self.compact();
    }

    /// Takes out the `len` bytes at the front, which there are, and tells of each part of a frame
    /// among them. Large payloads are shared; the rest is copied unless it's all there is.
    pub(super) fn take(
        &mut self,
        len: usize,
        out: &mut VecDeque<Bytes>,
        taken: &mut impl FnMut(Part),
    ) {
        if len < self.len() {
            self.pieces.share_front(len, out);
            self.advance_frames(len, taken);
            self.compact();
            return;
        }
        if self.at.head_left > 0 {
            taken(Part::of_no_message(self.at.head_left));
        }
        let (mut from, mut data) = (self.at.front_taken, 0);
        for shape in self.frames() {
            taken(shape.part(from, shape.len() - from, self.nth_app_len(shape, data)));
            from = 0;
            data += usize::from(shape.is_data);
        }
        self.pieces.take_all(out);
        self.at = Position::default();
        self.app_lens = None;
    }

    /// Moves past whole frames with segments at the front, the quick way, as far as there are any
    /// among the next `len` bytes. Returns what is left of these.
    fn advance_segments(&mut self, mut len: usize) -> usize {
        let is_plain = self.app_lens.is_none();
        if self.at.head_left > 0
            || self.at.front_taken > 0
            || self.at.heartbeat_left > 0
            || !is_plain
        {
            return len;
        }
        while let Some(Segment { at, header_len, bytes }) = self.pieces.segments().first()
            && at - header_len == self.at.front
            && header_len + bytes.len() <= len
        {
            len -= header_len + bytes.len();
            self.at.front = *at;
            self.at.app_len -= bytes.len() as u64;
            self.pieces.advance_segment();
        }
        len
    }

    fn advance_frames(&mut self, mut left: usize, taken: &mut impl FnMut(Part)) {
        let head = left.min(self.at.head_left);
        if head > 0 {
            self.at.heartbeat_left = self.at.heartbeat_left.saturating_sub(head);
            self.at.head_left -= head;
            left -= head;
            self.pieces.advance(head);
            taken(Part::of_no_message(head));
        }
        while left > 0 {
            let Some(shape) = self.frames().next() else { break };
            let part_len = left.min(shape.len() - self.at.front_taken);
            let part = shape.part(self.at.front_taken, part_len, self.front_app_len(shape));
            self.at.app_len -= part.app_len;
            taken(part);
            left -= part_len;
            self.pieces.advance(part_len);
            self.at.heartbeat_left = self.at.heartbeat_left.saturating_sub(part_len);
            self.at.front_taken += part_len;
            if self.at.front_taken == shape.len() {
                self.at.front += shape.len_in_tail();
                self.at.front_taken = 0;
                if let Some(app_lens) = self.app_lens.as_mut().filter(|_| shape.is_data) {
                    app_lens.pop_front();
                }
            }
        }
    }

    fn compact(&mut self) {
        self.at.front -= self.pieces.compact(self.at.front);
    }

    /// The frames that wait, the one in progress whole.
    fn frames(&self) -> impl Iterator<Item = Shape> {
        let Position { head_left, front, front_taken, heartbeat_left, .. } = self.at;
        let (mut end, mut taken) = (head_left, front_taken);
        Frames::new(&self.pieces.tail, front, self.pieces.segments()).map(move |shape| {
            end += shape.len() - core::mem::take(&mut taken);
            // A heartbeat is a message, but not the application's. It's known by where it ends
            // among what waits.
            Shape { is_data: shape.is_data && end != heartbeat_left, ..shape }
        })
    }

    /// All that waits, if it's in one slice.
    #[inline]
    pub(super) fn as_slice(&self) -> Option<&[u8]> {
        self.pieces.as_slice()
    }

    /// All that waits, if it's a segment and something before it.
    #[inline]
    pub(super) fn as_pair(&self) -> Option<(&[u8], &[u8])> {
        self.pieces.as_pair()
    }

    /// The slice at `offset` in what waits, as long as it goes; empty at the end.
    #[inline]
    pub(super) fn slice_at(&self, offset: usize) -> &[u8] {
        self.pieces.slice_at(offset)
    }

    /// Fills `slots` with what waits, slice by slice, and says how many it took.
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn fill<'a>(&'a self, slots: &mut [IoSlice<'a>]) -> usize {
        self.pieces.fill(slots)
    }

    /// Gives up every frame of which nothing has gone out; a handshake isn't a frame.
    pub(super) fn drop_not_begun(&mut self) -> Lost {
        let all = self.waiting();
        let kept_len = self.in_progress_len();
        let front = self.frames().next().filter(|_| self.at.front_taken > 0);
        let kept = match front {
            Some(shape) => {
                let app_len = self.front_app_len(shape);
                let part = shape.part(self.at.front_taken, kept_len, app_len);
                let messages = u64::from(part.ends_message);
                if let Some(app_lens) = &mut self.app_lens {
                    app_lens.truncate(usize::from(shape.is_data));
                }
                Lost { app_len: part.app_len, messages, untouched: 0 }
            }
            None => {
                self.app_lens = None;
                Lost::default()
            }
        };
        self.pieces.truncate(kept_len);
        if self.is_empty() {
            self.clear();
        }
        self.at.app_len = kept.app_len;
        if self.at.heartbeat_left > kept_len {
            self.at.heartbeat_left = 0;
        }
        let messages = all.messages - kept.messages;
        Lost { app_len: all.app_len - kept.app_len, messages, untouched: messages }
    }

    /// The application's bytes that wait, and the messages of which not all has gone out.
    pub(super) fn waiting(&self) -> Lost {
        let mut messages = 0;
        let mut begun = 0;
        for (index, shape) in self.frames().enumerate() {
            if shape.is_data && shape.fin {
                messages += 1;
                if index == 0 && self.at.front_taken > 0 {
                    begun = 1;
                }
            }
        }
        Lost { app_len: self.at.app_len, messages, untouched: messages - begun }
    }
}
