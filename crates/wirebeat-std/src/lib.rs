//! Blocking WebSocket client and server over the [`wirebeat`] core.
//!
//! [`connect`] opens a WebSocket to a `ws:` or `wss:` URL, [`accept`] and `accept_tls` take one from
//! a stream that a client has connected; all give a [`WebSocket`] to [`send`](WebSocket::send) and
//! [`recv`](WebSocket::recv) on. There is no runtime and no hidden thread: whatever has to be done
//! (pongs, the heartbeat, every deadline) is done inside these calls, although they block.
//!
//! A client that connects again by itself is a [`Session`], or, with handlers and the browser's names,
//! a [`browser::WebSocket`]. These do have a thread, which does all of it and waits for nothing but
//! the network and the time.
//!
//! Two threads use one connection by its halves, which [`WebSocket::split`] gives; where no call may be
//! made for long, [`WebSocket::spawn`] leaves the rest to a thread.
//!
//! What a connection may take and how long things may last is the core's [`Config`]; every limit
//! has a default that is safe on the open network.
//!
//! | file | subject |
//! |---|---|
//! | `client`, `address` | from a URL to a connection |
//! | `dial`, `time_limit` | whichever of a host's addresses answers first, in time |
//! | `server` | from a stream to a request, and to the answer |
//! | `serve`, `listener` | a server for all of a listener's clients |
//! | `acceptor`, `connections` | its threads, and how they end |
//! | `websocket`; `sender`, `receiver` | the open connection, and its halves |
//! | `hold` | a connection that an application holds whole, perhaps beside a server |
//! | `access`, `plan`, `state` | what every call does, what is to be done next, and what is known |
//! | `inbox` | what came while nobody was receiving |
//! | `reader`, `read_timeout`, `output` | the rights to read from the socket and to write to it |
//! | `session`; [`browser`] | a client that reconnects; the browser's object |
//! | `driven` | the thread of either: it dials, reads, writes and keeps time |
//! | `driver`; `shared`, `monitor` | a connection in one hand; in several, behind a lock |
//! | `tls` | rustls between a connection and its socket |
//! | `socket`, `untimed` | what a socket must be able to do; any stream that does less |
//! | `error` | why there is no connection |
//!
//! # Features
//!
//! - `tls` (default): `wss:`, by rustls with ring, and the platform's certificates. A configuration
//!   of the application's own may have another provider.
#![forbid(unsafe_code)]

mod acceptor;
mod access;
mod address;
pub mod browser;
mod client;
mod connections;
mod dial;
mod driven;
mod driver;
mod error;
mod hold;
mod inbox;
mod listener;
mod monitor;
mod output;
mod plan;
mod read_timeout;
mod reader;
mod receiver;
mod sender;
mod serve;
mod server;
mod session;
mod shared;
mod socket;
mod state;
mod time_limit;
#[cfg(feature = "tls")]
mod tls;
mod untimed;
mod websocket;

pub use client::{Client, connect};
pub use error::{AcceptError, ConnectError, Step};
pub use listener::Listener;
pub use receiver::Receiver;
#[cfg(feature = "tls")]
pub use rustls;
pub use sender::{ReuniteError, Sender};
pub use serve::{ServeError, Server, Serving, Stopped, Stopper, serve};
pub use server::{Pending, accept, accept_with};
#[cfg(feature = "tls")]
pub use server::{accept_tls, accept_tls_with};
pub use session::{Session, SessionBuilder, SessionEvents};
pub use socket::Socket;
pub use untimed::Untimed;
pub use websocket::WebSocket;
#[cfg(feature = "deflate")]
pub use wirebeat::Savings;
pub use wirebeat::extension;
pub use wirebeat::handshake::{
    Acceptance, Accepted, HandshakeError, HeaderError, Headers, IncomingRequest, Malformed, Origin,
    OriginError, OriginPolicy, ReceivedResponse, Request, RequestError, RequestRefusal, Response,
    ResponseError,
};
pub use wirebeat::record;
pub use wirebeat::session::{
    Attempt, Backoff, DropReason, Dropped, Exponential, Failure, Fate, MessageId, Next, Pause,
    Reconnect, SessionClosed, SessionConfig, SessionEvent, Target, TargetError, UrlFault,
    UrlSyntaxError,
};
pub use wirebeat::{
    Cause, CloseCode, CloseError, CloseFrame, CloseFrameError, Closed, Config, Delivery, DialError,
    Event, Fragment, Heartbeat, Kind, Message, Payload, Phase, Prepared, ProtocolError, ReadyState,
    Reason, SendError, SendErrorReason, SendMessageError, SendPayloadError, Side, Text, Timestamp,
};
