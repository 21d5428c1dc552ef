use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::kind::{Fault, FaultKind, short};
use super::parse::parse_line;

/// Faults, each at its time from the simulation's start.
///
/// Its text has a line for each, and says the same when it's read again. What follows `#` is a
/// comment; times are written as `1h`, `2m30s`, `250ms`. [`Fault`] shows a line of each kind.
///
/// ```
/// use wirebeat_sim::Script;
///
/// let script: Script = "
///     10s  silence alice -> server for 45s   # the heartbeat finds it
///     2m   crash server for 5s
///     3m   suspend alice for 1h
/// ".parse()?;
/// assert_eq!(script.events().len(), 3);
/// assert_eq!(script.to_string().parse::<Script>()?, script);
/// # Ok::<(), wirebeat_sim::ScriptError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    events: Vec<Event>,
}

/// A fault at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// How long after the simulation's start.
    pub at: Duration,
    /// What goes wrong.
    pub fault: Fault,
}

impl Script {
    /// A script of these faults, in the order of their times.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Event>) -> Script {
        let mut events: Vec<Event> = events.into_iter().collect();
        events.sort_by_key(|event| event.at);
        Script { events }
    }

    /// The faults, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// When the last fault is over.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.events
            .iter()
            .map(|event| event.at.saturating_add(event.fault.time().unwrap_or_default()))
            .max()
            .unwrap_or_default()
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            writeln!(f, "{event}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", short(self.at), self.fault)
    }
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Script, ScriptError> {
        let mut events = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let event = parse_line(line).map_err(|reason| ScriptError {
                line: index + 1,
                text: line.into(),
                reason,
            })?;
            events.push(event);
        }
        Ok(Script::new(events))
    }
}

/// A line of a script that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Which line, from 1; 0 if it's none of a text's.
    pub line: usize,
    /// What it says.
    pub text: String,
    /// What is wrong with it.
    pub reason: ScriptErrorReason,
}

/// What is wrong with a line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptErrorReason {
    /// This isn't a time.
    Time(String),
    /// No fault has this name.
    Kind(String),
    /// Something else has to follow, such as this.
    Expected(&'static str),
    /// This is too much.
    Trailing(String),
    /// No host of the simulation has this name.
    Host(String),
}

impl fmt::Display for ScriptErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScriptErrorReason::Time(text) => {
                write!(f, "{text:?} is no time; write 10s, 2m30s or 250ms")
            }
            ScriptErrorReason::Kind(word) => {
                let words = FaultKind::ALL.map(FaultKind::word).join(", ");
                write!(f, "there's no fault {word:?} among {words}")
            }
            ScriptErrorReason::Expected(what) => write!(f, "{what} has to follow"),
            ScriptErrorReason::Trailing(text) => write!(f, "{text:?} is too much"),
            ScriptErrorReason::Host(name) => write!(f, "there's no host {name:?}"),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}: {:?}", self.reason, self.text)
    }
}

impl core::error::Error for ScriptError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_number() {
        use ScriptErrorReason::{Expected, Kind, Time, Trailing};
        for (line, reason) in [
            ("10 reset a", Time("10".into())),
            ("10s explode a", Kind("explode".into())),
            ("10s", Expected("the name of a fault")),
            ("10s reset", Expected("the name of a host")),
            ("10s reset a b", Trailing("b".into())),
            ("10s silence a b for 1s", Expected("`->`")),
            ("10s silence a -> b", Expected("`for`")),
            ("10s silence a -> b for ever", Time("ever".into())),
            ("10s clock a sideways 1s", Expected("`forward` or `back`")),
            ("10s partition for 1s", Expected("the name of a host")),
        ] {
            let text = format!("# nothing\n\n{line}  # why not\n");
            let error = text.parse::<Script>().unwrap_err();
            assert_eq!((error.line, error.reason), (3, reason), "{line}");
        }
    }
}
