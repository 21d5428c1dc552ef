use core::time::Duration;

use rand_core::Rng as _;
use rand_pcg::Pcg64;
use wirebeat::Seed;

/// The randomness of one host, or of the network: numbers that follow from the run's seed.
///
/// Each host has a generator of its own, so that what one draws disturbs no other. The algorithm,
/// PCG XSL RR 128/64, is part of what a seed means, and stays.
///
/// ```
/// use wirebeat_sim::Rng;
///
/// let mut rng = Rng::new(7, 0);
/// let roll = rng.below(6);
/// assert!(roll < 6);
/// assert_eq!(Rng::new(7, 0).below(6), roll);
/// ```
#[derive(Clone, Debug)]
pub struct Rng(Pcg64);

impl Rng {
    /// A generator of a seed; those of different streams are independent of one another.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Rng {
        // Two steps away from the state, so that neighbouring seeds have nothing in common.
        let mut rng = Rng(Pcg64::new(u128::from(seed), u128::from(stream)));
        let state = (u128::from(rng.number()) << 64) | u128::from(rng.number());
        Rng(Pcg64::new(state, u128::from(stream)))
    }

    /// One of all numbers of 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; 0 if that's 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.number()) * u128::from(bound);
        // The upper half is below the bound.
        u64::try_from(product >> 64).unwrap_or(u64::MAX)
    }

    /// A number from `low` to `high`, both included; `low` if they're the wrong way round.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        match high.saturating_sub(low) {
            u64::MAX => self.number(),
            width => low + self.below(width + 1),
        }
    }

    /// As [`between`](Rng::between), for lengths.
    pub fn len_between(&mut self, low: usize, high: usize) -> usize {
        let drawn = self.between(low as u64, high as u64);
        usize::try_from(drawn).unwrap_or(high)
    }

    /// A time from `low` to `high`, both included, in whole nanoseconds.
    pub fn time_between(&mut self, low: Duration, high: Duration) -> Duration {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.between(nanos(low), nanos(high)))
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several things; `None` of none.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        let at = self.below(choices.len() as u64);
        choices.get(usize::try_from(at).ok()?)
    }

    /// A seed for a connection or a session.
    pub fn seed(&mut self) -> Seed {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        Seed::new(bytes)
    }
}
