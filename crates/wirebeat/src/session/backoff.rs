use alloc::sync::Arc;
use core::fmt;
use core::ops::RangeInclusive;
use core::time::Duration;

use super::failure::{Failure, Pause};

/// How long a session waits before it tries again.
///
/// A pure function of the policy, of what failed and how often, and of one draw; see
/// [`delay`](Backoff::delay). No delay is ever zero.
///
/// ```
/// use core::time::Duration;
/// use wirebeat::session::{Backoff, Exponential};
///
/// let usual = Backoff::default();
/// let plain = Backoff::fixed(Duration::from_secs(3));
/// let patient = Backoff::Exponential(Exponential {
///     cap_max: Duration::from_secs(300),
///     ..Exponential::default()
/// });
/// let stepwise = Backoff::custom(|failure, _draw| match failure.failures {
///     1 => Duration::from_millis(500),
///     2 => Duration::from_secs(3),
///     _ => Duration::from_secs(10),
/// });
/// # let _ = (usual, plain, patient, stepwise);
/// ```
#[derive(Clone, Debug)]
pub enum Backoff {
    /// A random time below a cap that grows with each failure: what spreads the clients of a server
    /// that went away. The default.
    Exponential(Exponential),
    /// Always the same time, for the plainest policy, and for few clients. A server's `Retry-After`
    /// is kept all the same.
    Fixed(Duration),
    /// A function of the application's.
    Custom(CustomBackoff),
}

impl Backoff {
    /// The shortest delay: shorter ones are raised to it, as zero would never rest.
    pub const DELAY_MIN: Duration = Duration::from_millis(1);

    /// Always the same time.
    #[must_use]
    pub const fn fixed(delay: Duration) -> Backoff {
        Backoff::Fixed(delay)
    }

    /// A function of what failed and a draw, which is one of all the numbers of 64 bits, each as
    /// likely as any other.
    #[must_use]
    pub fn custom(
        delay: impl Fn(&Failure<'_>, u64) -> Duration + Send + Sync + 'static,
    ) -> Backoff {
        Backoff::Custom(CustomBackoff(Arc::new(delay)))
    }

    /// The delay that belongs to a failure and a draw. The same arguments give the same delay.
    #[must_use]
    pub fn delay(&self, failure: &Failure<'_>, draw: u64) -> Duration {
        match self {
            Backoff::Custom(CustomBackoff(delay)) => delay(failure, draw).max(Backoff::DELAY_MIN),
            Backoff::Exponential(exponential) => {
                pick(&exponential.range(failure.failures, failure.pause), draw)
            }
            Backoff::Fixed(delay) => pick(&fixed_range(*delay, failure.pause), draw),
        }
    }

    /// A delay as after a first failure, for a host that comes online: an application's function,
    /// which knows failures alone, isn't asked.
    pub(super) fn soon(&self, draw: u64) -> Duration {
        let range = match self {
            Backoff::Exponential(exponential) => exponential.range(1, Pause::Unasked),
            Backoff::Fixed(delay) => fixed_range(*delay, Pause::Unasked),
            Backoff::Custom(_) => Exponential::default().range(1, Pause::Unasked),
        };
        pick(&range, draw)
    }

    /// The shortest and the longest delay that a failure can lead to; `None` if only the
    /// application's function knows.
    #[must_use]
    pub fn range(&self, failures: u32, pause: Pause) -> Option<RangeInclusive<Duration>> {
        match self {
            Backoff::Exponential(exponential) => Some(exponential.range(failures, pause)),
            Backoff::Fixed(delay) => Some(fixed_range(*delay, pause)),
            Backoff::Custom(_) => None,
        }
    }
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::Exponential(Exponential::default())
    }
}

/// Delays that are drawn from a range that grows with each failure in a row.
///
/// The whole of the range is random, but for a small floor: of ten thousand clients that lose their
/// server at the same moment, no two neighbouring milliseconds see more than chance would have it,
/// from the first retry on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponential {
    /// The shortest delay; 100 ms.
    pub floor: Duration,
    /// The longest delay after the first failure; 1 s.
    pub cap: Duration,
    /// What the longest delay grows to with each failure, in percent of the last; 160. At 100 or
    /// less it doesn't grow.
    pub growth_percent: u32,
    /// What the longest delay grows to at most; 30 s.
    pub cap_max: Duration,
    /// The range after a server that restarts or is overloaded, whatever the number of failures
    /// (1012, 1013); from 5 s to 30 s.
    pub restart: (Duration, Duration),
    /// The longest `Retry-After` that is waited for; 5 min. A random time below the longest delay
    /// comes on top: a minimum alone would synchronise all clients on it.
    pub retry_after_max: Duration,
}

impl Default for Exponential {
    fn default() -> Exponential {
        Exponential {
            floor: Duration::from_millis(100),
            cap: Duration::from_secs(1),
            growth_percent: 160,
            cap_max: Duration::from_secs(30),
            restart: (Duration::from_secs(5), Duration::from_secs(30)),
            retry_after_max: RETRY_AFTER_MAX,
        }
    }
}

const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

impl Exponential {
    /// The shortest and the longest delay after so many failures in a row.
    #[must_use]
    pub fn range(&self, failures: u32, pause: Pause) -> RangeInclusive<Duration> {
        let floor = self.floor.max(Backoff::DELAY_MIN);
        match pause {
            Pause::Unasked => floor..=self.cap_after(failures).max(floor),
            Pause::Restart => {
                let (shortest, longest) = self.restart;
                let shortest = shortest.max(floor);
                shortest..=longest.max(shortest)
            }
            Pause::RetryAfter(asked) => {
                let asked = asked.min(self.retry_after_max).max(floor);
                asked..=asked.saturating_add(self.cap_after(failures))
            }
        }
    }

    /// The longest delay after so many failures. In whole nanoseconds, so that it's the same on
    /// every machine.
    fn cap_after(&self, failures: u32) -> Duration {
        let mut cap = self.cap.min(self.cap_max);
        if self.growth_percent <= 100 {
            return cap;
        }
        for _ in 1..failures {
            let grown = cap.as_nanos().saturating_mul(self.growth_percent.into()) / 100;
            let grown = from_nanos(grown).min(self.cap_max);
            if grown == cap {
                break;
            }
            cap = grown;
        }
        cap
    }
}

/// A function that says how long to wait; see [`Backoff::custom`].
#[derive(Clone)]
pub struct CustomBackoff(Arc<DelayFn>);

type DelayFn = dyn Fn(&Failure<'_>, u64) -> Duration + Send + Sync;

impl fmt::Debug for CustomBackoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomBackoff(..)")
    }
}

/// A fixed delay stays what it is, unless the server named a time: then it's the random part.
fn fixed_range(delay: Duration, pause: Pause) -> RangeInclusive<Duration> {
    let delay = delay.max(Backoff::DELAY_MIN);
    match pause {
        Pause::Unasked | Pause::Restart => delay..=delay,
        Pause::RetryAfter(asked) => {
            let asked = asked.min(RETRY_AFTER_MAX).max(Backoff::DELAY_MIN);
            asked..=asked.saturating_add(delay)
        }
    }
}

/// The point of the range that a draw stands for: each nanosecond is as likely as any other.
fn pick(range: &RangeInclusive<Duration>, draw: u64) -> Duration {
    let width = (*range.end() - *range.start()).as_nanos();
    // At most 64 bits of the width count: 584 years.
    let width = u128::from(u64::try_from(width).unwrap_or(u64::MAX));
    let offset = ((width + 1) * u128::from(draw)) >> 64;
    range.start().saturating_add(from_nanos(offset))
}

fn from_nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
