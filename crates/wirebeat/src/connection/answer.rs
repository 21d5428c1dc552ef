use alloc::boxed::Box;
use alloc::vec::Vec;

use super::cause::Reason;
use super::opening::{Answer, Opening};
use super::state::{State, StateInput};
use super::{Backlog, Connection};
use crate::Timestamp;
use crate::handshake::{AcceptError, Acceptance, Response};

impl Connection {
    /// Answers [`Event::Request`](crate::Event::Request) with a 101: the connection is open
    /// ([RFC 6455 §4.2.2]).
    ///
    /// # Errors
    ///
    /// - [`AcceptError::Gone`]: there's no request to answer. None has come, it was answered
    ///   already, or it's too late: the client has gone, or the decision took longer than
    ///   `open_timeout`.
    /// - [`AcceptError::NotAnUpgrade`]: it's a plain HTTP request.
    /// - [`AcceptError::SubprotocolUnoffered`], [`AcceptError::ExtensionUnoffered`]: the client didn't
    ///   offer the subprotocol or the extension.
    ///
    /// [RFC 6455 §4.2.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
    pub fn accept(&mut self, now: Timestamp, acceptance: &Acceptance) -> Result<(), AcceptError> {
        self.advance_clock(now);
        let opening = self.unanswered()?;
        let Answer { response, subprotocol, deflate, behind } = opening.accept(acceptance)?;
        self.queue.push_head(&response);
        self.subprotocol = subprotocol.map(|name| Box::from(&*name));
        self.agree(deflate);
        if !behind.is_empty() {
            self.backlog = Some(Backlog { bytes: behind, eaten: 0 }.into());
        }
        self.apply(StateInput::Opened, None);
        Ok(())
    }

    /// Answers [`Event::Request`](crate::Event::Request) with anything but a 101: it rejects an
    /// upgrade, or answers a plain HTTP request. The connection ends when the client has read it.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::Gone`]: as for [`accept`](Connection::accept).
    pub fn respond(&mut self, now: Timestamp, response: &Response) -> Result<(), AcceptError> {
        self.advance_clock(now);
        let response = self.unanswered()?.respond(response)?;
        self.refuse(response, Reason::Responded);
        Ok(())
    }

    /// The opening handshake, unless it has its answer already, or the application gave it up.
    fn unanswered(&mut self) -> Result<&mut Opening, AcceptError> {
        match self.state {
            State::Opening => self.opening.as_deref_mut().ok_or(AcceptError::Gone),
            State::Aborting
            | State::Refusing
            | State::Open
            | State::CloseSent
            | State::CloseReceived
            | State::Draining
            | State::Failing
            | State::Closed => Err(AcceptError::Gone),
        }
    }

    /// Queues a response that doesn't upgrade.
    pub(super) fn refuse(&mut self, response: Vec<u8>, reason: Reason) {
        self.queue.push_head(&response);
        self.apply(StateInput::Refused, Some(reason));
    }
}
