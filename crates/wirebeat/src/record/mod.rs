//! What goes into a connection, told to whoever writes it down.
//!
//! A [`Connection`](crate::Connection) is a function of what goes into it: what it began with, the
//! bytes that came, the calls that were made, and when. [`Recorded`] is one that tells a
//! [`Recording`] all of these, which a [`Recorder`] made for it. The crate `wirebeat-sim` has one
//! that writes a compact file, and runs it again.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use wirebeat::handshake::OriginPolicy;
//! use wirebeat::record::{Begin, Call, Recorded, Recorder, Recording};
//! use wirebeat::{Config, Timestamp};
//!
//! /// Keeps all calls in memory.
//! #[derive(Clone, Debug, Default)]
//! struct Calls(Arc<Mutex<Vec<(Timestamp, Call)>>>);
//!
//! impl Recorder for Calls {
//!     fn record(&self, _begin: &Begin) -> Option<Box<dyn Recording>> {
//!         Some(Box::new(self.clone()))
//!     }
//! }
//!
//! impl Recording for Calls {
//!     fn call(&mut self, at: Timestamp, call: Call) {
//!         self.0.lock().unwrap().push((at, call));
//!     }
//!
//!     fn end(&mut self) {}
//! }
//!
//! let (calls, now) = (Calls::default(), Timestamp::ZERO);
//! let mut server = Recorded::server(OriginPolicy::SameHost, &Config::default(), now, &calls);
//! server.handle_eof(now);
//! assert_eq!(*calls.0.lock().unwrap(), [(now, Call::Eof)]);
//! ```

mod begin;
mod call;
mod recorded;
mod tape;

use alloc::boxed::Box;
use core::fmt;

pub use begin::{Begin, Role};
pub use call::Call;
pub use recorded::Recorded;

use crate::Timestamp;

/// Makes recordings, one for each connection.
pub trait Recorder: fmt::Debug + Send + Sync {
    /// A connection begins. `None` leaves it unrecorded.
    fn record(&self, begin: &Begin) -> Option<Box<dyn Recording>>;

    /// Whether connections may be compressed while they're recorded; `true` unless it's said
    /// otherwise. Otherwise they neither offer nor grant compression: whoever changes what is said
    /// before it's written down can't say how long it was when compressed.
    fn takes_compressed(&self) -> bool {
        true
    }
}

/// Where one connection is written down.
///
/// It's called while the connection is worked on, so it should return soon, and it has no way to
/// fail the connection: what can't be written is its own to tell.
pub trait Recording: fmt::Debug + Send + Sync {
    /// Something went in at this time, by the driver's clock.
    fn call(&mut self, at: Timestamp, call: Call);

    /// The connection is over: the application was told. What is still called changes nothing.
    fn end(&mut self);
}
