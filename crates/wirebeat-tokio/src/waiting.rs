//! Who is woken when a connection has something new: the one task that uses it, directly; or a fan,
//! from when several do.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::fan::{Fan, Seen};
use crate::shared::{Held, Shared};
use crate::state::State;

/// The task that uses a connection, as long as there is one at a time.
#[derive(Debug, Default)]
pub(crate) struct Task {
    waker: Option<Waker>,
    /// Whether a call of it waits, as far as is known: it may have been given up.
    pub(crate) is_waiting: bool,
}

/// A fan, and what wakes it.
#[derive(Debug)]
pub(crate) struct Fanned {
    fan: Arc<Fan>,
    waker: Waker,
}

/// What a poll has the transport and the timer wake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'w> {
    waker: &'w Waker,
    /// What the task knew of the fan when it began to look, if there is one.
    seen: Option<Seen>,
}

impl<'w> Way<'w> {
    #[inline]
    pub(crate) fn context(self) -> Context<'w> {
        Context::from_waker(self.waker)
    }
}

impl Fanned {
    fn new() -> Fanned {
        let fan = Arc::new(Fan::default());
        Fanned { waker: Waker::from(Arc::clone(&fan)), fan }
    }
}

impl State {
    /// Takes the waker of whoever waits, to be woken when the state isn't held any more.
    fn take_waiting(&mut self) -> Option<Waker> {
        let is_waiting = mem::take(&mut self.task.is_waiting);
        if is_waiting { self.task.waker.clone() } else { None }
    }
}

impl<S> Shared<S> {
    /// Begins a poll: to be asked before it looks at what it might wait for.
    #[inline]
    pub(crate) fn enter<'w>(&'w self, state: &mut State, waker: &'w Waker) -> Way<'w> {
        let is_known = state.task.waker.as_ref().is_some_and(|known| known.will_wake(waker));
        match is_known && !state.is_fanned {
            true => Way { waker, seen: None },
            false => self.enter_anew(state, waker),
        }
    }

    #[inline(never)]
    fn enter_anew<'w>(&'w self, state: &mut State, waker: &'w Waker) -> Way<'w> {
        if !state.is_fanned && state.task.is_waiting {
            // A call waits in one task, or did until it was given up, and here is another.
            self.fan_out(state);
        }
        if state.is_fanned {
            let fanned = self.fanned();
            return Way { waker: &fanned.waker, seen: Some(fanned.fan.seen()) };
        }
        state.task.waker = Some(waker.clone());
        state.forget_who_is_woken();
        Way { waker, seen: None }
    }

    /// From now on, several tasks may wait.
    pub(crate) fn fan_out(&self, state: &mut State) {
        if mem::replace(&mut state.is_fanned, true) {
            return;
        }
        if let Some(waker) = state.take_waiting() {
            let fan = &self.fanned().fan;
            fan.wait(&waker, fan.seen());
        }
        state.task.waker = None;
        state.forget_who_is_woken();
    }

    /// What is known of the fan, if there is one.
    #[inline]
    pub(crate) fn seen(&self, state: &State) -> Option<Seen> {
        state.is_fanned.then(|| self.fanned().fan.seen())
    }

    /// What's woken by what a call does that doesn't wait.
    pub(crate) fn waker(&self, state: &State) -> Waker {
        if state.is_fanned {
            return self.fanned().waker.clone();
        }
        state.task.waker.clone().unwrap_or_else(|| Waker::noop().clone())
    }

    /// Ends a poll that has to wait.
    #[inline]
    pub(crate) fn wait(&self, mut state: Held<'_, S>, waker: &Waker, way: Way<'_>) {
        let has_news = state.take_news();
        if let Some(mut seen) = way.seen {
            let fan = &self.fanned().fan;
            if has_news {
                fan.wake_all();
                seen.allow_one();
            }
            return fan.wait(waker, seen);
        }
        let waiting = if has_news { state.take_waiting() } else { None };
        state.task.is_waiting = true;
        drop(state);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Ends a call that was about to do something: who waits is woken if there's something new.
    #[inline]
    pub(crate) fn let_go(&self, mut state: Held<'_, S>) {
        if state.take_news() {
            self.wake(state);
        }
    }

    #[cold]
    fn wake(&self, mut state: Held<'_, S>) {
        let is_fanned = state.is_fanned;
        let waiting = state.take_waiting();
        drop(state);
        if is_fanned {
            self.fanned().fan.wake_all();
        } else if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Ends a poll that has had what it wanted, and waits for nothing.
    #[inline]
    pub(crate) fn end_poll(&self, mut state: Held<'_, S>) {
        if state.take_news() {
            self.wake(state);
        } else {
            state.task.is_waiting = false;
        }
    }

    fn fanned(&self) -> &Fanned {
        self.fan.get_or_init(|| Box::new(Fanned::new()))
    }
}
