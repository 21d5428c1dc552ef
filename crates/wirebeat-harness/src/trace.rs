//! What was seen of a connection while a scenario was run.

use core::fmt::{self, Write};

use wirebeat::{Cause, Connection, Event, Kind, ReadyState, Timestamp, Transport};

use crate::scenario::Scenario;

/// What was seen of a connection, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What was run.
    pub scenario: Scenario,
    /// The steps: one for each call of the scenario, and those of its end.
    pub steps: Vec<Step>,
    /// All that the transport took.
    pub wire: Vec<u8>,
    /// Messages that were accepted, in order.
    pub accepted: Vec<(Kind, Vec<u8>)>,
}

/// What was seen after one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What was done.
    pub did: Did,
    /// The driver's time.
    pub now: Timestamp,
    /// Events, in order.
    pub events: Vec<Event<'static>>,
    /// How much of [`Trace::wire`] the transport had taken.
    pub wire_len: usize,
    /// What waited behind that, unless some was taken out.
    pub waiting: Option<Vec<u8>>,
    /// Bytes of messages that were accepted so far, or passed to `send` too late.
    pub app_len: u64,
    /// [`ready_state`](wirebeat::Connection::ready_state).
    pub ready_state: ReadyState,
    /// [`buffered_amount`](wirebeat::Connection::buffered_amount).
    pub buffered_amount: u64,
    /// [`poll_timeout`](wirebeat::Connection::poll_timeout).
    pub timeout: Option<Timestamp>,
    /// [`transport`](wirebeat::Connection::transport).
    pub transport: Transport,
    /// [`wants_read`](wirebeat::Connection::wants_read).
    pub wants_read: bool,
    /// [`cause`](wirebeat::Connection::cause).
    pub cause: Option<Cause>,
}

/// What was done in a step, as far as the invariants care.
#[derive(Clone, Debug, PartialEq)]
pub enum Did {
    /// Something else.
    Other,
    /// `handle_timeout` was called with the time of the step.
    Timeout,
    /// Calls were made that have nothing to do: how the connection looked before and after.
    Nothing {
        /// Before.
        before: String,
        /// After.
        after: String,
    },
}

/// How a connection looks, all its fields: but of one that holds much, only the first 4 KiB of
/// text, as it's long-winded to show.
pub(crate) fn picture(connection: &Connection) -> String {
    let mut picture = Picture(String::new());
    // Its error says that it's full.
    let _ = write!(picture, "{connection:?}");
    picture.0
}

struct Picture(String);

impl Write for Picture {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len() > 4096 {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}
