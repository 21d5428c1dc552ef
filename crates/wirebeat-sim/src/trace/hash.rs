use core::hash::Hasher;
use core::time::Duration;

use siphasher::sip::SipHasher13;
use wirebeat::{Kind, ReadyState, Timestamp};

use super::entry::{Entry, What};
use crate::host::HostId;

/// The hash of a run: SipHash-1-3 of all its entries and bytes, the same on every machine.
#[derive(Debug)]
pub(super) struct Hash(SipHasher13);

impl Hash {
    pub(super) fn new() -> Hash {
        Hash(SipHasher13::new())
    }

    pub(super) fn value(&self) -> u64 {
        self.0.finish()
    }

    pub(super) fn bytes(&mut self, at: Timestamp, host: HostId, is_written: bool, bytes: &[u8]) {
        self.head(at, host, if is_written { 1 } else { 2 });
        self.number(bytes.len() as u64);
        self.0.write(bytes);
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        let tag = tag(&entry.what);
        self.head(entry.at, entry.host, tag);
        match &entry.what {
            What::Started | What::Accepted | What::Ping | What::Dropped | What::Healed => {}
            What::State(state) => self.number(match state {
                ReadyState::Connecting => 0,
                ReadyState::Open => 1,
                ReadyState::Closing => 2,
                ReadyState::Closed => 3,
            }),
            What::Dialing(attempt, to) => {
                self.number(*attempt);
                self.number(u64::from(to.0));
            }
            What::DialFailed(why) => self.text(&why.to_string()),
            What::Rejected(code) | What::Closing(code) => self.number(u64::from(*code)),
            What::Sent(kind, len) | What::Refused(kind, len) | What::Received(kind, len) => {
                self.number(match kind {
                    Kind::Text => 1,
                    Kind::Binary => 2,
                });
                self.number(*len as u64);
            }
            What::Pong(latency) => self.time(*latency),
            What::Closed(closing) => {
                self.number(u64::from(closing.code));
                self.number(u64::from(closing.was_clean));
                self.text(&closing.cause);
                self.time(closing.retry_in);
            }
            What::Lost(count) => self.number(*count as u64),
            What::Fault(text) | What::Note(text) | What::Violation(text) => self.text(text),
        }
    }

    fn head(&mut self, at: Timestamp, host: HostId, tag: u8) {
        let mut head = [0; 13];
        head[..8].copy_from_slice(&at.as_nanos().to_le_bytes());
        head[8..12].copy_from_slice(&host.0.to_le_bytes());
        head[12] = tag;
        self.0.write(&head);
    }

    fn number(&mut self, number: u64) {
        self.0.write(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.write(text.as_bytes());
    }

    fn time(&mut self, time: Option<Duration>) {
        self.number(u64::from(time.is_some()));
        let nanos = time.unwrap_or_default().as_nanos();
        self.number(u64::try_from(nanos).unwrap_or(u64::MAX));
    }
}

/// What tells the kinds of entries apart. 1 and 2 are bytes.
fn tag(what: &What) -> u8 {
    match what {
        What::Started => 3,
        What::State(_) => 4,
        What::Dialing(..) => 5,
        What::DialFailed(_) => 6,
        What::Rejected(_) => 7,
        What::Accepted => 8,
        What::Sent(..) => 9,
        What::Refused(..) => 10,
        What::Received(..) => 11,
        What::Ping => 12,
        What::Pong(_) => 13,
        What::Closing(_) => 14,
        What::Closed(_) => 15,
        What::Lost(_) => 16,
        What::Dropped => 17,
        What::Fault(_) => 18,
        What::Healed => 19,
        What::Note(_) => 20,
        What::Violation(_) => 21,
    }
}
