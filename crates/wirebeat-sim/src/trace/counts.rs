use core::time::Duration;

use wirebeat::{ReadyState, Timestamp};

use super::entry::{Entry, What};

/// Sums over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts to connect that sessions began.
    pub attempts: u64,
    /// Sessions' connections that became open.
    pub opened: u64,
    /// Connections and attempts of sessions and servers that ended.
    pub closed: u64,
    /// Of these, with a closing handshake.
    pub closed_cleanly: u64,
    /// Answers to handshakes that refused.
    pub rejected: u64,
    /// Messages that applications sent, at either end.
    pub messages_sent: u64,
    /// Messages that came, at either end.
    pub messages_received: u64,
    /// Messages that were lost with a connection, and reported.
    pub messages_lost: u64,
    /// Messages that waited and were given up, or couldn't be taken, and were reported.
    pub messages_dropped: u64,
    /// Pings that went out.
    pub pings: u64,
    /// Pongs that came back.
    pub pongs: u64,
    /// The longest latency that a heartbeat measured.
    pub latency_max: Duration,
    /// Bytes that transports took.
    pub bytes: u64,
    /// Faults that began.
    pub faults: u64,
    /// Attempts to connect, over time.
    pub attempts_curve: Curve,
    /// Connections that became open, over time.
    pub opened_curve: Curve,
    /// The longest retry delay.
    pub retry_in_max: Duration,
}

impl Counts {
    pub(super) fn count(&mut self, entry: &Entry) {
        match &entry.what {
            What::Dialing(..) => {
                self.attempts += 1;
                self.attempts_curve.add(entry.at);
            }
            What::State(ReadyState::Open) => {
                self.opened += 1;
                self.opened_curve.add(entry.at);
            }
            What::Closed(closing) => {
                self.closed += 1;
                self.closed_cleanly += u64::from(closing.was_clean);
                self.retry_in_max = self.retry_in_max.max(closing.retry_in.unwrap_or_default());
            }
            What::Rejected(_) => self.rejected += 1,
            What::Sent(..) => self.messages_sent += 1,
            What::Received(..) => self.messages_received += 1,
            What::Lost(count) => self.messages_lost += *count as u64,
            What::Dropped | What::Refused(..) => self.messages_dropped += 1,
            What::Ping => self.pings += 1,
            What::Pong(latency) => {
                self.pongs += 1;
                self.latency_max = self.latency_max.max(latency.unwrap_or_default());
            }
            What::Fault(_) => self.faults += 1,
            What::Started
            | What::State(_)
            | What::DialFailed(_)
            | What::Accepted
            | What::Closing(_)
            | What::Healed
            | What::Note(_)
            | What::Violation(_) => {}
        }
    }
}

/// How often something happened, in each second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve(Vec<u32>);

impl Curve {
    /// A curve is that long at most: what comes later isn't in it. A week.
    const SECONDS_MAX: u64 = 7 * 24 * 3600;

    fn add(&mut self, at: Timestamp) {
        let second = at.as_nanos() / 1_000_000_000;
        if second >= Curve::SECONDS_MAX {
            return;
        }
        let Ok(second) = usize::try_from(second) else { return };
        if self.0.len() <= second {
            self.0.resize(second + 1, 0);
        }
        self.0[second] = self.0[second].saturating_add(1);
    }

    /// How often in each second, from the first on.
    #[must_use]
    pub fn seconds(&self) -> &[u32] {
        &self.0
    }

    /// The second in which it happened most often, and how often; the first of several.
    #[must_use]
    pub fn peak(&self) -> (usize, u32) {
        let most = self.0.iter().copied().max().unwrap_or(0);
        (self.0.iter().position(|count| *count == most).unwrap_or(0), most)
    }
}
