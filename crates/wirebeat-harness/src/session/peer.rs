//! The transport that the driver holds, and the server at its other end.

use bytes::Buf;
use wirebeat::handshake::{Acceptance, OriginPolicy, Response};
use wirebeat::session::Attempt;
use wirebeat::{CloseFrame, Config, Connection, Event, Input, Outgoing, Timestamp, Transport};

/// A transport and its server.
pub(super) struct Peer {
    pub(super) attempt: Attempt,
    pub(super) server: Connection,
    /// All that the session's side took.
    pub(super) wire: Vec<u8>,
    /// What the server sent and hasn't arrived.
    pub(super) to_session: Vec<u8>,
    /// What a writer took out and hasn't written.
    pub(super) outgoing: Option<Outgoing>,
    /// Whether nothing passes any more.
    pub(super) is_dead: bool,
    /// Whether a request waits for its answer.
    is_asked: bool,
}

impl Peer {
    pub(super) fn new(attempt: Attempt, now: Timestamp) -> Peer {
        let config = Config { heartbeat: None, open_timeout: None, ..Config::default() };
        Peer {
            attempt,
            server: Connection::server(OriginPolicy::Any, &config, now),
            wire: Vec::new(),
            to_session: Vec::new(),
            outgoing: None,
            is_dead: false,
            is_asked: false,
        }
    }

    /// The transport took these bytes from the session.
    pub(super) fn take(&mut self, now: Timestamp, bytes: &[u8]) {
        self.wire.extend_from_slice(bytes);
        if self.is_dead {
            return;
        }
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(&mut bytes);
        while let Some(event) = self.server.receive(now, &mut input) {
            if let Event::Request(_) = event {
                self.is_asked = true;
            }
        }
        self.flush(now);
    }

    /// The server says yes, if it was asked.
    pub(super) fn accept(&mut self, now: Timestamp) {
        if core::mem::take(&mut self.is_asked) {
            self.server.accept(now, &Acceptance::new()).expect("a request waits");
            self.flush(now);
        }
    }

    /// The server says no, if it was asked.
    pub(super) fn refuse(&mut self, now: Timestamp, status: u16, retry_after: Option<u16>) {
        if core::mem::take(&mut self.is_asked) {
            let mut response = Response::new(status).expect("it's no 101");
            if let Some(seconds) = retry_after {
                let seconds = seconds.to_string();
                response = response.header("Retry-After", seconds).expect("it's valid");
            }
            self.server.respond(now, &response).expect("a request waits");
            self.flush(now);
        }
    }

    pub(super) fn send(&mut self, now: Timestamp, len: usize) {
        // It may not be open, or any more.
        let _ = self.server.send(now, "x".repeat(len));
        self.flush(now);
    }

    pub(super) fn close(&mut self, now: Timestamp, code: u16) {
        self.is_asked = false;
        let frame = CloseFrame::new(code, "").expect("it may be sent");
        // A server may send every code of the schedule's.
        let _ = self.server.close(now, Some(frame));
        self.flush(now);
    }

    /// Whether the server has ended its side, and all that it sent has arrived.
    pub(super) fn is_over(&self) -> bool {
        !self.is_dead && self.to_session.is_empty() && self.server.transport() == Transport::Drop
    }

    /// What the server has to send is on its way.
    fn flush(&mut self, now: Timestamp) {
        while let Some(transmit) = self.server.poll_transmit() {
            let len = transmit.chunk().len();
            self.to_session.extend_from_slice(transmit.chunk());
            self.server.handle_written(now, len);
        }
    }
}
