#[cfg(feature = "proptest")]
mod strategy;

use core::time::Duration;

use crate::rng::Rng;

/// How a host's line behaves while nothing is wrong with it.
///
/// Between two hosts that of the one that dials counts: it's the client's access to the network.
///
/// ```
/// use core::time::Duration;
/// use wirebeat_sim::{Latency, Link};
///
/// let mobile = Link {
///     latency: Latency::between(Duration::from_millis(40), Duration::from_millis(300)),
///     bandwidth: Some(250_000),
///     ..Link::default()
/// };
/// # let _ = mobile;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// How long bytes are under way, in one direction; 20 ms.
    pub latency: Latency,
    /// Bytes per second, in each direction; `None`, the default, for any number.
    pub bandwidth: Option<u64>,
    /// How many bytes a read gives, at least and at most; from 1 byte to 64 KiB. The first is
    /// raised to 1.
    pub read_len: (usize, usize),
    /// How many bytes a write takes at most, drawn anew for each, at least and at most; no limit
    /// but the buffer's. The first is raised to 1.
    pub write_len: (usize, usize),
    /// Bytes that come within this time come together; zero.
    pub coalescing: Duration,
    /// How many bytes may be under way or unread, in each direction; 64 KiB. Beyond it the transport
    /// takes none. It's raised to 1.
    pub buffer_len: usize,
}

impl Default for Link {
    fn default() -> Link {
        Link {
            latency: Latency::fixed(Duration::from_millis(20)),
            bandwidth: None,
            read_len: (1, 64 * 1024),
            write_len: (usize::MAX, usize::MAX),
            coalescing: Duration::ZERO,
            buffer_len: 64 * 1024,
        }
    }
}

impl Link {
    /// A line of no latency that changes nothing.
    #[must_use]
    pub fn ideal() -> Link {
        Link {
            latency: Latency::fixed(Duration::ZERO),
            read_len: (usize::MAX, usize::MAX),
            ..Link::default()
        }
    }

    /// Any line that there may be: some are fast, some are slow, some cut everything into single
    /// bytes.
    #[must_use]
    pub fn random(rng: &mut Rng) -> Link {
        let millis = Duration::from_millis;
        let latency = match rng.below(5) {
            0 => Latency::fixed(Duration::ZERO),
            1 => Latency::between(millis(1), millis(30)),
            2 => {
                Latency::percentiles([millis(5), millis(20), millis(60), millis(400), millis(900)])
            }
            3 => Latency::between(millis(40), millis(400)),
            _ => Latency::between(millis(500), millis(1_500)),
        };
        let bandwidth = rng.chance(30).then(|| rng.between(8_000, 2_000_000));
        let lens = [(1, 1), (1, 7), (1, 200), (1, 64 * 1024), (usize::MAX, usize::MAX)];
        let read_len = *rng.pick(&lens).unwrap_or(&lens[0]);
        let write_len = *rng.pick(&lens[1..]).unwrap_or(&lens[1]);
        let coalescing = if rng.chance(30) { millis(rng.between(1, 40)) } else { Duration::ZERO };
        // A small window over a long way is a line on which no handshake comes to an end in time.
        let buffer_len = match latency.max() <= millis(30) && rng.chance(50) {
            true => rng.len_between(64, 1024),
            false => 64 * 1024,
        };
        Link { latency, bandwidth, read_len, write_len, coalescing, buffer_len }
    }

    /// How many bytes a read gives.
    pub(crate) fn draw_read_len(&self, rng: &mut Rng) -> usize {
        draw_len(self.read_len, rng)
    }

    /// How many bytes a write takes.
    pub(crate) fn draw_write_len(&self, rng: &mut Rng) -> usize {
        draw_len(self.write_len, rng)
    }
}

fn draw_len((low, high): (usize, usize), rng: &mut Rng) -> usize {
    let low = low.max(1);
    if low >= high { low } else { rng.len_between(low, high) }
}

/// How long bytes are under way: a distribution, given by the times that a share of them takes at
/// most.
///
/// Between two of the times each nanosecond is as likely as any other, so that the same seed draws
/// the same times on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The shortest, and what 50, 90, 99 and 100 per cent take at most.
    percentiles: [Duration; 5],
}

impl Latency {
    /// Always the same.
    #[must_use]
    pub const fn fixed(time: Duration) -> Latency {
        Latency { percentiles: [time; 5] }
    }

    /// Any time from `low` to `high`, each as likely as any other.
    #[must_use]
    pub fn between(low: Duration, high: Duration) -> Latency {
        let width = high.saturating_sub(low);
        let at = |per_cent: u32| low + width / 100 * per_cent;
        Latency { percentiles: [low, at(50), at(90), at(99), low + width] }
    }

    /// The shortest time, and what 50, 90, 99 and 100 per cent take at most: what is known of most
    /// real networks. A time that is shorter than the one before it counts as that one.
    #[must_use]
    pub fn percentiles(percentiles: [Duration; 5]) -> Latency {
        Latency { percentiles }
    }

    /// The longest time.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.percentiles.into_iter().max().unwrap_or_default()
    }

    /// Draws one.
    pub fn draw(&self, rng: &mut Rng) -> Duration {
        let [shortest, half, most, nearly_all, longest] = self.percentiles;
        if shortest == longest {
            return shortest;
        }
        let (low, high) = match rng.below(100) {
            0..50 => (shortest, half),
            50..90 => (half, most),
            90..99 => (most, nearly_all),
            _ => (nearly_all, longest),
        };
        rng.time_between(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_keep_to_their_percentiles() {
        let millis = Duration::from_millis;
        let latency = Latency::percentiles([1, 2, 10, 50, 80].map(millis));
        let mut rng = Rng::new(1, 2);
        let mut drawn: Vec<Duration> = (0..10_000).map(|_| latency.draw(&mut rng)).collect();
        drawn.sort_unstable();
        assert!(drawn[0] >= millis(1) && drawn[9_999] <= millis(80));
        // Within a percent of the share.
        assert!(drawn[4_800] <= millis(2) && drawn[5_200] >= millis(2));
        assert!(drawn[8_900] <= millis(10) && drawn[9_100] >= millis(10));
        assert!(drawn[9_950] >= millis(50));
    }
}
