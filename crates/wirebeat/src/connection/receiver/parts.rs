//! Frames and messages that come in parts: in several chunks, or in several frames.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::rules::{DeliveryMode, Rules};
use super::{Received, Receiver, unmask, whole};
use crate::connection::compression::Boxed;
use crate::connection::event::Fragment;
use crate::connection::input::Input;
use crate::frame::{
    self, CONTROL_PAYLOAD_LEN_MAX, HEADER_LEN_MAX, Header, MaskingKey, Opcode, Rsv,
};
use crate::message::{Assembly, Utf8Checker};
use crate::{CloseFrame, Kind, Payload, ProtocolError};

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
    control: Option<Box<ControlPart>>,
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

/// What has come of a control frame's payload.
#[derive(Debug, Default)]
struct ControlPart {
    payload: Vec<u8>,
}

/// A message of which parts have come.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) len: u64,
    /// Whether it has more than one frame.
    pub(super) is_fragmented: bool,
    pub(super) packing: Packing,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Whole(Assembly),
    Pieces { kind: Kind, checker: Utf8Checker, begun: bool },
}

/// Whether a message is compressed. If it is, what comes out of it is in the compression's keeping, and
/// nothing goes to its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Compressed,
    /// It is, and more waits of what came out of it.
    CompressedAndMore,
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

    /// Takes all of the input, which is less than what is to come of the frame.
    #[inline]
    pub(super) fn part_of_payload<'i>(
        &mut self,
        input: &mut Input<'i>,
        last_len: usize,
    ) -> Option<Received<'i>> {
        let frame = self.frame.as_mut()?;
        let piece = input.take(input.len());
        let (frame_rest, key) = (frame.rest, frame.key);
        frame.rest -= piece.len() as u64;
        frame.key = key.map(|key| frame::rotate(key, piece.len()));
        match (frame.kind, &mut self.message) {
            (
                FrameKind::Data { .. },
                Some(Incoming { len, is_fragmented, body: Body::Whole(assembly), .. }),
            ) => {
                *len += piece.len() as u64;
                let frame_rest = usize::try_from(frame_rest).unwrap_or(usize::MAX);
                assembly.reserve(piece.len(), frame_rest, *is_fragmented, last_len);
                match assembly.push(piece, key) {
                    Ok(()) => None,
                    Err(_) => Some(Received::Violation(ProtocolError::TextNotUtf8)),
                }
            }
            (FrameKind::Data { .. }, _) => self.fragment(piece, key, false),
            (FrameKind::Close | FrameKind::Ping | FrameKind::Pong, _) => {
                unmask(piece, key);
                self.control.get_or_insert_default().payload.extend_from_slice(piece);
                None
            }
        }
    }

    /// Takes what is to come of the frame, all of which is there.
    #[inline]
    fn payload<'i>(&mut self, input: &mut Input<'i>, last_len: &mut usize) -> Option<Received<'i>> {
        let FrameRest { rest, key, kind, .. } = self.frame.take()?;
        let payload = input.take(usize::try_from(rest).ok()?);
        match kind {
            FrameKind::Data { fin } => self.data(payload, key, fin, last_len),
            FrameKind::Close => Some(close(self.control(payload, key))),
            FrameKind::Ping => Some(Received::Ping(self.control(payload, key))),
            FrameKind::Pong => Some(Received::Pong(self.control(payload, key))),
        }
    }

    /// The payload of a control frame, complete with this piece.
    fn control<'i>(&mut self, piece: &'i mut [u8], key: Option<MaskingKey>) -> Payload<'i> {
        unmask(piece, key);
        match self.control.take() {
            None => Payload::Borrowed(piece),
            Some(mut part) => {
                part.payload.extend_from_slice(piece);
                Payload::from(part.payload)
            }
        }
    }

    /// Takes the end of a data frame.
    #[inline]
    fn data<'i>(
        &mut self,
        payload: &'i mut [u8],
        key: Option<MaskingKey>,
        fin: bool,
        last_len: &mut usize,
    ) -> Option<Received<'i>> {
        let Incoming { len, is_fragmented, body, .. } = self.message.as_mut()?;
        match body {
            Body::Whole(assembly) if fin && *len == 0 => {
                // All of the message is here: nothing needs to be put together.
                let kind = assembly.kind();
                self.message = None;
                unmask(payload, key);
                Some(whole(kind, payload).into())
            }
            Body::Whole(assembly) => {
                *len += payload.len() as u64;
                assembly.reserve(payload.len(), payload.len(), *is_fragmented, *last_len);
                if assembly.push(payload, key).is_err() {
                    return Some(Received::Violation(ProtocolError::TextNotUtf8));
                }
                if fin { self.finish_message(last_len) } else { None }
            }
            Body::Pieces { .. } => self.fragment(payload, key, fin),
        }
    }

    /// Hands over a piece of a message; `ends_message` says whether it's the last.
    fn fragment<'i>(
        &mut self,
        piece: &'i mut [u8],
        key: Option<MaskingKey>,
        ends_message: bool,
    ) -> Option<Received<'i>> {
        let Incoming { len, body: Body::Pieces { kind, checker, begun }, .. } =
            self.message.as_mut()?
        else {
            return None;
        };
        *len += piece.len() as u64;
        unmask(piece, key);
        let (kind, first) = (*kind, !mem::replace(begun, true));
        let fits = kind == Kind::Binary || checker.push(piece, &mut ()).is_ok();
        if !fits || ends_message && !checker.is_complete() {
            return Some(Received::Violation(ProtocolError::TextNotUtf8));
        }
        if ends_message {
            self.message = None;
        }
        let payload = Payload::Borrowed(piece);
        Some(Received::Fragment(Fragment { kind, payload, first, last: ends_message }))
    }

    /// The message that is complete now, which there is.
    pub(super) fn finish_message<'i>(&mut self, last_len: &mut usize) -> Option<Received<'i>> {
        match self.message.take()?.body {
            Body::Whole(assembly) => {
                *last_len = assembly.len();
                Some(match assembly.finish() {
                    Ok(message) => Received::Message(message),
                    Err(_) => Received::Violation(ProtocolError::TextNotUtf8),
                })
            }
            Body::Pieces { .. } => None,
        }
    }
}

impl Incoming {
    #[inline]
    pub(super) fn new(kind: Kind, fin: bool, delivery: DeliveryMode) -> Incoming {
        let body = match delivery {
            DeliveryMode::Whole => Body::Whole(Assembly::new(kind)),
            DeliveryMode::Pieces => {
                let checker = Utf8Checker::default();
                Body::Pieces { kind, checker, begun: false }
            }
        };
        Incoming { len: 0, is_fragmented: !fin, packing: Packing::Plain, body }
    }
}

fn close<'i>(body: Payload<'_>) -> Received<'i> {
    match CloseFrame::parse(&body) {
        Ok(frame) => Received::Close(frame),
        Err(error) => Received::Violation(error),
    }
}
