#[cfg(test)]
mod schedules;

use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use wirebeat::{CloseCode, CloseFrame, ReadyState};

use crate::Socket;
use crate::access::Access;
use crate::driver::Driver;
use crate::monitor::{Monitor, StdMonitor};
use crate::output::{Output, Patience};
use crate::plan::{Look, Purpose, Written};
use crate::reader::{ReadWait, Reader};
use crate::state::{Holders, State};

/// A connection and its socket in several hands, which use them at once.
///
/// The state is held while something is looked up or computed, never while the socket blocks: one
/// hand at a time has the right to read, and one the right to write, whichever comes first. It
/// works with any lock that can be waited in.
#[derive(Debug)]
pub(crate) struct Shared<S, M> {
    held: M,
    socket: S,
}

/// What is behind the lock.
#[derive(Debug)]
pub(crate) struct Held {
    state: State,
    /// How many threads wait in the lock: to wake nobody is a system call all the same.
    waiting: usize,
}

/// With the standard library's lock.
pub(crate) type StdShared<S> = Shared<S, StdMonitor<Held>>;

impl<S: Socket, M: Monitor<Held>> Shared<S, M> {
    /// Puts a connection into so many hands.
    pub(crate) fn new(driver: Driver<S>, hands: usize) -> Shared<S, M> {
        let Driver { mut state, socket } = driver;
        state.holders = Holders::Many { hands, is_kept: false };
        Shared { held: M::new(Held { state, waiting: 0 }), socket }
    }

    /// Puts a connection into one hand, beside which a thread keeps it going until it's closed.
    pub(crate) fn kept(driver: Driver<S>) -> Shared<S, M> {
        let shared = Shared::new(driver, 1);
        shared.set_kept(true);
        shared
    }

    /// The connection in one hand again.
    pub(crate) fn into_driver(self) -> Driver<S> {
        let mut state = self.held.into_inner().state;
        state.holders = Holders::One;
        Driver { state, socket: self.socket }
    }

    pub(crate) fn socket(&self) -> &S {
        &self.socket
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut access = self;
        access.with(look)
    }

    /// There is one hand more.
    pub(crate) fn add_hand(&self) {
        self.look(|state| match &mut state.holders {
            Holders::One => {}
            Holders::Many { hands, .. } => *hands += 1,
        });
    }

    /// There is one hand less. The last one goes away as [`Driver::go_away`] does, unless a thread
    /// keeps the connection going until it's closed.
    pub(crate) fn drop_hand(&self) {
        let is_kept = self.look(|state| {
            let Holders::Many { hands, is_kept } = &mut state.holders else { return None };
            *hands -= 1;
            if *hands > 0 {
                return None;
            }
            let is_kept = *is_kept;
            state.discard_events();
            state.go_away();
            Some(is_kept)
        });
        if let Some(is_kept) = is_kept {
            let mut access = self;
            access.write_out(if is_kept { Patience::Some } else { Patience::None });
            if !is_kept {
                self.look(|state| state.drop_transport(&self.socket));
            }
        }
    }

    /// Begins to close with this code, whoever has a hand in it, and waits for nothing.
    pub(crate) fn leave(&self, code: CloseCode) {
        let mut access = self;
        access.until(|state, socket| {
            state.leave(code);
            state.obey(socket);
            ControlFlow::Break(())
        });
        access.write_out(Patience::None);
    }

    /// Gives the transport up. Whoever waits for it is woken.
    pub(crate) fn give_up(&self) {
        let mut access = self;
        access.until(|state, socket| {
            state.lose();
            state.obey(socket);
            ControlFlow::Break(())
        });
    }

    /// Closes it with this code, unless it's closing, and waits for the end.
    pub(crate) fn finish(&self, code: CloseCode) {
        self.leave(code);
        let mut access = self;
        access.wait_for_end(State::drop_events);
    }

    /// Nobody receives any more, unless the hands were joined.
    pub(crate) fn stop_receiving(&self) {
        self.look(|state| match state.holders {
            Holders::One => {}
            Holders::Many { .. } => state.discard_events(),
        });
    }

    /// Leaves two hands, which are all there are, without a part in it. Returns whether that's so.
    pub(crate) fn join_hands(&self) -> bool {
        self.look(|state| {
            let is_all = state.holders == Holders::Many { hands: 2, is_kept: false };
            if is_all {
                state.holders = Holders::One;
            }
            is_all
        })
    }

    /// Says whether a thread [keeps](Shared::keep) it going.
    pub(crate) fn set_kept(&self, kept: bool) {
        self.look(|state| match &mut state.holders {
            Holders::One => {}
            Holders::Many { is_kept, .. } => *is_kept = kept,
        });
    }

    /// Keeps the connection going until it's closed, whether anybody calls or not. What comes is
    /// kept, and when no more can be kept, no more is read.
    pub(crate) fn keep(&self) {
        let mut access = self;
        access.drive(Purpose::Input, |state, _| {
            state.keep_events();
            state.closed().map(|_| ())
        });
    }
}

impl<S: Socket, M: Monitor<Held>> Access for &Shared<S, M> {
    type Socket = S;

    fn until<T>(
        &mut self,
        mut act: impl FnMut(&mut State, &S) -> ControlFlow<T, Option<Duration>>,
    ) -> T {
        let mut held = self.held.lock();
        loop {
            let done = act(&mut held.state, &self.socket);
            if held.state.take_news() && held.waiting > 0 {
                self.held.notify_all();
            }
            match done {
                ControlFlow::Break(done) => return done,
                ControlFlow::Continue(limit) => {
                    held.waiting += 1;
                    held = self.held.wait(held, limit);
                    held.waiting -= 1;
                }
            }
        }
    }

    fn read(&mut self, mut reader: Reader, wait: ReadWait) -> Look {
        let panic = GiveUp(Some(*self));
        let read = reader.read(&self.socket, wait);
        panic.didnt_come();
        self.with(|state| state.end_read(reader, read))
    }

    fn write(&mut self, output: Output, patience: Patience) -> Written {
        let panic = GiveUp(Some(*self));
        let attempt = output.write(&self.socket, patience);
        panic.didnt_come();
        let (mut output, mut attempt) = (Some(output), Some(attempt));
        self.until(|state, socket| {
            let (Some(output), Some(attempt)) = (output.take(), attempt.take()) else {
                return ControlFlow::Continue(None);
            };
            let written = state.end_write(output, attempt);
            state.obey(socket);
            ControlFlow::Break(written)
        })
    }
}

/// Gives the connection up if a socket panics, so that nobody waits for who had the right to use it.
struct GiveUp<'s, S: Socket, M: Monitor<Held>>(Option<&'s Shared<S, M>>);

impl<S: Socket, M: Monitor<Held>> GiveUp<'_, S, M> {
    fn didnt_come(mut self) {
        self.0 = None;
    }
}

impl<S: Socket, M: Monitor<Held>> Drop for GiveUp<'_, S, M> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.look(State::give_up);
        }
    }
}

impl State {
    /// Begins to close, if it's open, since nobody holds it any more: with 1001, or with 1011 if
    /// that's because of a panic.
    pub(crate) fn go_away(&mut self) {
        self.leave(match thread::panicking() {
            false => CloseCode::GOING_AWAY,
            true => CloseCode::INTERNAL_ERROR,
        });
    }

    /// Begins to close with a code that either role may send, if it's open.
    fn leave(&mut self, code: CloseCode) {
        if self.connection.ready_state() == ReadyState::Closed {
            return;
        }
        let now = self.now();
        let frame = CloseFrame::new(code, "").ok();
        let _ = self.connection.close(now, frame);
    }
}
