use std::time::Duration;

use tokio::time::Instant;
use wirebeat::Timestamp;

/// How far off a deadline is that can't be told as an instant: as good as never.
const FAR: Duration = Duration::from_secs(86_400 * 365);

/// What tells a connection's time: tokio's clock, from when the connection began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    #[inline]
    pub(crate) fn now(self) -> Timestamp {
        Timestamp::ZERO + self.0.elapsed()
    }

    /// When `at` is, for tokio's timers.
    pub(crate) fn instant(self, at: Timestamp) -> Instant {
        let since = at.since(Timestamp::ZERO);
        self.0.checked_add(since).unwrap_or_else(|| Instant::now() + FAR)
    }
}
