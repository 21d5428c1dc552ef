use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use wirebeat_std::{Accepted, Closed, Event};

use super::screen::Screen;
use super::{Arguments, json, told};
use crate::failure::Failure;

/// Says what happens, to whoever reads it: a person, a program, or a program that wants messages
/// alone.
#[derive(Debug)]
pub(crate) struct Reporter {
    form: Form,
    is_quiet: bool,
    screen: Screen,
}

/// In which form it's said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines for people, with time, kind and size.
    Told,
    /// The messages alone. What else happens goes to standard error.
    Bare {
        /// What ends each message.
        end: &'static [u8],
    },
    /// Events as JSON Lines.
    Json,
}

impl Form {
    /// The form for this program's standard output.
    pub(crate) fn of(is_json: bool, is_binary: bool) -> Form {
        match (is_json, is_binary) {
            (true, _) => Form::Json,
            (false, true) => Form::Bare { end: b"" },
            (false, false) if io::stdout().is_terminal() => Form::Told,
            (false, false) => Form::Bare { end: b"\n" },
        }
    }
}

impl Reporter {
    pub(crate) fn new(form: Form, is_quiet: bool, screen: Screen) -> Reporter {
        Reporter { form, is_quiet, screen }
    }

    /// The connection is open.
    pub(crate) fn open(&self, url: &str, accepted: Option<&Accepted>) -> Result<(), Failure> {
        match self.form {
            Form::Json if !self.is_quiet => self.screen.print(&json::open(url, accepted)),
            Form::Json => Ok(()),
            Form::Told | Form::Bare { .. } => self.note(&told::open(url, accepted)),
        }
    }

    /// Something happened on it.
    pub(crate) fn event(&self, event: &Event<'_>) -> Result<(), Failure> {
        let is_message = matches!(event, Event::Message(_));
        if self.is_quiet && !is_message {
            return Ok(());
        }
        match (self.form, event) {
            (Form::Json, event) => {
                json::event(event).map_or(Ok(()), |line| self.screen.print(&line))
            }
            (Form::Bare { end }, Event::Message(message)) => {
                self.screen.write(&[message.as_bytes(), end])
            }
            (Form::Bare { .. }, _) => Ok(()),
            (Form::Told, event) => {
                told::event(event).map_or(Ok(()), |line| self.screen.print(&line))
            }
        }
    }

    /// It's over, as it should be or not. Nothing is edited any more.
    pub(crate) fn closed(&self, closed: &Closed, is_failure: bool) -> Result<(), Failure> {
        self.screen.finish();
        match self.form {
            Form::Json if !self.is_quiet => self.screen.print(&json::closed(closed, None)),
            Form::Json => Ok(()),
            // What went wrong is said at the end, as the reason for the exit code.
            Form::Told | Form::Bare { .. } if is_failure => Ok(()),
            Form::Told | Form::Bare { .. } => self.note(&told::closed(closed)),
        }
    }

    /// There's no connection.
    pub(crate) fn failed(&self, failure: &Failure) -> Result<(), Failure> {
        match self.form {
            Form::Json if !self.is_quiet => self.screen.print(&json::failed(failure, None)),
            Form::Json | Form::Told | Form::Bare { .. } => Ok(()),
        }
    }

    /// A connection is over, and another attempt follows.
    pub(crate) fn lost(&self, closed: &Closed, retry_in: Duration) -> Result<(), Failure> {
        match self.form {
            Form::Json if !self.is_quiet => {
                self.screen.print(&json::closed(closed, Some(retry_in)))
            }
            Form::Json => Ok(()),
            Form::Told | Form::Bare { .. } => {
                self.note(&format!("{}; {}", told::closed(closed), told::retry(retry_in)))
            }
        }
    }

    /// There's no connection, and another attempt follows.
    pub(crate) fn failed_for_now(
        &self,
        failure: &Failure,
        retry_in: Duration,
    ) -> Result<(), Failure> {
        match self.form {
            Form::Json if !self.is_quiet => {
                self.screen.print(&json::failed(failure, Some(retry_in)))
            }
            Form::Json => Ok(()),
            Form::Told | Form::Bare { .. } => {
                self.note(&format!("{failure}; {}", told::retry(retry_in)))
            }
        }
    }

    /// Says whether messages are compressed, if that was asked for.
    pub(crate) fn compression(
        &self,
        arguments: &Arguments,
        is_compressed: bool,
    ) -> Result<(), Failure> {
        match (arguments.compress, is_compressed) {
            (false, _) => Ok(()),
            (true, true) => self.note("messages are compressed"),
            (true, false) => self.note("the server doesn't compress messages"),
        }
    }

    /// Says something about the connection, where that isn't mistaken for a message.
    pub(crate) fn note(&self, what: &str) -> Result<(), Failure> {
        match self.form {
            _ if self.is_quiet => Ok(()),
            Form::Told => self.screen.print(&told::note(what)),
            Form::Bare { .. } | Form::Json => {
                // Standard error may be closed, which is no reason to give up.
                let _ = writeln!(anstream::stderr(), "{}", told::note(what));
                Ok(())
            }
        }
    }
}
