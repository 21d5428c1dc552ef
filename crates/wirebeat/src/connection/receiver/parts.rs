//! Frames that come in parts: in several chunks, or several to a message.

use alloc::boxed::Box;

use super::payload::{Body, ControlPart, Incoming};
use super::rules::Rules;
use super::{Received, Receiver};
use crate::connection::compression::Boxed;
use crate::connection::input::Input;
use crate::frame::{CONTROL_PAYLOAD_LEN_MAX, HEADER_LEN_MAX, Header, MaskingKey, Opcode, Rsv};
use crate::message::Assembly;
use crate::{Kind, ProtocolError};

const CONTINUATION: u8 = Opcode::Continuation as u8;
const FIN_CONTINUATION: u8 = 0x80 | CONTINUATION;

/// From this payload length on, the rest of a binary frame may be read straight into its message.
const READ_TARGET_LEN_MIN: u64 = 16 * 1024;

/// What has come of a message or frame that isn't complete.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// A header of which not all bytes have come.
    header: [u8; HEADER_LEN_MAX],
    header_len: u8,
    /// The frame whose payload is coming.
    pub(super) frame: Option<FrameRest>,
    /// The message whose last frame hasn't ended.
    pub(super) message: Option<Incoming>,
    /// The part of a control frame's payload that has come.
    pub(super) control: Option<Box<ControlPart>>,
}

/// The payload that is still to come of a frame.
#[derive(Debug)]
pub(super) struct FrameRest {
    pub(super) rest: u64,
    pub(super) key: Option<MaskingKey>,
    pub(super) kind: FrameKind,
    /// Whether it doesn't come by way of the driver's chunk alone: the message may be read into, or is
    /// compressed.
    pub(super) is_apart: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum FrameKind {
    Data { fin: bool },
    Close,
    Ping,
    Pong,
}

impl Receiver {
    /// [`next`](Receiver::next) for whatever isn't a message in one frame that is all there.
    #[inline]
    pub(in super::super) fn next_in_parts<'i>(
        &mut self,
        input: &mut Input<'i>,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        match &mut self.parts {
            // The usual case of a message that comes in parts: one more of them.
            Some(parts) if !input.is_empty() && parts.awaits_more_than(input.len()) => {
                parts.part_of_payload(input, self.last_len)
            }
            _ => self.next_frames(input, compression),
        }
    }

    #[inline(never)]
    fn next_frames<'i>(
        &mut self,
        input: &mut Input<'i>,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        let parts = self.parts.get_or_insert_default();
        let received = parts.next(input, &self.rules, &mut self.last_len, compression);
        if parts.is_empty() {
            self.parts = None;
        }
        received
    }
}

impl Parts {
    #[inline]
    fn is_empty(&self) -> bool {
        self.header_len == 0 && self.frame.is_none() && self.message.is_none()
    }

    #[inline]
    fn next<'i>(
        &mut self,
        input: &mut Input<'i>,
        rules: &Rules,
        last_len: &mut usize,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        if self.is_read_target()
            && let Some(received) = self.absorb_target(last_len)
        {
            return Some(received);
        }
        if self.holds_more()
            && let Some(received) = self.inflate_waiting(compression)
        {
            return Some(received);
        }
        loop {
            if let Some(received) = self.short_fragments(input, rules, last_len) {
                return Some(received);
            }
            let received = if let Some(frame) = &self.frame {
                if input.is_empty() {
                    return None;
                }
                if self.is_frame_compressed() {
                    self.inflate(input, compression)
                } else if frame.rest > input.len() as u64 {
                    return self.part_of_payload(input, *last_len);
                } else {
                    self.payload(input, last_len)
                }
            } else {
                match self.header(input, rules) {
                    Ok(Some(header)) => {
                        self.begin_frame(&header, input, rules, last_len, compression)
                    }
                    Ok(None) => return None,
                    Err(error) => Some(Received::Violation(error)),
                }
            };
            if received.is_some() {
                return received;
            }
        }
    }

    /// The usual case of a message in fragments: more of them, short, and all there. Anything else is
    /// left alone.
    #[inline]
    fn short_fragments<'i>(
        &mut self,
        input: &mut Input<'i>,
        rules: &Rules,
        last_len: &mut usize,
    ) -> Option<Received<'i>> {
        if self.frame.is_some() || self.header_len > 0 {
            return None;
        }
        let key_len = if rules.mask_bit == 0 { 0 } else { size_of::<MaskingKey>() };
        let Incoming { len, is_fragmented, body: Body::Whole(assembly), .. } =
            self.message.as_mut()?
        else {
            return None;
        };
        loop {
            let &[first @ (CONTINUATION | FIN_CONTINUATION), second, ..] = input.rest() else {
                return None;
            };
            // A wrong mask bit, a longer frame, or one over a limit is for the other path to judge.
            let payload_len = second ^ rules.mask_bit;
            if usize::from(payload_len) > CONTROL_PAYLOAD_LEN_MAX
                || rules.check_len(u64::from(payload_len), *len).is_err()
            {
                return None;
            }
            let header_len = 2 + key_len;
            let frame = input.take_checked(header_len + usize::from(payload_len))?;
            let (header, payload) = frame.split_at_mut_checked(header_len)?;
            let key = if key_len == 0 { None } else { header.last_chunk().copied() };
            *len += u64::from(payload_len);
            assembly.reserve(payload.len(), payload.len(), *is_fragmented, *last_len);
            if assembly.push(payload, key).is_err() {
                return Some(Received::Violation(ProtocolError::TextNotUtf8));
            }
            if first == FIN_CONTINUATION {
                return self.finish_message(last_len);
            }
        }
    }

    /// The next frame's header, if all of it is there.
    #[inline]
    fn header(
        &mut self,
        input: &mut Input<'_>,
        rules: &Rules,
    ) -> Result<Option<Header>, ProtocolError> {
        if self.header_len == 0 {
            if let &[first, second, ..] = input.rest() {
                rules.judge(first, second, self.message.is_some())?;
            }
            if let Some((header, header_len)) = Header::parse(input.rest())? {
                input.take(header_len);
                return Ok(Some(header));
            }
        }
        while !input.is_empty() {
            let len = usize::from(self.header_len);
            self.header[len] = input.take(1)[0];
            self.header_len += 1;
            if len == 1 {
                rules.judge(self.header[0], self.header[1], self.message.is_some())?;
            }
            if let Some((header, _)) = Header::parse(&self.header[..=len])? {
                self.header_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// Begins a frame whose header was judged, and ends it if all of it is there.
    #[inline]
    fn begin_frame<'i>(
        &mut self,
        header: &Header,
        input: &mut Input<'i>,
        rules: &Rules,
        last_len: &mut usize,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        let Header { payload_len, masking_key: key, fin, .. } = *header;
        let kind = match header.opcode {
            Opcode::Close => FrameKind::Close,
            Opcode::Ping => FrameKind::Ping,
            Opcode::Pong => FrameKind::Pong,
            Opcode::Continuation | Opcode::Text | Opcode::Binary => FrameKind::Data { fin },
        };
        if let FrameKind::Data { fin } = kind {
            if header.rsv != Rsv::NONE || self.is_message_compressed() {
                return self.begin_compressed(header, fin, input, rules, compression);
            }
            let so_far = self.message.as_ref().map_or(0, |message| message.len);
            if let Err(error) = rules.check_len(payload_len, so_far) {
                return Some(Received::Violation(error));
            }
        }
        match header.opcode {
            Opcode::Text => self.message = Some(Incoming::new(Kind::Text, fin, rules.delivery)),
            Opcode::Binary => self.message = Some(Incoming::new(Kind::Binary, fin, rules.delivery)),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => {}
        }
        let is_apart = payload_len >= READ_TARGET_LEN_MIN
            && matches!(
                &self.message,
                Some(Incoming { body: Body::Whole(Assembly::Binary(_)), .. })
            );
        self.frame = Some(FrameRest { rest: payload_len, key, kind, is_apart });
        // An empty frame is complete with its header.
        if payload_len == 0 { self.payload(input, last_len) } else { None }
    }

    /// Whether a frame is coming, and more is to come of it than `len` bytes, into no read target.
    #[inline]
    pub(super) fn awaits_more_than(&self, len: usize) -> bool {
        match &self.frame {
            Some(frame) => frame.rest > len as u64 && !frame.is_apart,
            None => false,
        }
    }
}
