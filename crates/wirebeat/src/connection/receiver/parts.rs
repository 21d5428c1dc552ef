//! Frames and messages that come in parts: in several chunks, or in several frames.

use alloc::vec::Vec;
use core::mem;

use bytes::BufMut;
use bytes::buf::Limit;

use super::rules::{DeliveryMode, Rules};
use super::{Received, Receiver, unmask, whole};
use crate::connection::event::Fragment;
use crate::connection::input::Input;
use crate::frame::{self, HEADER_LEN_MAX, Header, MaskingKey, Opcode};
use crate::message::{Assembly, Utf8Checker};
use crate::{CloseFrame, Kind, Payload, ProtocolError};

/// From this payload length on, the rest of a binary frame may be read straight into its message.
const READ_TARGET_LEN_MIN: u64 = 16 * 1024;

/// The least room that a read into a message should find.
const READ_ROOM_MIN: usize = 4096;

/// What has come of a message or frame that isn't complete.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// A header of which not all bytes have come.
    header: [u8; HEADER_LEN_MAX],
    header_len: u8,
    /// The frame whose payload is coming.
    frame: Option<FrameRest>,
    /// The message whose last frame hasn't ended.
    message: Option<Incoming>,
    /// The part of a control frame's payload that has come.
    control: Vec<u8>,
}

/// The payload that is still to come of a frame.
#[derive(Debug)]
struct FrameRest {
    rest: u64,
    key: Option<MaskingKey>,
    kind: FrameKind,
    /// Whether the frame is long enough to be read into its message directly.
    is_long: bool,
}

#[derive(Clone, Copy, Debug)]
enum FrameKind {
    Data { fin: bool },
    Close,
    Ping,
    Pong,
}

/// A message of which parts have come.
#[derive(Debug)]
struct Incoming {
    len: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Whole(Assembly),
    Pieces { kind: Kind, checker: Utf8Checker, begun: bool },
}

/// A piece of a data frame.
struct Piece<'i> {
    payload: &'i mut [u8],
    key: Option<MaskingKey>,
    /// What was to come of the frame, this piece included.
    frame_rest: u64,
    /// Whether the frame ends with this piece.
    ends_frame: bool,
    /// Whether the message ends with this frame.
    fin: bool,
}

impl Receiver {
    /// [`next`](Receiver::next) for whatever isn't a message in one frame that is all there.
    #[inline]
    pub(super) fn next_in_parts<'i>(&mut self, input: &mut Input<'i>) -> Option<Received<'i>> {
        let parts = self.parts.get_or_insert_default();
        let received = parts.next(input, &self.rules, &mut self.last_len);
        if parts.is_empty() {
            self.parts = None;
        }
        received
    }
}

impl Parts {
    pub(super) fn has_read_into_target(&self) -> bool {
        match &self.message {
            Some(Incoming { len, body: Body::Whole(assembly) }) => assembly.len() as u64 > *len,
            _ => false,
        }
    }

    /// See [`Receiver::read_target`].
    pub(super) fn read_target(&mut self, last_len: usize) -> Option<Limit<&mut Vec<u8>>> {
        let FrameRest { rest, kind: FrameKind::Data { fin }, is_long: true, .. } =
            *self.frame.as_ref()?
        else {
            return None;
        };
        let Incoming { len, body: Body::Whole(assembly) } = self.message.as_mut()? else {
            return None;
        };
        let read = (assembly.len() as u64).saturating_sub(*len);
        let rest = usize::try_from(rest.saturating_sub(read)).unwrap_or(usize::MAX);
        if rest == 0 {
            return None;
        }
        assembly.reserve(rest.min(READ_ROOM_MIN), rest, !fin || *len > 0, last_len);
        let Assembly::Binary(bytes) = assembly else { return None };
        let room = bytes.capacity() - bytes.len();
        Some(bytes.limit(rest.min(room)))
    }

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
    ) -> Option<Received<'i>> {
        if let Some(received) = self.absorb_target(last_len) {
            return Some(received);
        }
        loop {
            let received = if self.frame.is_some() {
                if input.is_empty() {
                    return None;
                }
                self.payload(input, last_len)
            } else {
                match self.header(input, rules) {
                    Ok(Some(header)) => self.begin_frame(&header, input, rules, last_len),
                    Ok(None) => return None,
                    Err(error) => Some(Received::Violation(error)),
                }
            };
            if received.is_some() {
                return received;
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
    ) -> Option<Received<'i>> {
        let Header { payload_len, masking_key: key, fin, .. } = *header;
        let kind = match header.opcode {
            Opcode::Close => FrameKind::Close,
            Opcode::Ping => FrameKind::Ping,
            Opcode::Pong => FrameKind::Pong,
            Opcode::Continuation | Opcode::Text | Opcode::Binary => FrameKind::Data { fin },
        };
        if let FrameKind::Data { .. } = kind {
            let so_far = self.message.as_ref().map_or(0, |message| message.len);
            if let Err(error) = rules.check_len(payload_len, so_far) {
                return Some(Received::Violation(error));
            }
        }
        match header.opcode {
            Opcode::Text => self.message = Some(Incoming::new(Kind::Text, rules.delivery)),
            Opcode::Binary => self.message = Some(Incoming::new(Kind::Binary, rules.delivery)),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => {}
        }
        let is_long = payload_len >= READ_TARGET_LEN_MIN;
        self.frame = Some(FrameRest { rest: payload_len, key, kind, is_long });
        // An empty frame is complete with its header.
        if payload_len == 0 { self.payload(input, last_len) } else { None }
    }

    /// Takes what is there of the frame's payload.
    #[inline]
    fn payload<'i>(&mut self, input: &mut Input<'i>, last_len: &mut usize) -> Option<Received<'i>> {
        let frame = self.frame.as_mut()?;
        let (frame_rest, key, kind) = (frame.rest, frame.key, frame.kind);
        let len = usize::try_from(frame_rest).map_or(input.len(), |rest| rest.min(input.len()));
        let payload = input.take(len);
        let ends_frame = frame_rest == len as u64;
        if ends_frame {
            self.frame = None;
        } else {
            frame.rest -= len as u64;
            frame.key = key.map(|key| frame::rotate(key, len));
        }
        match kind {
            FrameKind::Data { fin } => {
                self.data(Piece { payload, key, frame_rest, ends_frame, fin }, last_len)
            }
            FrameKind::Close => self.control(payload, key, ends_frame).map(close),
            FrameKind::Ping => self.control(payload, key, ends_frame).map(Received::Ping),
            FrameKind::Pong => self.control(payload, key, ends_frame).map(Received::Pong),
        }
    }

    /// The payload of a control frame, if it's complete with this piece.
    fn control<'i>(
        &mut self,
        piece: &'i mut [u8],
        key: Option<MaskingKey>,
        ends_frame: bool,
    ) -> Option<Payload<'i>> {
        unmask(piece, key);
        if ends_frame && self.control.is_empty() {
            return Some(Payload::Borrowed(piece));
        }
        self.control.extend_from_slice(piece);
        ends_frame.then(|| Payload::from(mem::take(&mut self.control)))
    }

    #[inline]
    fn data<'i>(&mut self, piece: Piece<'i>, last_len: &mut usize) -> Option<Received<'i>> {
        let message = self.message.as_mut()?;
        let begins = message.len == 0;
        message.len += piece.payload.len() as u64;
        let ends_message = piece.fin && piece.ends_frame;
        match &mut message.body {
            Body::Whole(assembly) if begins && ends_message => {
                // All of the message is here: nothing needs to be put together.
                let kind = assembly.kind();
                self.message = None;
                unmask(piece.payload, piece.key);
                Some(whole(kind, piece.payload))
            }
            Body::Whole(assembly) => {
                let frame_rest = usize::try_from(piece.frame_rest).unwrap_or(usize::MAX);
                let fragmented = !piece.fin || !begins;
                assembly.reserve(piece.payload.len(), frame_rest, fragmented, *last_len);
                if assembly.push(piece.payload, piece.key).is_err() {
                    return Some(Received::Violation(ProtocolError::TextNotUtf8));
                }
                if ends_message { self.finish_message(last_len) } else { None }
            }
            Body::Pieces { kind, checker, begun } => {
                unmask(piece.payload, piece.key);
                let (kind, first) = (*kind, !mem::replace(begun, true));
                let fits = kind == Kind::Binary || checker.push(piece.payload, |_| {}).is_ok();
                if !fits || ends_message && !checker.is_complete() {
                    return Some(Received::Violation(ProtocolError::TextNotUtf8));
                }
                if ends_message {
                    self.message = None;
                }
                let payload = Payload::Borrowed(piece.payload);
                Some(Received::Fragment(Fragment { kind, payload, first, last: ends_message }))
            }
        }
    }

    /// Unmasks what was read into the message since the last look.
    fn absorb_target<'i>(&mut self, last_len: &mut usize) -> Option<Received<'i>> {
        let (Some(frame), Some(Incoming { len, body: Body::Whole(Assembly::Binary(bytes)) })) =
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

    /// The message that is complete now, which there is.
    fn finish_message<'i>(&mut self, last_len: &mut usize) -> Option<Received<'i>> {
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
    fn new(kind: Kind, delivery: DeliveryMode) -> Incoming {
        let body = match delivery {
            DeliveryMode::Whole => Body::Whole(Assembly::new(kind)),
            DeliveryMode::Pieces => {
                Body::Pieces { kind, checker: Utf8Checker::default(), begun: false }
            }
        };
        Incoming { len: 0, body }
    }
}

fn close<'i>(body: Payload<'_>) -> Received<'i> {
    match CloseFrame::parse(&body) {
        Ok(frame) => Received::Close(frame),
        Err(error) => Received::Violation(error),
    }
}
