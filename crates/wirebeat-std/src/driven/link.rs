use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use wirebeat::session::Attempt;
#[cfg(feature = "tls")]
use wirebeat::{Cause, Phase, Reason};
use wirebeat::{Input, Timestamp, Transport};

use super::Machine;
use crate::ConnectError;
use crate::Socket;
use crate::output::{self, Output, Patience};
use crate::reader::{ReadWait, Reader, is_blocked};
use crate::state::{InputSide, OutputSide};
#[cfg(feature = "tls")]
use crate::tls::{Decrypted, Tls};

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
                machine.handle_reading(now, attempt, is_reading);
            }
            if !self.takes_in(machine, attempt) {
                return Progress::Blocked;
            }
            match self.reader.read(&self.socket, ReadWait::No) {
                Ok(0) => {
                    self.input = InputSide::Ended;
                    match self.output {
                        OutputSide::Live | OutputSide::Shut => machine.handle_eof(now, attempt),
                        // The write was told of the loss, and the system tells it once.
                        OutputSide::Broken | OutputSide::Dropped => {
                            machine.handle_lost(now, attempt);
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
            && (!self.reader.is_eaten() || self.can_read && machine.wants_read(attempt))
    }

    fn lose(&mut self, machine: &mut impl Machine, attempt: Attempt, now: Timestamp) {
        self.input = InputSide::Ended;
        machine.handle_lost(now, attempt);
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
                    machine.handle_written(now, attempt, output.advance(taken));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_blocked(&error) => {
                    self.can_write = false;
                    machine.handle_write_blocked(now, attempt);
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
        let transmit = machine.poll_transmit(attempt)?;
        let tried = output::write(&transmit, &self.socket, Patience::None);
        Some((Output::Front, tried))
    }
}

#[cfg(feature = "tls")]
impl Link {
    /// Puts TLS on it. Nothing has been read or written.
    pub(crate) fn secure(&mut self, tls: Tls) {
        self.reader.expect_ciphertext();
        self.tls = Some(Box::new(tls));
    }

    /// Makes it secure, if it has to be. Returns whether it is.
    pub(crate) fn shake_hands(&mut self) -> Result<bool, ConnectError> {
        loop {
            self.write_records()?;
            let Some(tls) = &mut self.tls else { return Ok(true) };
            if !tls.is_handshaking() {
                return Ok(true);
            }
            if !self.can_read {
                return Ok(false);
            }
            match self.reader.read(&self.socket, ReadWait::No) {
                Ok(0) => return Err(ended(Reason::Eof)),
                Ok(_) => {}
                Err(error) if is_blocked(&error) => {
                    self.can_read = false;
                    return Ok(false);
                }
                Err(_) => return Err(ended(Reason::Lost)),
            }
            match tls.decrypt(&mut self.reader) {
                Decrypted::Some | Decrypted::Nothing => {}
                Decrypted::End => return Err(ended(Reason::Eof)),
                Decrypted::Failed => return Err(self.tls_failure().unwrap_or(ended(Reason::Lost))),
            }
        }
    }

    /// What was wrong with what the peer sent over TLS, once something was.
    pub(crate) fn tls_failure(&self) -> Option<ConnectError> {
        let failure = self.tls.as_ref()?.failure()?;
        Some(ConnectError::Tls(failure.clone()))
    }

    /// Writes what the handshake has to say, as far as there's room.
    fn write_records(&mut self) -> Result<(), ConnectError> {
        while self.can_write {
            let handshake = || self.tls.as_mut()?.take_output(|_| None);
            let Some(mut output) = self.rest.take().or_else(handshake) else { return Ok(()) };
            match output.write(&self.socket, Patience::None).taken {
                Ok(taken) if taken > 0 => {
                    output.advance(taken);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_blocked(&error) => self.can_write = false,
                Ok(_) | Err(_) => return Err(ended(Reason::Lost)),
            }
            if output.has_rest() {
                self.rest = Some(output);
            }
        }
        Ok(())
    }

    /// Decrypts what was read, when all that was decrypted before is eaten. Returns whether there
    /// is more to eat.
    fn decrypt(&mut self, machine: &mut impl Machine, attempt: Attempt, now: Timestamp) -> bool {
        let Some(tls) = &mut self.tls else { return false };
        if self.input == InputSide::Ended || !machine.takes_input() {
            return false;
        }
        match tls.decrypt(&mut self.reader) {
            Decrypted::Some => true,
            Decrypted::Nothing => false,
            Decrypted::End => {
                self.input = InputSide::Ended;
                machine.handle_eof(now, attempt);
                false
            }
            Decrypted::Failed => {
                if let Some(failure) = self.tls_failure() {
                    machine.note_failure(failure.into());
                }
                self.lose(machine, attempt, now);
                false
            }
        }
    }

    fn encrypted(&mut self, machine: &mut impl Machine, attempt: Attempt) -> Option<Output> {
        self.tls.as_mut()?.take_output(|max| machine.take_transmit(attempt, max))
    }

    fn has_output(&mut self, machine: &mut impl Machine, attempt: Attempt) -> bool {
        let mut has_data = || machine.poll_transmit(attempt).is_some();
        self.rest.is_some()
            || match &self.tls {
                Some(tls) => tls.has_output(has_data),
                None => has_data(),
            }
    }

    fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Has it said, behind all that is to be written, that nothing follows.
    fn say_last(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close();
        }
    }

    /// Whoever drops it doesn't wait; the peer that isn't told sees the transport end.
    fn write_last(&mut self) {
        if self.output == OutputSide::Live && self.rest.is_none() {
            self.say_last();
            let records = self.tls.as_mut().map(|tls| tls.take_records()).unwrap_or_default();
            if !records.is_empty() {
                let _ = self.socket.write_now(&[IoSlice::new(&records)]);
            }
        }
    }
}

/// It ended while it was being made secure.
#[cfg(feature = "tls")]
fn ended(reason: Reason) -> ConnectError {
    ConnectError::Handshake(Cause { phase: Phase::Dialing, reason })
}

/// A transport without TLS.
#[cfg(not(feature = "tls"))]
impl Link {
    pub(crate) fn shake_hands(&mut self) -> Result<bool, ConnectError> {
        Ok(true)
    }

    fn decrypt(&mut self, _: &mut impl Machine, _: Attempt, _: Timestamp) -> bool {
        false
    }

    fn encrypted(&mut self, _: &mut impl Machine, _: Attempt) -> Option<Output> {
        None
    }

    fn has_output(&mut self, machine: &mut impl Machine, attempt: Attempt) -> bool {
        machine.poll_transmit(attempt).is_some()
    }

    fn is_encrypted(&self) -> bool {
        false
    }

    fn say_last(&mut self) {}

    fn write_last(&mut self) {}
}

impl Drop for Link {
    fn drop(&mut self) {
        self.write_last();
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// A socket that never waits.
struct Polled(TcpStream);

impl Socket for Polled {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &self.0, buffer)
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Write::write_vectored(&mut &self.0, slices)
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }

    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_vectored(slices)
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}
