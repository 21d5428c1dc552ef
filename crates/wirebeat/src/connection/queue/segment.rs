use alloc::vec::Vec;

use bytes::Bytes;

use crate::frame::{self, MaskingKey};

/// From this length on a payload is a segment of its own instead of being copied behind the others:
/// then the copy costs more than to keep and write it apart.
pub(super) const SEGMENT_LEN_MIN: usize = 4096;

/// A large payload in the queue.
#[derive(Debug)]
pub(super) struct Segment {
    /// The index in `tail` of the byte that follows the segment.
    pub(super) at: usize,
    /// The length of its frame's header, which ends there.
    pub(super) header_len: usize,
    pub(super) bytes: Bytes,
}

/// A copy as it goes on the wire.
pub(super) fn wire_copy(payload: &[u8], key: Option<MaskingKey>) -> Bytes {
    let mut wire = Vec::with_capacity(payload.len());
    match key {
        None => wire.extend_from_slice(payload),
        Some(key) => frame::extend_masked(&mut wire, payload, key),
    }
    Bytes::from(wire)
}

/// Masks in place what nobody else holds; otherwise gives it back.
pub(super) fn masked_in_place(payload: Bytes, key: MaskingKey) -> Result<Bytes, Bytes> {
    let mut unique = payload.try_into_mut()?;
    frame::mask(&mut unique, key);
    Ok(unique.freeze())
}
