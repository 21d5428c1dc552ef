//! Async WebSocket client and server for tokio over the [`wirebeat`] core.
//!
//! [`connect`] opens a WebSocket to a URL, [`accept`] takes one from a stream that a client has
//! connected; both give a [`WebSocket`] to [`send`](WebSocket::send) and [`recv`](WebSocket::recv)
//! on. It works over whatever reads and writes ([`Socket`]), and starts no task, but for [`serve`],
//! which is asked for one for each connection: pongs, the heartbeat and every deadline are served
//! inside the calls.
//!
//! A client that connects again by itself is a [`Session`], or, with handlers and the browser's names,
//! a [`browser::WebSocket`]. These do have a task, which does all of it and ends with them.
//!
//! What a connection may take and how long things may last is the core's [`Config`]; every limit
//! has a default that is safe on the open network.
//!
//! # When bytes are written
//!
//! - [`send`](WebSocket::send) writes at once, unless it answers a message behind which another is
//!   at hand; [`recv`](WebSocket::recv) writes before it waits. So answers to messages that came
//!   together leave together, and the last of them leaves when the application asks for more.
//! - Inside [`run`](WebSocket::run) and [`Server`], whatever was sent is written each time that the
//!   handler waits, whatever it waits for.
//! - [`feed`](WebSocket::feed) leaves it to the next call.
//!
//! | file | subject |
//! |---|---|
//! | `client`, `address`, `dialer`, `dial`, `proxy`, `security`, `stream`, `time_limit` | from a URL to a connection |
//! | `server`, `upgraded` | from a stream to a request, and to the answer; without them |
//! | `serve`, `service`, `listener` | a server for all of a listener's clients |
//! | `websocket`, `sender`, `receiver`, `sink`, `byte_stream` | the handles on an open connection |
//! | `run` | a handler that is polled beside its connection |
//! | `calls` | what the handles' calls have in common |
//! | `shared`, `drive`, `waiting`, `fan`, `sync` | the core's loop as one poll, for one task or several |
//! | `quick` | the usual cases, in one step |
//! | `state`, `inbox`, `timer`, `clock` | what is known of a connection |
//! | `observer`, `trace` | what is told of it, for metrics and logs |
//! | `transport`, `scratch`, `chunk` | reading and writing |
//! | `session`; [`browser`] | a client that reconnects; the browser's object |
//! | `driven` | the task of either: it dials, reads, writes and keeps time |
//! | `hyper` | connections that an HTTP server gives |
//! | `error` | why there is no connection |
#![forbid(unsafe_code)]

mod address;
pub mod browser;
mod byte_stream;
mod calls;
mod chunk;
mod client;
mod clock;
mod dial;
mod dialer;
mod drive;
mod driven;
mod error;
mod fan;
#[cfg(feature = "hyper")]
mod hyper;
mod inbox;
mod listener;
mod observer;
#[cfg(feature = "proxy")]
mod proxy;
mod quick;
mod receiver;
mod run;
mod scratch;
mod security;
mod sender;
mod serve;
mod server;
mod service;
mod session;
mod shared;
mod sink;
mod state;
mod stream;
mod sync;
mod time_limit;
mod timer;
#[cfg_attr(not(feature = "tracing"), path = "trace/none.rs")]
mod trace;
mod transport;
mod upgraded;
mod waiting;
mod websocket;

pub use byte_stream::ByteStream;
pub use client::{Client, connect};
pub use error::{AcceptError, ConnectError, Step};
#[cfg(feature = "axum")]
pub use hyper::WebSocketUpgrade;
#[cfg(feature = "hyper")]
pub use hyper::{Opening, Upgrade, UpgradeRefusal, UpgradedStream};
pub use listener::Listener;
pub use observer::Observer;
#[cfg(feature = "proxy")]
pub use proxy::{Proxy, ProxyError};
pub use receiver::Receiver;
pub use sender::Sender;
pub use serve::{ServeError, Server, Stopped, Stopper, serve};
pub use server::{Pending, accept, accept_with};
pub use session::{Session, SessionBuilder, SessionEvents};
pub use stream::MaybeTls;
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
pub use upgraded::upgraded;
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
    Endpoint, Event, Fragment, Heartbeat, Kind, Message, Payload, Phase, Prepared, ProtocolError,
    ReadyState, Reason, Seed, SendError, SendErrorReason, SendMessageError, SendPayloadError, Side,
    Text, Timestamp,
};

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream that a WebSocket can be carried by: whatever reads and writes.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket for S {}
