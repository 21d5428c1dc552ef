use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::buf::Limit;

use super::cause::Reason;
use super::event::Event;
use super::input::Input;
use super::opening::Opened;
use super::receiver::Received;
use super::state::{State, StateInput};
use super::{Backlog, Connection};
use crate::extension::Deflate;
use crate::handshake::HandshakeError;
use crate::{Message, Nanos, Payload, Timestamp};

impl Connection {
    /// Eats bytes that the transport gave, until something has happened or they're used up.
    ///
    /// Call it until it returns `None`: then the input is used up, and nothing waits. Payloads are
    /// unmasked in place, and the event borrows from the input. Whoever doesn't ask for the next
    /// event stops reading, which is backpressure.
    #[inline(always)]
    pub fn receive<'i>(&mut self, now: Timestamp, input: &mut Input<'i>) -> Option<Event<'i>> {
        self.advance_clock(now);
        if self.state == State::Open && self.backlog.is_none() {
            let received = match self.receiver.whole_message(input) {
                // The usual case, with nothing in between.
                Some(Ok(message)) if !self.liveness.has_matcher() => {
                    self.liveness.heard(self.now);
                    return Some(Event::Message(message));
                }
                Some(whole) => whole.into(),
                None => {
                    if !input.is_empty() || self.receiver.has_read_into_target() {
                        self.liveness.heard_bytes(self.now);
                    }
                    self.receiver.next_in_parts(input, &mut self.compression)?
                }
            };
            return self.react(received, input);
        }
        self.receive_unusual(input)
    }

    /// Whether the next [`receive`](Connection::receive) of `input` yields a message at once, and
    /// ends nothing: a driver may let the replies to some messages wait until it has handed over
    /// the last, and write them together.
    ///
    /// It looks at the first frame alone. Behind it there may be the peer's Close, which drops what
    /// isn't written: so write before you receive what isn't known to be a message.
    #[must_use]
    pub fn has_message_next(&self, input: &[u8]) -> bool {
        self.state == State::Open
            && self.backlog.is_none()
            && self.receiver.begins_with_message(input)
    }

    /// What happened without input: a timeout, a loss, or bytes that came with the handshake.
    ///
    /// It's [`receive`](Connection::receive) with nothing to eat.
    pub fn poll_event(&mut self) -> Option<Event<'static>> {
        self.receive(self.now, &mut Input::default())
    }

    /// A message that the rest of a long binary frame may be read into, past the driver's chunk.
    ///
    /// What is read there is taken up by the next [`receive`](Connection::receive), whose input may
    /// be empty. The vector's length at the time of the call must be left alone: append only, as
    /// the limit and [`BufMut`](bytes::BufMut) do. `None` most of the time.
    #[inline]
    pub fn read_target(&mut self) -> Option<Limit<&mut Vec<u8>>> {
        match self.state {
            State::Open | State::CloseSent if self.backlog.is_none() => self.receiver.read_target(),
            _ => None,
        }
    }

    fn receive_unusual<'i>(&mut self, input: &mut Input<'i>) -> Option<Event<'i>> {
        match self.state {
            State::Opening => self.receive_opening(input),
            State::Open => match self.receive_backlog() {
                Some(event) => Some(event),
                None => self.receive(self.now, input),
            },
            // RFC 6455 lets messages come until the peer's Close does.
            State::CloseSent => {
                if let Some(event) = self.receive_backlog() {
                    return Some(event);
                }
                let received = self.receiver.next(input, &mut self.compression)?;
                self.react(received, input)
            }
            State::Aborting => {
                input.discard();
                self.apply(StateInput::Settle, None);
                self.poll_ending()
            }
            State::Refusing
            | State::CloseReceived
            | State::Draining
            | State::Failing
            | State::Closed => {
                input.discard();
                self.poll_ending()
            }
        }
    }

    fn receive_opening<'i>(&mut self, input: &mut Input<'i>) -> Option<Event<'i>> {
        if input.is_empty() {
            return None;
        }
        let opened = self.opening.as_mut()?.receive(input)?;
        let event = self.conclude_opening(opened);
        if event.is_none() {
            input.discard();
            return self.poll_ending();
        }
        event
    }

    /// Does what the opening handshake led to, and makes an event of it unless it ends the connection.
    pub(super) fn conclude_opening(&mut self, opened: Opened) -> Option<Event<'static>> {
        match opened {
            Opened::Accepted(accepted) => {
                let offered = self.opening.as_ref().and_then(|opening| opening.offered()).cloned();
                let is_missing = accepted.deflate().is_none()
                    && offered.as_ref().is_some_and(Deflate::is_required);
                self.subprotocol = accepted.subprotocol().map(|name| Box::from(&**name));
                self.agree(offered.zip(accepted.deflate()));
                self.apply(StateInput::Opened, None);
                if is_missing {
                    let error = HandshakeError::ExtensionMissing;
                    self.apply(StateInput::Violation, Some(Reason::Handshake(error)));
                    return None;
                }
                Some(Event::Open(Box::new(accepted)))
            }
            Opened::Rejected(response) => {
                let error = HandshakeError::Status(response.status());
                self.apply(StateInput::OpenFailed, Some(Reason::Handshake(error)));
                if let Some(ending) = &mut self.ending {
                    ending.rejected = Some(Box::new(response));
                }
                None
            }
            Opened::Failed(error) => {
                self.apply(StateInput::OpenFailed, Some(Reason::Handshake(error)));
                None
            }
            Opened::Request(request) => Some(Event::Request(Box::new(request))),
            Opened::Refused(refusal, response) => {
                self.refuse(response, Reason::Refused(refusal));
                None
            }
        }
    }

    /// Receives what came before the connection was open. It's the driver's no more, so the events
    /// own what they carry.
    fn receive_backlog(&mut self) -> Option<Event<'static>> {
        let mut backlog = self.backlog.take()?;
        let Backlog { bytes, eaten } = &mut *backlog;
        let mut input = Input::new(&mut bytes[*eaten..]);
        let event = self.receive(self.now, &mut input).map(Event::into_owned);
        let left = input.len();
        *eaten = bytes.len() - left;
        if left > 0 {
            self.backlog = Some(backlog);
        }
        event
    }

    /// Makes an event of what was received, and does what the protocol wants done.
    fn react<'i>(&mut self, received: Received<'i>, input: &mut Input<'i>) -> Option<Event<'i>> {
        match received {
            Received::Message(message) => {
                self.liveness.heard(self.now);
                Some(self.message_event(message))
            }
            Received::Fragment(fragment) => {
                self.liveness.heard(self.now);
                Some(Event::Fragment(fragment))
            }
            Received::Ping(payload) => {
                // §5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in
                // response, unless it already received a Close frame."
                let key = self.masking_key();
                self.queue.push_pong(&payload, key);
                Some(Event::Ping(payload))
            }
            Received::Pong(payload) => {
                let latency = self.liveness.pong(&payload, self.now);
                self.latency = latency.map(Nanos::from).or(self.latency);
                Some(Event::Pong { payload, latency })
            }
            Received::Close(frame) => {
                self.peer_closes(frame.clone());
                input.discard();
                Some(Event::Closing(frame))
            }
            Received::Violation(error) => {
                self.apply(StateInput::Violation, Some(Reason::Protocol(error)));
                input.discard();
                self.poll_ending()
            }
        }
    }

    fn message_event<'i>(&mut self, message: Message<'i>) -> Event<'i> {
        let heartbeat = self.liveness.message();
        let is_reply = heartbeat.and_then(|heartbeat| heartbeat.is_reply);
        match is_reply {
            Some(is_reply) if is_reply(&message) => {
                let latency = self.liveness.reply(self.now);
                self.latency = latency.map(Nanos::from).or(self.latency);
                let payload: Payload<'i> = message.into_payload();
                Event::Pong { payload, latency }
            }
            _ => Event::Message(message),
        }
    }

    fn poll_ending(&mut self) -> Option<Event<'static>> {
        self.ending.as_mut()?.poll_event()
    }
}
