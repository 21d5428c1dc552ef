use alloc::boxed::Box;

use super::Connection;
use super::cause::{Phase, Reason};
use super::ending::Ending;
use super::queue::Lost;
use super::state::{Effect, State, StateInput};
use super::timers::Timers;
use crate::extension::PERMESSAGE_DEFLATE;
use crate::frame::{self, Opcode, Rsv};
use crate::handshake::HandshakeError;
use crate::{CloseCode, CloseFrame};

impl Connection {
    /// Goes where the table says, and does what it wants done on the way.
    ///
    /// `reason` says why, for inputs that end the connection.
    pub(super) fn apply(&mut self, input: StateInput, reason: Option<Reason>) {
        let Some(transition) = self.state.on(self.role, input) else { return };
        let from = self.state;
        self.state = transition.to;
        self.note_ending(from, reason);
        match transition.effect {
            Effect::None => {}
            Effect::Start => {
                self.opening = None;
                self.timers.open = None;
                self.liveness.heard(self.now);
            }
            Effect::GiveUp => {
                self.queue.clear();
                self.timers = Timers::default();
            }
            Effect::QueueClose => {}
            Effect::QueueReply => self.queue_reply(),
            Effect::QueueFailure => self.queue_failure(),
            Effect::AwaitClose => {
                self.timers.close.get_or_insert(self.now + self.limits.close_timeout);
            }
            Effect::Linger => {
                self.timers.close = None;
                self.timers.linger = Some(self.now + self.limits.linger);
            }
            Effect::EndCleanly => self.end(true),
            Effect::EndWithError => self.end(false),
        }
        // A server that already sent its Close needs nothing more once the peer's has come.
        if self.state == State::Draining && from != State::Draining && self.queue.is_data_taken() {
            self.apply(StateInput::Flushed { eof: self.is_eof }, None);
        }
    }

    /// The peer's valid Close frame has come.
    pub(super) fn peer_closes(&mut self, frame: Option<CloseFrame>) {
        let ending = self
            .ending
            .get_or_insert_with(|| Box::new(Ending::new(Phase::PeerClosing, Reason::ClosedByPeer)));
        ending.peer_close = Some(frame);
        let flushed = self.queue.is_data_taken();
        self.apply(StateInput::PeerClose { flushed }, None);
    }

    /// Keeps who ends the connection, and why: the first step decides, unless something goes wrong
    /// later on that keeps the closing handshake from its end.
    fn note_ending(&mut self, from: State, reason: Option<Reason>) {
        let Some(reason) = reason else { return };
        let phase = match from {
            State::Opening | State::Aborting | State::Refusing => Phase::Opening,
            State::Open => Phase::Open,
            State::CloseSent => Phase::LocalClosing,
            State::CloseReceived => Phase::PeerClosing,
            // What was decided stands: it's clean whatever comes, or has failed already.
            State::Draining | State::Failing | State::Closed => return,
        };
        match &mut self.ending {
            None => self.ending = Some(Box::new(Ending::new(phase, reason))),
            // Their reason stands: how the transport ends after that doesn't matter.
            Some(_) if matches!(from, State::Aborting | State::Refusing) => {}
            // Whoever began to close did so, whatever keeps it from its end.
            Some(ending) => ending.cause.reason = reason,
        }
    }

    /// §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the
    /// endpoint MUST send a Close frame in response. … it typically echos the status code".
    fn queue_reply(&mut self) {
        let code = match &self.ending {
            Some(ending) => ending.peer_close.as_ref().and_then(|f| f.as_ref()).map(|f| f.code()),
            None => None,
        };
        self.drop_not_begun();
        self.queue_close(code.map(CloseFrame::bare).as_ref());
    }

    /// §7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code".
    fn queue_failure(&mut self) {
        let frame = match self.ending.as_ref().map(|ending| ending.cause.reason) {
            Some(Reason::Protocol(error)) => CloseFrame::bare(error.close_code()),
            // §7.4.1: "The list of extensions that are needed SHOULD appear in the /reason/ part of
            // the Close frame."
            Some(Reason::Handshake(HandshakeError::ExtensionMissing)) => {
                CloseFrame::new(CloseCode::EXTENSION_REQUIRED, PERMESSAGE_DEFLATE)
                    .unwrap_or(CloseFrame::bare(CloseCode::EXTENSION_REQUIRED))
            }
            _ => CloseFrame::bare(CloseCode::INTERNAL_ERROR),
        };
        self.drop_not_begun();
        self.queue_close(Some(&frame));
        self.timers.close = Some(self.now + self.limits.close_timeout);
    }

    pub(super) fn queue_close(&mut self, frame: Option<&CloseFrame>) {
        let mut body = [0; 2 + CloseFrame::REASON_LEN_MAX];
        let body = match frame {
            None => &[],
            Some(frame) => {
                let reason = frame.reason().as_bytes();
                body[..2].copy_from_slice(&frame.code().get().to_be_bytes());
                body[2..2 + reason.len()].copy_from_slice(reason);
                &body[..2 + reason.len()]
            }
        };
        let key = self.masking_key();
        let first_byte = frame::first_byte(true, Rsv::NONE, Opcode::Close);
        self.queue.push_in_order(first_byte, body, key);
    }

    fn drop_not_begun(&mut self) {
        let lost = self.queue.drop_not_begun();
        self.note_lost(lost);
    }

    fn note_lost(&mut self, lost: Lost) {
        if let Some(ending) = &mut self.ending {
            ending.app_len_given_up += lost.app_len;
            ending.messages_lost += lost.messages;
            ending.messages_untouched += lost.untouched;
        }
    }

    /// It's over: nothing is sent or received any more, and nothing but the report is kept.
    fn end(&mut self, was_clean: bool) {
        let lost = self.queue.clear();
        self.note_lost(lost);
        self.timers = Timers::default();
        self.opening = None;
        self.backlog = None;
        self.fragments = None;
        self.generator = None;
        self.receiver.clear();
        if let Some(compression) = &mut self.compression {
            compression.end();
        }
        if let Some(ending) = &mut self.ending {
            ending.end(was_clean);
        }
    }
}
