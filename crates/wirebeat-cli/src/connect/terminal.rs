use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor, ExternalPrinter};

/// What stands before the line that is being edited.
const PROMPT: &str = "> ";

/// How long the editor may take to print what it was given. It takes no time unless it's stuck.
const PRINT_WAIT_MAX: Duration = Duration::from_secs(2);

/// How long to wait before the editor is stopped again: it may have been just about to begin.
const STOP_WAIT: Duration = Duration::from_millis(50);

/// How often the editor is stopped.
const STOPS_MAX: usize = 40;

/// Up and down again: what the editor can be given to print that leaves no trace.
const NOTHING: &str = "\x1b[A\n";

/// A terminal on which lines are edited, with a history.
pub(crate) struct Terminal {
    editor: Editor<(), MemHistory>,
    prompt: &'static str,
    turn: Arc<Turn>,
}

/// What the user typed.
#[derive(Debug)]
pub(crate) enum Typed {
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the end of the terminal.
    End,
    /// The line was taken away: the terminal is given back.
    Stopped,
}

/// Prints above the line that is being edited.
pub(crate) struct Printer {
    /// `None` once the terminal was given back.
    printer: Option<Box<dyn ExternalPrinter + Send>>,
    turn: Arc<Turn>,
}

/// Whose turn it is on the terminal.
#[derive(Debug, Default)]
struct Turn {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    /// A line is being edited.
    Editing,
    /// A line is being edited, and shouldn't be any more.
    Stopping,
    /// No more lines are edited.
    Over,
}

impl Terminal {
    /// The editor, and what prints while it's in use; an error if this terminal isn't up to it.
    pub(crate) fn open() -> io::Result<(Terminal, Printer)> {
        let config = Config::builder().auto_add_history(true).history_ignore_space(true).build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(io::Error::other)?;
        let printer = Box::new(editor.create_external_printer().map_err(io::Error::other)?);
        let turn = Arc::<Turn>::default();
        let printer = Printer { printer: Some(printer), turn: Arc::clone(&turn) };
        Ok((Terminal { editor, prompt: PROMPT, turn }, printer))
    }

    /// No more lines are wanted: asks for none.
    pub(crate) fn rest(&mut self) {
        self.prompt = "";
    }

    /// Lets the user edit a line.
    pub(crate) fn read(&mut self) -> io::Result<Typed> {
        if !self.turn.begin() {
            return Ok(Typed::Stopped);
        }
        let read = self.editor.readline(self.prompt);
        if !self.turn.end() {
            return Ok(Typed::Stopped);
        }
        match read {
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
            None => {
                let mut output = io::stdout().lock();
                output.write_all(lines.as_bytes())?;
                output.flush()
            }
        }
    }

    /// Waits until everything is printed, and takes the line away that is being edited, so that the
    /// terminal is left as it was.
    pub(crate) fn finish(&mut self) {
        let Some(mut printer) = self.printer.take() else { return };
        if !self.turn.stop() {
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
            let _ = is_done.recv_timeout(PRINT_WAIT_MAX);
        }
        self.turn.wait_for_end(interrupt_editor);
    }
}

impl Turn {
    /// The user's turn begins. Returns whether it may.
    fn begin(&self) -> bool {
        let mut state = self.state();
        let may_begin = *state == State::Idle;
        if may_begin {
            *state = State::Editing;
        }
        may_begin
    }

    /// The user's turn is over. Returns whether that was the user's wish.
    fn end(&self) -> bool {
        let mut state = self.state();
        let was_editing = *state == State::Editing;
        *state = if was_editing { State::Idle } else { State::Over };
        self.changed.notify_all();
        was_editing
    }

    /// There is to be no further turn. Returns whether one is on.
    fn stop(&self) -> bool {
        let mut state = self.state();
        let is_on = *state == State::Editing;
        *state = if is_on { State::Stopping } else { State::Over };
        is_on
    }

    /// Waits until the user's turn is over, which `interrupt` brings about.
    fn wait_for_end(&self, interrupt: impl Fn()) {
        for _ in 0..STOPS_MAX {
            interrupt();
            let waited = self
                .changed
                .wait_timeout_while(self.state(), STOP_WAIT, |state| *state == State::Stopping);
            if *waited.unwrap_or_else(PoisonError::into_inner).0 != State::Stopping {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The editor waits for keys, and a signal is all that it looks up for.
fn interrupt_editor() {
    use rustix::process::{Signal, getpid, kill_process};
    // A process may always signal itself.
    let _ = kill_process(getpid(), Signal::INT);
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("turn", &self.turn).finish_non_exhaustive()
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").field("turn", &self.turn).finish_non_exhaustive()
    }
}
