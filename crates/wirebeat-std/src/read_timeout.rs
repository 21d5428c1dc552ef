use std::io;
use std::time::Duration;

use crate::Socket;

/// How long a read on the socket waits, as it was last set.
///
/// To set it is a system call, so it isn't set for each read. A read may always return too early:
/// whoever waits looks at the clock and waits again. It must not return late. So a timeout that is
/// too short stays until a read has run into it, and one that is set leaves a margin, within which
/// the deadline may come closer.
#[derive(Debug, Default)]
pub(crate) struct ReadTimeout {
    set: Option<Duration>,
    /// Whether the last read that waited waited in vain.
    ran_out: bool,
}

/// The shortest timeout: sockets take zero for none at all.
const TIMEOUT_MIN: Duration = Duration::from_millis(1);

/// Below this there is no margin: the deadline is met as it is.
const MARGIN_FROM: Duration = Duration::from_millis(16);

impl ReadTimeout {
    /// Makes the next read wait no longer than `wait`; `None` if it may wait for ever.
    pub(crate) fn prepare(
        &mut self,
        socket: &impl Socket,
        wait: Option<Duration>,
    ) -> io::Result<()> {
        let Some(timeout) = self.next(wait) else { return Ok(()) };
        socket.set_read_timeout(timeout)?;
        self.set = timeout;
        Ok(())
    }

    /// Takes note of how a read that waited has ended.
    pub(crate) fn note(&mut self, ran_out: bool) {
        self.ran_out = ran_out;
    }

    /// What has to be set before the next read, if anything.
    fn next(&self, wait: Option<Duration>) -> Option<Option<Duration>> {
        match (wait, self.set) {
            (None, None) => None,
            (None, Some(_)) => self.ran_out.then_some(None),
            (Some(wait), None) => Some(Some(with_margin(wait))),
            (Some(wait), Some(set)) => {
                let timeout = with_margin(wait);
                let is_late = set > wait.max(TIMEOUT_MIN);
                let is_much_too_early = self.ran_out && set < timeout / 2;
                (is_late || is_much_too_early).then_some(Some(timeout))
            }
        }
    }
}

fn with_margin(wait: Duration) -> Duration {
    if wait < MARGIN_FROM { wait.max(TIMEOUT_MIN) } else { wait - wait / 8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Asks for `wait`, and sets what is wanted. Returns what was set.
    fn prepare(timeout: &mut ReadTimeout, wait: Option<Duration>) -> Option<Option<Duration>> {
        let next = timeout.next(wait);
        if let Some(next) = next {
            timeout.set = next;
        }
        next
    }

    #[test]
    fn a_steady_deadline_is_set_once() {
        let mut timeout = ReadTimeout::default();
        assert!(prepare(&mut timeout, Some(20 * SECOND)).is_some());
        for passed in 0..2000 {
            let wait = 20 * SECOND - Duration::from_millis(passed);
            assert_eq!(prepare(&mut timeout, Some(wait)), None, "after {passed} ms");
        }
    }

    #[test]
    fn a_read_never_waits_past_the_deadline() {
        for before in [None, Some(SECOND / 100), Some(SECOND), Some(100 * SECOND)] {
            for wait_ms in [0, 1, 2, 15, 16, 17, 100, 1000, 5000] {
                for ran_out in [false, true] {
                    let wait = Duration::from_millis(wait_ms);
                    let mut timeout = ReadTimeout { set: before, ran_out };
                    prepare(&mut timeout, Some(wait));
                    let set = timeout.set.expect("there is a deadline");
                    assert!(set <= wait.max(TIMEOUT_MIN) && !set.is_zero(), "{before:?} {wait:?}");
                }
            }
        }
    }

    #[test]
    fn waiting_in_vain_comes_to_the_deadline_in_a_few_reads() {
        let mut timeout = ReadTimeout::default();
        let (mut wait, mut reads) = (20 * SECOND, 0);
        while !wait.is_zero() {
            prepare(&mut timeout, Some(wait));
            wait = wait.saturating_sub(timeout.set.expect("there is a deadline"));
            timeout.note(true);
            reads += 1;
        }
        assert!(reads <= 8, "{reads} reads");
    }

    #[test]
    fn a_timeout_that_is_too_short_stays_until_a_read_runs_into_it() {
        let mut timeout = ReadTimeout { set: Some(SECOND / 100), ran_out: false };
        assert_eq!(prepare(&mut timeout, Some(20 * SECOND)), None);
        assert_eq!(prepare(&mut timeout, None), None);
        timeout.note(true);
        assert!(prepare(&mut timeout, Some(20 * SECOND)).is_some());
        assert_eq!(prepare(&mut timeout, None), Some(None));
    }
}
