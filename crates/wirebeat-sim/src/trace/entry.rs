use core::fmt;
use core::time::Duration;

use wirebeat::{DialError, Kind, ReadyState, Timestamp};

use crate::host::HostId;

/// Something that happened: when, to whom, what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the simulation's clock, which no fault touches.
    pub at: Timestamp,
    /// To which host.
    pub host: HostId,
    /// What.
    pub what: What,
}

/// What an [`Entry`] tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The host began.
    Started,
    /// The client's state, in the browser's terms, changed to this one.
    State(ReadyState),
    /// The session begins an attempt: its number, and where it leads.
    Dialing(u64, HostId),
    /// No transport was to be had.
    DialFailed(DialError),
    /// The server answered the handshake with this status instead.
    Rejected(u16),
    /// A server took a connection.
    Accepted,
    /// A message was sent: its kind and length.
    Sent(Kind, usize),
    /// The session could neither send a message nor keep it.
    Refused(Kind, usize),
    /// A message came.
    Received(Kind, usize),
    /// Our ping went out.
    Ping,
    /// The answer came, after this long.
    Pong(Option<Duration>),
    /// The peer's Close came, with this code.
    Closing(u16),
    /// A connection, or an attempt, is over.
    Closed(Closing),
    /// So many messages were lost with a connection.
    Lost(usize),
    /// A message that waited was given up.
    Dropped,
    /// A fault of the script began: its line.
    Fault(String),
    /// A fault is over.
    Healed,
    /// Something that the host says.
    Note(String),
    /// Something happened that must never happen.
    Violation(String),
}

/// How a connection ended, for the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The close code.
    pub code: u16,
    /// Whether the closing handshake was completed.
    pub was_clean: bool,
    /// Why, in words.
    pub cause: String,
    /// After how long the next attempt comes, if one does.
    pub retry_in: Option<Duration>,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Started => f.write_str("starts"),
            What::State(state) => write!(f, "is {state}"),
            What::Dialing(attempt, to) => write!(f, "attempt {attempt}: dials {to}"),
            What::DialFailed(why) => write!(f, "no transport: {why}"),
            What::Rejected(status) => write!(f, "is refused with {status}"),
            What::Accepted => f.write_str("accepts a connection"),
            What::Sent(kind, len) => write!(f, "→ {} {len} B", word(*kind)),
            What::Refused(kind, len) => write!(f, "✗ {} {len} B can't be taken", word(*kind)),
            What::Received(kind, len) => write!(f, "← {} {len} B", word(*kind)),
            What::Ping => f.write_str("♥ ping"),
            What::Pong(Some(latency)) => write!(f, "♥ pong after {}", Time(*latency)),
            What::Pong(None) => f.write_str("♥ pong"),
            What::Closing(code) => write!(f, "hears Close {code}"),
            What::Closed(closing) => closing.fmt(f),
            What::Lost(count) => write!(f, "{count} messages were lost with the connection"),
            What::Dropped => f.write_str("a message that waited was given up"),
            What::Fault(line) => write!(f, "✂ {line}"),
            What::Healed => f.write_str("✓ a fault is over"),
            What::Note(note) => f.write_str(note),
            What::Violation(what) => write!(f, "‼ {what}"),
        }
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = if self.was_clean { "clean" } else { "not clean" };
        write!(f, "closed {}, {clean}: {}", self.code, self.cause)?;
        match self.retry_in {
            Some(delay) => write!(f, "; tries again in {}", Time(delay)),
            None => Ok(()),
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Binary => "binary",
    }
}

/// A length of time as people read it: three digits that count.
pub(crate) struct Time(pub(crate) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let (unit, name) = match nanos {
            0 => return f.write_str("0 s"),
            1..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let (whole, rest) = (nanos / unit, nanos % unit);
        match whole {
            0..10 if unit > 1 => write!(f, "{whole}.{:02} {name}", rest * 100 / unit),
            10..100 if unit > 1 => write!(f, "{whole}.{} {name}", rest * 10 / unit),
            _ => write!(f, "{whole} {name}"),
        }
    }
}
