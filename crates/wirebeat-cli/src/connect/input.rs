use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use wirebeat_std::{Message, Payload};

use super::screen::Screen;
use super::terminal::{Terminal, Typed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

/// How much of a message is read at once.
const PART_LEN_MAX: usize = 64 * 1024;

/// Where messages come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// One message a line, as the user edits it.
    Terminal(Box<Terminal>),
    /// One message a line.
    Lines,
    /// One binary message, of all that there is.
    Bytes,
}

/// What takes messages, as long as the connection is open.
pub(crate) trait Sink {
    /// Sends a message. Returns whether it could be sent.
    fn send(&self, message: Message<'_>) -> bool;

    /// Sends a part of a binary message. Returns whether it could be sent.
    fn send_part(&self, part: Payload<'_>, is_first: bool, is_last: bool) -> bool;

    /// Begins to close.
    fn close(&self);

    /// Whether what was sent waits for a connection, so that there's no use in closing.
    fn is_waiting(&self) -> bool;
}

/// What became of the input, for the end of the run.
#[derive(Debug, Default)]
pub(crate) struct Outcome(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_refused: bool,
    failure: Option<Failure>,
}

/// How the input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputEnd {
    /// There's no more.
    End,
    /// The user wants to close.
    Close,
    /// The connection takes no more, or the input can't be read.
    Stopped,
}

impl Source {
    /// What this program's standard input is, and where to print meanwhile.
    pub(crate) fn open(is_binary: bool) -> (Source, Screen) {
        if is_binary {
            return (Source::Bytes, Screen::Plain);
        }
        if io::stdin().is_terminal() && io::stdout().is_terminal() {
            // What can't edit lines can still read them.
            if let Ok((terminal, printer)) = Terminal::open() {
                return (Source::Terminal(Box::new(terminal)), Screen::edited(printer));
            }
        }
        (Source::Lines, Screen::Plain)
    }

    /// Sends all that comes, or only the first message.
    pub(crate) fn send_to(
        self,
        sink: &impl Sink,
        is_once: bool,
        outcome: &Outcome,
        interrupt: &Interrupt,
    ) -> InputEnd {
        let sent = match self {
            Source::Terminal(terminal) => type_into(*terminal, sink, is_once, outcome, interrupt),
            Source::Lines => send_lines(sink, is_once, outcome),
            Source::Bytes => send_bytes(sink, outcome),
        };
        sent.unwrap_or_else(|failure| {
            outcome.state().failure = Some(failure);
            InputEnd::Stopped
        })
    }
}

impl Outcome {
    /// Whether a message could not be sent, and why the input stopped. Waits for the message that is
    /// being sent.
    pub(crate) fn take(&self) -> (bool, Option<Failure>) {
        let mut state = self.state();
        (state.is_refused, state.failure.take())
    }

    /// Sends, and takes note if that fails.
    fn send(&self, send: impl FnOnce() -> bool) -> bool {
        let mut state = self.state();
        let is_sent = send();
        state.is_refused |= !is_sent;
        is_sent
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends what is typed. The editor has a thread of its own, because it's the one that prints too: if
/// it waited for a message to be sent, a server that waits for us to read would wait for ever.
fn type_into(
    terminal: Terminal,
    sink: &impl Sink,
    is_once: bool,
    outcome: &Outcome,
    interrupt: &Interrupt,
) -> Result<InputEnd, Failure> {
    let (typed, lines) = mpsc::channel();
    let interrupt = interrupt.clone();
    thread::Builder::new()
        .name("edit".into())
        .spawn(move || edit(terminal, is_once, &typed, &interrupt))
        .map_err(|error| Failure::Io("no thread can be started".into(), error))?;
    for typed in lines {
        match typed.map_err(|error| unreadable("the terminal", error))? {
            Typed::Line(line) => {
                // The connection's end is told elsewhere; until then the user may edit on.
                let is_sent = outcome.send(|| sink.send(Message::from(line)));
                if is_sent && is_once {
                    return Ok(InputEnd::End);
                }
            }
            Typed::End => return Ok(InputEnd::Close),
            Typed::Interrupt | Typed::Stopped => break,
        }
    }
    Ok(InputEnd::Stopped)
}

/// Lets the user edit lines until the terminal is given back: also when no more are wanted, so that
/// what still comes is printed.
fn edit(
    mut terminal: Terminal,
    is_once: bool,
    typed: &mpsc::Sender<io::Result<Typed>>,
    interrupt: &Interrupt,
) {
    let mut was_interrupted = false;
    loop {
        let read = terminal.read();
        match &read {
            // Enter alone is no message: it makes room on the screen.
            Ok(Typed::Line(line)) if line.is_empty() => continue,
            Ok(Typed::Line(_)) if !is_once => {}
            Ok(Typed::Line(_) | Typed::End) => terminal.rest(),
            Ok(Typed::Interrupt) if was_interrupted => interrupt.press(),
            Ok(Typed::Interrupt) => {
                was_interrupted = true;
                terminal.rest();
                let interrupt = interrupt.clone();
                // Without a thread the input's end closes the connection all the same.
                let _ = thread::Builder::new().spawn(move || interrupt.press());
            }
            Ok(Typed::Stopped) | Err(_) => {
                let _ = typed.send(read);
                return;
            }
        }
        // Nobody takes it once no more lines are wanted.
        let _ = typed.send(read);
    }
}

fn send_lines(sink: &impl Sink, is_once: bool, outcome: &Outcome) -> Result<InputEnd, Failure> {
    let mut input = BufReader::new(io::stdin().lock());
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line).map_err(|e| unreadable("the input", e))?;
        if read == 0 {
            break;
        }
        if line.ends_with(b"\n") {
            line.pop();
            line.pop_if(|last| *last == b'\r');
        }
        let text = String::from_utf8(line).map_err(|error| {
            let why = io::Error::new(io::ErrorKind::InvalidData, error.utf8_error());
            unreadable(&format!("line {number} of the input isn't text; use --binary"), why)
        })?;
        if !outcome.send(|| sink.send(Message::from(text))) {
            return Ok(InputEnd::Stopped);
        }
        if is_once {
            break;
        }
    }
    // Whoever ends the input on a terminal doesn't want to wait.
    Ok(if io::stdin().is_terminal() { InputEnd::Close } else { InputEnd::End })
}

/// Sends each part when the next is there: the last one has to say that it's the last.
fn send_bytes(sink: &impl Sink, outcome: &Outcome) -> Result<InputEnd, Failure> {
    let mut input = io::stdin().lock();
    let mut held: Option<Vec<u8>> = None;
    let mut is_first = true;
    loop {
        let mut part = vec![0; PART_LEN_MAX];
        let len = match input.read(&mut part) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|error| unreadable("the input", error))?,
        };
        part.truncate(len);
        let is_last = part.is_empty();
        if let Some(part) = held.replace(part) {
            if !outcome.send(|| sink.send_part(Payload::from(part), is_first, is_last)) {
                return Ok(InputEnd::Stopped);
            }
            is_first = false;
        }
        if is_last {
            return Ok(InputEnd::End);
        }
    }
}

fn unreadable(what: &str, error: io::Error) -> Failure {
    Failure::Io(format!("{what} can't be read"), error)
}
