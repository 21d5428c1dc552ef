use alloc::vec::Vec;

use bytes::Bytes;

use crate::Payload;
use crate::frame::{self, MaskingKey};

/// From this length on a payload is a segment of its own instead of being copied behind the others.
pub(crate) const SEGMENT_LEN_MIN: usize = 4096;

/// A large payload in the queue.
#[derive(Debug)]
pub(super) struct Segment {
    /// The index in `tail` of the byte that follows the segment.
    pub(super) at: usize,
    pub(super) bytes: Bytes,
}

/// A large payload as it goes on the wire: as it is, masked in place if nobody else holds it, or
/// copied.
pub(super) fn masked_segment(payload: Payload<'_>, key: Option<MaskingKey>) -> Bytes {
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
