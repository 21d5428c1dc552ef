use std::io;
use std::ops::{ControlFlow, Deref, DerefMut};
use std::time::Duration;

use bytes::BufMut;
use wirebeat::record::Recorded;
use wirebeat::{Config, Event};

use crate::Socket;
use crate::access::Access;
use crate::output::{Output, Patience, write_front};
use crate::plan::{Look, Written};
use crate::reader::{CHUNK_LEN, ReadWait, Reader};
use crate::state::State;

/// How much is read into a long message at once.
const TARGET_READ_LEN_MAX: usize = 128 * 1024;

/// How long one write waits for room in the socket before what comes in is looked at again: two
/// peers that both wait for the other to read would wait for ever.
const WRITE_SLICE: Duration = Duration::from_millis(5);

/// A connection and its socket in one hand.
#[derive(Debug)]
pub(crate) struct Driver<S> {
    pub(crate) state: State,
    pub(crate) socket: S,
}

impl<S: Socket> Driver<S> {
    /// A driver for a connection whose first timestamp is just past.
    pub(crate) fn new(
        socket: S,
        connection: impl Into<Recorded>,
        config: &Config,
    ) -> io::Result<Driver<S>> {
        socket.prepare()?;
        socket.set_read_timeout(None)?;
        socket.set_write_timeout(Some(WRITE_SLICE))?;
        let mut state = State::new(connection.into(), config);
        state.is_timed = socket.is_timed();
        Ok(Driver { state, socket })
    }

    /// Waits for whatever happens next. A connection that has ended has nothing more.
    pub(crate) fn next_event(&mut self) -> Option<Event<'static>> {
        self.recv_event()
    }

    /// Goes away without waiting for anything: a Close with 1001 is written, and what waits before
    /// it, as far as the socket has room.
    pub(crate) fn go_away(&mut self) {
        self.state.go_away();
        self.write_out(Patience::None);
        self.state.drop_transport(&self.socket);
    }
}

/// A driver that goes away when it's dropped, unless it was taken or has ended.
#[derive(Debug)]
pub(crate) struct Departing<S: Socket>(Option<Driver<S>>);

impl<S: Socket> Departing<S> {
    pub(crate) fn new(driver: Driver<S>) -> Departing<S> {
        Departing(Some(driver))
    }

    pub(crate) fn into_driver(mut self) -> Driver<S> {
        self.0.take().expect(THERE)
    }
}

/// Why there is a driver in a [`Departing`].
const THERE: &str = "it's taken out with the whole";

impl<S: Socket> Deref for Departing<S> {
    type Target = Driver<S>;

    fn deref(&self) -> &Driver<S> {
        self.0.as_ref().expect(THERE)
    }
}

impl<S: Socket> DerefMut for Departing<S> {
    fn deref_mut(&mut self) -> &mut Driver<S> {
        self.0.as_mut().expect(THERE)
    }
}

impl<S: Socket> Drop for Departing<S> {
    fn drop(&mut self) {
        if let Some(driver) = &mut self.0 {
            driver.go_away();
        }
    }
}

impl<S: Socket> Access for Driver<S> {
    type Socket = S;

    fn until<T>(
        &mut self,
        mut act: impl FnMut(&mut State, &S) -> ControlFlow<T, Option<Duration>>,
    ) -> T {
        loop {
            // Nobody else is there to wait for.
            if let ControlFlow::Break(done) = act(&mut self.state, &self.socket) {
                return done;
            }
        }
    }

    fn read(&mut self, mut reader: Reader, wait: ReadWait) -> Look {
        let Driver { state, socket } = self;
        // Nobody else waits for the connection, so what belongs to a long message goes there.
        let target = if state.is_encrypted() { None } else { state.connection.read_target() };
        let read = match target {
            // Shorter than a chunk, what comes behind it is read with it, and that's worth more.
            Some(mut target) if target.remaining_mut() >= CHUNK_LEN => {
                let room = target.remaining_mut().min(TARGET_READ_LEN_MAX);
                let message = target.get_mut();
                let len = message.len();
                message.resize(len + room, 0);
                let read = reader.read_into(socket, wait, &mut message[len..]);
                message.truncate(len + read.as_ref().map_or(0, |read| *read));
                read
            }
            Some(_) | None => reader.read(socket, wait),
        };
        state.end_read(reader, read)
    }

    fn write(&mut self, output: Output, patience: Patience) -> Written {
        let Driver { state, socket } = self;
        let attempt = match &output {
            Output::Front => write_front(&mut state.connection, socket, patience),
            _ => output.write(socket, patience),
        };
        let written = state.end_write(output, attempt);
        state.obey(socket);
        written
    }
}
