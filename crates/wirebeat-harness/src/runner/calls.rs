//! What a scenario has come in, go out, and be sent.

use bytes::{Buf, BufMut};
use wirebeat::{CloseFrame, Event, Input, Kind, ReadyState, SendErrorReason};

use super::Runner;
use crate::exchange;
use crate::frame::ascii;
use crate::split::waiting;

impl Runner {
    /// Asks for at most `count` events.
    pub(super) fn receive(&mut self, count: u8) -> Vec<Event<'static>> {
        let mut inbox = std::mem::take(&mut self.inbox);
        let mut input = Input::new(&mut inbox);
        let mut events = Vec::new();
        for _ in 0..count {
            match self.connection.receive(self.now, &mut input) {
                Some(event) => events.push(event.into_owned()),
                None => {
                    assert!(input.is_empty(), "receive ended before its input");
                    break;
                }
            }
        }
        let left = input.len();
        self.inbox = inbox.split_off(inbox.len() - left);
        events
    }

    /// Reads into a message, as if so much came of it, where that's possible.
    pub(super) fn read_into(&mut self, len: usize) -> Vec<Event<'static>> {
        if !self.inbox.is_empty() {
            return self.receive(u8::MAX);
        }
        if let Some(mut target) = self.connection.read_target() {
            assert!(target.has_remaining_mut(), "nothing can be read into an empty target");
            let len = len.min(target.remaining_mut());
            target.put_bytes(b'x', len);
        }
        self.receive(u8::MAX)
    }

    pub(super) fn write(&mut self, len: usize) {
        let waits = waiting(&mut self.connection);
        let len = len.min(waits.len());
        self.trace.wire.extend_from_slice(&waits[..len]);
        if self.outgoing.is_none() {
            self.connection.handle_written(self.now, len);
        }
    }

    pub(super) fn write_outgoing(&mut self, len: usize) {
        let Some(outgoing) = &mut self.outgoing else { return };
        let len = len.min(outgoing.remaining());
        // Once it's over, nobody cares what a transport says that was to be dropped.
        if self.connection.ready_state() == ReadyState::Closed {
            outgoing.advance(len);
        } else {
            self.trace.wire.extend_from_slice(&outgoing.copy_to_bytes(len));
        }
        if !outgoing.has_remaining() {
            self.outgoing = None;
        }
        self.connection.handle_written(self.now, len);
    }

    pub(super) fn write_all_and_more(&mut self, more: usize) {
        if let Some(outgoing) = &self.outgoing {
            let len = outgoing.remaining();
            self.write_outgoing(len);
        }
        let waits = waiting(&mut self.connection);
        self.trace.wire.extend_from_slice(&waits);
        self.connection.handle_written(self.now, waits.len() + more);
    }

    pub(super) fn send(&mut self, kind: Kind, len: usize, ownership: exchange::Ownership) {
        let bytes = ascii(len, self.trace.accepted.len() as u8);
        match exchange::send(&mut self.connection, self.now, kind, &bytes, ownership) {
            Ok(()) => {
                self.app_len += len as u64;
                self.trace.accepted.push((kind, bytes));
            }
            Err(reason) => self.note_late(len, reason),
        }
    }

    pub(super) fn send_fragment(&mut self, first: Option<Kind>, payload: &[u8], fin: bool) {
        match self.connection.send_fragment(self.now, first, payload, fin) {
            Ok(()) => {
                self.app_len += payload.len() as u64;
                let begun = first.map(|kind| (kind, Vec::new()));
                let (kind, mut bytes) =
                    self.fragments.take().or(begun).expect("a fragment begins or continues");
                bytes.extend_from_slice(payload);
                if fin {
                    self.trace.accepted.push((kind, bytes));
                } else {
                    self.fragments = Some((kind, bytes));
                }
            }
            Err(error) => {
                assert_eq!(error.unsent, *payload, "given back otherwise");
                self.note_late(payload.len(), error.reason);
            }
        }
    }

    fn note_late(&mut self, len: usize, reason: SendErrorReason) {
        if matches!(reason, SendErrorReason::NotOpen(ReadyState::Closing | ReadyState::Closed)) {
            self.app_len += len as u64;
        }
    }

    pub(super) fn close(&mut self, code: Option<u16>) {
        let frame = code.and_then(|code| CloseFrame::new(code, "bye").ok());
        let _ = self.connection.close(self.now, frame);
    }
}
