use std::fmt::Display;
use std::io::Write;
use std::time::Instant;

use owo_colors::{AnsiColors, OwoColorize};
use wirebeat_std::ReadyState;

use crate::failure::Failure;

/// The lines that appear as things happen: time since the start, state, event.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: Instant,
    /// The state that was shown last.
    shown: Option<ReadyState>,
}

/// What a line tells of, which gives it its sign and its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Out,
    In,
    Beat,
    Cut,
    Note,
}

impl Timeline {
    pub(crate) fn start(title: &str) -> Result<Timeline, Failure> {
        let timeline = Timeline { start: Instant::now(), shown: None };
        timeline.print(format!("{} {title}", "wirebeat live".bold()))?;
        timeline.print("")?;
        let heads = format!("{:>7}  {:<10}  {}", "SECONDS", "STATE", "EVENT");
        timeline.print(heads.dimmed())?;
        Ok(timeline)
    }

    /// A new connection begins, which has no state yet.
    pub(crate) fn next_connection(&mut self) -> Result<(), Failure> {
        match self.shown.take() {
            Some(_) => self.print(""),
            None => Ok(()),
        }
    }

    /// The connection is in this state, and why.
    pub(crate) fn state(&mut self, state: ReadyState, why: impl Display) -> Result<(), Failure> {
        let color = match state {
            ReadyState::Connecting | ReadyState::Closing => AnsiColors::Yellow,
            ReadyState::Open => AnsiColors::Green,
            ReadyState::Closed => AnsiColors::Red,
        };
        // A state is shown when it changes.
        let name = if self.shown == Some(state) { String::new() } else { state.to_string() };
        self.shown = Some(state);
        let (time, name) = (self.time(), format!("{name:<10}"));
        self.print(format!("{}  {}  {why}", time.dimmed(), name.color(color).bold()))
    }

    /// Something happened without a change of state.
    pub(crate) fn event(&self, sign: Sign, what: impl Display) -> Result<(), Failure> {
        let (mark, color) = match sign {
            Sign::Out => ("→", AnsiColors::Cyan),
            Sign::In => ("←", AnsiColors::Blue),
            Sign::Beat => ("♥", AnsiColors::Magenta),
            Sign::Cut => ("✂", AnsiColors::Red),
            Sign::Note => ("·", AnsiColors::Default),
        };
        let time = self.time();
        self.print(format!("{}  {:<10}  {} {what}", time.dimmed(), "", mark.color(color)))
    }

    /// A line of its own.
    pub(crate) fn print(&self, line: impl Display) -> Result<(), Failure> {
        let mut output = anstream::stdout().lock();
        writeln!(output, "{line}").and_then(|()| output.flush()).map_err(Failure::Output)
    }

    fn time(&self) -> String {
        format!("{:>7.3}", self.start.elapsed().as_secs_f64())
    }
}
