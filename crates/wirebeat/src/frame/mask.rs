use alloc::vec::Vec;

use super::MaskingKey;

/// From this length on a payload is worth the choice of the CPU's vectors.
#[cfg(feature = "simd")]
const WIDE_LEN_MIN: usize = 128;

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
pub(crate) fn rotate(mut key: MaskingKey, offset: usize) -> MaskingKey {
    key.rotate_left(offset % 4);
    key
}

/// Eight bytes at a time, then the rest: what is best for a small payload.
#[inline]
fn mask_words(payload: &mut [u8], key: MaskingKey) {
    let half = u64::from(u32::from_ne_bytes(key));
    let word = half << 32 | half;
    let (words, rest) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(word.to_ne_bytes()) {
        *byte ^= key;
    }
}

#[cfg(feature = "simd")]
mod wide {
    use fearless_simd::{Level, Simd, SimdBase, dispatch};

    use super::{MaskingKey, mask_words};

    /// Masks with the widest vectors that this CPU has.
    pub(super) fn mask(payload: &mut [u8], key: MaskingKey) {
        dispatch!(Level::new(), simd => mask_vectors(simd, payload, key));
    }

    #[inline(always)]
    fn mask_vectors<S: Simd>(simd: S, payload: &mut [u8], key: MaskingKey) {
        let lanes = S::u8s::LEN;
        let mut pattern = [0; 64];
        for quad in pattern.as_chunks_mut::<4>().0 {
            *quad = key;
        }
        let vector = S::u8s::from_slice(simd, &pattern[..lanes]);
        let mut blocks = payload.chunks_exact_mut(4 * lanes);
        for block in &mut blocks {
            for bytes in block.chunks_exact_mut(lanes) {
                (S::u8s::from_slice(simd, bytes) ^ vector).store_slice(bytes);
            }
        }
        let mut vectors = blocks.into_remainder().chunks_exact_mut(lanes);
        for bytes in &mut vectors {
            (S::u8s::from_slice(simd, bytes) ^ vector).store_slice(bytes);
        }
        mask_words(vectors.into_remainder(), key);
    }
}
