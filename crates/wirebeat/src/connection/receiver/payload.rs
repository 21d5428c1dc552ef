//! What comes in frames: messages that are put together, or handed over piece by piece, and the
//! payloads of control frames.

use alloc::vec::Vec;
use core::mem;

use super::parts::{FrameKind, FrameRest, Parts};
use super::rules::DeliveryMode;
use super::{Received, unmask, whole};
use crate::connection::event::Fragment;
use crate::connection::input::Input;
use crate::frame::{self, MaskingKey};
use crate::message::{Assembly, Utf8Checker};
use crate::{CloseFrame, Kind, Payload, ProtocolError};

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

/// What has come of a control frame's payload.
#[derive(Debug, Default)]
pub(super) struct ControlPart {
    payload: Vec<u8>,
}

impl Parts {
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
    pub(super) fn payload<'i>(
        &mut self,
        input: &mut Input<'i>,
        last_len: &mut usize,
    ) -> Option<Received<'i>> {
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
