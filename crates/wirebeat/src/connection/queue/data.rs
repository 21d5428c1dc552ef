use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::segment::{SEGMENT_LEN_MIN, Segment, masked_segment};
use super::shape::Shape;
use super::{Lost, Part};
use crate::Payload;
use crate::frame::{self, MaskingKey};

/// The longest header of a frame whose payload is shorter than a segment.
const SMALL_HEADER_LEN_MAX: usize = 8;

/// A buffer up to this length is kept when everything has gone out.
const KEPT_LEN: usize = 4096;

/// A longer one is kept up to this length, as long as a quarter of it is used each time.
const KEPT_LEN_MAX: usize = 128 * 1024;

/// Frames that go out in the order in which they were queued.
///
/// Headers and small payloads stand one behind another in `tail`, so that many messages leave in
/// one write; a payload of [`SEGMENT_LEN_MIN`] or more is a segment, which remembers where in
/// `tail` it belongs. There's no list of frames beside it: where one begins and ends is read from
/// its header, when a part of it has gone out.
#[derive(Debug, Default)]
pub(super) struct DataLane {
    tail: Vec<u8>,
    segments: VecDeque<Segment>,
    /// The bytes that wait in segments.
    segments_len: usize,
    at: Position,
}

/// How far the lane has gone out.
#[derive(Debug, Default)]
struct Position {
    /// How much of `tail` has gone out.
    start: usize,
    /// The bytes at the front that are no frame: a handshake.
    head_left: usize,
    /// Where in `tail` the header of the frame at the front is.
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
        self.tail.len() - self.at.start + self.segments_len
    }

    /// Application bytes that wait.
    #[inline]
    pub(super) fn app_len(&self) -> u64 {
        self.at.app_len
    }

    /// Queues an unmasked frame whose payload is shorter than a segment. `app_len` is what the
    /// payload stands for.
    #[inline(always)]
    pub(super) fn push_small(&mut self, first_byte: u8, payload: &[u8], app_len: usize) {
        match small_len(payload) {
            SmallLen::Short(len) => self.tail.extend_from_slice(&[first_byte, len]),
            SmallLen::Medium([high, low]) => {
                self.tail.extend_from_slice(&[first_byte, 126, high, low]);
            }
        }
        self.tail.extend_from_slice(payload);
        self.at.app_len += app_len as u64;
    }

    /// The same, masked.
    pub(super) fn push_small_masked(
        &mut self,
        first_byte: u8,
        payload: &[u8],
        key: MaskingKey,
        app_len: usize,
    ) {
        let [a, b, c, d] = key;
        self.tail.reserve(SMALL_HEADER_LEN_MAX + payload.len());
        match small_len(payload) {
            SmallLen::Short(len) => {
                self.tail.extend_from_slice(&[first_byte, 0x80 | len, a, b, c, d]);
            }
            SmallLen::Medium([high, low]) => {
                self.tail.extend_from_slice(&[first_byte, 0x80 | 126, high, low, a, b, c, d]);
            }
        }
        let start = self.tail.len();
        self.tail.extend_from_slice(payload);
        frame::mask(&mut self.tail[start..], key);
        self.at.app_len += app_len as u64;
    }

    /// Queues a frame whose payload is a segment.
    pub(super) fn push_large(
        &mut self,
        first_byte: u8,
        payload: Payload<'_>,
        key: Option<MaskingKey>,
        app_len: usize,
    ) {
        debug_assert!(payload.len() >= SEGMENT_LEN_MIN);
        frame::push_header(&mut self.tail, first_byte, payload.len() as u64, key);
        let bytes = masked_segment(payload, key);
        self.segments_len += bytes.len();
        self.segments.push_back(Segment { at: self.tail.len(), bytes });
        self.at.app_len += app_len as u64;
    }

    /// Queues a handshake. It comes before any frame.
    pub(super) fn push_head(&mut self, head: &[u8]) {
        debug_assert!(self.len() == self.at.head_left);
        self.tail.extend_from_slice(head);
        self.at.head_left += head.len();
        self.at.front = self.tail.len();
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
        match self.front_shape() {
            Some(shape) if self.at.front_taken > 0 => shape.len() - self.at.front_taken,
            _ => self.at.head_left,
        }
    }

    /// Everything has gone out.
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.tail.capacity() > KEPT_LEN || self.segments_len > 0 {
            self.shrink();
        }
        self.tail.clear();
        self.at = Position::default();
    }

    #[inline(never)]
    fn shrink(&mut self) {
        while self.segments.pop_front().is_some() {}
        self.segments_len = 0;
        if self.tail.capacity() > KEPT_LEN_MAX || self.tail.len() < self.tail.capacity() / 4 {
            self.tail = Vec::new();
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
        let len = len.min(self.len());
        self.advance_frames(len, &mut |_| {});
        self.advance_bytes(len);
    }

    /// Takes out the `len` bytes at the front, which there are, and tells of each part of a frame
    /// among them. Large payloads are shared; the rest is copied unless it's all there is.
    pub(super) fn take(
        &mut self,
        len: usize,
        out: &mut VecDeque<Bytes>,
        taken: &mut impl FnMut(Part),
    ) {
        self.advance_frames(len, taken);
        if len == self.len() {
            self.take_all(out);
        } else {
            self.share_front(len, out);
            self.advance_bytes(len);
        }
    }

    fn advance_frames(&mut self, len: usize, taken: &mut impl FnMut(Part)) {
        let mut left = len;
        let head = left.min(self.at.head_left);
        if head > 0 {
            self.at.heartbeat_left = self.at.heartbeat_left.saturating_sub(head);
            self.at.head_left -= head;
            left -= head;
            taken(Part::of_no_message(head));
        }
        while left > 0 {
            let Some(shape) = self.front_shape() else { break };
            let part_len = left.min(shape.len() - self.at.front_taken);
            let part = shape.part(self.at.front_taken, part_len);
            self.at.app_len -= part.app_len();
            taken(part);
            left -= part_len;
            self.at.heartbeat_left = self.at.heartbeat_left.saturating_sub(part_len);
            self.at.front_taken += part_len;
            if self.at.front_taken == shape.len() {
                self.at.front += shape.len_in_tail();
                self.at.front_taken = 0;
            }
        }
    }

    fn advance_bytes(&mut self, mut len: usize) {
        if len == self.len() {
            return self.clear();
        }
        while len > 0 {
            let small = self.small_len_at_front().min(len);
            self.at.start += small;
            len -= small;
            let Some(segment) = self.segments.front_mut().filter(|_| len > 0) else { break };
            let large = segment.bytes.len().min(len);
            segment.bytes.advance(large);
            self.segments_len -= large;
            len -= large;
            if segment.bytes.is_empty() {
                self.segments.pop_front();
            }
        }
        self.compact();
    }

    /// Moves what waits to the front of its buffer when most of the buffer has gone out.
    fn compact(&mut self) {
        let gone = self.at.front.min(self.at.start);
        let waiting = self.tail.len() - gone;
        if gone < KEPT_LEN || gone < waiting {
            return;
        }
        self.tail.copy_within(gone.., 0);
        self.tail.truncate(waiting);
        for segment in &mut self.segments {
            segment.at -= gone;
        }
        self.at.start -= gone;
        self.at.front -= gone;
    }

    /// How many bytes of `tail` come before the first segment.
    fn small_len_at_front(&self) -> usize {
        self.segments.front().map_or(self.tail.len(), |segment| segment.at) - self.at.start
    }

    fn front_shape(&self) -> Option<Shape> {
        let shape = Shape::read(self.tail.get(self.at.front..)?)?;
        Some(self.shape_ending_at(self.at.head_left + shape.len() - self.at.front_taken, shape))
    }

    /// A heartbeat is a message, but not the application's. It's known by where it ends among what
    /// waits.
    fn shape_ending_at(&self, end: usize, shape: Shape) -> Shape {
        Shape { is_data: shape.is_data && end != self.at.heartbeat_left, ..shape }
    }

    /// All that waits, if it's in one slice.
    #[inline]
    pub(super) fn as_slice(&self) -> Option<&[u8]> {
        if self.segments_len == 0 { self.tail.get(self.at.start..) } else { None }
    }

    /// The slice at `offset` in what waits, as long as it goes; empty at the end.
    #[inline]
    pub(super) fn slice_at(&self, mut offset: usize) -> &[u8] {
        let mut start = self.at.start;
        if self.segments_len > 0 {
            for segment in &self.segments {
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
        }
        self.tail.get(start + offset..).unwrap_or_default()
    }

    /// Fills `slots` with what waits, slice by slice, and says how many it took.
    #[cfg(feature = "std")]
    pub(super) fn fill<'a>(&'a self, slots: &mut [IoSlice<'a>]) -> usize {
        let mut slots = slots.iter_mut();
        let (mut start, mut count) = (self.at.start, 0);
        for segment in &self.segments {
            for slice in [&self.tail[start..segment.at], &segment.bytes] {
                if slice.is_empty() {
                    continue;
                }
                let Some(slot) = slots.next() else { return count };
                *slot = IoSlice::new(slice);
                count += 1;
            }
            start = segment.at;
        }
        match (&self.tail[start..], slots.next()) {
            ([], _) | (_, None) => count,
            (rest, Some(slot)) => {
                *slot = IoSlice::new(rest);
                count + 1
            }
        }
    }

    fn share_front(&self, mut len: usize, out: &mut VecDeque<Bytes>) {
        let mut start = self.at.start;
        for segment in &self.segments {
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

    fn take_all(&mut self, out: &mut VecDeque<Bytes>) {
        let tail = Bytes::from(mem::take(&mut self.tail));
        let mut start = self.at.start;
        for segment in self.segments.drain(..) {
            if start < segment.at {
                out.push_back(tail.slice(start..segment.at));
            }
            start = segment.at;
            out.push_back(segment.bytes);
        }
        if start < tail.len() {
            out.push_back(tail.slice(start..));
        }
        self.clear();
    }

    /// Gives up every frame of which nothing has gone out; a handshake isn't a frame.
    pub(super) fn drop_not_begun(&mut self) -> Lost {
        let all = self.waiting();
        let kept_len = self.in_progress_len();
        let kept = match self.front_shape() {
            Some(shape) if self.at.front_taken > 0 => {
                let part = shape.part(self.at.front_taken, kept_len);
                Lost { app_len: part.app_len(), messages: u64::from(part.ends_message) }
            }
            _ => Lost::default(),
        };
        self.truncate(kept_len);
        self.at.app_len = kept.app_len;
        if self.at.heartbeat_left > kept_len {
            self.at.heartbeat_left = 0;
        }
        Lost { app_len: all.app_len - kept.app_len, messages: all.messages - kept.messages }
    }

    /// The application's bytes that wait, and the messages of which not all has gone out.
    pub(super) fn waiting(&self) -> Lost {
        let (mut at, mut messages) = (self.at.front, 0);
        let (mut end, mut taken) = (self.at.head_left, self.at.front_taken);
        while let Some(shape) = self.tail.get(at..).and_then(Shape::read) {
            end += shape.len() - mem::take(&mut taken);
            let shape = self.shape_ending_at(end, shape);
            messages += u64::from(shape.is_data && shape.fin);
            at += shape.len_in_tail();
        }
        Lost { app_len: self.at.app_len, messages }
    }

    fn truncate(&mut self, mut len: usize) {
        let (mut start, mut kept_segments, mut kept_len) = (self.at.start, 0, 0);
        for segment in &self.segments {
            if len <= segment.at - start {
                break;
            }
            len -= segment.at - start;
            start = segment.at;
            // A segment belongs to one frame, so it's kept whole or not at all.
            debug_assert!(len >= segment.bytes.len());
            len -= segment.bytes.len();
            kept_len += segment.bytes.len();
            kept_segments += 1;
        }
        self.segments.truncate(kept_segments);
        self.segments_len = kept_len;
        self.tail.truncate(start + len);
        if self.is_empty() {
            self.clear();
        }
    }
}

/// How the length of a small payload is written (§5.2).
enum SmallLen {
    Short(u8),
    Medium([u8; 2]),
}

#[inline(always)]
fn small_len(payload: &[u8]) -> SmallLen {
    debug_assert!(payload.len() < SEGMENT_LEN_MIN);
    // The length has at most two bytes.
    let [.., high, low] = payload.len().to_be_bytes();
    if payload.len() < 126 { SmallLen::Short(low) } else { SmallLen::Medium([high, low]) }
}

fn share_copy(bytes: &[u8], out: &mut VecDeque<Bytes>) {
    if !bytes.is_empty() {
        out.push_back(Bytes::copy_from_slice(bytes));
    }
}
