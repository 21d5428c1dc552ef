//! One end: our connection, and beside it the naive one, which must agree after every step.

use bytes::Buf;
use wirebeat::handshake::{Acceptance, OriginPolicy, Request};
use wirebeat::{
    CloseFrame, Closed, Connection, Event, Input, ReadyState, Reason, Role, Seed, Timestamp,
    Transport,
};

use super::naive::{Fate, Naive};
use super::script::Script;
use crate::exchange::{Pace, Sending, messages};
use crate::model::{self, Heard};
use crate::split::{hear, waiting};

/// One end of a pair.
pub(super) struct End {
    pub(super) connection: Connection,
    pub(super) naive: Naive,
    /// What is left of what was to be sent when the queue was full.
    rest: Option<(Sending, Sending)>,
    heard: Vec<Heard>,
    closed: Option<Closed>,
    /// How many bytes of history the naive one was asked about so far.
    asked_len: usize,
}

/// The naive one reads its whole history again for every question: this is enough of it for a case.
const ASKED_LEN_MAX: usize = 4 << 20;

impl End {
    pub(super) fn new(role: Role, script: &Script, now: Timestamp) -> End {
        let config = script.config();
        let connection = match role {
            Role::Client => {
                let request = Request::new("example.com", None, "/").expect("it's valid");
                Connection::client(request, &config, &Seed::new(script.seed), now)
            }
            Role::Server => Connection::server(OriginPolicy::Any, &config, now),
        };
        let naive = Naive::new(role);
        End { connection, naive, rest: None, heard: Vec::new(), closed: None, asked_len: 0 }
    }

    /// Whether looking further would take longer than it's worth.
    pub(super) fn is_exhausted(&self) -> bool {
        self.asked_len > ASKED_LEN_MAX
    }

    /// Sends, or what is left of what was sent before.
    pub(super) fn send(&mut self, now: Timestamp, sending: &Sending) {
        if self.naive.ready_state() != ReadyState::Open {
            return;
        }
        let (whole, next) = self.rest.take().unwrap_or_else(|| (sending.clone(), sending.clone()));
        self.naive.passed_len += data_len(&next);
        match next.pass(&mut self.connection, now) {
            None => self.naive.accepted.extend(messages(&[whole])),
            Some(rest) => {
                self.naive.passed_len -= data_len(&rest);
                // A message that hasn't begun isn't waited for.
                self.rest = matches!(rest, Sending::Rest(_)).then_some((whole, rest));
            }
        }
    }

    /// The application closes, once it can.
    pub(super) fn close(&mut self, now: Timestamp, code: Option<u16>) {
        let is_open = self.naive.ready_state() == ReadyState::Open;
        if self.naive.ready_state() == ReadyState::Connecting {
            return;
        }
        let frame = code.and_then(|code| CloseFrame::new(code, "as the application wants").ok());
        let is_closed = self.connection.close(now, frame).is_ok();
        self.naive.has_closed |= is_open && is_closed;
    }

    /// The transport takes some of what waits.
    pub(super) fn take(&mut self, now: Timestamp, pace: Pace) -> Vec<u8> {
        let mut taken = Vec::new();
        if pace.how & 1 == 0 {
            taken = waiting(&mut self.connection);
            taken.truncate(pace.len);
            self.connection.handle_written(now, taken.len());
        } else if let Some(mut outgoing) = self.connection.take_transmit(pace.len) {
            taken.extend_from_slice(&outgoing.copy_to_bytes(outgoing.remaining()));
            self.connection.handle_written(now, taken.len());
        }
        self.naive.taken.extend_from_slice(&taken);
        taken
    }

    pub(super) fn receive(&mut self, now: Timestamp, mut bytes: Vec<u8>, chunk_len: usize) {
        let mut rest = &mut bytes[..];
        while !rest.is_empty() && !self.naive.is_over() {
            let chunk_len =
                if self.is_exhausted() { rest.len() } else { chunk_len.min(rest.len()) };
            let (chunk, behind) = std::mem::take(&mut rest).split_at_mut(chunk_len);
            rest = behind;
            self.naive.received.extend_from_slice(chunk);
            let mut input = Input::new(chunk);
            while let Some(event) = self.connection.receive(now, &mut input) {
                match event {
                    Event::Request(_) => {
                        self.connection.accept(now, &Acceptance::new()).expect("it asks");
                    }
                    event => {
                        let event = event.into_owned();
                        self.note(event);
                    }
                }
            }
            assert!(input.is_empty(), "receive ended before its input");
            self.check();
        }
    }

    pub(super) fn meet(&mut self, now: Timestamp, fate: Fate) {
        if self.naive.is_over() || self.naive.fate != Fate::Alive && fate == Fate::Ended {
            return;
        }
        match fate {
            Fate::Alive => {}
            Fate::Ended => self.connection.handle_eof(now),
            Fate::Lost => self.connection.handle_lost(now),
            Fate::GivenUp => {
                self.connection.handle_timeout(now);
                if self.connection.ready_state() != ReadyState::Closed {
                    return;
                }
            }
        }
        self.naive.fate = fate;
    }

    /// It's later: what is due is done, which may be the end.
    pub(super) fn wake(&mut self, now: Timestamp) {
        let is_due = self.connection.poll_timeout().is_some_and(|deadline| deadline <= now);
        if is_due {
            self.meet(now, Fate::GivenUp);
        } else {
            self.connection.handle_timeout(now);
        }
        let next = self.connection.poll_timeout();
        assert!(next.is_none_or(|deadline| deadline > now), "a deadline is left behind");
    }

    fn note(&mut self, event: Event<'static>) {
        assert_eq!(self.closed, None, "{event:?} behind the last event");
        match event {
            Event::Open(_) | Event::Error(_) => {}
            Event::Closed(closed) => self.closed = Some(closed),
            event => self.heard.push(hear(event)),
        }
    }

    /// Compares our connection with the naive one.
    pub(super) fn check(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            self.note(event);
        }
        let (connection, naive) = (&mut self.connection, &self.naive);
        self.asked_len += naive.received.len() + naive.taken.len();
        assert_eq!(connection.ready_state(), naive.ready_state(), "readyState");
        assert_eq!(connection.buffered_amount(), naive.buffered_amount() as u64, "bufferedAmount");
        assert_eq!(connection.transport() == Transport::Drop, naive.is_over(), "the transport");
        let mut expected = model::whole(&naive.heard());
        expected.retain(|heard| !matches!(heard, Heard::Violation(_)));
        assert_eq!(model::whole(&self.heard), expected, "what was heard");
        assert_eq!(self.closed.is_some(), naive.is_over(), "Closed is reported when it's over");
        let Some(closed) = &self.closed else { return };
        let (code, reason, was_clean) = naive.close();
        assert_eq!((closed.code, &*closed.reason, closed.was_clean), (code, &*reason, was_clean));
        assert_eq!(closed.messages_lost, naive.messages_lost() as u64, "messages lost");
        if let Some(Heard::Violation(error)) = naive.heard().last() {
            assert_eq!(closed.cause.reason, Reason::Protocol(*error));
        }
    }
}

/// The bytes that count as buffered.
fn data_len(sending: &Sending) -> usize {
    match sending {
        Sending::Message { bytes, .. } => bytes.len(),
        Sending::Fragments(_, parts) | Sending::Rest(parts) => parts.iter().map(Vec::len).sum(),
        Sending::Ping(_) => 0,
    }
}
