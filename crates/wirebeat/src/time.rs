use core::fmt;
use core::num::NonZeroU64;
use core::ops::Add;
use core::time::Duration;

/// A point in the driver's time: nanoseconds since an epoch that the driver chose.
///
/// The core has no clock. Whoever drives it says what time it is with each input: a monotonic
/// clock's reading, or any number in a test. All arithmetic saturates, so no value panics; 2⁶⁴ ns
/// are 584 years.
///
/// ```
/// use core::time::Duration;
/// use wirebeat::Timestamp;
///
/// let start = Timestamp::ZERO;
/// let later = start + Duration::from_millis(20);
/// assert_eq!(later.since(start), Duration::from_millis(20));
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// One more than the nanoseconds, so that `Option<Timestamp>` is no larger.
pub struct Timestamp(NonZeroU64);

impl Timestamp {
    /// The driver's epoch.
    pub const ZERO: Timestamp = Timestamp(NonZeroU64::MIN);

    /// The point that lies `nanos` nanoseconds after the epoch; at most 2⁶⁴ − 2.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Timestamp {
        Timestamp(NonZeroU64::MIN.saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.get() - 1
    }

    /// The time that has passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }
}

impl Default for Timestamp {
    fn default() -> Timestamp {
        Timestamp::ZERO
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        self + Nanos::from(duration)
    }
}

impl Add<Nanos> for Timestamp {
    type Output = Timestamp;

    fn add(self, nanos: Nanos) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos.get()))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", self.as_nanos())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.as_nanos();
        write!(f, "{}.{:09}s", nanos / 1_000_000_000, nanos % 1_000_000_000)
    }
}

/// A length of time in nanoseconds, for what each connection keeps: half as long as a [`Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
// One more than the nanoseconds, so that `Option<Nanos>` is no larger.
pub(crate) struct Nanos(NonZeroU64);

impl Nanos {
    const fn get(self) -> u64 {
        self.0.get() - 1
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Nanos {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Nanos(NonZeroU64::MIN.saturating_add(nanos))
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Duration {
        Duration::from_nanos(nanos.get())
    }
}
