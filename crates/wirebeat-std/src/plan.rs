use std::io::{self, ErrorKind};
use std::time::Duration;

use wirebeat::Transport;

use crate::Socket;
use crate::output::{Attempt, Output, Patience};
use crate::reader::{ReadWait, Reader, is_blocked};
use crate::state::{Holders, InputSide, OutputSide, State};

/// How many bytes are taken out of the send queue at once.
const WRITE_LEN_MAX: usize = 256 * 1024;

/// How often whoever waits for input looks whether another has left something half written.
const TAKE_OVER_INTERVAL: Duration = Duration::from_millis(20);

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// That something comes.
    Input,
    /// That something goes out. Input is taken in so that the peer reads on, and its pings are
    /// answered.
    Output,
    /// The end. It doesn't wait for an application that doesn't take what has come.
    End,
}

/// Whose turn it is in a call that both reads and writes: the two alternate while the socket has no
/// room, since two peers that both wait for the other to read would wait for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Write(Patience),
    Read,
}

/// What to do next. To read or to write is to be done without holding the state.
#[derive(Debug)]
pub(crate) enum Step {
    /// Look at the state again.
    Again,
    Read(Reader, ReadWait),
    Write(Output, Patience),
    /// Wait until another thread has changed something, or for so long at most.
    Wait(Option<Duration>),
}

/// What a read has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Bytes, or the end of the transport.
    Something,
    /// Nothing, for as long as it was waited for.
    Nothing,
}

/// What has become of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The transport has taken what it was given.
    All,
    /// It takes no more just now.
    Blocked,
    /// It takes none any more.
    Broken,
}

impl State {
    /// What a call has to do next, which isn't done with what is known.
    pub(crate) fn plan(&mut self, socket: &impl Socket, purpose: Purpose, turn: Turn) -> Step {
        let is_to_look = turn == Turn::Read || self.output != OutputSide::Live;
        if purpose == Purpose::Output && is_to_look {
            self.keep_events();
        }
        let takes_input = !self.is_full();
        self.set_reading(takes_input || purpose == Purpose::End);
        if self.obey(socket) == Transport::Drop || self.keep_time(takes_input) {
            return Step::Again;
        }
        if !self.is_writing && self.has_output() {
            return self.plan_exchange(takes_input, turn);
        }
        match purpose {
            // Another thread writes, and tells when it has.
            Purpose::Output => Step::Wait(None),
            Purpose::Input | Purpose::End if !takes_input => Step::Wait(self.until_deadline()),
            Purpose::Input | Purpose::End => self.plan_wait(),
        }
    }

    /// Writes, or looks at what has come if the socket had no room.
    fn plan_exchange(&mut self, takes_input: bool, turn: Turn) -> Step {
        let can_look = takes_input && self.input == InputSide::Live && self.reader.is_some();
        match (self.output, turn) {
            (OutputSide::Live, Turn::Write(patience)) => self.write_step(patience),
            (OutputSide::Live, Turn::Read) if !can_look => self.write_step(Patience::Some),
            (OutputSide::Live, Turn::Read) => self.read_step(ReadWait::No),
            // All that could tell why is read before it's given up.
            (OutputSide::Shut | OutputSide::Broken | OutputSide::Dropped, _) if can_look => {
                self.read_step(ReadWait::No)
            }
            (OutputSide::Shut | OutputSide::Broken | OutputSide::Dropped, _) => {
                if self.reader.is_none() {
                    return Step::Wait(None);
                }
                self.lose();
                Step::Again
            }
        }
    }

    /// Waits for what comes: nothing is there, and nothing is to be written.
    fn plan_wait(&mut self) -> Step {
        match self.input {
            // Whoever reads tells what has come.
            InputSide::Live if self.reader.is_none() => Step::Wait(None),
            InputSide::Live => {
                let wait = match (self.until_deadline(), self.earliest_interruption()) {
                    (Some(wait), Some(earliest)) => Some(wait.min(earliest)),
                    (wait, earliest) => wait.or(earliest),
                };
                self.read_step(match wait {
                    Some(Duration::ZERO) => ReadWait::No,
                    wait => ReadWait::AtMost(wait),
                })
            }
            InputSide::Ended if self.is_writing => Step::Wait(self.until_deadline()),
            // Nothing comes and nothing goes out: there is nothing left to wait for.
            InputSide::Ended => {
                self.lose();
                Step::Again
            }
        }
    }

    /// How soon others may need whoever waits for the socket, whom nothing else wakes.
    fn earliest_interruption(&self) -> Option<Duration> {
        match self.holders {
            Holders::One => None,
            // Whoever writes may have something better to do than to wait for room.
            Holders::Many { .. } if self.is_writing => Some(TAKE_OVER_INTERVAL),
            // They may make a deadline, and it mustn't be missed.
            Holders::Many { .. } => Some(self.deadline_min.at(self.connection.ready_state())),
        }
    }

    fn read_step(&mut self, wait: ReadWait) -> Step {
        match self.reader.take() {
            Some(reader) => Step::Read(reader, wait),
            None => Step::Wait(None),
        }
    }

    fn write_step(&mut self, patience: Patience) -> Step {
        match self.begin_write() {
            Some(output) => Step::Write(output, patience),
            None => Step::Again,
        }
    }

    /// Takes the right to read, if nobody has it and there is anything to find out. All that came
    /// must be eaten or kept.
    pub(crate) fn begin_look(&mut self) -> Option<Reader> {
        if !self.is_timed || self.input == InputSide::Ended || self.has_unread() {
            return None;
        }
        self.reader.take()
    }

    /// Takes the right to write, and what is to be written, if nobody writes.
    pub(crate) fn begin_write(&mut self) -> Option<Output> {
        if self.is_writing || self.output != OutputSide::Live || !self.has_output() {
            return None;
        }
        let output = match (self.rest.take(), self.holders) {
            (Some(rest), _) => rest,
            #[cfg(feature = "tls")]
            (None, _) if self.tls.is_some() => {
                self.tls.as_mut()?.take_output(|max| self.connection.take_transmit(max))?
            }
            (None, Holders::One) => Output::Front,
            (None, Holders::Many { .. }) => {
                Output::Taken(self.connection.take_transmit(WRITE_LEN_MAX)?)
            }
        };
        self.is_writing = true;
        Some(output)
    }

    /// Gives back the right to read, and tells what was found.
    pub(crate) fn end_read(&mut self, reader: Reader, read: io::Result<usize>) -> Look {
        debug_assert!(self.reader.is_none(), "there is one right to read");
        let now = self.now();
        self.looked_at = now;
        self.reader = Some(reader);
        self.tell();
        match read {
            Ok(0) => {
                self.input = InputSide::Ended;
                match self.output {
                    OutputSide::Live | OutputSide::Shut => self.connection.handle_eof(now),
                    // The write was told of the loss, and the system tells it once.
                    OutputSide::Broken | OutputSide::Dropped => self.connection.handle_lost(now),
                }
                Look::Something
            }
            Ok(_) => Look::Something,
            Err(error) if is_blocked(&error) => {
                if self.output != OutputSide::Live && !self.is_writing && self.has_output() {
                    // All that could tell why has been read.
                    self.lose();
                }
                Look::Nothing
            }
            Err(_) => {
                self.input = InputSide::Ended;
                self.connection.handle_lost(now);
                Look::Something
            }
        }
    }

    /// Gives back the right to write, and tells what was taken.
    pub(crate) fn end_write(&mut self, mut output: Output, attempt: Attempt) -> Written {
        debug_assert!(self.is_writing, "there is one right to write");
        self.is_writing = false;
        self.tell();
        let now = self.now();
        let written = match attempt.taken {
            Ok(taken) if taken > 0 => {
                let taken_of_queue = output.advance(taken);
                self.connection.handle_written(now, taken_of_queue);
                if taken < attempt.offered { Written::Blocked } else { Written::All }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Written::All,
            Err(error) if is_blocked(&error) => Written::Blocked,
            Ok(_) | Err(_) => {
                if self.output == OutputSide::Live {
                    self.output = OutputSide::Broken;
                }
                Written::Broken
            }
        };
        if written == Written::Blocked {
            self.connection.handle_write_blocked(now);
        }
        if output.has_rest() && self.output != OutputSide::Dropped {
            self.rest = Some(output);
        }
        written
    }

    /// Does what is due. Returns whether anything was.
    ///
    /// Input comes before time, so that a sign of life that is there is heard: what counts is when
    /// the socket was last looked at, and whoever reads keeps the time.
    fn keep_time(&mut self, takes_input: bool) -> bool {
        let Some(reader) = &self.reader else { return false };
        if !self.is_timed || takes_input && !reader.is_eaten() {
            return false;
        }
        if !takes_input || self.input == InputSide::Ended {
            // There is nothing that could be looked at.
            self.looked_at = self.now();
        }
        let is_due = self.connection.poll_timeout().is_some_and(|at| at <= self.looked_at);
        if is_due {
            self.connection.handle_timeout(self.looked_at);
            self.tell();
        }
        is_due
    }

    /// How long it is until the next deadline; `None` if there is none.
    fn until_deadline(&self) -> Option<Duration> {
        if !self.is_timed {
            return None;
        }
        let now = self.now();
        self.connection.poll_timeout().map(|at| at.since(now))
    }
}
