use std::io;

/// A terminal on which lines are edited: there's none here, where the system edits lines itself.
#[derive(Debug)]
pub(crate) enum Terminal {}

/// What the user typed.
#[derive(Debug)]
pub(crate) enum Typed {
    Line(String),
    Interrupt,
    End,
    Stopped,
}

/// Prints above the line that is being edited.
#[derive(Debug)]
pub(crate) enum Printer {}

impl Terminal {
    pub(crate) fn open() -> io::Result<(Terminal, Printer)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn rest(&mut self) {
        match *self {}
    }

    pub(crate) fn read(&mut self) -> io::Result<Typed> {
        match *self {}
    }
}

impl Printer {
    pub(crate) fn print(&mut self, _lines: String) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn finish(&mut self) {
        match *self {}
    }
}
