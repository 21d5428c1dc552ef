use alloc::boxed::Box;

use bytestring::ByteString;

use super::cause::{Cause, Closed, Phase, Reason};
use super::event::Event;
use crate::handshake::ReceivedResponse;
use crate::{CloseCode, CloseFrame};

/// How a connection ends, from the first step towards it on.
#[derive(Debug)]
pub(super) struct Ending {
    /// Who ends it and why: fixed when it begins, but for what comes between.
    pub(super) cause: Cause,
    /// What the peer's Close frame said, once it has come.
    pub(super) peer_close: Option<Option<CloseFrame>>,
    /// The server's answer, if it's still to be reported.
    pub(super) rejected: Option<Box<ReceivedResponse>>,
    /// Application bytes that were taken and given up, or that came too late to be taken:
    /// `bufferedAmount` never forgets them.
    pub(super) app_len_given_up: u64,
    /// Messages that were taken and given up.
    pub(super) messages_lost: u64,
    /// Of these, the last so many of which the transport had nothing.
    pub(super) messages_untouched: u64,
    report: Report,
}

/// What is still to be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    /// It hasn't ended yet.
    Pending,
    Error {
        was_clean: bool,
    },
    Closed {
        was_clean: bool,
    },
    Done,
}

impl Ending {
    pub(super) fn new(phase: Phase, reason: Reason) -> Ending {
        Ending {
            cause: Cause { phase, reason },
            peer_close: None,
            rejected: None,
            app_len_given_up: 0,
            messages_lost: 0,
            messages_untouched: 0,
            report: Report::Pending,
        }
    }

    /// The connection is over.
    pub(super) fn end(&mut self, was_clean: bool) {
        debug_assert_eq!(self.report, Report::Pending, "a connection ends once");
        self.report = if self.cause.is_error() {
            Report::Error { was_clean }
        } else {
            Report::Closed { was_clean }
        };
    }

    /// The next of the last events.
    pub(super) fn poll_event(&mut self) -> Option<Event<'static>> {
        if let Some(response) = self.rejected.take() {
            return Some(Event::Rejected(response));
        }
        match self.report {
            Report::Pending | Report::Done => None,
            Report::Error { was_clean } => {
                self.report = Report::Closed { was_clean };
                Some(Event::Error(self.cause))
            }
            Report::Closed { was_clean } => {
                self.report = Report::Done;
                Some(Event::Closed(self.closed(was_clean)))
            }
        }
    }

    fn closed(&self, was_clean: bool) -> Closed {
        // §7.1.5, §7.1.6: code and reason are those of the first Close that was received.
        let (code, reason) = match &self.peer_close {
            Some(Some(frame)) => (frame.code(), ByteString::from(frame.reason())),
            Some(None) => (CloseCode::NO_STATUS, ByteString::new()),
            None => (CloseCode::ABNORMAL, ByteString::new()),
        };
        Closed { code, reason, was_clean, cause: self.cause, messages_lost: self.messages_lost }
    }
}
