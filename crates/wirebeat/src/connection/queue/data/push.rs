use bytes::Bytes;

use super::super::segment::{SEGMENT_LEN_MIN, masked_in_place, wire_copy};
use super::DataLane;
use crate::frame::{self, MaskingKey};

/// How frames come to stand in the lane. `app_len` is what a payload stands for, in bytes of the
/// application's.
impl DataLane {
    /// Queues a frame whose payload is copied.
    #[inline(always)]
    pub(in super::super) fn push(
        &mut self,
        first_byte: u8,
        payload: &[u8],
        key: Option<MaskingKey>,
        app_len: usize,
    ) {
        let [.., high, low] = payload.len().to_be_bytes();
        match key {
            None => match payload.len() {
                0..=125 => self.push_copy([first_byte, low], payload, app_len),
                126..SEGMENT_LEN_MIN => {
                    self.push_copy([first_byte, 126, high, low], payload, app_len);
                }
                _ => self.push_large_copy(first_byte, payload, None, app_len),
            },
            Some(key) => match payload.len() {
                0..=125 => self.push_masked([first_byte, 0x80 | low], payload, key, app_len),
                126..SEGMENT_LEN_MIN => {
                    self.push_masked([first_byte, 0x80 | 126, high, low], payload, key, app_len);
                }
                _ => self.push_large_copy(first_byte, payload, Some(key), app_len),
            },
        }
    }

    /// Queues a frame whose payload isn't copied, unless it's short, or has to be masked while
    /// somebody else holds it.
    #[inline(always)]
    pub(in super::super) fn push_owned(
        &mut self,
        first_byte: u8,
        payload: Bytes,
        key: Option<MaskingKey>,
        app_len: usize,
    ) {
        match key {
            None if payload.len() >= SEGMENT_LEN_MIN => {
                self.push_segment(first_byte, payload, None, app_len);
            }
            Some(key) if payload.len() >= SEGMENT_LEN_MIN => {
                self.push_owned_masked(first_byte, payload, key, app_len);
            }
            key => self.push(first_byte, &payload, key, app_len),
        }
    }

    #[inline(always)]
    fn push_copy<const N: usize>(&mut self, header: [u8; N], payload: &[u8], app_len: usize) {
        let frame = self.pieces.tail.append(N + payload.len());
        if let Some((front, body)) = frame.split_first_chunk_mut::<N>() {
            *front = header;
            body.copy_from_slice(payload);
        }
        self.at.app_len += app_len as u64;
    }

    #[inline(always)]
    fn push_masked<const N: usize>(
        &mut self,
        header: [u8; N],
        payload: &[u8],
        key: MaskingKey,
        app_len: usize,
    ) {
        let frame = self.pieces.tail.append(N + key.len() + payload.len());
        if let Some((front, rest)) = frame.split_first_chunk_mut::<N>()
            && let Some((front_key, body)) = rest.split_first_chunk_mut::<4>()
        {
            *front = header;
            *front_key = key;
            frame::mask_into(body, payload, key);
        }
        self.at.app_len += app_len as u64;
    }

    /// Queues a frame whose payload is a segment, as it goes on the wire.
    #[inline(always)]
    fn push_segment(
        &mut self,
        first_byte: u8,
        payload: Bytes,
        key: Option<MaskingKey>,
        app_len: usize,
    ) {
        let mask_bit = if key.is_some() { 0x80 } else { 0 };
        let header_len = match u16::try_from(payload.len()) {
            Ok(len) => {
                debug_assert!(len >= 126, "a segment isn't short");
                let [high, low] = len.to_be_bytes();
                self.push_header([first_byte, mask_bit | 126, high, low], key)
            }
            Err(_) => {
                let [a, b, c, d, e, f, g, h] = (payload.len() as u64).to_be_bytes();
                self.push_header([first_byte, mask_bit | 127, a, b, c, d, e, f, g, h], key)
            }
        };
        self.pieces.push_segment(header_len, payload);
        self.at.app_len += app_len as u64;
    }

    /// Returns the header's length, with its key.
    #[inline(always)]
    fn push_header<const N: usize>(&mut self, header: [u8; N], key: Option<MaskingKey>) -> usize {
        self.pieces.tail.extend(&header);
        match key {
            None => N,
            Some(key) => {
                self.pieces.tail.extend(&key);
                N + key.len()
            }
        }
    }

    #[inline(never)]
    fn push_large_copy(
        &mut self,
        first_byte: u8,
        payload: &[u8],
        key: Option<MaskingKey>,
        app_len: usize,
    ) {
        self.push_segment(first_byte, wire_copy(payload, key), key, app_len);
    }

    #[inline(never)]
    fn push_owned_masked(
        &mut self,
        first_byte: u8,
        payload: Bytes,
        key: MaskingKey,
        app_len: usize,
    ) {
        match masked_in_place(payload, key) {
            Ok(masked) => self.push_segment(first_byte, masked, Some(key), app_len),
            Err(shared) => self.push(first_byte, &shared, Some(key), app_len),
        }
    }
}
