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
#[inline]
pub(crate) fn extend_masked(wire: &mut Vec<u8>, payload: &[u8], key: MaskingKey) {
    // The blocks' length is a multiple of four, so the key needs no rotation in between.
    for block in payload.chunks(BLOCK_LEN) {
        let start = wire.len();
        wire.extend_from_slice(block);
        mask(&mut wire[start..], key);
    }
}

/// The key that applies from `offset` bytes on.
#[inline]
pub(crate) fn rotate(key: MaskingKey, offset: usize) -> MaskingKey {
    let bits = [0, 8, 16, 24][offset % 4];
    u32::from_le_bytes(key).rotate_right(bits).to_le_bytes()
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

#[cfg(feature = "simd")]
mod wide {
    use fearless_simd::{Bytes, Level, Simd, SimdBase, SimdFrom, dispatch};

    use super::{MaskingKey, mask_words};

    /// Masks with the widest vectors that this CPU has.
    pub(super) fn mask(payload: &mut [u8], key: MaskingKey) {
        dispatch!(Level::new(), simd => mask_vectors(simd, payload, key));
    }

    #[inline(always)]
    fn mask_vectors<S: Simd>(simd: S, payload: &mut [u8], key: MaskingKey) {
        let lanes = S::u8s::LEN;
        let pattern: S::u8s = S::u32s::simd_from(simd, u32::from_ne_bytes(key)).bitcast();
        let mut blocks = payload.chunks_exact_mut(4 * lanes);
        for block in &mut blocks {
            for bytes in block.chunks_exact_mut(lanes) {
                (S::u8s::from_slice(simd, bytes) ^ pattern).store_slice(bytes);
            }
        }
        let mut vectors = blocks.into_remainder().chunks_exact_mut(lanes);
        for bytes in &mut vectors {
            (S::u8s::from_slice(simd, bytes) ^ pattern).store_slice(bytes);
        }
        mask_words(vectors.into_remainder(), key);
    }
}
