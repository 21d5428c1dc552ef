use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};

use owo_colors::{AnsiColors, OwoColorize};
use wirebeat_std::ReadyState;

use crate::Failure;

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

/// A short time, in the unit that suits it.
pub(crate) fn short(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    match millis {
        ..1.0 => format!("{:.0} µs", millis * 1000.0),
        ..10.0 => format!("{millis:.2} ms"),
        ..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.2} s", millis / 1000.0),
    }
}

/// A length in bytes, with its thousands set apart.
pub(crate) fn bytes(len: u64) -> String {
    let digits = len.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_grouped_by_thousands() {
        let shown = [0, 999, 1000, 65_536, 1_234_567].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1,000 B", "65,536 B", "1,234,567 B"]);
    }

    #[test]
    fn times_are_shown_in_a_unit_that_suits_them() {
        let shown =
            [87, 1_500, 42_000, 2_003_000].map(|micros| short(Duration::from_micros(micros)));
        assert_eq!(shown, ["87 µs", "1.50 ms", "42 ms", "2.00 s"]);
    }
}
