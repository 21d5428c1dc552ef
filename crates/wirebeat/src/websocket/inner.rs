//! Between the page and its session: what the page's calls do to the session, and what the
//! session's events are to the page.

use alloc::boxed::Box;
use alloc::string::String;

use bytestring::ByteString;

use super::address::{Address, Opening};
use super::close_arguments;
use super::error::{CloseArgumentError, ConstructError, SendError, SendErrorReason};
use super::event::{CloseEvent, Event};
use super::page::{Page, Task};
use crate::handshake::Accepted;
use crate::session::{Attempt, Session, SessionClosed, SessionConfig, SessionEvent};
use crate::{
    CloseCode, CloseFrame, Delivery, DialError, Input, Message, ReadyState, Seed, Timestamp,
};

/// Everything of a WebSocket but its listeners.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) page: Page,
    pub(super) session: Session,
    address: Address,
    opening: Opening,
    does_reconnect: bool,
    /// Bytes that were passed to `send` and that the session couldn't take.
    app_len_given_up: u64,
    closed: Option<Box<SessionClosed>>,
    /// "The WebSocket as full."
    pub(super) is_full: bool,
    is_abandoned: bool,
}

impl Inner {
    pub(super) fn new(
        address: Address,
        opening: Opening,
        mut config: SessionConfig,
        seed: Seed,
        now: Timestamp,
    ) -> Inner {
        config.connection.delivery = Delivery::Whole;
        let does_reconnect = config.reconnect.is_some();
        let session = match address.target(&opening) {
            Some(target) => Session::new(target, config, seed, now),
            None => Session::asking(config, seed, now),
        };
        Inner {
            page: Page::new(address.origin()),
            session,
            address,
            opening,
            does_reconnect,
            app_len_given_up: 0,
            closed: None,
            is_full: false,
            is_abandoned: false,
        }
    }

    pub(super) fn url(&self) -> &str {
        self.address.href()
    }

    pub(super) fn closed(&self) -> Option<&SessionClosed> {
        self.closed.as_deref()
    }

    pub(super) fn retry_count(&self) -> u32 {
        self.session.failures()
    }

    pub(super) fn buffered_amount(&self) -> u64 {
        self.session.buffered_amount().saturating_add(self.app_len_given_up)
    }

    pub(super) fn send<'m>(
        &mut self,
        now: Timestamp,
        message: Message<'m>,
    ) -> Result<(), SendError<'m>> {
        // "If this's ready state is CONNECTING, then throw an InvalidStateError".
        if self.page.ready_state == ReadyState::Connecting && !self.does_reconnect {
            return Err(SendError { reason: SendErrorReason::Connecting, unsent: message });
        }
        let Err(error) = self.session.send(now, message) else { return Ok(()) };
        match error.reason {
            crate::SendErrorReason::Full if self.does_reconnect => {
                Err(SendError { reason: SendErrorReason::Full, unsent: error.unsent })
            }
            // "If the data cannot be sent, e.g. because it would need to be buffered but the buffer
            // is full, the user agent must flag the WebSocket as full and then close the WebSocket
            // connection." The bytes count all the same.
            crate::SendErrorReason::Full => {
                let len = error.unsent.len() as u64;
                self.app_len_given_up = self.app_len_given_up.saturating_add(len);
                self.is_full = true;
                self.session.handle_lost(now, self.session.attempt());
                Ok(())
            }
            // The session has counted the bytes.
            crate::SendErrorReason::NotOpen(_)
            | crate::SendErrorReason::FragmentsInProgress
            | crate::SendErrorReason::NoFragmentsInProgress
            | crate::SendErrorReason::NotUtf8
            | crate::SendErrorReason::PingTooLong
            | crate::SendErrorReason::ContextTakeover => Ok(()),
        }
    }

    pub(super) fn close(
        &mut self,
        now: Timestamp,
        arguments: Option<(u16, &str)>,
    ) -> Result<(), CloseArgumentError> {
        let frame = close_arguments::check(arguments)?;
        self.close_with(now, frame);
        Ok(())
    }

    /// Closes as the page's state wants it.
    pub(super) fn close_with(&mut self, now: Timestamp, frame: Option<CloseFrame>) {
        match self.page.ready_state {
            // "If the WebSocket connection is not yet established, fail the WebSocket connection and
            // set this's ready state to CLOSING". It isn't yet for the page, so if the server's yes
            // has come meanwhile, it counts for nothing and no frame is sent.
            ReadyState::Connecting => {
                self.page.ready_state = ReadyState::Closing;
                self.session.close(now, None);
                self.session.handle_lost(now, self.session.attempt());
            }
            ReadyState::Open => {
                self.page.ready_state = ReadyState::Closing;
                self.session.close(now, frame);
            }
            // Of a connection that closes the first word counts. That none follows it is new to a
            // session that reconnects, and between two there's something to give up.
            ReadyState::Closing | ReadyState::Closed => self.session.close(now, None),
        }
    }

    pub(super) fn reconnect(&mut self, now: Timestamp) {
        self.session.reconnect(now, Some(CloseFrame::bare(CloseCode::NORMAL)));
    }

    pub(super) fn set_url(&mut self, url: &str) -> Result<(), ConstructError> {
        self.address = self.address.join(url)?;
        self.session.set_target(self.address.target(&self.opening));
        self.page.set_origin(self.address.origin());
        Ok(())
    }

    /// "When a WebSocket object … makes disappear".
    pub(super) fn abandon(&mut self, now: Timestamp) {
        let frame = CloseFrame::bare(CloseCode::GOING_AWAY);
        self.close_with(now, Some(frame));
        self.is_abandoned = true;
        self.page.clear();
    }

    /// Receives up to the next thing that the application has to hear of.
    pub(super) fn receive(&mut self, now: Timestamp, attempt: Attempt, input: &mut Input<'_>) {
        while !self.page.has_event() {
            let Some(event) = self.session.receive(now, attempt, input) else { break };
            self.note(now, event);
        }
        self.note_state();
    }

    /// The next event for the application.
    pub(super) fn next_event(&mut self, now: Timestamp) -> Option<Event> {
        loop {
            if let Some(event) = self.page.run_tasks() {
                return Some(event);
            }
            match self.session.poll_event() {
                Some(event) => self.note(now, event),
                None => {
                    self.note_state();
                    if !self.page.has_task() {
                        return None;
                    }
                }
            }
        }
    }

    /// Makes a task of what happened.
    fn note(&mut self, now: Timestamp, event: SessionEvent<'_>) {
        let task = match event {
            SessionEvent::Dialing(attempt) => {
                // The session knows where to go, unless it's where nothing is ever sent to.
                if self.session.target().is_none() {
                    let why = DialError::Configuration;
                    self.session.handle_dial_failed(now, attempt, why);
                }
                Task::Connecting
            }
            SessionEvent::Open(accepted) => {
                let protocol = accepted.subprotocol().cloned().unwrap_or_default();
                Task::Open { protocol, extensions: extensions(&accepted) }
            }
            SessionEvent::Message(message) => Task::Message(message.into_owned()),
            SessionEvent::Closing(_) => Task::Closing,
            SessionEvent::Closed(closed) => {
                let event = CloseEvent {
                    code: closed.closed.code,
                    reason: closed.closed.reason.clone(),
                    was_clean: closed.closed.was_clean,
                    next: closed.next,
                };
                let is_error = closed.closed.cause.is_error();
                self.closed = Some(Box::new(closed));
                Task::Closed { is_error, event }
            }
            // Its Closed says it all, and follows.
            SessionEvent::Error(_)
            | SessionEvent::Rejected(_)
            | SessionEvent::Dropped(_)
            | SessionEvent::Fragment(_)
            | SessionEvent::Ping(_)
            | SessionEvent::Pong { .. } => return,
        };
        if !self.is_abandoned {
            self.page.queue(task);
        }
    }

    /// A connection that fails says so only when it's over, but it's closing already.
    fn note_state(&mut self) {
        let is_closing = self.session.ready_state() == ReadyState::Closing;
        if is_closing && self.page.ready_state < ReadyState::Closing && !self.is_abandoned {
            self.page.queue(Task::Closing);
        }
    }
}

/// "Set extensions to the extensions in use": the header as it came.
fn extensions(accepted: &Accepted) -> ByteString {
    let mut extensions = String::new();
    for value in accepted.headers().get_all("Sec-WebSocket-Extensions") {
        if !extensions.is_empty() {
            extensions.push_str(", ");
        }
        extensions.push_str(&String::from_utf8_lossy(value));
    }
    extensions.into()
}
