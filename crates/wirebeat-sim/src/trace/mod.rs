//! What happened in a run: entries, their hash, counts, and three ways to show them.
//!
//! | file | subject |
//! |---|---|
//! | `entry` | what an entry says |
//! | `hash` | the number that tells whether two runs are the same |
//! | `counts` | sums, and curves over time |
//! | `json`, `text`, `svg` | JSON Lines, lines for people, a picture |

mod counts;
mod entry;
mod hash;
mod json;
mod svg;
mod text;

use core::fmt;

use wirebeat::Timestamp;

pub use counts::{Counts, Curve};
pub use entry::{Closing, Entry, What};
pub use json::to_json;
pub use svg::{Plot, TimelineOptions, plot_svg, plot_text, timeline_svg};
pub use text::timeline_text;

use crate::host::HostId;
use hash::Hash;

/// Whoever is given each entry as it happens.
type Sink = Box<dyn FnMut(&Entry)>;

/// What is remembered of a run.
pub(crate) struct Trace {
    hash: Hash,
    pub(crate) counts: Counts,
    kept: Option<Vec<Entry>>,
    sink: Option<Sink>,
}

impl Trace {
    pub(crate) fn new() -> Trace {
        Trace { hash: Hash::new(), counts: Counts::default(), kept: None, sink: None }
    }

    pub(crate) fn keep(&mut self) {
        self.kept.get_or_insert_default();
    }

    pub(crate) fn set_sink(&mut self, sink: Sink) {
        self.sink = Some(sink);
    }

    pub(crate) fn kept(&self) -> &[Entry] {
        self.kept.as_deref().unwrap_or_default()
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash.value()
    }

    pub(crate) fn record(&mut self, at: Timestamp, host: HostId, what: What) {
        let entry = Entry { at, host, what };
        self.hash.entry(&entry);
        self.counts.count(&entry);
        if let Some(sink) = &mut self.sink {
            sink(&entry);
        }
        if let Some(kept) = &mut self.kept {
            kept.push(entry);
        }
    }

    /// Bytes that a host wrote or read, which count in the hash alone.
    pub(crate) fn bytes(&mut self, at: Timestamp, host: HostId, is_written: bool, bytes: &[u8]) {
        self.hash.bytes(at, host, is_written, bytes);
        if is_written {
            self.counts.bytes += bytes.len() as u64;
        }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("hash", &self.hash())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
