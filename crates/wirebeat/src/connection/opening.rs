use alloc::vec::Vec;
use core::fmt;
use core::mem;

use bytestring::ByteString;

use super::config::Config;
use super::input::Input;
use crate::extension::{Deflate, DeflateParameters};
use crate::handshake::{
    AcceptError, Acceptance, Accepted, ClientHandshake, ClientOutcome, Consent, HandshakeError,
    HeadLimits, IncomingRequest, OriginPolicy, ReceivedResponse, Request, RequestRefusal, Response,
    ServerHandshake, ServerOutcome,
};

/// The opening handshake of one connection; gone when it's complete.
pub(super) enum Opening {
    /// A client's request is out.
    Client(ClientHandshake),
    Server(ServerOpening),
}

/// A server's opening handshake.
pub(super) struct ServerOpening {
    handshake: ServerHandshake,
    stage: Stage,
    behind_len_max: usize,
}

enum Stage {
    /// The request hasn't come, or not all of it.
    Awaiting,
    /// The application decides; this came behind the request's head.
    Deciding { behind: Vec<u8> },
}

/// What a server's yes amounts to.
pub(super) struct Answer {
    /// The 101, as it goes on the wire.
    pub(super) response: Vec<u8>,
    pub(super) subprotocol: Option<ByteString>,
    /// How messages are compressed, and what was agreed on for it.
    pub(super) deflate: Option<(Deflate, DeflateParameters)>,
    /// What came behind the request.
    pub(super) behind: Vec<u8>,
}

/// What the handshake led to.
pub(super) enum Opened {
    /// A client's connection is open.
    Accepted(Accepted),
    /// A client's request got another answer.
    Rejected(ReceivedResponse),
    /// A client's request got an answer that can't be trusted.
    Failed(HandshakeError),
    /// A server's application has to decide.
    Request(IncomingRequest),
    /// A server refuses, with this response.
    Refused(RequestRefusal, Vec<u8>),
}

impl Opening {
    /// A client's handshake, and the request to send.
    pub(super) fn client(request: Request, nonce: [u8; 16], config: &Config) -> (Opening, Vec<u8>) {
        let handshake =
            ClientHandshake::new(request, config.deflate().cloned(), nonce, limits(config));
        let request = handshake.request_bytes();
        (Opening::Client(handshake), request)
    }

    pub(super) fn server(origins: OriginPolicy, config: &Config) -> Opening {
        Opening::Server(ServerOpening {
            handshake: ServerHandshake::new(origins, config.deflate().cloned(), limits(config)),
            stage: Stage::Awaiting,
            behind_len_max: config.head_len_max,
        })
    }

    /// Eats what belongs to the handshake.
    pub(super) fn receive(&mut self, input: &mut Input<'_>) -> Option<Opened> {
        match self {
            Opening::Client(handshake) => {
                let (taken, outcome) = handshake.receive(input.rest());
                input.take(taken);
                outcome.map(Opened::from)
            }
            Opening::Server(server) => server.receive(input),
        }
    }

    /// How a client would have messages compressed.
    pub(super) fn offered(&self) -> Option<&Deflate> {
        match self {
            Opening::Client(handshake) => handshake.deflate(),
            Opening::Server(_) => None,
        }
    }

    /// The transport ended, or the time is up, while a server's refusal was still coming.
    pub(super) fn finish(&mut self) -> Option<Opened> {
        match self {
            Opening::Client(handshake) => handshake.finish().map(Opened::from),
            Opening::Server(_) => None,
        }
    }

    pub(super) fn is_deciding(&self) -> bool {
        matches!(self, Opening::Server(ServerOpening { stage: Stage::Deciding { .. }, .. }))
    }

    /// Accepts the request that waits.
    pub(super) fn accept(&mut self, acceptance: &Acceptance) -> Result<Answer, AcceptError> {
        match self {
            Opening::Server(ServerOpening {
                handshake, stage: Stage::Deciding { behind }, ..
            }) => {
                let Consent { response, subprotocol, deflate } = handshake.accept(acceptance)?;
                Ok(Answer { response, subprotocol, deflate, behind: mem::take(behind) })
            }
            Opening::Server(_) | Opening::Client(_) => Err(AcceptError::Gone),
        }
    }

    /// Any other answer to the request.
    pub(super) fn respond(&self, response: &Response) -> Result<Vec<u8>, AcceptError> {
        match self {
            Opening::Server(ServerOpening { handshake, stage: Stage::Deciding { .. }, .. }) => {
                Ok(handshake.respond(response))
            }
            Opening::Server(_) | Opening::Client(_) => Err(AcceptError::Gone),
        }
    }
}

impl ServerOpening {
    fn receive(&mut self, input: &mut Input<'_>) -> Option<Opened> {
        match &mut self.stage {
            Stage::Awaiting => {
                let (taken, outcome) = self.handshake.receive(input.rest());
                input.take(taken);
                Some(match outcome? {
                    ServerOutcome::Request(request) => {
                        self.stage = Stage::Deciding { behind: Vec::new() };
                        Opened::Request(request)
                    }
                    ServerOutcome::Refused(refusal, response) => Opened::Refused(refusal, response),
                })
            }
            Stage::Deciding { behind } => {
                if input.len() > self.behind_len_max - behind.len() {
                    let refusal = RequestRefusal::DataBeforeAnswer;
                    return Some(Opened::Refused(refusal, refusal.encode(true)));
                }
                behind.extend_from_slice(input.take(input.len()));
                None
            }
        }
    }
}

impl From<ClientOutcome> for Opened {
    fn from(outcome: ClientOutcome) -> Opened {
        match outcome {
            ClientOutcome::Open(accepted) => Opened::Accepted(accepted),
            ClientOutcome::Rejected(response) => Opened::Rejected(response),
            ClientOutcome::Failed(error) => Opened::Failed(error),
        }
    }
}

fn limits(config: &Config) -> HeadLimits {
    HeadLimits { head_len_max: config.head_len_max, headers_max: config.head_headers_max }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Opening::Client(_) => "Client",
            Opening::Server(_) if self.is_deciding() => "Deciding",
            Opening::Server(_) => "Awaiting",
        })
    }
}
