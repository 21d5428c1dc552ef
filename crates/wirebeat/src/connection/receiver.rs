use alloc::vec::Vec;
use core::mem;

use bytes::BufMut;
use bytes::buf::Limit;

use super::config::{Config, Delivery};
use super::event::Fragment;
use super::input::Input;
use crate::frame::{self, HEADER_LEN_MAX, Header, MaskingKey, Opcode, Rsv};
use crate::message::{Assembly, Utf8Checker, from_utf8};
use crate::{CloseFrame, Kind, Message, Payload, ProtocolError, Role, Text};

/// From this payload length on, the rest of a binary frame may be read straight into its message.
const READ_TARGET_LEN_MIN: u64 = 16 * 1024;

/// The least room that a read into a message should find.
const READ_ROOM_MIN: usize = 4096;

/// From bytes, cut anywhere, to messages and control frames ([RFC 6455 §5, §6.2]).
///
/// It knows what the protocol and the limits allow, and nothing of the connection's state, of time
/// or of what is sent. After a violation it must not be asked again.
///
/// [RFC 6455 §5, §6.2]: https://www.rfc-editor.org/rfc/rfc6455#section-6.2
#[derive(Debug)]
pub(super) struct Receiver {
    rules: Rules,
    /// A header of which not all bytes have come.
    header: [u8; HEADER_LEN_MAX],
    header_len: u8,
    /// The frame whose payload is coming.
    frame: Option<FrameRest>,
    /// The message whose last frame hasn't ended.
    message: Option<Incoming>,
    /// How long the last message was that came in pieces: what the next may be trusted to be.
    last_len: usize,
    /// The part of a control frame's payload that has come.
    control: Vec<u8>,
}

/// What may come.
#[derive(Debug)]
struct Rules {
    /// The mask bit that every frame must have: clients mask (§5.1).
    mask_bit: u8,
    delivery: DeliveryMode,
    /// The reserved bits that a negotiated extension defines.
    rsv: Rsv,
    frame_len_max: u64,
    message_len_max: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeliveryMode {
    Whole,
    Pieces,
}

/// The payload that is still to come of a frame.
#[derive(Debug)]
struct FrameRest {
    rest: u64,
    key: Option<MaskingKey>,
    kind: FrameKind,
    /// Whether the frame was long enough to be read into its message directly.
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

/// What came.
#[derive(Debug)]
pub(super) enum Received<'i> {
    Message(Message<'i>),
    Fragment(Fragment<'i>),
    Ping(Payload<'i>),
    Pong(Payload<'i>),
    Close(Option<CloseFrame>),
    Violation(ProtocolError),
}

impl Receiver {
    pub(super) fn new(role: Role, config: &Config) -> Receiver {
        let (delivery, frame_len_max, message_len_max) = match config.delivery {
            Delivery::Whole => (DeliveryMode::Whole, config.frame_len_max, config.message_len_max),
            Delivery::Pieces { message_len_max, frame_len_max } => (
                DeliveryMode::Pieces,
                frame_len_max.unwrap_or(u64::MAX),
                message_len_max.unwrap_or(u64::MAX),
            ),
        };
        let mask_bit = match role {
            Role::Server => 0x80,
            Role::Client => 0,
        };
        Receiver {
            rules: Rules { mask_bit, delivery, rsv: Rsv::NONE, frame_len_max, message_len_max },
            header: [0; HEADER_LEN_MAX],
            header_len: 0,
            frame: None,
            message: None,
            last_len: 0,
            control: Vec::new(),
        }
    }

    /// Eats from `input` until something is complete, or all is eaten.
    #[inline]
    pub(super) fn next<'i>(&mut self, input: &mut Input<'i>) -> Option<Received<'i>> {
        if self.is_between_messages() {
            if let Some(received) = self.whole_message(input) {
                return Some(received);
            }
        }
        self.next_in_parts(input)
    }

    /// Whether bytes were read into [`read_target`](Receiver::read_target) since the last look.
    pub(super) fn has_read_into_target(&self) -> bool {
        match &self.message {
            Some(Incoming { len, body: Body::Whole(assembly) }) => assembly.len() as u64 > *len,
            _ => false,
        }
    }

    /// The message that the rest of a long binary frame may be read into, within the frame and
    /// within what the message has earned.
    pub(super) fn read_target(&mut self) -> Option<Limit<&mut Vec<u8>>> {
        let last_len = self.last_len;
        match (&self.frame, &mut self.message) {
            (
                Some(FrameRest { rest, kind: FrameKind::Data { fin }, is_long: true, .. }),
                Some(Incoming { len, body: Body::Whole(assembly) }),
            ) => {
                let rest = usize::try_from(*rest).unwrap_or(usize::MAX);
                let read = assembly.len().saturating_sub(usize::try_from(*len).ok()?);
                let rest = rest.checked_sub(read).filter(|rest| *rest > 0)?;
                let fragmented = !fin || *len > 0;
                assembly.reserve(rest.min(READ_ROOM_MIN), rest, fragmented, last_len);
                let Assembly::Binary(bytes) = assembly else { return None };
                let room = bytes.capacity() - bytes.len();
                Some(bytes.limit(rest.min(room)))
            }
            _ => None,
        }
    }

    /// Forgets whatever hasn't been handed over.
    pub(super) fn clear(&mut self) {
        self.frame = None;
        self.message = None;
        self.control = Vec::new();
    }

    #[inline]
    fn is_between_messages(&self) -> bool {
        self.header_len == 0 && self.frame.is_none() && self.message.is_none()
    }

    /// The usual case: a message in one frame that is all there. Anything else is left alone.
    #[inline]
    fn whole_message<'i>(&self, input: &mut Input<'i>) -> Option<Received<'i>> {
        const FIN_TEXT: u8 = 0x80 | Opcode::Text as u8;
        const FIN_BINARY: u8 = 0x80 | Opcode::Binary as u8;

        let rest = input.rest();
        let &[first @ (FIN_TEXT | FIN_BINARY), second, ..] = rest else { return None };
        if second & 0x80 != self.rules.mask_bit || self.rules.delivery != DeliveryMode::Whole {
            return None;
        }
        let (payload_len, mut header_len) = match second & 0x7F {
            126 => match *rest {
                [_, _, high, low, ..] => (usize::from(u16::from_be_bytes([high, low])), 4),
                _ => return None,
            },
            127 => return None,
            len => (usize::from(len), 2),
        };
        // A length that isn't minimal is for the other path to judge.
        if header_len == 4 && payload_len < 126 || !self.rules.allow(payload_len as u64) {
            return None;
        }
        let payload = if self.rules.mask_bit == 0 {
            if rest.len() < header_len + payload_len {
                return None;
            }
            &mut input.take(header_len + payload_len)[header_len..]
        } else {
            header_len += 4;
            if rest.len() < header_len + payload_len {
                return None;
            }
            let (header, payload) = input.take(header_len + payload_len).split_at_mut(header_len);
            frame::mask(payload, *header.last_chunk::<4>()?);
            payload
        };
        Some(whole(if first == FIN_TEXT { Kind::Text } else { Kind::Binary }, payload))
    }

    #[inline]
    fn next_in_parts<'i>(&mut self, input: &mut Input<'i>) -> Option<Received<'i>> {
        if let Some(received) = self.absorb_target() {
            return Some(received);
        }
        loop {
            if self.frame.is_some() {
                if input.is_empty() {
                    return None;
                }
                if let Some(received) = self.payload(input) {
                    return Some(received);
                }
            } else {
                match self.header(input) {
                    Ok(Some(header)) => {
                        if let Some(received) = self.begin_frame(&header, input) {
                            return Some(received);
                        }
                    }
                    Ok(None) => return None,
                    Err(error) => return Some(Received::Violation(error)),
                }
            }
        }
    }

    /// The next frame's header, if all of it is there.
    #[inline]
    fn header(&mut self, input: &mut Input<'_>) -> Result<Option<Header>, ProtocolError> {
        if self.header_len == 0 {
            if let &[first, second, ..] = input.rest() {
                self.judge(first, second)?;
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
                self.judge(self.header[0], self.header[1])?;
            }
            if let Some((header, _)) = Header::parse(&self.header[..=len])? {
                self.header_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// The verdict on a frame that its first two bytes allow already.
    #[inline]
    fn judge(&self, first: u8, second: u8) -> Result<(), ProtocolError> {
        let opcode = match Opcode::from_bits(first) {
            Some(opcode) => opcode,
            None => return Err(ProtocolError::ReservedOpcode(first & 0x0F)),
        };
        // §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero
        // values"; a message's extensions are told by its first frame.
        let begins_message = matches!(opcode, Opcode::Text | Opcode::Binary);
        let allowed = if begins_message { self.rules.rsv } else { Rsv::NONE };
        if !Rsv::from_bits(first).within(allowed) {
            return Err(ProtocolError::ReservedBits);
        }
        // §5.1: "a client MUST mask all frames"; "A server MUST NOT mask any frames".
        if second & 0x80 != self.rules.mask_bit {
            return Err(match self.rules.mask_bit {
                0 => ProtocolError::Masked,
                _ => ProtocolError::NotMasked,
            });
        }
        // §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of
        // another message".
        match (opcode, &self.message) {
            (Opcode::Continuation, None) => Err(ProtocolError::ContinuationWithoutStart),
            (Opcode::Text | Opcode::Binary, Some(_)) => Err(ProtocolError::MessageInterleaved),
            _ => Ok(()),
        }
    }

    /// Begins a frame whose header was judged, and ends it if all of it is there.
    #[inline]
    fn begin_frame<'i>(&mut self, header: &Header, input: &mut Input<'i>) -> Option<Received<'i>> {
        let kind = match header.opcode {
            Opcode::Close => FrameKind::Close,
            Opcode::Ping => FrameKind::Ping,
            Opcode::Pong => FrameKind::Pong,
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                if let Err(error) = self.rules.check(header.payload_len, self.message.as_ref()) {
                    return Some(Received::Violation(error));
                }
                FrameKind::Data { fin: header.fin }
            }
        };
        let Header { payload_len, masking_key, .. } = *header;
        match (header.opcode, self.rules.delivery) {
            (Opcode::Text, delivery) => self.begin_message(Kind::Text, delivery),
            (Opcode::Binary, delivery) => self.begin_message(Kind::Binary, delivery),
            (Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {}
        }
        let is_long = payload_len >= READ_TARGET_LEN_MIN;
        self.frame = Some(FrameRest { rest: payload_len, key: masking_key, kind, is_long });
        // An empty frame is complete with its header.
        if payload_len == 0 { self.payload(input) } else { None }
    }

    #[inline]
    fn begin_message(&mut self, kind: Kind, delivery: DeliveryMode) {
        let body = match delivery {
            DeliveryMode::Whole => Body::Whole(Assembly::new(kind)),
            DeliveryMode::Pieces => {
                Body::Pieces { kind, checker: Utf8Checker::default(), begun: false }
            }
        };
        self.message = Some(Incoming { len: 0, body });
    }

    /// Takes what is there of the frame's payload.
    #[inline]
    fn payload<'i>(&mut self, input: &mut Input<'i>) -> Option<Received<'i>> {
        let frame = self.frame.as_mut()?;
        let available = input.len();
        let len = usize::try_from(frame.rest).map_or(available, |rest| rest.min(available));
        let payload = input.take(len);
        let (key, rest_before) = (frame.key, frame.rest);
        frame.rest -= len as u64;
        if frame.rest == 0 {
            let kind = frame.kind;
            self.frame = None;
            return match kind {
                FrameKind::Data { fin } => self.data(payload, key, rest_before, fin, true),
                FrameKind::Close => Some(close(self.control(payload, key))),
                FrameKind::Ping => Some(Received::Ping(self.control(payload, key))),
                FrameKind::Pong => Some(Received::Pong(self.control(payload, key))),
            };
        }
        frame.key = key.map(|key| frame::rotate(key, len));
        match frame.kind {
            FrameKind::Data { fin } => self.data(payload, key, rest_before, fin, false),
            FrameKind::Close | FrameKind::Ping | FrameKind::Pong => {
                unmask(payload, key);
                self.control.extend_from_slice(payload);
                None
            }
        }
    }

    /// The payload of a control frame that is complete with `payload`.
    fn control<'i>(&mut self, payload: &'i mut [u8], key: Option<MaskingKey>) -> Payload<'i> {
        unmask(payload, key);
        if self.control.is_empty() {
            return Payload::Borrowed(payload);
        }
        self.control.extend_from_slice(payload);
        Payload::from(mem::take(&mut self.control))
    }

    /// Takes a piece of a data frame; `ends_frame` says whether the frame ends with it.
    #[inline]
    fn data<'i>(
        &mut self,
        payload: &'i mut [u8],
        key: Option<MaskingKey>,
        frame_rest: u64,
        fin: bool,
        ends_frame: bool,
    ) -> Option<Received<'i>> {
        let message = self.message.as_mut()?;
        let begins = message.len == 0;
        message.len += payload.len() as u64;
        match &mut message.body {
            Body::Whole(assembly) => {
                if begins && ends_frame && fin && assembly.len() == 0 {
                    // All of the message is here: nothing needs to be put together.
                    let kind = assembly.kind();
                    self.message = None;
                    unmask(payload, key);
                    return Some(whole(kind, payload));
                }
                let frame_rest = usize::try_from(frame_rest).unwrap_or(usize::MAX);
                let fragmented = !fin || !begins;
                assembly.reserve(payload.len(), frame_rest, fragmented, self.last_len);
                if assembly.push(payload, key).is_err() {
                    return Some(Received::Violation(ProtocolError::TextNotUtf8));
                }
                if fin && ends_frame { Some(self.finish_message()) } else { None }
            }
            Body::Pieces { kind, checker, begun } => {
                unmask(payload, key);
                let (kind, last, first) = (*kind, fin && ends_frame, !mem::replace(begun, true));
                let fits = kind == Kind::Binary || checker.push(payload, |_| {}).is_ok();
                if !fits || last && !checker.is_complete() {
                    return Some(Received::Violation(ProtocolError::TextNotUtf8));
                }
                if last {
                    self.message = None;
                }
                let payload = Payload::Borrowed(payload);
                Some(Received::Fragment(Fragment { kind, payload, first, last }))
            }
        }
    }

    /// Unmasks what was read into the message since the last look.
    fn absorb_target<'i>(&mut self) -> Option<Received<'i>> {
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
        fin.then(|| self.finish_message())
    }

    fn finish_message<'i>(&mut self) -> Received<'i> {
        let finished = self.message.take().map(|message| message.body);
        let Some(Body::Whole(assembly)) = finished else {
            debug_assert!(false, "only a message that is put together is finished");
            return Received::Message(Message::Binary(Payload::Borrowed(&[])));
        };
        self.last_len = assembly.len();
        match assembly.finish() {
            Ok(message) => Received::Message(message),
            Err(_) => Received::Violation(ProtocolError::TextNotUtf8),
        }
    }
}

impl Rules {
    /// Whether a message of one frame may be this long.
    #[inline]
    fn allow(&self, payload_len: u64) -> bool {
        payload_len <= self.frame_len_max && payload_len <= self.message_len_max
    }

    /// What a declared length amounts to. It's a claim, but one that the limits can refuse at once.
    #[inline]
    fn check(&self, payload_len: u64, message: Option<&Incoming>) -> Result<(), ProtocolError> {
        if payload_len > self.frame_len_max {
            let payload_len_max = self.frame_len_max;
            return Err(ProtocolError::FrameTooLarge { payload_len, payload_len_max });
        }
        let so_far = message.map_or(0, |message| message.len);
        if payload_len > self.message_len_max.saturating_sub(so_far) {
            return Err(ProtocolError::MessageTooLarge { message_len_max: self.message_len_max });
        }
        Ok(())
    }
}

#[inline]
fn unmask(payload: &mut [u8], key: Option<MaskingKey>) {
    if let Some(key) = key {
        frame::mask(payload, key);
    }
}

/// A message that is all there, unmasked.
#[inline]
fn whole(kind: Kind, payload: &[u8]) -> Received<'_> {
    match kind {
        Kind::Binary => Received::Message(Message::Binary(Payload::Borrowed(payload))),
        // §8.1: "that endpoint MUST _Fail the WebSocket Connection_".
        Kind::Text => match from_utf8(payload) {
            Ok(text) => Received::Message(Message::Text(Text::Borrowed(text))),
            Err(_) => Received::Violation(ProtocolError::TextNotUtf8),
        },
    }
}

fn close<'i>(body: Payload<'_>) -> Received<'i> {
    match CloseFrame::parse(&body) {
        Ok(frame) => Received::Close(frame),
        Err(error) => Received::Violation(error),
    }
}
