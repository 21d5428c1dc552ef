use alloc::boxed::Box;

use super::cause::{Phase, Reason};
use super::compression::Packed;
use super::ending::Ending;
use super::error::{CloseError, SendError, SendErrorReason, SendMessageError, SendPayloadError};
use super::prepared::Prepared;
use super::state::{State, StateInput};
use super::{Connection, Fragments};
use crate::frame::{self, CONTROL_PAYLOAD_LEN_MAX, MaskingKey, Opcode, Rsv};
use crate::message::Utf8Checker;
use crate::{CloseFrame, Kind, Message, Payload, ReadyState, Timestamp};

impl Connection {
    /// Queues a message, in one frame.
    ///
    /// `Ok` means that it's in the queue: it will be handed to the transport whole and in order, or
    /// counted in [`Closed::messages_lost`](crate::Closed::messages_lost). A large
    /// [`Bytes`](bytes::Bytes) isn't copied by a server, nor by a client if nobody else holds it.
    ///
    /// # Errors
    ///
    /// With the message, untouched:
    ///
    /// - [`SendErrorReason::Full`]: wait for [`buffered_amount`](Connection::buffered_amount) to
    ///   fall;
    /// - [`SendErrorReason::NotOpen`]: it isn't open yet, or any more;
    /// - [`SendErrorReason::FragmentsInProgress`]: end the message that is being sent first.
    #[inline(always)]
    pub fn send<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.advance_clock(now);
        let message = message.into();
        if self.compression.is_some() || !self.takes_message(message.len()) {
            return self.send_unusual(message);
        }
        let first_byte = frame::first_byte(true, Rsv::NONE, message.kind().opcode());
        let key = self.masking_key();
        self.queue.push_message(first_byte, message.into_payload(), key);
        Ok(())
    }

    /// Queues a message as [`send`](Connection::send) does, but never compressed: what has a secret
    /// in it, beside text that somebody else chose, stays as long as it is.
    ///
    /// Where nothing is compressed, it's the same.
    ///
    /// # Errors
    ///
    /// As for [`send`](Connection::send).
    pub fn send_uncompressed<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        self.advance_clock(now);
        let message = message.into();
        if !self.takes_message(message.len()) {
            return Err(self.refuse_message(message));
        }
        let len = message.len();
        self.push_plain(message);
        if let Some(compression) = self.compression.as_mut() {
            compression.note_plain(len);
        }
        Ok(())
    }

    /// Queues a message on a connection that has just opened, whatever its length: it was held to
    /// another limit before.
    pub(crate) fn send_past_limit(&mut self, message: Message<'_>) {
        debug_assert!(self.state == State::Open && self.fragments.is_none());
        if self.compression.is_some() {
            return self.push_compressed(&message);
        }
        self.push_plain(message);
    }

    fn push_plain(&mut self, message: Message<'_>) {
        let first_byte = frame::first_byte(true, Rsv::NONE, message.kind().opcode());
        let key = self.masking_key();
        self.push_frame(first_byte, message.into_payload(), key);
    }

    /// Queues a frame that isn't compressed.
    fn push_frame(&mut self, first_byte: u8, payload: Payload<'_>, key: Option<MaskingKey>) {
        let len = payload.len();
        match self.compression.as_ref() {
            None => self.queue.push_message(first_byte, payload, key),
            Some(_) => self.queue.push_packed(first_byte, payload, key, len),
        }
    }

    /// [`send`](Connection::send) where messages are compressed, or can't be taken.
    #[cold]
    #[inline(never)]
    fn send_unusual<'m>(&mut self, message: Message<'m>) -> Result<(), SendMessageError<'m>> {
        if !self.takes_message(message.len()) {
            return Err(self.refuse_message(message));
        }
        self.push_compressed(&message);
        Ok(())
    }

    /// Queues a message compressed, or as it is if that's shorter.
    #[inline(never)]
    fn push_compressed(&mut self, message: &Message<'_>) {
        let packed = self.compression.as_mut().and_then(|it| it.pack(message.as_bytes()));
        self.push_packed(packed, true, message.kind().opcode(), message.as_bytes().into());
    }

    /// Queues what was packed of a payload, or the payload itself.
    fn push_packed(
        &mut self,
        packed: Option<Packed>,
        fin: bool,
        opcode: Opcode,
        payload: Payload<'_>,
    ) {
        let key = self.masking_key();
        let Some(mut packed) = packed else {
            let first_byte = frame::first_byte(fin, Rsv::NONE, opcode);
            return self.push_frame(first_byte, payload, key);
        };
        // "… the "Per-Message Compressed" bit … of the first fragment of a message" (RFC 7692 §6).
        let rsv = if opcode == Opcode::Continuation { Rsv::NONE } else { Rsv::RSV1 };
        let first_byte = frame::first_byte(fin, rsv, opcode);
        self.queue.push_packed(first_byte, packed.payload(), key, payload.len());
        if let Some(compression) = self.compression.as_mut() {
            compression.unpack(packed);
        }
    }

    /// Queues a message that was encoded before; a server copies nothing.
    ///
    /// # Errors
    ///
    /// As for [`send`](Connection::send), and:
    ///
    /// - [`SendErrorReason::ContextTakeover`]: messages are compressed here, each with the ones before
    ///   it, so one can't be compressed for several connections. Agree on `no_context_takeover` for this
    ///   side, or prepare it with [`Prepared::compress`].
    pub fn send_prepared(
        &mut self,
        now: Timestamp,
        prepared: &Prepared,
    ) -> Result<(), SendError<()>> {
        self.advance_clock(now);
        if !self.takes_message(prepared.len()) {
            let reason = self.refusal(prepared.len());
            return Err(SendError { reason, unsent: () });
        }
        let packed = match self.compression.as_mut() {
            Some(compression) => match prepared.pack(compression) {
                Ok(packed) => packed,
                Err(_) => {
                    let reason = SendErrorReason::ContextTakeover;
                    return Err(SendError { reason, unsent: () });
                }
            },
            None => None,
        };
        let key = self.masking_key();
        let first_byte = |rsv| frame::first_byte(true, rsv, prepared.kind().opcode());
        match packed {
            None => self.push_frame(first_byte(Rsv::NONE), prepared.payload(), key),
            Some(packed) => {
                let (first_byte, len) = (first_byte(Rsv::RSV1), prepared.len());
                self.queue.push_packed(first_byte, Payload::Owned(packed), key, len);
            }
        }
        Ok(())
    }

    /// Queues a part of a message, as a frame of its own: for messages that are too big to hold
    /// ([RFC 6455 §5.4]).
    ///
    /// `first` says which kind of message begins; `None` continues the one that is being sent, and
    /// `fin` ends it. Text may be cut inside a code point.
    ///
    /// # Errors
    ///
    /// With the payload, untouched:
    ///
    /// - [`SendErrorReason::Full`], [`SendErrorReason::NotOpen`]: as for [`send`](Connection::send);
    /// - [`SendErrorReason::FragmentsInProgress`], [`SendErrorReason::NoFragmentsInProgress`]: a
    ///   message begins inside another, or none is continued;
    /// - [`SendErrorReason::NotUtf8`]: with this part, the text isn't UTF-8. Nothing was sent of it,
    ///   and the part may be mended.
    ///
    /// [RFC 6455 §5.4]: https://www.rfc-editor.org/rfc/rfc6455#section-5.4
    pub fn send_fragment<'p>(
        &mut self,
        now: Timestamp,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        self.advance_clock(now);
        let payload = payload.into();
        let fragments = match self.check_fragment(first, &payload, fin) {
            Ok(fragments) => fragments,
            Err(reason) => return Err(SendError { reason, unsent: payload }),
        };
        self.fragments = if fin { None } else { Some(fragments) };
        let packed = self
            .compression
            .as_mut()
            .and_then(|compression| compression.pack_fragment(&payload, first.is_some(), fin));
        let opcode = first.map_or(Opcode::Continuation, Kind::opcode);
        self.push_packed(packed, fin, opcode, payload);
        Ok(())
    }

    /// Queues a ping, behind the messages that wait ([RFC 6455 §5.5.2]).
    ///
    /// # Errors
    ///
    /// With the payload:
    ///
    /// - [`SendErrorReason::PingTooLong`]: more than 125 bytes;
    /// - [`SendErrorReason::Full`], [`SendErrorReason::NotOpen`]: as for [`send`](Connection::send).
    ///
    /// [RFC 6455 §5.5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2
    pub fn ping<'p>(
        &mut self,
        now: Timestamp,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        self.advance_clock(now);
        let payload = payload.into();
        let reason = if payload.len() > CONTROL_PAYLOAD_LEN_MAX {
            Some(SendErrorReason::PingTooLong)
        } else {
            match self.ready_state() {
                ReadyState::Open if self.has_room(payload.len()) => None,
                ReadyState::Open => Some(SendErrorReason::Full),
                state => Some(SendErrorReason::NotOpen(state)),
            }
        };
        if let Some(reason) = reason {
            return Err(SendError { reason, unsent: payload });
        }
        let key = self.masking_key();
        let first_byte = frame::first_byte(true, Rsv::NONE, Opcode::Ping);
        self.queue.push_in_order(first_byte, &payload, key);
        Ok(())
    }

    /// Begins the closing handshake, behind the messages that wait ([RFC 6455 §7.1.2]); before the
    /// connection is open, gives it up.
    ///
    /// Once closing has begun, whoever began it, this changes nothing: the first call wins.
    ///
    /// # Errors
    ///
    /// - [`CloseError::CodeNotOurs`]: the code may be sent, but not by this role.
    ///
    /// [RFC 6455 §7.1.2]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2
    pub fn close(&mut self, now: Timestamp, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.advance_clock(now);
        if let Some(frame) = &frame {
            let (code, role) = (frame.code(), self.role);
            if !code.may_be_sent(role) {
                return Err(CloseError::CodeNotOurs { code, role });
            }
        }
        match self.state {
            State::Opening => self.apply(StateInput::Close, Some(Reason::Aborted)),
            State::Open => {
                let ending = Ending::new(Phase::LocalClosing, Reason::ClosedByUs);
                self.ending = Some(Box::new(ending));
                self.queue_close(frame.as_ref());
                self.apply(StateInput::Close, None);
            }
            State::Aborting
            | State::Refusing
            | State::CloseSent
            | State::CloseReceived
            | State::Draining
            | State::Failing
            | State::Closed => {}
        }
        Ok(())
    }

    #[inline]
    fn has_room(&self, payload_len: usize) -> bool {
        self.queue.has_room(payload_len, self.limits.send_queue_len_max)
    }

    /// Whether a message of this length can be taken.
    #[inline]
    fn takes_message(&self, payload_len: usize) -> bool {
        self.state == State::Open && self.fragments.is_none() && self.has_room(payload_len)
    }

    #[cold]
    #[inline(never)]
    fn refuse_message<'m>(&mut self, message: Message<'m>) -> SendMessageError<'m> {
        SendError { reason: self.refusal(message.len()), unsent: message }
    }

    /// Why a message isn't taken.
    #[cold]
    fn refusal(&mut self, payload_len: usize) -> SendErrorReason {
        match self.state {
            State::Open if self.fragments.is_some() => SendErrorReason::FragmentsInProgress,
            State::Open => SendErrorReason::Full,
            _ => self.not_open(payload_len),
        }
    }

    /// What is passed to `send` once closing has begun counts as buffered, for ever.
    #[cold]
    fn not_open(&mut self, payload_len: usize) -> SendErrorReason {
        let state = self.ready_state();
        if let Some(ending) = self.ending.as_mut().filter(|_| state > ReadyState::Open) {
            ending.app_len_given_up = ending.app_len_given_up.saturating_add(payload_len as u64);
        }
        SendErrorReason::NotOpen(state)
    }

    /// What the fragments will be with this one.
    fn check_fragment(
        &mut self,
        first: Option<Kind>,
        payload: &Payload<'_>,
        fin: bool,
    ) -> Result<Fragments, SendErrorReason> {
        if self.state != State::Open {
            return Err(self.not_open(payload.len()));
        }
        if !self.has_room(payload.len()) {
            return Err(SendErrorReason::Full);
        }
        let mut fragments = match (first, &self.fragments) {
            (Some(Kind::Text), None) => Fragments::Text(Utf8Checker::default()),
            (Some(Kind::Binary), None) => Fragments::Binary,
            (Some(_), Some(_)) => return Err(SendErrorReason::FragmentsInProgress),
            (None, Some(fragments)) => fragments.clone(),
            (None, None) => return Err(SendErrorReason::NoFragmentsInProgress),
        };
        if let Fragments::Text(checker) = &mut fragments {
            let fits = checker.push(payload, &mut ()).is_ok();
            if !fits || fin && !checker.is_complete() {
                return Err(SendErrorReason::NotUtf8);
            }
        }
        Ok(fragments)
    }
}
