use std::time::Duration;

use wirebeat_std::Closed;

/// What is remembered of a connection.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) sent: Traffic,
    pub(crate) echoed: Traffic,
    pub(crate) round_trips: Durations,
    pub(crate) latencies: Durations,
    pub(crate) open_for: Duration,
    /// How long after the cut the connection was found dead.
    pub(crate) detected_after: Option<Duration>,
    pub(crate) closed: Option<Closed>,
}

/// Messages that went one way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

/// Times that were measured.
#[derive(Debug, Default)]
pub(crate) struct Durations(Vec<Duration>);

/// The least, the middle and the greatest of some times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) min: Duration,
    pub(crate) median: Duration,
    pub(crate) max: Duration,
}

impl Traffic {
    pub(crate) fn add(&mut self, len: usize) {
        self.messages += 1;
        self.bytes += len as u64;
    }
}

impl Durations {
    pub(crate) fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// `None` if nothing was measured.
    pub(crate) fn spread(&self) -> Option<Spread> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let upper = sorted[sorted.len() / 2];
        let lower = sorted[(sorted.len() - 1) / 2];
        Some(Spread { min, median: (lower + upper) / 2, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(millis: &[u64]) -> Option<[u128; 3]> {
        let durations = Durations(millis.iter().copied().map(Duration::from_millis).collect());
        durations
            .spread()
            .map(|Spread { min, median, max }| [min, median, max].map(|d| d.as_millis()))
    }

    #[test]
    fn the_median_lies_in_the_middle_or_between_the_two_middle_ones() {
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[7]), Some([7, 7, 7]));
        assert_eq!(spread(&[9, 1, 4]), Some([1, 4, 9]));
        assert_eq!(spread(&[10, 1, 4, 2]), Some([1, 3, 10]));
    }
}
