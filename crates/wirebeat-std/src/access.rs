use std::ops::ControlFlow;
use std::time::Duration;

use wirebeat::record::Recorded;
use wirebeat::{CloseError, CloseFrame, Closed, Event, SendError, SendErrorReason, Timestamp};

use crate::Socket;
use crate::output::{Output, Patience};
use crate::plan::{Look, Purpose, Step, Turn, Written};
use crate::reader::{ReadWait, Reader};
use crate::state::State;

/// How often a call that only sends looks at what has come.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// A way to a connection's state and to its socket, alone or together with others.
///
/// All that a call does is written once, for whoever has such a way.
pub(crate) trait Access {
    type Socket: Socket;

    /// Holds the state until `act` breaks off, and lets go of it between its turns: until another
    /// has changed something, or for as long as it says.
    fn until<T>(
        &mut self,
        act: impl FnMut(&mut State, &Self::Socket) -> ControlFlow<T, Option<Duration>>,
    ) -> T;

    /// Reads once, without holding the state while it waits.
    fn read(&mut self, reader: Reader, wait: ReadWait) -> Look;

    /// Writes once, without holding the state while it waits.
    fn write(&mut self, output: Output, patience: Patience) -> Written;

    /// Holds the state for a moment.
    fn with<T>(&mut self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut act = Some(act);
        self.until(|state, _| match act.take() {
            Some(act) => ControlFlow::Break(act(state)),
            None => ControlFlow::Continue(None),
        })
    }

    /// Waits until `want` has what it wants, and keeps the connection going meanwhile.
    fn drive<T>(
        &mut self,
        purpose: Purpose,
        mut want: impl FnMut(&mut State, Turn) -> Option<T>,
    ) -> T {
        enum Next<T> {
            Had(T),
            Read(Reader, ReadWait),
            Write(Output, Patience),
        }
        let mut turn = Turn::Write(Patience::Some);
        loop {
            let next = self.until(|state, socket| {
                loop {
                    if let Some(wanted) = want(state, turn) {
                        state.obey(socket);
                        return ControlFlow::Break(Next::Had(wanted));
                    }
                    match state.plan(socket, purpose, turn) {
                        Step::Again => {}
                        Step::Read(reader, wait) => {
                            return ControlFlow::Break(Next::Read(reader, wait));
                        }
                        Step::Write(output, patience) => {
                            return ControlFlow::Break(Next::Write(output, patience));
                        }
                        Step::Wait(limit) => return ControlFlow::Continue(limit),
                    }
                }
            });
            turn = match next {
                Next::Had(wanted) => return wanted,
                Next::Read(reader, wait) => match self.read(reader, wait) {
                    // There may be more, and room was made for what the peer waits for.
                    Look::Something => Turn::Write(Patience::None),
                    Look::Nothing => Turn::Write(Patience::Some),
                },
                Next::Write(output, patience) => match self.write(output, patience) {
                    Written::All => Turn::Write(Patience::Some),
                    Written::Blocked | Written::Broken => Turn::Read,
                },
            };
        }
    }

    /// Waits for whatever happens next; `None` if it has ended.
    fn recv_event(&mut self) -> Option<Event<'static>> {
        let event = self.drive(Purpose::Input, |state, _| match state.take_event() {
            Some(event) => Some(Some(event)),
            None => state.closed().map(|_| None),
        });
        if matches!(event, Some(Event::Ping(_) | Event::Closing(_))) {
            // The answer is queued, and the application may be away for a while.
            self.write_out(Patience::Some);
        }
        event
    }

    /// Queues what `send` sends, as soon as there is room. What has come isn't looked at while there
    /// is.
    fn queue<M>(
        &mut self,
        unsent: M,
        mut send: impl FnMut(&mut Recorded, Timestamp, M) -> Result<(), SendError<M>>,
    ) -> Result<(), SendError<M>> {
        let mut unsent = Some(unsent);
        self.drive(Purpose::Output, |state, _| {
            let now = state.now();
            match send(&mut state.connection, now, unsent.take()?) {
                Err(SendError { reason: SendErrorReason::Full, unsent: full }) => {
                    unsent = Some(full);
                    None
                }
                sent => Some(sent),
            }
        })
    }

    /// Waits until the socket has taken what waits. Returns before, if the peer may be waiting for
    /// our application to receive before it reads on.
    fn flush(&mut self) {
        self.drive(Purpose::Output, |state, turn| {
            if state.is_flushed() {
                return Some(());
            }
            if turn == Turn::Read {
                state.keep_events();
                return state.is_full().then_some(());
            }
            None
        });
    }

    /// Begins to close.
    fn start_close(&mut self, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.with(|state| {
            let now = state.now();
            state.connection.close(now, frame)
        })
    }

    /// Waits for the end. `take` does something with what comes meanwhile.
    fn wait_for_end(&mut self, mut take: impl FnMut(&mut State)) -> Closed {
        self.drive(Purpose::End, |state, _| {
            take(state);
            state.closed().cloned()
        })
    }

    /// Writes what waits, as far as the socket takes it.
    fn write_out(&mut self, patience: Patience) {
        while let Some(output) = self.with(State::begin_write) {
            match self.write(output, patience) {
                Written::All => {}
                Written::Blocked | Written::Broken => break,
            }
        }
    }

    /// An application that only sends still answers pings, and notices that its peer has gone.
    fn look_if_overdue(&mut self) {
        let reader = self.until(|state, _| {
            let now = state.now();
            if now.since(state.looked_at) < LOOK_INTERVAL {
                return ControlFlow::Break(None);
            }
            state.keep_events();
            ControlFlow::Break(if state.is_full() { None } else { state.begin_look() })
        });
        if let Some(reader) = reader {
            self.read(reader, ReadWait::No);
            self.with(State::keep_events);
        }
    }
}

impl<A: Access> Access for &mut A {
    type Socket = A::Socket;

    fn until<T>(
        &mut self,
        act: impl FnMut(&mut State, &Self::Socket) -> ControlFlow<T, Option<Duration>>,
    ) -> T {
        A::until(self, act)
    }

    fn read(&mut self, reader: Reader, wait: ReadWait) -> Look {
        A::read(self, reader, wait)
    }

    fn write(&mut self, output: Output, patience: Patience) -> Written {
        A::write(self, output, patience)
    }
}
