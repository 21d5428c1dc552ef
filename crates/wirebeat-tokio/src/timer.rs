use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep_until};
use wirebeat::Timestamp;

use crate::clock::Clock;

/// How long a deadline that has passed already is waited for: until the runtime has looked at its
/// sockets once more, so that a sign of life that is there is heard first.
const MOMENT: Duration = Duration::from_millis(1);

/// The one timer of a connection, which is set as rarely as possible: if a deadline moves away, the
/// timer fires where it was, and is set anew then.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// The deadline that it's set for, unless it has fired.
    at: Option<Timestamp>,
}

impl Timer {
    /// Waits until `at`. It's the same task that is woken, until the timer is
    /// [told](Timer::forget_who_is_woken) that it isn't.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, clock: Clock, at: Timestamp) -> Poll<()> {
        loop {
            match (&mut self.sleep, self.at) {
                (Some(sleep), Some(set_for)) if set_for <= at => {
                    // Who is to be woken is known since it was set.
                    if !sleep.is_elapsed() {
                        return Poll::Pending;
                    }
                    ready!(sleep.as_mut().poll(cx));
                    self.at = None;
                    if set_for == at {
                        return Poll::Ready(());
                    }
                }
                _ => ready!(self.set(cx, clock, at)),
            }
        }
    }

    /// Another task is to be woken from now on: the next one that waits.
    pub(crate) fn forget_who_is_woken(&mut self) {
        self.at = None;
    }

    /// Whether it's set, and hasn't fired.
    pub(crate) fn is_running(&self) -> bool {
        self.at.is_some() && self.sleep.as_ref().is_some_and(|sleep| !sleep.is_elapsed())
    }

    /// Whether it would fire too late for this deadline.
    pub(crate) fn is_too_late_for(&self, at: Option<Timestamp>) -> bool {
        match (at, self.at) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(at), Some(set_for)) => at < set_for,
        }
    }

    fn set(&mut self, cx: &mut Context<'_>, clock: Clock, at: Timestamp) -> Poll<()> {
        let deadline = clock.instant(at.max(clock.now() + MOMENT));
        let sleep = match &mut self.sleep {
            Some(sleep) => {
                sleep.as_mut().reset(deadline);
                sleep
            }
            None => self.sleep.insert(Box::pin(sleep_until(deadline))),
        };
        let fired = sleep.as_mut().poll(cx);
        // A task that has used up its turn isn't told of the timer, and sets it again.
        self.at = Some(at).filter(|_| fired.is_ready() || !sleep.is_elapsed());
        fired
    }
}
