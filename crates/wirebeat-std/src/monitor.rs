use std::ops::DerefMut;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A lock that whoever holds it can wait in until another changes something.
pub(crate) trait Monitor<T> {
    /// The lock, held.
    type Guard<'m>: DerefMut<Target = T>
    where
        Self: 'm,
        T: 'm;

    fn new(value: T) -> Self;

    fn lock(&self) -> Self::Guard<'_>;

    /// Lets go of the lock until [`notify_all`](Monitor::notify_all), or until `limit` has passed.
    /// It may return too early.
    fn wait<'m>(&'m self, guard: Self::Guard<'m>, limit: Option<Duration>) -> Self::Guard<'m>;

    /// Wakes all that wait.
    fn notify_all(&self);

    fn into_inner(self) -> T;
}

/// The standard library's.
#[derive(Debug)]
pub(crate) struct StdMonitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

// A panic under the lock can come only from a callback of the application's, which nothing is
// changed around: what is locked is whole, so a poisoned lock is a lock like any other.
impl<T> Monitor<T> for StdMonitor<T> {
    type Guard<'m>
        = MutexGuard<'m, T>
    where
        T: 'm;

    fn new(value: T) -> StdMonitor<T> {
        StdMonitor { value: Mutex::new(value), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'m>(&'m self, guard: MutexGuard<'m, T>, limit: Option<Duration>) -> MutexGuard<'m, T> {
        match limit {
            None => self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let woken = self.changed.wait_timeout(guard, limit);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    fn notify_all(&self) {
        self.changed.notify_all();
    }

    fn into_inner(self) -> T {
        self.value.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
