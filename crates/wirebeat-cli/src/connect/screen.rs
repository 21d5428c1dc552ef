use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use super::terminal::Printer;
use crate::failure::Failure;

/// Where lines are printed.
#[derive(Debug)]
pub(crate) enum Screen {
    /// Standard output, whatever it is.
    Plain,
    /// A terminal on which a line is being edited.
    Edited { printer: Mutex<Printer>, has_colors: bool },
}

impl Screen {
    /// A terminal on which a line is being edited, and `printer` prints above it.
    pub(crate) fn edited(printer: Printer) -> Screen {
        let has_colors = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        Screen::Edited { printer: Mutex::new(printer), has_colors }
    }

    /// Prints lines, which may have colours.
    pub(crate) fn print(&self, lines: &str) -> Result<(), Failure> {
        match self {
            Screen::Plain => {
                let mut output = anstream::stdout().lock();
                writeln!(output, "{lines}").and_then(|()| output.flush()).map_err(Failure::Output)
            }
            Screen::Edited { printer, has_colors } => {
                let lines = if *has_colors { lines.into() } else { strip_str(lines).to_string() };
                let mut printer = printer.lock().unwrap_or_else(PoisonError::into_inner);
                printer.print(lines).map_err(Failure::Output)
            }
        }
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&self, parts: &[&[u8]]) -> Result<(), Failure> {
        let mut output = io::stdout().lock();
        parts
            .iter()
            .try_for_each(|part| output.write_all(part))
            .and_then(|()| output.flush())
            .map_err(Failure::Output)
    }

    /// Gives the terminal back as it was, with all that was printed on it.
    pub(crate) fn finish(&self) {
        if let Screen::Edited { printer, .. } = self {
            printer.lock().unwrap_or_else(PoisonError::into_inner).finish();
        }
    }
}
