//! The client's half of the opening handshake ([RFC 6455 §4.1]).
//!
//! [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1

use alloc::string::String;
use alloc::vec::Vec;

use super::body::BodyStart;
use super::error::{HandshakeError, Malformed};
use super::head::{Head, HeadFault, HeadLimits, HeadReader, LineEnds};
use super::headers::Headers;
use super::key::{self, accept_key};
use super::received::{Accepted, ReceivedResponse, StatusLine};
use super::request::Request;
use super::syntax;
use crate::extension::Deflate;

/// The most interim answers (1xx other than 101) that are skipped, inclusive.
const INTERIM_MAX: u8 = 8;

/// Sends a request and judges the answer. Bytes go in, cut anywhere; one outcome comes out.
pub(crate) struct ClientHandshake {
    request: Request,
    /// What is offered besides the extensions of the request.
    deflate: Option<Deflate>,
    key: String,
    reader: HeadReader,
    state: State,
}

enum State {
    /// Waiting for the end of a head, after so many interim answers.
    Head { interim: u8 },
    /// The server refuses, and says why.
    Body { status: u16, headers: Headers, start: BodyStart },
    /// The outcome was handed over.
    Done,
}

/// How a client's handshake ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientOutcome {
    /// The connection is open; what comes behind the head are frames.
    Open(Accepted),
    /// The server answered with something else.
    Rejected(ReceivedResponse),
    /// The answer can't be trusted.
    Failed(HandshakeError),
}

impl ClientHandshake {
    /// Prepares the request. The nonce must be drawn anew for each connection (§4.1, item 7).
    pub(crate) fn new(
        request: Request,
        deflate: Option<Deflate>,
        nonce: [u8; 16],
        limits: HeadLimits,
    ) -> ClientHandshake {
        ClientHandshake {
            request,
            deflate,
            key: key::encode(nonce),
            reader: HeadReader::new(LineEnds::Lenient, limits),
            state: State::Head { interim: 0 },
        }
    }

    /// How messages would be compressed.
    pub(crate) fn deflate(&self) -> Option<&Deflate> {
        self.deflate.as_ref()
    }

    /// The request as it goes on the wire.
    pub(crate) fn request_bytes(&self) -> Vec<u8> {
        let offer = self.deflate.as_ref().map(Deflate::offer);
        self.request.encode(&self.key, offer.as_deref())
    }

    /// Takes what the server sent; says how many bytes belong to the handshake, and how it ends.
    ///
    /// Of a 101 it takes exactly the head. After an outcome it takes nothing.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> (usize, Option<ClientOutcome>) {
        let mut rest = bytes;
        let mut outcome = None;
        while !rest.is_empty() && outcome.is_none() {
            let taken = match &mut self.state {
                State::Head { interim } => {
                    let interim = *interim;
                    let (taken, head) = self.reader.receive(rest);
                    if let Some(head) = head {
                        outcome = self.judge(head, interim);
                    }
                    taken
                }
                State::Body { start, .. } => {
                    let taken = start.receive(rest);
                    if start.is_complete() {
                        outcome = self.finish();
                    }
                    taken
                }
                State::Done => break,
            };
            rest = &rest[taken..];
        }
        (bytes.len() - rest.len(), outcome)
    }

    /// Ends the wait for the rest of a refusal's body: the transport ended or the time is up.
    /// `None` if there was no such wait.
    pub(crate) fn finish(&mut self) -> Option<ClientOutcome> {
        match core::mem::replace(&mut self.state, State::Done) {
            State::Body { status, headers, start } => {
                let body = start.into_body().into();
                Some(ClientOutcome::Rejected(ReceivedResponse::new(status, headers, body)))
            }
            state @ (State::Head { .. } | State::Done) => {
                self.state = state;
                None
            }
        }
    }

    /// Decides what a head (or the lack of one) means, after so many interim answers.
    fn judge(&mut self, head: Result<Head, HeadFault>, interim: u8) -> Option<ClientOutcome> {
        let outcome = match self.verify(head) {
            Ok(Verdict::Interim) if interim < INTERIM_MAX => {
                self.state = State::Head { interim: interim + 1 };
                return None;
            }
            Ok(Verdict::Interim) => ClientOutcome::Failed(HandshakeError::TooManyInterim),
            Ok(Verdict::Open(accepted)) => ClientOutcome::Open(accepted),
            Ok(Verdict::Refused { status, headers }) => {
                let start = BodyStart::new(status, &headers);
                let complete = start.is_complete();
                self.state = State::Body { status, headers, start };
                return if complete { self.finish() } else { None };
            }
            Err(error) => ClientOutcome::Failed(error),
        };
        self.state = State::Done;
        Some(outcome)
    }

    fn verify(&self, head: Result<Head, HeadFault>) -> Result<Verdict, HandshakeError> {
        let head = head?;
        let line = StatusLine::parse(&head.start_line)?;
        let headers = head.headers;
        match line.status {
            _ if line.version.0 != 1 => Err(HandshakeError::HttpVersion),
            // A server of HTTP/1.0 can refuse (below), but not upgrade.
            101 if !syntax::can_upgrade(line.version) => Err(HandshakeError::HttpVersion),
            101 => {
                let accept = accept_key(&self.key);
                Accepted::verify(headers, &accept, &self.request, self.deflate.as_ref())
                    .map(Verdict::Open)
            }
            // "A client MUST be able to parse one or more 1xx responses received prior to a final
            // response, even if the client does not expect one" (RFC 9110 §15.2).
            100..200 => Ok(Verdict::Interim),
            // "If the status code received from the server is not 101, the client handles the
            // response per HTTP procedures" (§4.1, response item 1): the application does.
            status => Ok(Verdict::Refused { status, headers }),
        }
    }

    /// How many bytes were looked at.
    #[cfg(test)]
    pub(super) fn work(&self) -> usize {
        self.reader.work
    }
}

/// What a complete head means.
enum Verdict {
    Interim,
    Open(Accepted),
    Refused { status: u16, headers: Headers },
}

impl From<HeadFault> for HandshakeError {
    fn from(fault: HeadFault) -> HandshakeError {
        match fault {
            HeadFault::TooLarge => HandshakeError::HeadTooLarge,
            HeadFault::TooManyHeaders => HandshakeError::TooManyHeaders,
            HeadFault::Malformed(why) => HandshakeError::Malformed(why),
        }
    }
}

impl From<Malformed> for HandshakeError {
    fn from(why: Malformed) -> HandshakeError {
        HandshakeError::Malformed(why)
    }
}
