//! Who is woken when a connection has something new: the one task that uses it, directly; or a fan,
//! from when several do.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::fan::{Fan, Seen};
use crate::shared::{Held, Shared};
use crate::state::State;

/// Who waits for a connection, as far as it's known.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// One task at a time uses it: the one whose waker this is did so last.
    One {
        waker: Option<Waker>,
        /// Whether a call of it waits, or did until it was given up.
        is_waiting: bool,
    },
    /// Several tasks have waited at once: a fan knows them.
    Several,
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

impl Default for Waiting {
    fn default() -> Waiting {
        Waiting::One { waker: None, is_waiting: false }
    }
}

impl Waiting {
    /// The call that was in progress waits, or has what it was for.
    #[inline]
    pub(crate) fn note(&mut self, waits: bool) {
        if let Waiting::One { is_waiting, .. } = self {
            *is_waiting = waits;
        }
    }

    /// Takes the waker of the one task, if it waits: to be woken when the state isn't held any more.
    fn take(&mut self) -> Option<Waker> {
        match self {
            Waiting::One { waker, is_waiting } => {
                if mem::take(is_waiting) {
                    waker.clone()
                } else {
                    None
                }
            }
            Waiting::Several => None,
        }
    }
}

impl<S> Shared<S> {
    /// Begins a poll: to be asked before it looks at what it might wait for.
    #[inline]
    pub(crate) fn enter<'w>(&'w self, state: &mut State, waker: &'w Waker) -> Way<'w> {
        match &state.waiting {
            Waiting::One { waker: Some(known), .. } if known.will_wake(waker) => {
                Way { waker, seen: None }
            }
            Waiting::One { .. } | Waiting::Several => self.enter_anew(state, waker),
        }
    }

    #[inline(never)]
    fn enter_anew<'w>(&'w self, state: &mut State, waker: &'w Waker) -> Way<'w> {
        match &mut state.waiting {
            Waiting::One { waker: last, is_waiting: false } => {
                *last = Some(waker.clone());
                state.forget_who_is_woken();
                return Way { waker, seen: None };
            }
            // A call waits in one task, or did until it was given up, and here is another.
            Waiting::One { is_waiting: true, .. } => self.fan_out(state),
            Waiting::Several => {}
        }
        let Fanned { fan, waker } = self.fanned();
        Way { waker, seen: Some(fan.seen()) }
    }

    /// From now on, several tasks may wait.
    pub(crate) fn fan_out(&self, state: &mut State) {
        if let Some(waker) = state.waiting.take() {
            let fan = &self.fanned().fan;
            fan.wait(&waker, fan.seen());
        }
        state.waiting = Waiting::Several;
        state.forget_who_is_woken();
    }

    /// What is known of the fan, if there is one.
    #[inline]
    pub(crate) fn seen(&self, state: &State) -> Option<Seen> {
        match state.waiting {
            Waiting::One { .. } => None,
            Waiting::Several => Some(self.fanned().fan.seen()),
        }
    }

    /// What's woken by what a call does that doesn't wait.
    pub(crate) fn waker(&self, state: &State) -> Waker {
        match &state.waiting {
            Waiting::One { waker, .. } => waker.as_ref().unwrap_or(Waker::noop()).clone(),
            Waiting::Several => self.fanned().waker.clone(),
        }
    }

    /// Ends a poll that has to wait.
    #[inline(always)]
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
        let waiting = if has_news { state.waiting.take() } else { None };
        state.waiting.note(true);
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

    /// Ends a poll that has had what it wanted, and waits for nothing.
    #[inline]
    pub(crate) fn end_poll(&self, mut state: Held<'_, S>) {
        if state.take_news() {
            self.wake(state);
        } else {
            state.waiting.note(false);
        }
    }

    #[cold]
    fn wake(&self, mut state: Held<'_, S>) {
        let waiting = state.waiting.take();
        let is_fanned = matches!(state.waiting, Waiting::Several);
        drop(state);
        if is_fanned {
            self.fanned().fan.wake_all();
        } else if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    fn fanned(&self) -> &Fanned {
        self.fan.get_or_init(|| Box::new(Fanned::new()))
    }
}
