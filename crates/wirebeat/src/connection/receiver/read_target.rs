//! Long binary messages that the driver reads into directly, past its chunk.

use alloc::vec::Vec;

use bytes::BufMut;
use bytes::buf::Limit;

use super::Received;
use super::parts::{FrameKind, FrameRest, Parts};
use super::payload::{Body, Incoming};
use crate::frame;
use crate::message::Assembly;

/// The least room that a read into a message should find.
const READ_ROOM_MIN: usize = 4096;

impl Parts {
    pub(super) fn has_read_into_target(&self) -> bool {
        match &self.message {
            Some(Incoming { len, body: Body::Whole(assembly), .. }) => assembly.len() as u64 > *len,
            _ => false,
        }
    }

    /// Whether what is to come may be read into the message directly.
    #[inline]
    pub(super) fn is_read_target(&self) -> bool {
        matches!(self.frame, Some(FrameRest { is_apart: true, .. }))
            && !self.is_message_compressed()
    }

    /// See [`Receiver::read_target`].
    #[inline]
    pub(super) fn read_target(&mut self, last_len: usize) -> Option<Limit<&mut Vec<u8>>> {
        if self.is_read_target() { self.rest_of_target(last_len) } else { None }
    }

    fn rest_of_target(&mut self, last_len: usize) -> Option<Limit<&mut Vec<u8>>> {
        let FrameRest { rest, .. } = *self.frame.as_ref()?;
        let Incoming { len, is_fragmented, body: Body::Whole(assembly), .. } =
            self.message.as_mut()?
        else {
            return None;
        };
        let read = (assembly.len() as u64).saturating_sub(*len);
        let rest = usize::try_from(rest.saturating_sub(read)).unwrap_or(usize::MAX);
        if rest == 0 {
            return None;
        }
        assembly.reserve(rest.min(READ_ROOM_MIN), rest, *is_fragmented, last_len);
        let Assembly::Binary(bytes) = assembly else { return None };
        let room = bytes.capacity() - bytes.len();
        Some(bytes.limit(rest.min(room)))
    }

    /// Unmasks what was read into the message since the last look.
    pub(super) fn absorb_target<'i>(&mut self, last_len: &mut usize) -> Option<Received<'i>> {
        let (Some(frame), Some(Incoming { len, body: Body::Whole(Assembly::Binary(bytes)), .. })) =
            (&mut self.frame, &mut self.message)
        else {
            return None;
        };
        let FrameKind::Data { fin } = frame.kind else { return None };
        let absorbed = usize::try_from(*len).unwrap_or(usize::MAX);
        if bytes.len() < absorbed {
            // Only a driver that took bytes out of the target comes here; the message keeps its
            // length, so that the frame still ends where the peer said.
            bytes.resize(absorbed, 0);
        }
        let new = &mut bytes[absorbed..];
        if new.is_empty() {
            return None;
        }
        if let Some(key) = frame.key {
            frame::mask(new, key);
            frame.key = Some(frame::rotate(key, new.len()));
        }
        *len += new.len() as u64;
        frame.rest = frame.rest.saturating_sub(new.len() as u64);
        if frame.rest > 0 {
            return None;
        }
        self.frame = None;
        if fin { self.finish_message(last_len) } else { None }
    }
}
