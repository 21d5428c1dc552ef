use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::frame::{self, CONTROL_PAYLOAD_LEN_MAX, MaskingKey, Opcode};

/// The most pongs that wait.
const PONGS_MAX: usize = 16;

/// What is kept without a buffer: a heartbeat's ping, or the pong to one, in either role. So an
/// idle connection allocates nothing.
const INLINE_LEN_MAX: usize = 22;

/// Pongs and heartbeat pings, which overtake data that hasn't begun.
///
/// Their headers are read again where it matters which frame is where: there are at most eighteen.
#[derive(Debug, Default)]
pub(super) struct ControlLane {
    bytes: Bytes,
    /// How much of the frame at the front has gone out.
    begun_len: u16,
    /// The bytes that wait: of 18 frames at the most, with 139 each.
    len: u16,
}

#[derive(Debug)]
enum Bytes {
    Inline { bytes: [u8; INLINE_LEN_MAX], len: u8 },
    Heap(Box<Heap>),
}

/// A vector behind a box, so that what's usually not there is a single pointer.
#[derive(Debug)]
struct Heap {
    bytes: Vec<u8>,
}

impl ControlLane {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The bytes that wait, from `offset` on.
    pub(super) fn slice_at(&self, offset: usize) -> &[u8] {
        self.bytes.as_slice().get(usize::from(self.begun_len) + offset..).unwrap_or_default()
    }

    /// How many bytes wait up to the end of a heartbeat's ping, if there is one.
    pub(super) fn ping_end(&self) -> Option<usize> {
        let is_ping = |frame: &[u8]| frame[0] & 0x0F == Opcode::Ping.bits();
        let (start, ping) = self.frames().find(|(_, frame)| is_ping(frame))?;
        Some(start + ping.len() - usize::from(self.begun_len))
    }

    pub(super) fn push(&mut self, opcode: Opcode, payload: &[u8], key: Option<MaskingKey>) {
        debug_assert!(payload.len() <= CONTROL_PAYLOAD_LEN_MAX);
        let mut frame = [0; frame::HEADER_LEN_MAX + CONTROL_PAYLOAD_LEN_MAX];
        let len = encode(&mut frame, opcode, payload, key);
        self.bytes.extend(&frame[..len]);
        self.len += short(len);
    }

    pub(super) fn push_pong(&mut self, payload: &[u8], key: Option<MaskingKey>) {
        let is_pong = |frame: &[u8]| frame[0] & 0x0F == Opcode::Pong.bits();
        let pongs = self.frames().filter(|(_, frame)| is_pong(frame)).count();
        if pongs >= PONGS_MAX {
            // The last of sixteen isn't the one in progress.
            let last = self.frames().filter(|(_, frame)| is_pong(frame)).last();
            if let Some((start, len)) = last.map(|(start, frame)| (start, frame.len())) {
                self.bytes.remove(start, len);
                self.len -= short(len);
            }
        }
        self.push(Opcode::Pong, payload, key);
    }

    /// Moves past `len` bytes, which there are.
    pub(super) fn advance(&mut self, len: usize) {
        let gone = usize::from(self.begun_len) + len;
        let mut whole = 0;
        for (start, frame) in self.frames() {
            if start + frame.len() > gone {
                break;
            }
            whole = start + frame.len();
        }
        self.bytes.remove(0, whole);
        self.begun_len = short(gone - whole);
        self.len -= short(len);
    }

    /// Gives up every frame of which nothing has gone out.
    pub(super) fn drop_not_begun(&mut self) {
        let kept = match self.frames().next() {
            Some((_, frame)) if self.begun_len > 0 => frame.len(),
            _ => 0,
        };
        let len = self.bytes.as_slice().len();
        self.bytes.remove(kept, len - kept);
        self.len = short(kept) - self.begun_len;
    }

    /// Hands the buffer back if nothing waits.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            *self = ControlLane::default();
        }
    }

    /// The frames, the one in progress whole, and where each begins.
    fn frames(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let bytes = self.bytes.as_slice();
        let mut start = 0;
        core::iter::from_fn(move || {
            let &[_, second, ..] = bytes.get(start..)? else { return None };
            let key_len = if second & 0x80 == 0 { 0 } else { 4 };
            let len = 2 + key_len + usize::from(second & 0x7F);
            let frame = (start, bytes.get(start..start + len)?);
            start += len;
            Some(frame)
        })
    }
}

/// A length of which there are never more than a few thousand bytes here.
fn short(len: usize) -> u16 {
    debug_assert!(u16::try_from(len).is_ok());
    u16::try_from(len).unwrap_or(u16::MAX)
}

/// Writes a control frame, whose header always has the short form, to the front of `wire`.
fn encode(wire: &mut [u8], opcode: Opcode, payload: &[u8], key: Option<MaskingKey>) -> usize {
    let payload_len = payload.len().min(CONTROL_PAYLOAD_LEN_MAX);
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    wire[0] = 0x80 | opcode.bits();
    wire[1] = mask_bit | u8::try_from(payload_len).unwrap_or(0);
    let mut len = 2;
    if let Some(key) = key {
        wire[2..6].copy_from_slice(&key);
        len = 6;
    }
    let masked = &mut wire[len..len + payload_len];
    masked.copy_from_slice(&payload[..payload_len]);
    if let Some(key) = key {
        frame::mask(masked, key);
    }
    len + payload_len
}

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes::Inline { bytes: [0; INLINE_LEN_MAX], len: 0 }
    }
}

impl Bytes {
    #[inline]
    fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Inline { bytes, len } => &bytes[..usize::from(*len)],
            Bytes::Heap(heap) => &heap.bytes,
        }
    }

    fn extend(&mut self, more: &[u8]) {
        match self {
            Bytes::Inline { bytes, len } => {
                let start = usize::from(*len);
                match bytes.get_mut(start..start + more.len()) {
                    Some(room) => {
                        room.copy_from_slice(more);
                        *len += u8::try_from(more.len()).unwrap_or(0);
                    }
                    None => {
                        let mut heap = Vec::with_capacity(start + more.len());
                        heap.extend_from_slice(&bytes[..start]);
                        heap.extend_from_slice(more);
                        *self = Bytes::Heap(Box::new(Heap { bytes: heap }));
                    }
                }
            }
            Bytes::Heap(heap) => heap.bytes.extend_from_slice(more),
        }
    }

    /// Takes out the `removed` bytes at `start`, which there are.
    fn remove(&mut self, start: usize, removed: usize) {
        match self {
            Bytes::Inline { bytes, len } => {
                bytes.copy_within(start + removed..usize::from(*len), start);
                *len -= u8::try_from(removed).unwrap_or(*len);
            }
            Bytes::Heap(heap) if removed == heap.bytes.len() => *self = Bytes::default(),
            Bytes::Heap(heap) => {
                heap.bytes.drain(start..start + removed);
            }
        }
    }
}
