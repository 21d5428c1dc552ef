use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use wirebeat::{CloseCode, Closed, Connection};

use crate::Socket;
use crate::drive::Purpose;
use crate::fan::Fan;
use crate::state::State;

/// A connection and its transport, for however many handles and tasks.
///
/// While one task uses it, it's held for the length of one poll. When it's split, it's held only
/// while something is computed, and each direction of the transport is used by one task at a time.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    state: Mutex<State>,
    stream: Mutex<S>,
    pub(crate) fan: Arc<Fan>,
    /// The fan, as what the transport and the timer wake.
    pub(crate) waker: Waker,
}

impl<S> Shared<S> {
    /// A connection that begins now, in one hand.
    pub(crate) fn new(stream: S, connection: Connection) -> Arc<Shared<S>> {
        let fan = Arc::new(Fan::default());
        Arc::new(Shared {
            state: Mutex::new(State::new(connection)),
            stream: Mutex::new(stream),
            waker: Waker::from(Arc::clone(&fan)),
            fan,
        })
    }

    // A panic under the lock can come only from a callback of the application's, which nothing is
    // changed around: what is locked is whole, so a poisoned lock is a lock like any other.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transport, for one call that doesn't wait.
    pub(crate) fn stream(&self) -> MutexGuard<'_, S> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state, and tells who waits.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        let has_news = state.take_news();
        drop(state);
        if has_news {
            self.fan.wake_all();
        }
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
        let mut cx = Context::from_waker(&self.waker);
        drop(self.write_out(self.lock(), &mut cx));
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
