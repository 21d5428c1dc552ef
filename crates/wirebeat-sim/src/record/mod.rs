//! Recordings of real connections, and their replay.
//!
//! A [`Recorded`] is a [`Connection`](wirebeat::Connection) that tells a [`Log`] all that goes into
//! it: its configuration and seed, the bytes that came, the calls that were made, and when. As a
//! connection is a function of these, [`replay`] does again all that it did: states, events and
//! output. A bug in production becomes a test.
//!
//! ```
//! use bytes::Buf;
//! use wirebeat::handshake::Request;
//! use wirebeat::{Config, Event, Input, ReadyState, Timestamp};
//! use wirebeat_sim::record::{Log, Recorded, replay};
//!
//! let (log, now) = (Log::new(), Timestamp::ZERO);
//! let request = Request::new("example.com", None, "/chat")?;
//! let mut client = Recorded::client(request, &Config::default(), [7; 32], now, &log);
//! let len = client.poll_transmit().expect("its request waits").remaining();
//! client.handle_written(now, len);
//! let mut answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec();
//! let mut input = Input::new(&mut answer);
//! while client.receive(now, &mut input).is_some() {}
//!
//! let recording = log.bytes();
//! let mut steps = replay(&recording)?;
//! let closed = steps.find_map(|step| step.ok()?.events.pop()).expect("it ends");
//! assert!(matches!(closed, Event::Closed(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The format
//!
//! The bytes `WBREC`, a version (2; 1, which knows no compression, is read too), and records: the length of the body, the body, and its CRC-32.
//! The first says what the connection began with, the others what went in, each with its time.
//! Numbers are varints. What is wrong with a recording is said with the offset at which it is; all
//! before that can be replayed.
//!
//! # What isn't in it
//!
//! With [`Log::redacted`], payloads, reasons, credentials, cookies and queries are replaced by as
//! many `x`; lengths, codes and times stay. Pings and pongs of at most eight bytes stay, since the
//! heartbeat knows its answers by them. Text that wasn't UTF-8 is UTF-8 then. What is redacted would be
//! compressed to another length, so such a connection neither offers nor grants compression.
//!
//! The function by which [`Heartbeat::messages`](wirebeat::Heartbeat::messages) knows its replies
//! can't be written down: in a replay they're messages.
//!
//! | file | subject |
//! |---|---|
//! | `begin`, `deflate`, `call` | what a connection begins with, and what goes into it, in bytes |
//! | `log` | where it's written to |
//! | `redact` | what nobody is to read |
//! | `code` | varints and strings |
//! | `read`, `error` | from bytes to records, and what may be wrong with them |
//! | `replay` | all of it again |

mod begin;
mod call;
mod code;
mod deflate;
mod error;
mod log;
mod read;
mod redact;
mod replay;

pub use error::{RecordingError, RecordingErrorReason};
pub use log::Log;
pub use read::{Reader, Record};
pub use replay::{Replay, Step, replay};
pub use wirebeat::record::{Begin, Call, Recorded, Role};
