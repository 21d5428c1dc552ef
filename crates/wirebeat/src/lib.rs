//! A sans-IO WebSocket: bytes and time go in; events, bytes and the next deadline come out.
//!
//! The crate is a state machine and nothing else. It has no socket, no clock, no thread and no
//! source of randomness: whoever embeds it brings these, and can therefore put a WebSocket on any
//! transport and runtime, replay it from a seed, simulate it, and fuzz it. Framing, the opening and
//! the closing handshake, the heartbeat and every timer are in here.
//!
//! # The driver's loop
//!
//! All that an adapter is:
//!
//! 1. read until the transport would block, and give each chunk to [`Connection::receive`] until it
//!    returns `None`, handing the events on;
//! 2. write what [`Connection::poll_transmit`] shows, and tell [`Connection::handle_written`] how
//!    much of it the transport took;
//! 3. do what [`Connection::transport`] says;
//! 4. sleep until [`Connection::poll_timeout`], or until the transport is ready, and call
//!    [`Connection::handle_timeout`].
//!
//! Here a client and a server talk to each other, with a pair of buffers for a network:
//!
//! ```
//! use bytes::Buf;
//! use wirebeat::handshake::{Acceptance, OriginPolicy, Request};
//! use wirebeat::{CloseCode, CloseFrame, Config, Connection, Event, Input, Seed, Timestamp, Transport};
//!
//! /// Writes all that waits into the other end's buffer.
//! fn transmit(from: &mut Connection, now: Timestamp, network: &mut Vec<u8>) {
//!     while let Some(transmit) = from.poll_transmit() {
//!         let chunk = transmit.chunk();
//!         network.extend_from_slice(chunk);
//!         let written = chunk.len();
//!         from.handle_written(now, written);
//!     }
//! }
//!
//! let (config, now) = (Config::default(), Timestamp::ZERO);
//! let request = Request::new("example.com", None, "/chat")?;
//! let seed = Seed::new([7; 32]); // an adapter draws it from the operating system
//! let mut client = Connection::client(request, &config, &seed, now);
//! let mut server = Connection::server(OriginPolicy::SameHost, &config, now);
//! let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
//! let mut echoed = Vec::new();
//!
//! while client.transport() != Transport::Drop {
//!     transmit(&mut client, now, &mut to_server);
//!     let mut input = Input::new(&mut to_server);
//!     while let Some(event) = server.receive(now, &mut input) {
//!         match event {
//!             Event::Request(_) => server.accept(now, &Acceptance::new())?,
//!             Event::Message(message) => server.send(now, message).expect("the queue has room"),
//!             _ => {}
//!         }
//!     }
//!     to_server.clear();
//!
//!     transmit(&mut server, now, &mut to_client);
//!     let mut input = Input::new(&mut to_client);
//!     while let Some(event) = client.receive(now, &mut input) {
//!         match event {
//!             Event::Open(_) => client.send(now, "hello").expect("the queue has room"),
//!             Event::Message(message) => {
//!                 echoed.push(message.into_owned());
//!                 client.close(now, Some(CloseFrame::new(CloseCode::NORMAL, "bye")?))?;
//!             }
//!             _ => {}
//!         }
//!     }
//!     to_client.clear();
//!     if server.transport() == Transport::Drop {
//!         client.handle_eof(now);
//!     }
//! }
//!
//! assert_eq!(echoed, ["hello".into()]);
//! match client.poll_event() {
//!     Some(Event::Closed(closed)) => assert!(closed.was_clean && closed.code == CloseCode::NORMAL),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | module | subject | RFC 6455 |
//! |---|---|---|
//! | [`frame`] | the wire format of one frame: pure functions on slices | §5 |
//! | [`extension`] | what a handshake says of extensions; permessage-deflate | §9, RFC 7692 |
//! | [`handshake`] | requests, answers, who may connect | §4, §10.2 |
//! | the crate's root | [`Connection`], and what goes in and out of it | §5–§8 |
//! | [`record`] | a connection that tells what goes into it, so that it can be done again | |
//! | [`session`] | a client that outlives its connections: dialing, backing off, what waits | §7.2.3 |
//! | `websocket` (feature `url`) | the browser's `WebSocket`: events, handlers, `readyState` | [WHATWG WebSockets] |
//!
//! `ARCHITECTURE.md` in the crate's folder tells how it's built, and why.
//!
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692
//! [WHATWG WebSockets]: https://websockets.spec.whatwg.org/
//!
//! # Features
//!
//! - `simd` (default): masks and checks UTF-8 with the widest vectors that the CPU has, chosen at
//!   run time. Implies `std`.
//! - `deflate`: permessage-deflate ([RFC 7692]), off until `Config::deflate` switches it on. Implies
//!   `std`.
//! - `url` (default): [`session::Target`] reads URLs as browsers do, and `websocket` is there. Needs
//!   no `std`.
//! - `std`: vectored writes from [`Transmit`] and [`Outgoing`].
//!
//! Without them the crate is `no_std` and needs `alloc` alone.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod extension;
pub mod frame;
pub mod handshake;
pub mod record;
pub mod session;
#[cfg(feature = "url")]
pub mod websocket;

mod close;
mod connection;
mod message;
mod protocol_error;
mod role;
mod seed;
mod time;

pub use close::{CloseCode, CloseFrame, CloseFrameError};
#[cfg(feature = "deflate")]
pub use connection::Savings;
pub use connection::{
    Cause, CloseError, Closed, Config, Connection, Delivery, DialError, Endpoint, Event, Fragment,
    Heartbeat, Input, InputMark, Outgoing, Phase, Prepared, Reason, SendError, SendErrorReason,
    SendMessageError, SendPayloadError, Side, Transmit, Transport,
};
pub use message::{Kind, Message, Payload, Text};
pub use protocol_error::ProtocolError;
pub use role::{ReadyState, Role};
pub use seed::Seed;
pub use time::Timestamp;

pub(crate) use time::Nanos;
