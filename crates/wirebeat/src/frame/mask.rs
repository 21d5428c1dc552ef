use alloc::vec::Vec;

use super::MaskingKey;

/// From this length on a payload is worth the choice of the CPU's vectors.
#[cfg(feature = "simd")]
const WIDE_LEN_MIN: usize = 128;

/// The same for text, which is read again at once, in vectors: those wait for narrower stores.
#[cfg(feature = "simd")]
const WIDE_TEXT_LEN_MIN: usize = 64;

/// What is masked and copied at once: small enough to be in the first-level cache the second time.
const BLOCK_LEN: usize = 2048;

/// Masks or unmasks a payload in place; it's the same operation ([RFC 6455 §5.3]).
///
/// `key` applies from the first byte of `payload`. For a piece from inside a frame, rotate the key
/// left by the piece's offset modulo four first.
///
/// [RFC 6455 §5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.3
#[inline]
pub fn mask(payload: &mut [u8], key: MaskingKey) {
    #[cfg(feature = "simd")]
    if payload.len() >= WIDE_LEN_MIN {
        return wide::mask(payload, key);
    }
    mask_words(payload, key);
}

/// Unmasks a message that is all there, in the way that is best for its kind.
#[inline]
pub(crate) fn unmask_whole(payload: &mut [u8], key: MaskingKey, is_text: bool) {
    #[cfg(feature = "simd")]
    if payload.len() >= if is_text { WIDE_TEXT_LEN_MIN } else { WIDE_LEN_MIN } {
        return wide::mask(payload, key);
    }
    let _ = is_text;
    mask_words(payload, key);
}

/// Appends `payload`, masked, to `wire`.
pub(crate) fn extend_masked(wire: &mut Vec<u8>, payload: &[u8], key: MaskingKey) {
    // The blocks' length is a multiple of four, so the key needs no rotation in between.
    for block in payload.chunks(BLOCK_LEN) {
        let start = wire.len();
        wire.extend_from_slice(block);
        mask(&mut wire[start..], key);
    }
}

/// Writes `payload`, masked, to `wire`, which is as long.
#[inline]
pub(crate) fn mask_into(wire: &mut [u8], payload: &[u8], key: MaskingKey) {
    debug_assert_eq!(wire.len(), payload.len());
    let len = wire.len().min(payload.len());
    let (wire, payload) = (&mut wire[..len], &payload[..len]);
    #[cfg(feature = "simd")]
    if payload.len() >= WIDE_LEN_MIN {
        return wide::mask_into(wire, payload, key);
    }
    mask_words_into(wire, payload, key);
}

/// The key that applies from `offset` bytes on.
#[inline]
pub(crate) fn rotate(key: MaskingKey, offset: usize) -> MaskingKey {
    let [octets, ..] = (offset % 4).to_le_bytes();
    u32::from_le_bytes(key).rotate_right(8 * u32::from(octets)).to_le_bytes()
}

/// Blocks that every compiler makes vectors of, then ever less: what is best for a small payload.
#[inline]
fn mask_words(payload: &mut [u8], key: MaskingKey) {
    let quad = u32::from_ne_bytes(key);
    let word = u64::from(quad) << 32 | u64::from(quad);
    let (blocks, rest) = payload.as_chunks_mut::<32>();
    for block in blocks {
        for bytes in block.as_chunks_mut::<8>().0 {
            *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
        }
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    let (quads, rest) = rest.as_chunks_mut::<4>();
    for bytes in quads {
        *bytes = (u32::from_ne_bytes(*bytes) ^ quad).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// The same on the way from `payload` to `wire`.
#[inline]
fn mask_words_into(wire: &mut [u8], payload: &[u8], key: MaskingKey) {
    let quad = u32::from_ne_bytes(key);
    let word = u64::from(quad) << 32 | u64::from(quad);
    let (blocks, rest) = payload.as_chunks::<32>();
    let (wire_blocks, wire) = wire.as_chunks_mut::<32>();
    for (bytes, to) in blocks.iter().zip(wire_blocks) {
        for (bytes, to) in bytes.as_chunks::<8>().0.iter().zip(to.as_chunks_mut::<8>().0) {
            *to = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
        }
    }
    let (words, rest) = rest.as_chunks::<8>();
    let (wire_words, wire) = wire.as_chunks_mut::<8>();
    for (bytes, to) in words.iter().zip(wire_words) {
        *to = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    let (quads, rest) = rest.as_chunks::<4>();
    let (wire_quads, wire) = wire.as_chunks_mut::<4>();
    for (bytes, to) in quads.iter().zip(wire_quads) {
        *to = (u32::from_ne_bytes(*bytes) ^ quad).to_ne_bytes();
    }
    for ((byte, to), key) in rest.iter().zip(wire).zip(key) {
        *to = byte ^ key;
    }
}

#[cfg(feature = "simd")]
mod wide {
    use fearless_simd::{Bytes, Level, Simd, SimdBase, SimdFrom, dispatch};

    use super::{MaskingKey, mask_words, mask_words_into, rotate};

    /// From this length on it pays to let no vector lie across two cache lines.
    const ALIGNED_LEN_MIN: usize = 4096;

    const CACHE_LINE_LEN: usize = 64;

    /// Masks with the widest vectors that this CPU has.
    pub(super) fn mask(payload: &mut [u8], key: MaskingKey) {
        match payload.len() {
            ALIGNED_LEN_MIN.. => mask_aligned(payload, key),
            _ => dispatch!(Level::new(), simd => mask_vectors(simd, payload, key)),
        }
    }

    #[inline(never)]
    fn mask_aligned(payload: &mut [u8], key: MaskingKey) {
        let head_len = payload.as_ptr().align_offset(CACHE_LINE_LEN).min(payload.len());
        let (head, rest) = payload.split_at_mut(head_len);
        mask_words(head, key);
        let key = rotate(key, head_len);
        dispatch!(Level::new(), simd => mask_vectors(simd, rest, key));
    }

    #[inline(always)]
    fn mask_vectors<S: Simd>(simd: S, payload: &mut [u8], key: MaskingKey) {
        let lanes = S::u8s::LEN;
        let Some(last_at) = payload.len().checked_sub(lanes) else {
            return mask_words(payload, key);
        };
        // The last vector overlaps the one before it, so it's read before that one is written.
        let last =
            S::u8s::from_slice(simd, &payload[last_at..]) ^ pattern(simd, rotate(key, last_at));
        let pattern: S::u8s = pattern(simd, key);
        let mut blocks = payload.chunks_exact_mut(4 * lanes);
        for block in &mut blocks {
            for bytes in block.chunks_exact_mut(lanes) {
                (S::u8s::from_slice(simd, bytes) ^ pattern).store_slice(bytes);
            }
        }
        for bytes in blocks.into_remainder().chunks_exact_mut(lanes) {
            (S::u8s::from_slice(simd, bytes) ^ pattern).store_slice(bytes);
        }
        last.store_slice(&mut payload[last_at..]);
    }

    /// A vector of the key over and over.
    #[inline(always)]
    fn pattern<S: Simd>(simd: S, key: MaskingKey) -> S::u8s {
        S::u32s::simd_from(simd, u32::from_ne_bytes(key)).bitcast()
    }

    /// Writes `payload`, masked with the widest vectors that this CPU has, to `wire`.
    pub(super) fn mask_into(wire: &mut [u8], payload: &[u8], key: MaskingKey) {
        dispatch!(Level::new(), simd => mask_vectors_into(simd, wire, payload, key));
    }

    #[inline(always)]
    fn mask_vectors_into<S: Simd>(simd: S, wire: &mut [u8], payload: &[u8], key: MaskingKey) {
        let lanes = S::u8s::LEN;
        let Some(last_at) = payload.len().checked_sub(lanes) else {
            return mask_words_into(wire, payload, key);
        };
        let last =
            S::u8s::from_slice(simd, &payload[last_at..]) ^ pattern(simd, rotate(key, last_at));
        let pattern: S::u8s = pattern(simd, key);
        let mut blocks = payload.chunks_exact(4 * lanes);
        let mut wire_blocks = wire.chunks_exact_mut(4 * lanes);
        for (bytes, to) in (&mut blocks).zip(&mut wire_blocks) {
            for (bytes, to) in bytes.chunks_exact(lanes).zip(to.chunks_exact_mut(lanes)) {
                (S::u8s::from_slice(simd, bytes) ^ pattern).store_slice(to);
            }
        }
        let vectors = blocks.remainder().chunks_exact(lanes);
        for (bytes, to) in vectors.zip(wire_blocks.into_remainder().chunks_exact_mut(lanes)) {
            (S::u8s::from_slice(simd, bytes) ^ pattern).store_slice(to);
        }
        last.store_slice(&mut wire[last_at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T29, §5.3: on its way to another place, at every length and alignment of both.
    #[test]
    fn a_payload_is_masked_on_its_way_as_octet_by_octet() {
        const KEY: MaskingKey = [0x37, 0xFA, 0x21, 0x3D];
        let payload: Vec<u8> = (0..=u8::MAX).cycle().take(3_000).collect();
        for len in (0..=600).chain([1_023, 1_024, 1_025, 2_047, 2_048, 2_900]) {
            for offset in 0..if len <= 600 { 33 } else { 3 } {
                let from = &payload[offset..offset + len];
                let mut wire = alloc::vec![0x55; 3_000];
                mask_into(&mut wire[33 - offset..][..len], from, KEY);
                let masked = from.iter().zip(KEY.iter().cycle()).map(|(octet, key)| octet ^ key);
                let (before, rest) = wire.split_at(33 - offset);
                assert!(rest[..len].iter().copied().eq(masked), "{len} bytes from {offset}");
                assert!(before.iter().chain(&rest[len..]).all(|octet| *octet == 0x55));
                let mut appended = alloc::vec![0x55; offset];
                extend_masked(&mut appended, from, KEY);
                assert_eq!(appended[offset..], rest[..len], "{len} bytes from {offset}");
            }
        }
    }
}
