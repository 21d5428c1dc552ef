#[cfg_attr(not(feature = "tls"), path = "link/plain.rs")]
mod tls;

mod polled;

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use wirebeat::session::{Attempt, Driven};
use wirebeat::{Input, Timestamp, Transport};

use self::polled::Polled;
use super::Machine;
use crate::Socket;
use crate::output::{self, Output, Patience};
use crate::reader::{ReadWait, Reader, is_blocked};
use crate::state::{InputSide, OutputSide};
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// How often it's read, and written, before others have their turn.
const TURNS_MAX: usize = 8;

/// A transport that is never waited for.
pub(crate) struct Link {
    socket: Polled,
    token: Token,
    reader: Reader,
    #[cfg(feature = "tls")]
    tls: Option<Box<Tls>>,
    /// What was taken out to be written, of which the socket took only a part.
    rest: Option<Output>,
    /// Whether the socket may have something, or room for something: it says so once, and hasn't
    /// denied it since.
    can_read: bool,
    can_write: bool,
    input: InputSide,
    output: OutputSide,
    /// Whether the application takes what comes, as the connection was last told.
    is_reading: bool,
}

/// Whether there is more to do at once, or only when the socket says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    Blocked,
}

impl Link {
    /// Takes a stream that is connected, and registered under this token.
    pub(crate) fn new(
        mut stream: TcpStream,
        token: Token,
        registry: &Registry,
    ) -> io::Result<Link> {
        registry.reregister(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        // Frames are written whole.
        stream.set_nodelay(true)?;
        Ok(Link {
            socket: Polled(stream),
            token,
            reader: Reader::default(),
            #[cfg(feature = "tls")]
            tls: None,
            rest: None,
            can_read: true,
            can_write: true,
            input: InputSide::Live,
            output: OutputSide::Live,
            is_reading: true,
        })
    }

    /// Takes note of what happened to the socket.
    pub(crate) fn note(&mut self, event: &Event) {
        if event.token() == self.token {
            let is_over = event.is_error();
            self.can_read |= event.is_readable() || event.is_read_closed() || is_over;
            self.can_write |= event.is_writable() || event.is_write_closed() || is_over;
        }
    }

    /// Reads and writes what can be without waiting.
    pub(crate) fn exchange(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
        now: Timestamp,
    ) -> Progress {
        let read = self.take_in(machine, attempt, now);
        let written = self.put_out(machine, attempt, now);
        if read == Progress::More { read } else { written }
    }

    /// Whether something could be read or written now that waits to be.
    pub(crate) fn has_work(&mut self, machine: &mut impl Machine, attempt: Attempt) -> bool {
        self.takes_in(machine, attempt)
            || self.can_write
                && self.output == OutputSide::Live
                && self.has_output(machine, attempt)
    }

    /// Does to the socket what the connection wants, but for dropping it.
    pub(crate) fn obey(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
        now: Timestamp,
        transport: Transport,
    ) {
        if transport != Transport::ShutdownWrite || self.output != OutputSide::Live {
            return;
        }
        self.say_last();
        self.put_out(machine, attempt, now);
        if self.output == OutputSide::Live && !self.has_output(machine, attempt) {
            self.output = OutputSide::Shut;
            // It may have ended by itself, which the next read will tell.
            let _ = self.socket.shutdown(Shutdown::Write);
        }
    }

    /// Whether nothing comes any more and nothing goes out: there's nothing left to wait for.
    pub(crate) fn is_at_its_end(&mut self, machine: &mut impl Machine, attempt: Attempt) -> bool {
        self.input == InputSide::Ended
            && self.reader.is_eaten()
            && (self.output != OutputSide::Live || !self.has_output(machine, attempt))
    }

    fn take_in(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
        now: Timestamp,
    ) -> Progress {
        for _ in 0..TURNS_MAX {
            self.eat(machine, attempt, now);
            let is_reading = machine.takes_input();
            if self.is_reading != is_reading {
                self.is_reading = is_reading;
                machine.core_mut().handle_reading(now, attempt, is_reading);
            }
            if !self.takes_in(machine, attempt) {
                return Progress::Blocked;
            }
            match self.reader.read(&self.socket, ReadWait::No) {
                Ok(0) => {
                    self.input = InputSide::Ended;
                    match self.output {
                        OutputSide::Live | OutputSide::Shut => {
                            machine.core_mut().handle_eof(now, attempt)
                        }
                        // The write was told of the loss, and the system tells it once.
                        OutputSide::Broken | OutputSide::Dropped => {
                            machine.core_mut().handle_lost(now, attempt);
                        }
                    }
                }
                Ok(_) => {}
                Err(error) if is_blocked(&error) => {
                    self.can_read = false;
                    if self.output == OutputSide::Broken {
                        // All that could tell why has been read.
                        self.lose(machine, attempt, now);
                    }
                }
                Err(_) => self.lose(machine, attempt, now),
            }
        }
        Progress::More
    }

    /// Whether something could be read that the application would take.
    fn takes_in(&self, machine: &impl Machine, attempt: Attempt) -> bool {
        machine.takes_input()
            && self.input == InputSide::Live
            && (!self.reader.is_eaten() || self.can_read && machine.core().wants_read(attempt))
    }

    fn lose(&mut self, machine: &mut impl Machine, attempt: Attempt, now: Timestamp) {
        self.input = InputSide::Ended;
        machine.core_mut().handle_lost(now, attempt);
    }

    /// Eats what was read, as far as the application takes it.
    fn eat(&mut self, machine: &mut impl Machine, attempt: Attempt, now: Timestamp) {
        loop {
            let eat = |input: &mut Input<'_>| machine.receive(now, attempt, input);
            self.reader.chunk().eat(eat);
            if !self.reader.unread().is_empty() || !self.decrypt(machine, attempt, now) {
                return;
            }
        }
    }

    fn put_out(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
        now: Timestamp,
    ) -> Progress {
        for _ in 0..TURNS_MAX {
            if !self.can_write || self.output != OutputSide::Live {
                return Progress::Blocked;
            }
            let Some((mut output, tried)) = self.write(machine, attempt) else {
                return Progress::Blocked;
            };
            match tried.taken {
                Ok(taken) if taken > 0 => {
                    machine.core_mut().handle_written(now, attempt, output.advance(taken));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_blocked(&error) => {
                    self.can_write = false;
                    machine.core_mut().handle_write_blocked(now, attempt);
                }
                Ok(_) | Err(_) => {
                    self.output = OutputSide::Broken;
                    // What came before may still tell why, and then it's told of the loss.
                    self.can_read = true;
                    return Progress::More;
                }
            }
            if output.has_rest() {
                self.rest = Some(output);
            }
        }
        Progress::More
    }

    /// Tries once to write what is next, if there is anything.
    fn write(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
    ) -> Option<(Output, output::Attempt)> {
        if let Some(output) = self.rest.take().or_else(|| self.encrypted(machine, attempt)) {
            let tried = output.write(&self.socket, Patience::None);
            return Some((output, tried));
        }
        if self.is_encrypted() {
            return None;
        }
        let transmit = machine.core_mut().poll_transmit(attempt)?;
        let tried = output::write(&transmit, &self.socket, Patience::None);
        Some((Output::Front, tried))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.write_last();
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
