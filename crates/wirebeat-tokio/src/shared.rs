#[cfg(test)]
mod schedules;

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use wirebeat::record::Recorded;
use wirebeat::{CloseCode, Closed};

use crate::Socket;
use crate::drive::Purpose;
use crate::state::State;
use crate::sync::{Mutex, MutexGuard};
use crate::waiting::Fanned;

/// A connection and its transport, for however many handles and tasks.
///
/// While one task uses it, both are held for the length of one poll. When it's split, the state is
/// held only while something is computed, and each direction of the transport is used by one task at
/// a time.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    whole: Mutex<Whole<S>>,
    /// The transport, from when it's split on.
    apart: OnceLock<Box<Mutex<S>>>,
    /// Whom the transport and the timer wake, from when several tasks wait on.
    pub(crate) fan: OnceLock<Box<Fanned>>,
}

/// The state, held.
pub(crate) type Held<'s, S> = MutexGuard<'s, Whole<S>>;

/// The state, and the transport as long as it isn't split.
#[derive(Debug)]
pub(crate) struct Whole<S> {
    state: State,
    stream: Option<S>,
}

impl<S> Deref for Whole<S> {
    type Target = State;

    #[inline]
    fn deref(&self) -> &State {
        &self.state
    }
}

impl<S> DerefMut for Whole<S> {
    #[inline]
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl<S> Whole<S> {
    /// The state and the transport, if it isn't split.
    #[inline]
    pub(crate) fn unsplit(&mut self) -> Option<(&mut State, &mut S)> {
        let Whole { state, stream } = self;
        Some((state, stream.as_mut()?))
    }
}

impl<S> Shared<S> {
    /// A connection that begins now, in one hand.
    pub(crate) fn new(stream: S, connection: impl Into<Recorded>) -> Arc<Shared<S>> {
        let whole = Whole { state: State::new(connection.into()), stream: Some(stream) };
        Arc::new(Shared { whole: Mutex::new(whole), apart: OnceLock::new(), fan: OnceLock::new() })
    }

    /// Has several tasks use it at once from now on.
    pub(crate) fn split(&self) {
        let mut whole = self.lock();
        self.fan_out(&mut whole);
        if let Some(stream) = whole.stream.take() {
            whole.is_shared = true;
            let _ = self.apart.set(Box::new(Mutex::new(stream)));
        }
    }

    // A panic under the lock can come only from a callback of the application's, which nothing is
    // changed around: what is locked is whole, so a poisoned lock is a lock like any other.
    #[inline]
    pub(crate) fn lock(&self) -> Held<'_, S> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transport of a split connection, for one call that doesn't wait.
    pub(crate) fn apart(&self) -> MutexGuard<'_, S> {
        let apart = self.apart.get().expect("the transport is here when it isn't with the state");
        apart.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses the transport, wherever it is, while the state is held.
    #[inline]
    pub(crate) fn with_stream<T>(
        &self,
        whole: &mut Whole<S>,
        act: impl FnOnce(&mut State, &mut S) -> T,
    ) -> T {
        let Whole { state, stream } = whole;
        match stream {
            Some(stream) => act(state, stream),
            None => act(state, &mut self.apart()),
        }
    }

    /// Looks at the transport.
    pub(crate) fn look_at_stream<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.with_stream(&mut self.lock(), |_, stream| look(stream))
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state, and tells who waits.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        self.let_go(state);
        changed
    }

    /// There is one hand more.
    pub(crate) fn add_hand(&self) {
        self.lock().hands += 1;
    }

    /// Nobody receives any more.
    pub(crate) fn stop_receiving(&self) {
        self.change(State::discard_events);
    }
}

impl<S: Socket> Shared<S> {
    /// There is one hand less. The last one goes away without waiting for anything, unless somebody
    /// keeps the connection going: a Close is written, and what waits before it, as far as the
    /// transport has room.
    pub(crate) fn drop_hand(&self) {
        let code = match thread::panicking() {
            false => CloseCode::GOING_AWAY,
            true => CloseCode::INTERNAL_ERROR,
        };
        let is_last = self.change(|state| {
            state.hands -= 1;
            if state.hands == 0 {
                state.discard_events();
                state.leave(code);
            }
            state.hands == 0 && !state.is_kept
        });
        if is_last {
            self.go_away();
        }
    }

    /// Writes what the transport has room for, and drops it.
    pub(crate) fn go_away(&self) {
        let mut cx = Context::from_waker(Waker::noop());
        let (mut state, _) = self.write_out(self.lock(), &mut cx);
        self.drop_stream(&mut state, &mut cx);
    }

    /// Begins to close with this code, and writes what the transport has room for.
    pub(crate) fn leave(&self, code: CloseCode) {
        self.change(|state| state.leave(code));
        let state = self.lock();
        let waker = self.waker(&state);
        drop(self.write_out(state, &mut Context::from_waker(&waker)));
    }

    /// Gives the transport up. Whoever waits for it is woken.
    pub(crate) fn give_up(&self) {
        self.change(State::lose);
        self.go_away();
    }

    /// Closes with this code, unless it's closing, and waits for the end.
    pub(crate) async fn finish(&self, code: CloseCode) -> Closed {
        self.change(|state| state.leave(code));
        poll_fn(|cx| self.poll_end(cx)).await
    }

    /// Waits for the end, and takes nothing.
    pub(crate) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<Closed> {
        self.poll_drive(cx, Purpose::End, |state, chunk, now| {
            state.drop_events(chunk, now);
            state.closed().cloned()
        })
    }
}
