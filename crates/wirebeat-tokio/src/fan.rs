use std::mem;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};

use crate::sync::{AtomicUsize, Mutex, MutexGuard, Ordering};

/// Wakes every task that waits for a connection.
///
/// A transport and a timer each know one task to wake: this, behind which there are as many as have
/// a call in progress. Whichever comes first does what is to be done.
#[derive(Debug, Default)]
pub(crate) struct Fan {
    waiting: Mutex<Waiting>,
    /// How often it has woken: who begins to wait doesn't sleep through what came meanwhile.
    wakes: AtomicUsize,
}

#[derive(Debug, Default)]
struct Waiting {
    first: Option<Waker>,
    others: Vec<Waker>,
}

/// What a task knows of a fan before it looks at what it might wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(usize);

impl Seen {
    /// Takes note that the one who has seen it has woken the others since.
    pub(crate) fn allow_one(&mut self) {
        self.0 = self.0.wrapping_add(1);
    }
}

impl Fan {
    /// To be asked before looking at what one might wait for.
    pub(crate) fn seen(&self) -> Seen {
        Seen(self.wakes.load(Ordering::Acquire))
    }

    /// Has a task woken when there's something new: at once, if there is since it was `seen`. Then
    /// it's polled again from the start, as it must be where a transport only wants others to have
    /// their turn.
    pub(crate) fn wait(&self, waker: &Waker, seen: Seen) {
        let mut waiting = self.waiting();
        if self.wakes.load(Ordering::Relaxed) != seen.0 {
            drop(waiting);
            return waker.wake_by_ref();
        }
        match &waiting.first {
            None => waiting.first = Some(waker.clone()),
            Some(first) if first.will_wake(waker) => {}
            Some(_) if waiting.others.iter().any(|other| other.will_wake(waker)) => {}
            Some(_) => waiting.others.push(waker.clone()),
        }
    }

    /// Wakes all that wait.
    pub(crate) fn wake_all(&self) {
        let woken = {
            let mut waiting = self.waiting();
            // Only who holds the lock changes it.
            let wakes = self.wakes.load(Ordering::Relaxed);
            self.wakes.store(wakes.wrapping_add(1), Ordering::Release);
            mem::take(&mut *waiting)
        };
        if let Some(first) = woken.first {
            first.wake();
        }
        for other in woken.others {
            other.wake();
        }
    }

    // Nothing panics while it holds this.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Fan {
    fn wake(self: Arc<Fan>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Fan>) {
        self.wake_all();
    }
}
