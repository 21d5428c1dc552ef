use std::io::{self, ErrorKind, IoSlice};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut};
use wirebeat::{Connection, Event, Input, Timestamp, Transport};

use crate::Socket;
use crate::read_timeout::ReadTimeout;

/// How much is read at once. It's all the memory that a connection holds besides its messages.
const CHUNK_LEN: usize = 16 * 1024;

/// How much is read into a long message at once.
const TARGET_READ_LEN_MAX: usize = 64 * 1024;

/// How many pieces of the send queue are written at once.
const SLICES_MAX: usize = 16;

/// How long one write waits for room in the socket before what comes in is looked at again: two
/// peers that both wait for the other to read would wait for ever.
const WRITE_SLICE: Duration = Duration::from_millis(5);

/// The loop that keeps a [`Connection`] and its socket in step.
///
/// It reads, writes, waits and tells the time, and knows nothing of frames. Who owns it calls
/// [`next_event`](Driver::next_event) until there is none, and then [`turn`](Driver::turn).
#[derive(Debug)]
pub(crate) struct Driver<S> {
    socket: S,
    pub(crate) connection: Connection,
    /// What the connection's timestamps count from.
    epoch: Instant,
    chunk: Box<[u8]>,
    /// The part of the chunk that isn't eaten: from `eaten` to `read`.
    eaten: usize,
    read: usize,
    read_timeout: ReadTimeout,
    is_nonblocking: bool,
    /// When the socket was last seen to have nothing more than what was read then.
    looked_at: Timestamp,
    /// Whether our application takes what comes, as the connection was last told.
    is_reading: bool,
    input: InputSide,
    output: OutputSide,
}

/// Whether the peer can still be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputSide {
    Live,
    Ended,
}

/// Whether the peer can still be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OutputSide {
    Live,
    /// We ended it.
    Shut,
    /// The transport refused to take more. What came before may still tell why.
    Broken,
}

/// What became of the bytes that wait to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The transport has taken them all.
    All,
    /// It takes no more just now.
    Blocked,
    /// It takes none any more.
    Broken,
}

/// What a look at the socket found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Bytes, or the end of the transport.
    Something,
    /// Nothing, for as long as it was waited for.
    Nothing,
}

impl<S: Socket> Driver<S> {
    /// A driver for a connection whose first timestamp, counted from `epoch`, is just past.
    pub(crate) fn new(socket: S, connection: Connection, epoch: Instant) -> io::Result<Driver<S>> {
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(None)?;
        socket.set_write_timeout(Some(WRITE_SLICE))?;
        socket.set_prompt()?;
        Ok(Driver {
            socket,
            connection,
            epoch,
            chunk: vec![0; CHUNK_LEN].into_boxed_slice(),
            eaten: 0,
            read: 0,
            read_timeout: ReadTimeout::default(),
            is_nonblocking: false,
            looked_at: Timestamp::ZERO,
            is_reading: true,
            input: InputSide::Live,
            output: OutputSide::Live,
        })
    }

    pub(crate) fn socket(&self) -> &S {
        &self.socket
    }

    /// What time it is for the connection.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::ZERO + self.epoch.elapsed()
    }

    /// How long ago the socket was last looked at.
    pub(crate) fn since_look(&self) -> Duration {
        self.now().since(self.looked_at)
    }

    /// What happened, as far as it's known without the socket.
    pub(crate) fn next_event(&mut self) -> Option<Event<'static>> {
        let now = self.now();
        let mut input = Input::new(&mut self.chunk[self.eaten..self.read]);
        let event = self.connection.receive(now, &mut input).map(Event::into_owned);
        self.eaten = self.read - input.len();
        if matches!(event, Some(Event::Closed(_))) {
            self.obey();
        }
        event
    }

    /// Writes, waits until something comes or a deadline passes, and does what is due. To be called
    /// when [`next_event`](Driver::next_event) has nothing.
    pub(crate) fn turn(&mut self) {
        self.set_reading(true);
        let written = self.write();
        if self.obey() == Transport::Drop || self.keep_time() {
            return;
        }
        let look = match written {
            Written::All => self.wait(),
            Written::Blocked | Written::Broken => self.peek(),
        };
        self.settle(written, look);
    }

    /// Reads what is there and does what is due, without waiting. Everything that was read before
    /// must be eaten.
    pub(crate) fn look(&mut self, written: Written) {
        self.set_reading(true);
        if self.keep_time() {
            return;
        }
        let look = self.peek();
        self.settle(written, look);
    }

    /// Does what is due while nothing is read, because our application takes nothing more just now.
    pub(crate) fn look_away(&mut self) {
        self.set_reading(false);
        self.set_nonblocking(false);
        let now = self.now();
        self.connection.handle_timeout(now);
    }

    /// Writes what waits, as far as the transport takes it. Waits for it only for a moment.
    pub(crate) fn write(&mut self) -> Written {
        while let Some(transmit) = self.connection.poll_transmit() {
            if self.output != OutputSide::Live {
                return Written::Broken;
            }
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = transmit.chunks_vectored(&mut slices);
            let offered: usize = slices[..count].iter().map(|slice| slice.len()).sum();
            let written = self.socket.write_vectored(&slices[..count]);
            let now = self.now();
            match written {
                Ok(written) if written > 0 => {
                    self.connection.handle_written(now, written);
                    if written < offered {
                        self.connection.handle_write_blocked(now);
                        return Written::Blocked;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_blocked(&error) => {
                    self.connection.handle_write_blocked(now);
                    return Written::Blocked;
                }
                Ok(_) | Err(_) => {
                    self.output = OutputSide::Broken;
                    return Written::Broken;
                }
            }
        }
        Written::All
    }

    /// Does to the transport what the connection wants.
    pub(crate) fn obey(&mut self) -> Transport {
        let transport = self.connection.transport();
        match (transport, self.output) {
            (Transport::Keep, _) | (Transport::ShutdownWrite, OutputSide::Shut) => {}
            (Transport::ShutdownWrite, OutputSide::Live | OutputSide::Broken) => {
                self.output = OutputSide::Shut;
                // It may have ended by itself, which the next read will tell.
                let _ = self.socket.shutdown(Shutdown::Write);
            }
            (Transport::Drop, _) => {
                self.output = OutputSide::Shut;
                let _ = self.socket.shutdown(Shutdown::Both);
            }
        }
        transport
    }

    /// Gives the connection up without waiting for anything: what waits is written as far as the
    /// socket has room.
    pub(crate) fn abandon(&mut self) {
        self.set_nonblocking(true);
        self.write();
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Tells the connection whether our application takes what comes.
    fn set_reading(&mut self, is_reading: bool) {
        if self.is_reading != is_reading {
            self.is_reading = is_reading;
            let now = self.now();
            self.connection.handle_reading(now, is_reading);
        }
    }

    /// Does what was due when the socket was last looked at: input comes before time, so that a
    /// sign of life that is there is heard. Returns whether anything was due.
    fn keep_time(&mut self) -> bool {
        let is_due = self.connection.poll_timeout().is_some_and(|at| at <= self.looked_at);
        if is_due {
            self.connection.handle_timeout(self.looked_at);
        }
        is_due
    }

    /// Waits until something comes, or the next deadline.
    fn wait(&mut self) -> Look {
        if self.input == InputSide::Ended {
            // Nothing comes and nothing goes out: there is nothing left to wait for.
            let now = self.now();
            self.connection.handle_lost(now);
            return Look::Something;
        }
        let now = self.now();
        let wait = self.connection.poll_timeout().map(|at| at.since(now));
        if wait.is_some_and(|wait| wait.is_zero()) {
            return self.peek();
        }
        self.set_nonblocking(false);
        if self.read_timeout.prepare(&self.socket, wait).is_err() {
            self.connection.handle_lost(now);
            return Look::Something;
        }
        let look = self.read();
        self.read_timeout.note(look == Look::Nothing);
        look
    }

    /// Reads what is there, without waiting.
    fn peek(&mut self) -> Look {
        self.set_nonblocking(true);
        self.read()
    }

    /// Draws the conclusions from a look at the socket that found nothing.
    fn settle(&mut self, written: Written, look: Look) {
        if look == Look::Something {
            return;
        }
        match written {
            Written::All => {}
            // The next write waits for room.
            Written::Blocked => self.set_nonblocking(false),
            // All that could tell why has been read.
            Written::Broken => {
                let now = self.now();
                self.connection.handle_lost(now);
            }
        }
        self.keep_time();
    }

    /// Reads once, into the chunk or straight into a long message.
    fn read(&mut self) -> Look {
        debug_assert_eq!(self.eaten, self.read, "what was read before is eaten");
        if self.input == InputSide::Ended {
            self.looked_at = self.now();
            return Look::Nothing;
        }
        let read = loop {
            let read = match self.connection.read_target() {
                Some(mut target) => read_into(&self.socket, &mut target).map(|len| (len, 0)),
                None => self.socket.read(&mut self.chunk).map(|len| (len, len)),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let now = self.now();
        self.looked_at = now;
        match read {
            Ok((0, _)) => {
                self.input = InputSide::Ended;
                match self.output {
                    OutputSide::Live | OutputSide::Shut => self.connection.handle_eof(now),
                    // The write was told of the loss, and the system tells it once.
                    OutputSide::Broken => self.connection.handle_lost(now),
                }
                Look::Something
            }
            Ok((_, in_chunk)) => {
                self.eaten = 0;
                self.read = in_chunk;
                Look::Something
            }
            Err(error) if is_blocked(&error) => Look::Nothing,
            Err(_) => {
                self.input = InputSide::Ended;
                self.connection.handle_lost(now);
                Look::Something
            }
        }
    }

    fn set_nonblocking(&mut self, nonblocking: bool) {
        if self.is_nonblocking == nonblocking {
            return;
        }
        if self.socket.set_nonblocking(nonblocking).is_err() {
            let now = self.now();
            self.connection.handle_lost(now);
        }
        self.is_nonblocking = nonblocking;
    }
}

/// Reads into the message that `target` ends.
fn read_into(
    socket: &impl Socket,
    target: &mut bytes::buf::Limit<&mut Vec<u8>>,
) -> io::Result<usize> {
    let room = target.remaining_mut().min(TARGET_READ_LEN_MAX);
    let message = target.get_mut();
    let len = message.len();
    message.resize(len + room, 0);
    let read = socket.read(&mut message[len..]);
    message.truncate(len + read.as_ref().map_or(0, |read| *read));
    read
}

fn is_blocked(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
