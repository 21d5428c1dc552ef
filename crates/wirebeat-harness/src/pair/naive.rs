//! A naive connection: what happened to it, and what follows from that.
//!
//! It's meant to be plainly right. It has no states, no buffers and no queue: whatever it's asked it
//! reads again from the whole history, with the naive decoder.

use wirebeat::{CloseCode, Kind, ReadyState, Role};

use crate::frame::sent_frames;
use crate::model::{self, Heard};
use crate::rules::Rules;

/// What happened to one end.
#[derive(Clone, Debug)]
pub struct Naive {
    /// Its role.
    pub role: Role,
    /// All that arrived before it was over.
    pub received: Vec<u8>,
    /// All that its transport took.
    pub taken: Vec<u8>,
    /// Messages that were accepted, whole.
    pub accepted: Vec<(Kind, Vec<u8>)>,
    /// Bytes of messages that were accepted, or came too late.
    pub passed_len: usize,
    /// Whether the application closed it while it was open.
    pub has_closed: bool,
    /// What became of its transport.
    pub fate: Fate,
}

/// What became of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It's there.
    Alive,
    /// The peer ended its side.
    Ended,
    /// It failed.
    Lost,
    /// A deadline passed before what was waited for came.
    GivenUp,
}

impl Naive {
    /// An end whose opening handshake begins.
    #[must_use]
    pub fn new(role: Role) -> Naive {
        let (received, taken, accepted) = (Vec::new(), Vec::new(), Vec::new());
        let (passed_len, has_closed, fate) = (0, false, Fate::Alive);
        Naive { role, received, taken, accepted, passed_len, has_closed, fate }
    }

    /// What it heard of its peer, frame by frame, since the handshake.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        let frames = behind_head(&self.received).unwrap_or_default();
        model::decode(frames, &Rules::new(self.role)).heard
    }

    /// What its peer could hear of it.
    #[must_use]
    pub fn said(&self) -> Vec<Heard> {
        let frames = behind_head(&self.taken).unwrap_or_default();
        let decoded = model::decode(frames, &Rules::of_peer(self.role));
        assert_eq!(decoded.failed_at, None, "it broke a rule: {:?}", decoded.heard.last());
        decoded.heard
    }

    /// The messages in what it said.
    #[must_use]
    pub fn said_messages(&self) -> Vec<(Kind, Vec<u8>)> {
        messages(&self.said())
    }

    /// The messages that it heard.
    #[must_use]
    pub fn heard_messages(&self) -> Vec<(Kind, Vec<u8>)> {
        messages(&self.heard())
    }

    /// The WHATWG's `readyState`.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        let is_closing = self.has_closed || self.peer_closed() || self.peer_failed();
        match behind_head(&self.received) {
            _ if self.is_over() => ReadyState::Closed,
            None => ReadyState::Connecting,
            Some(_) if is_closing => ReadyState::Closing,
            Some(_) => ReadyState::Open,
        }
    }

    /// §7.1.1, §7.1.7, §7.2.1: it's over when the transport is, or needn't be any more; but a Close
    /// that is owed goes out first, if it can.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let owes_a_close = (self.peer_closed() || self.peer_failed()) && !self.said_close();
        match self.fate {
            Fate::Lost | Fate::GivenUp => true,
            // Nobody would answer a second Close, and none may be sent.
            Fate::Alive | Fate::Ended if self.has_closed && self.peer_failed() => true,
            Fate::Ended => !owes_a_close,
            // A server ends the transport, a client waits for it.
            Fate::Alive => self.role == Role::Server && self.peer_closed() && !owes_a_close,
        }
    }

    /// §7.1.4, §7.1.5, §7.1.6: code, reason, and whether both Closes have passed.
    #[must_use]
    pub fn close(&self) -> (CloseCode, String, bool) {
        match self.heard().pop() {
            Some(Heard::Closing(Some((code, reason)))) => (code.into(), reason, self.said_close()),
            Some(Heard::Closing(None)) => (CloseCode::NO_STATUS, String::new(), self.said_close()),
            _ => (CloseCode::ABNORMAL, String::new(), false),
        }
    }

    /// Messages that were accepted and didn't go out whole.
    #[must_use]
    pub fn messages_lost(&self) -> usize {
        self.accepted.len() - self.said_messages().len()
    }

    /// What was passed to it and the transport didn't take.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        let head_len = self.taken.len() - behind_head(&self.taken).map_or(0, <[u8]>::len);
        let frames = sent_frames(&self.taken, head_len, self.role);
        let data = frames.iter().filter(|frame| frame.opcode() < 8);
        let taken: usize = data.map(|frame| frame.payload_within(self.taken.len())).sum();
        self.passed_len - taken
    }

    fn peer_closed(&self) -> bool {
        matches!(self.heard().last(), Some(Heard::Closing(_)))
    }

    /// Whether the peer broke a rule.
    #[must_use]
    pub fn peer_failed(&self) -> bool {
        matches!(self.heard().last(), Some(Heard::Violation(_)))
    }

    fn said_close(&self) -> bool {
        matches!(self.said().last(), Some(Heard::Closing(_)))
    }
}

/// What comes behind the head of the handshake, once that's whole.
#[must_use]
pub(super) fn behind_head(stream: &[u8]) -> Option<&[u8]> {
    let at = stream.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(&stream[at + 4..])
}

fn messages(heard: &[Heard]) -> Vec<(Kind, Vec<u8>)> {
    let message = |heard| match heard {
        Heard::Message(kind, bytes) => Some((kind, bytes)),
        _ => None,
    };
    model::whole(heard).into_iter().filter_map(message).collect()
}
