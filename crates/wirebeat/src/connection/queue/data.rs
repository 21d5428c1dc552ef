use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

use super::{FrameHead, Lost, Record};
use crate::Payload;
use crate::frame::{self, MaskingKey};

/// From this length on a payload becomes a segment of its own instead of being copied behind the
/// others.
const SEGMENT_LEN_MIN: usize = 4096;

/// The largest buffer that is kept when everything has gone out.
const KEPT_LEN_MAX: usize = 4096;

/// What a frame costs in the queue beside its bytes.
const RECORD_LEN: usize = size_of::<Record>();

/// Frames that go out in the order in which they were queued.
///
/// Headers and small payloads stand one behind another in `tail`, so that many messages leave in
/// one write. A large payload is a segment of its own, which remembers where in `tail` it belongs.
#[derive(Debug, Default)]
pub(super) struct DataLane {
    tail: Vec<u8>,
    /// How much of `tail` has gone out.
    tail_start: usize,
    segments: VecDeque<Segment>,
    records: VecDeque<Record>,
    /// All bytes that wait, in `tail` and in segments.
    len: usize,
}

#[derive(Debug)]
struct Segment {
    /// The index in `tail` of the byte that follows the segment.
    at: usize,
    bytes: Bytes,
}

impl DataLane {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that wait, with what it costs to keep track of them.
    #[inline]
    pub(super) fn cost(&self) -> usize {
        self.len + self.records.len() * RECORD_LEN
    }

    #[inline]
    pub(super) fn push(
        &mut self,
        head: FrameHead,
        payload: Payload<'_>,
        app_len: usize,
        ends_message: bool,
    ) {
        let payload_len = payload.len();
        let tail_len = self.tail.len();
        if payload_len < SEGMENT_LEN_MIN {
            self.tail.reserve(frame::HEADER_LEN_MAX + payload_len);
            frame::push_header(&mut self.tail, head.first_byte(), payload_len as u64, head.key);
            match head.key {
                Some(key) => frame::extend_masked(&mut self.tail, &payload, key),
                None => self.tail.extend_from_slice(&payload),
            }
        } else {
            frame::push_header(&mut self.tail, head.first_byte(), payload_len as u64, head.key);
            self.push_segment(masked_segment(payload, head.key));
        }
        let header_len = match (payload_len, self.tail.len() - tail_len) {
            (SEGMENT_LEN_MIN.., header_len) => header_len,
            (payload_len, both) => both - payload_len,
        };
        self.record(header_len, payload_len, app_len, ends_message);
    }

    /// Queues a frame, or a handshake, that is encoded already.
    pub(super) fn push_encoded(
        &mut self,
        wire: Bytes,
        header_len: usize,
        app_len: usize,
        ends_message: bool,
    ) {
        let payload_len = wire.len() - header_len;
        if wire.len() < SEGMENT_LEN_MIN {
            self.tail.extend_from_slice(&wire);
        } else {
            self.push_segment(wire);
        }
        self.record(header_len, payload_len, app_len, ends_message);
    }

    #[inline]
    fn record(
        &mut self,
        header_len: usize,
        payload_len: usize,
        app_len: usize,
        ends_message: bool,
    ) {
        self.len += header_len + payload_len;
        self.records.push_back(Record {
            header_left: u32::try_from(header_len).unwrap_or(u32::MAX),
            is_begun: false,
            ends_message,
            payload_left: payload_len,
            app_left: app_len,
        });
    }

    fn push_segment(&mut self, bytes: Bytes) {
        self.segments.push_back(Segment { at: self.tail.len(), bytes });
    }

    /// What is left of the frame that the transport has a part of.
    pub(super) fn in_progress_len(&self) -> usize {
        match self.records.front() {
            Some(record) if record.is_begun => record.len(),
            _ => 0,
        }
    }

    /// Everything has gone out.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.tail_start = 0;
        if self.tail.capacity() > KEPT_LEN_MAX {
            self.tail = Vec::new();
        } else {
            self.tail.clear();
        }
        if self.records.capacity() * RECORD_LEN > KEPT_LEN_MAX {
            self.records = VecDeque::new();
        } else {
            self.records.clear();
        }
        if !self.segments.is_empty() {
            self.segments.clear();
        }
    }

    /// Hands the buffers back if nothing waits.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            *self = DataLane::default();
        }
    }

    /// Moves past `len` bytes, or all there are, and tells of each part of a frame among them.
    pub(super) fn advance(&mut self, len: usize, taken: &mut impl FnMut(&Record)) {
        let len = len.min(self.len);
        let mut left = len;
        while left > 0 {
            let Some(record) = self.records.front_mut() else { break };
            if record.len() > left {
                taken(&record.split(left));
                break;
            }
            left -= record.len();
            taken(record);
            self.records.pop_front();
        }
        self.advance_bytes(len);
    }

    fn advance_bytes(&mut self, mut len: usize) {
        if len == self.len {
            return self.clear();
        }
        self.len -= len;
        while len > 0 {
            let small = self.small_len_at_front();
            if small > 0 {
                let small = small.min(len);
                self.tail_start += small;
                len -= small;
                continue;
            }
            let Some(segment) = self.segments.front_mut() else { return };
            let large = segment.bytes.len().min(len);
            segment.bytes.advance(large);
            len -= large;
            if segment.bytes.is_empty() {
                self.segments.pop_front();
            }
        }
        self.compact();
    }

    /// Moves what waits to the front of its buffer when most of the buffer has gone out.
    fn compact(&mut self) {
        let waiting = self.tail.len() - self.tail_start;
        if self.tail_start < KEPT_LEN_MAX || self.tail_start < waiting {
            return;
        }
        self.tail.copy_within(self.tail_start.., 0);
        self.tail.truncate(waiting);
        for segment in &mut self.segments {
            segment.at -= self.tail_start;
        }
        self.tail_start = 0;
    }

    /// How many bytes of `tail` come before the first segment.
    fn small_len_at_front(&self) -> usize {
        self.segments.front().map_or(self.tail.len(), |segment| segment.at) - self.tail_start
    }

    /// The slice at `offset` in what waits, as long as it goes; empty at the end.
    #[inline]
    pub(super) fn slice_at(&self, mut offset: usize) -> &[u8] {
        if self.segments.is_empty() {
            return self.tail.get(self.tail_start + offset..).unwrap_or_default();
        }
        let mut start = self.tail_start;
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
        self.tail.get(start + offset..).unwrap_or_default()
    }

    /// Copies, or shares, the `len` bytes at the front, which there are.
    pub(super) fn share_front(&mut self, mut len: usize, out: &mut VecDeque<Bytes>) {
        if len == self.len {
            return self.share_all(out);
        }
        let mut offset = 0;
        let mut segments = self.segments.iter();
        while len > 0 {
            let slice = self.slice_at(offset);
            let slice = &slice[..slice.len().min(len)];
            if slice.is_empty() {
                return;
            }
            let shared = if slice.len() < SEGMENT_LEN_MIN {
                None
            } else {
                segments.find(|segment| segment.bytes.as_ptr_range().contains(&slice.as_ptr()))
            };
            out.push_back(match shared {
                Some(segment) => segment.bytes.slice_ref(slice),
                None => Bytes::copy_from_slice(slice),
            });
            offset += slice.len();
            len -= slice.len();
        }
    }

    /// Shares everything, without a copy.
    fn share_all(&mut self, out: &mut VecDeque<Bytes>) {
        let tail = Bytes::from(core::mem::take(&mut self.tail));
        let mut start = self.tail_start;
        for segment in &self.segments {
            if start < segment.at {
                out.push_back(tail.slice(start..segment.at));
            }
            start = segment.at;
            out.push_back(segment.bytes.clone());
        }
        if start < tail.len() {
            out.push_back(tail.slice(start..));
        }
    }

    /// Gives up every frame of which nothing has gone out.
    pub(super) fn drop_not_begun(&mut self) -> Lost {
        let kept_len = self.in_progress_len();
        let kept_records = usize::from(kept_len > 0);
        let mut lost = Lost::default();
        for record in self.records.drain(kept_records..) {
            lost.app_len += record.app_left as u64;
            lost.messages += u64::from(record.ends_message);
        }
        self.truncate(kept_len);
        lost
    }

    fn truncate(&mut self, len: usize) {
        let mut left = len;
        let mut start = self.tail_start;
        let mut kept_segments = 0;
        for segment in &mut self.segments {
            let small = segment.at - start;
            if left <= small {
                break;
            }
            left -= small;
            start = segment.at;
            // A segment belongs to one frame, so it's kept whole or not at all.
            debug_assert!(left >= segment.bytes.len());
            left -= segment.bytes.len();
            kept_segments += 1;
        }
        self.segments.truncate(kept_segments);
        self.tail.truncate(start + left);
        self.len = len;
    }
}

impl FrameHead {
    #[inline]
    fn first_byte(self) -> u8 {
        let fin = if self.fin { 0x80 } else { 0 };
        fin | self.rsv.bits() | self.opcode.bits()
    }
}

/// A large payload as it goes on the wire: as it is, masked in place if nobody else holds it, or
/// copied.
fn masked_segment(payload: Payload<'_>, key: Option<MaskingKey>) -> Bytes {
    match (payload, key) {
        (Payload::Owned(bytes), None) => bytes,
        (Payload::Borrowed(bytes), None) => Bytes::copy_from_slice(bytes),
        (Payload::Owned(bytes), Some(key)) => match bytes.try_into_mut() {
            Ok(mut unique) => {
                frame::mask(&mut unique, key);
                unique.freeze()
            }
            Err(shared) => masked_copy(&shared, key),
        },
        (Payload::Borrowed(bytes), Some(key)) => masked_copy(bytes, key),
    }
}

fn masked_copy(payload: &[u8], key: MaskingKey) -> Bytes {
    let mut wire = Vec::with_capacity(payload.len());
    frame::extend_masked(&mut wire, payload, key);
    Bytes::from(wire)
}
