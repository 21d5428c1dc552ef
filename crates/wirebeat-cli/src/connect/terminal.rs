use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor, ExternalPrinter};

/// What stands before the line that is being edited.
const PROMPT: &str = "> ";

/// How long the editor may take to print what it was given. It takes no time unless it's stuck.
const FINISH_WAIT_MAX: Duration = Duration::from_secs(2);

/// Up and down again: what the editor can be given to print that leaves no trace.
const NOTHING: &str = "\x1b[A\n";

/// Takes the line that was being edited away, and ends what the editor asked of the terminal: to
/// mark what is pasted.
const LEAVE: &str = "\r\x1b[J\x1b[?2004l";

/// A terminal on which lines are edited, with a history.
pub(crate) struct Terminal {
    editor: Editor<(), MemHistory>,
}

/// What the user typed.
#[derive(Debug)]
pub(crate) enum Typed {
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the end of the terminal.
    End,
}

/// Prints above the line that is being edited.
pub(crate) struct Printer {
    /// `None` once the terminal was given back.
    printer: Option<Box<dyn ExternalPrinter + Send>>,
    mode: Mode,
}

impl Terminal {
    /// The editor, and what prints while it's in use; an error if this terminal isn't up to it.
    pub(crate) fn open() -> io::Result<(Terminal, Printer)> {
        let mode = Mode::current()?;
        let config = Config::builder().auto_add_history(true).history_ignore_space(true).build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(io::Error::other)?;
        let printer = Box::new(editor.create_external_printer().map_err(io::Error::other)?);
        Ok((Terminal { editor }, Printer { printer: Some(printer), mode }))
    }

    /// Lets the user edit a line.
    pub(crate) fn read(&mut self) -> io::Result<Typed> {
        match self.editor.readline(PROMPT) {
            Ok(line) => Ok(Typed::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Typed::Interrupt),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(ReadlineError::Io(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl Printer {
    /// Prints lines.
    pub(crate) fn print(&mut self, mut lines: String) -> io::Result<()> {
        lines.push('\n');
        match &mut self.printer {
            Some(printer) => printer.print(lines).map_err(io::Error::other),
            None => write_now(&lines),
        }
    }

    /// Waits until everything is printed, and gives the terminal back as it was: the editor can't be
    /// stopped while it waits for keys, and would leave a terminal that doesn't echo.
    pub(crate) fn finish(&mut self) {
        let Some(mut printer) = self.printer.take() else { return };
        if !self.mode.is_left() {
            return;
        }
        let (done, is_done) = mpsc::channel();
        // The editor holds one message beside the one that it prints. When it has taken the second
        // of these, it's done with all before the first.
        let wait = move || {
            let _ = printer.print(NOTHING.into()).and_then(|()| printer.print(NOTHING.into()));
            let _ = done.send(());
        };
        if thread::Builder::new().name("printed".into()).spawn(wait).is_ok() {
            let _ = is_done.recv_timeout(FINISH_WAIT_MAX);
        }
        self.mode.restore();
        let _ = write_now(LEAVE);
    }
}

fn write_now(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// How the terminal treats keys, as it was before lines were edited.
#[cfg(unix)]
#[derive(Debug)]
struct Mode(rustix::termios::Termios);

#[cfg(unix)]
impl Mode {
    fn current() -> io::Result<Mode> {
        Ok(Mode(rustix::termios::tcgetattr(io::stdin())?))
    }

    /// Whether the terminal is in another mode: a line is being edited.
    fn is_left(&self) -> bool {
        Mode::current().is_ok_and(|Mode(now)| now.local_modes != self.0.local_modes)
    }

    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// Other systems give a program's terminal back by themselves.
#[cfg(not(unix))]
#[derive(Debug)]
struct Mode;

#[cfg(not(unix))]
impl Mode {
    fn current() -> io::Result<Mode> {
        Ok(Mode)
    }

    fn is_left(&self) -> bool {
        true
    }

    fn restore(&self) {}
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").finish_non_exhaustive()
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").field("mode", &self.mode).finish_non_exhaustive()
    }
}
