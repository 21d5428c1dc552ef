//! The opening handshake ([RFC 6455 §4]): an HTTP/1.1 request and its answer.
//!
//! A client builds a [`Request`] and learns what the server answered: [`Accepted`], a
//! [`ReceivedResponse`] that refuses, or a [`HandshakeError`] if the answer can't be trusted. A
//! server gets an [`IncomingRequest`] and answers with an [`Acceptance`] or with any other
//! [`Response`]; requests that break the protocol, or come from an origin that the server's
//! [`OriginPolicy`] doesn't know, never get so far ([`RequestRefusal`]).
//!
//! What is built here is checked when it's built, so that nothing that is sent can be split into
//! another header or request. What is received is checked before anything else looks at it.
//!
//! | file | subject |
//! |---|---|
//! | `head` | from bytes, cut anywhere, to a start line and headers, within limits |
//! | `headers`, `syntax` | the header list; tokens, lists, authorities |
//! | `key` | `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` |
//! | `request`, `incoming` | a request that we send; one that we received |
//! | `upgrade` | what makes a request that we received a WebSocket handshake |
//! | `response`, `received`, `body` | an answer that we send; one that we received; how its body starts |
//! | `origin` | who may connect from a browser |
//! | `error`, `refusal` | what is wrong with an answer; with a request |
//! | `client`, `server` | the two machines: bytes in, one outcome out |
//!
//! [RFC 6455 §4]: https://www.rfc-editor.org/rfc/rfc6455#section-4

mod body;
mod client;
mod error;
mod head;
mod headers;
mod incoming;
mod key;
mod origin;
mod received;
mod refusal;
mod request;
mod response;
mod server;
mod syntax;
#[cfg(test)]
mod tests;
mod upgrade;

pub use error::{HandshakeError, Malformed};
pub use head::HeadLimits;
pub use headers::{HeaderError, Headers, HeadersIter};
pub use incoming::IncomingRequest;
pub use key::accept_key;
pub use origin::{Origin, OriginError, OriginPolicy};
pub use received::{Accepted, ReceivedResponse};
pub use refusal::RequestRefusal;
pub use request::{Request, RequestError};
pub use response::{AcceptError, Acceptance, Response, ResponseError};

pub(crate) use client::{ClientHandshake, ClientOutcome};
pub(crate) use server::{Consent, ServerHandshake, ServerOutcome};
#[cfg(feature = "url")]
pub(crate) use syntax::is_token;
