use core::time::Duration;

use super::kind::{Fault, FaultKind, Hosts};
use super::script::{Event, ScriptErrorReason};

/// The words of a line.
struct Words<'w>(core::iter::Peekable<core::str::SplitWhitespace<'w>>);

pub(super) fn parse_line(line: &str) -> Result<Event, ScriptErrorReason> {
    let mut words = Words(line.split_whitespace().peekable());
    let at = words.time()?;
    let fault = words.fault()?;
    match words.0.next() {
        None => Ok(Event { at, fault }),
        Some(word) => Err(ScriptErrorReason::Trailing(word.into())),
    }
}

impl<'w> Words<'w> {
    fn next(&mut self, expected: &'static str) -> Result<&'w str, ScriptErrorReason> {
        self.0.next().ok_or(ScriptErrorReason::Expected(expected))
    }

    fn time(&mut self) -> Result<Duration, ScriptErrorReason> {
        let word = self.next("a time")?;
        humantime::parse_duration(word).map_err(|_| ScriptErrorReason::Time(word.into()))
    }

    fn host(&mut self) -> Result<String, ScriptErrorReason> {
        let name = "the name of a host";
        match self.0.peek() {
            Some(&"for" | &"->") => Err(ScriptErrorReason::Expected(name)),
            _ => self.next(name).map(str::to_owned),
        }
    }

    fn hosts(&mut self) -> Result<Hosts, ScriptErrorReason> {
        Ok(match self.host()? {
            all if all == "*" => Hosts::All,
            name => Hosts::One(name),
        })
    }

    fn word(&mut self, word: &str, expected: &'static str) -> Result<(), ScriptErrorReason> {
        match self.next(expected)? {
            found if found == word => Ok(()),
            _ => Err(ScriptErrorReason::Expected(expected)),
        }
    }

    fn way(&mut self) -> Result<(Hosts, Hosts), ScriptErrorReason> {
        let from = self.hosts()?;
        self.word("->", "`->`")?;
        Ok((from, self.hosts()?))
    }

    fn lasting(&mut self) -> Result<Duration, ScriptErrorReason> {
        self.word("for", "`for`")?;
        self.time()
    }

    fn fault(&mut self) -> Result<Fault, ScriptErrorReason> {
        let word = self.next("the name of a fault")?;
        let kind = FaultKind::of_word(word).ok_or_else(|| ScriptErrorReason::Kind(word.into()))?;
        Ok(match kind {
            FaultKind::Reset => Fault::Reset { host: self.host()? },
            FaultKind::HalfClose => Fault::HalfClose { host: self.host()? },
            FaultKind::Silence => {
                let (from, to) = self.way()?;
                Fault::Silence { from, to, time: self.lasting()? }
            }
            FaultKind::Partition => {
                let mut hosts = vec![self.host()?];
                while self.0.peek().is_some_and(|word| *word != "for") {
                    hosts.push(self.host()?);
                }
                Fault::Partition { hosts, time: self.lasting()? }
            }
            FaultKind::Delay => {
                let (from, to) = self.way()?;
                self.word("by", "`by`")?;
                Fault::Delay { from, to, by: self.time()?, time: self.lasting()? }
            }
            FaultKind::Corrupt => {
                let (from, to) = self.way()?;
                Fault::Corrupt { from, to, time: self.lasting()? }
            }
            FaultKind::Crash => Fault::Crash { host: self.host()?, time: self.lasting()? },
            FaultKind::Restart => Fault::Restart { host: self.host()?, time: self.lasting()? },
            FaultKind::RestartFleet => {
                self.word("every", "`every`")?;
                Fault::RestartFleet { every: self.time()?, time: self.lasting()? }
            }
            FaultKind::Pause => Fault::Pause { host: self.host()?, time: self.lasting()? },
            FaultKind::Suspend => Fault::Suspend { host: self.host()?, time: self.lasting()? },
            FaultKind::Clock => {
                let host = self.host()?;
                let expected = "`forward` or `back`";
                let is_forward = match self.next(expected)? {
                    "forward" => true,
                    "back" => false,
                    _ => return Err(ScriptErrorReason::Expected(expected)),
                };
                Fault::Clock { host, by: self.time()?, is_forward }
            }
            FaultKind::Offline => Fault::Offline { host: self.host()?, time: self.lasting()? },
        })
    }
}
