//! The server's half of the opening handshake ([RFC 6455 §4.2]).
//!
//! [RFC 6455 §4.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2

use alloc::vec::Vec;

use bytestring::ByteString;

use super::error::Malformed;
use super::head::{Head, HeadFault, HeadLimits, HeadReader, LineEnds};
use super::incoming::{IncomingRequest, RequestLine};
use super::origin::OriginPolicy;
use super::refusal::RequestRefusal;
use super::response::{AcceptError, Acceptance, Response};
use super::upgrade::Upgrade;
use crate::extension::{Deflate, DeflateParameters};

/// Reads a request, and answers it once the application has decided. Bytes go in, cut anywhere; one
/// outcome comes out.
pub(crate) struct ServerHandshake {
    origins: OriginPolicy,
    deflate: Option<Deflate>,
    reader: HeadReader,
    state: State,
}

enum State {
    /// Waiting for the end of the head.
    Head,
    /// The application decides.
    Upgrade(Upgrade),
    /// The application answers; with a body, unless it was asked by HEAD.
    Plain { with_body: bool },
    /// The request was refused.
    Refused,
}

/// A server's yes.
pub(crate) struct Consent {
    /// The 101.
    pub(crate) response: Vec<u8>,
    pub(crate) subprotocol: Option<ByteString>,
    /// How messages are compressed, and what was agreed on for it.
    pub(crate) deflate: Option<(Deflate, DeflateParameters)>,
}

/// What a server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerOutcome {
    /// A request for the application.
    Request(IncomingRequest),
    /// A request that the application needn't see, and the answer to send.
    Refused(RequestRefusal, Vec<u8>),
}

impl ServerHandshake {
    pub(crate) fn new(
        origins: OriginPolicy,
        deflate: Option<Deflate>,
        limits: HeadLimits,
    ) -> ServerHandshake {
        ServerHandshake {
            origins,
            deflate,
            reader: HeadReader::new(LineEnds::Strict, limits),
            state: State::Head,
        }
    }

    /// Takes what the client sent; says how many bytes belong to the head, and what it asks.
    ///
    /// After an outcome it takes nothing.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> (usize, Option<ServerOutcome>) {
        match self.state {
            State::Head => {}
            State::Upgrade(_) | State::Plain { .. } | State::Refused => return (0, None),
        }
        let (taken, head) = self.reader.receive(bytes);
        (taken, head.map(|head| self.judge(head)))
    }

    /// The 101 for the request that waits, and what it agrees on.
    ///
    /// # Errors
    ///
    /// - [`AcceptError::Gone`]: no request waits.
    /// - [`AcceptError::NotAnUpgrade`]: the request is plain HTTP.
    /// - [`AcceptError::SubprotocolUnoffered`]: "either a single value representing the subprotocol
    ///   the server is ready to use or null … derived from the |Sec-WebSocket-Protocol| field in the
    ///   client's handshake" (§4.2.2, item 4).
    /// - [`AcceptError::ExtensionUnoffered`]: extensions must be offered, too (§9.1).
    pub(crate) fn accept(&self, acceptance: &Acceptance) -> Result<Consent, AcceptError> {
        let upgrade = match &self.state {
            State::Upgrade(upgrade) => upgrade,
            State::Plain { .. } => return Err(AcceptError::NotAnUpgrade),
            State::Head | State::Refused => return Err(AcceptError::Gone),
        };
        let chosen = acceptance.chosen();
        if chosen.is_some_and(|name| !upgrade.is_offered(name)) {
            return Err(AcceptError::SubprotocolUnoffered);
        }
        let is_unoffered = |name: &str| !upgrade.is_extension_offered(name);
        if acceptance.extensions().iter().any(|extension| is_unoffered(extension.name())) {
            return Err(AcceptError::ExtensionUnoffered);
        }
        let answer = upgrade.deflate.as_ref().filter(|_| acceptance.may_compress());
        let text = answer.map(|answer| answer.text.as_str());
        Ok(Consent {
            response: acceptance.encode(&upgrade.accept, text),
            subprotocol: chosen.cloned(),
            deflate: self.deflate.clone().zip(answer.map(|answer| answer.parameters)),
        })
    }

    /// Any other answer to the request that waits, as it goes on the wire.
    pub(crate) fn respond(&self, response: &Response) -> Vec<u8> {
        match self.state {
            State::Plain { with_body } => response.encode_with(with_body),
            State::Head | State::Upgrade(_) | State::Refused => response.encode_with(true),
        }
    }

    fn judge(&mut self, head: Result<Head, HeadFault>) -> ServerOutcome {
        self.state = State::Refused;
        let Head { start_line, headers } = match head {
            Ok(head) => head,
            Err(fault) => return refuse(fault.into(), true),
        };
        let Some(line) = RequestLine::parse(&start_line) else {
            return refuse(RequestRefusal::Malformed(Malformed::StartLine), true);
        };
        let with_body = line.method != "HEAD";
        let request = match IncomingRequest::new(&line, headers) {
            Ok(request) => request,
            Err(refusal) => return refuse(refusal, with_body),
        };
        if !request.is_upgrade() {
            self.state = State::Plain { with_body };
            return ServerOutcome::Request(request);
        }
        match Upgrade::verify(&request, &self.origins, self.deflate.as_ref()) {
            Ok(upgrade) => {
                self.state = State::Upgrade(upgrade);
                ServerOutcome::Request(request)
            }
            Err(refusal) => refuse(refusal, with_body),
        }
    }

    /// How many bytes were looked at.
    #[cfg(test)]
    pub(super) fn work(&self) -> usize {
        self.reader.work
    }
}

fn refuse(refusal: RequestRefusal, with_body: bool) -> ServerOutcome {
    ServerOutcome::Refused(refusal, refusal.encode(with_body))
}
