//! Replays recorded runs of browsers' WebSockets through ours, in virtual time.
//!
//! A recording is a script of bytes for the server, what the client's page does, and the `golden`
//! steps: what a client shows that keeps to the standards. Where ours differs, the difference is on
//! a list, with its reason, or it's a failure.

mod bytes;
mod compare;
mod frames;
mod known;
mod page;
mod run;
mod scenario;
mod server;
mod wire;

pub use known::Known;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What replaying a file came to.
#[derive(Debug)]
pub struct Report {
    /// A verdict for each scenario, by name.
    pub verdicts: BTreeMap<String, Verdict>,
}

/// What replaying a scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ours and the golden run agree.
    Agrees,
    /// They differ as the list says.
    Known {
        /// Why that's right.
        reason: String,
    },
    /// They differ: a line for each difference that the list doesn't have.
    Differs {
        /// What differs.
        lines: Vec<String>,
    },
    /// The list has differences that aren't there any more.
    Stale {
        /// What doesn't differ.
        lines: Vec<String>,
    },
}

impl Verdict {
    /// Whether it's as it should be.
    pub fn is_good(&self) -> bool {
        matches!(self, Verdict::Agrees | Verdict::Known { .. })
    }
}

impl Report {
    /// Replays every scenario of a file.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn of(traces: &Path, known: &Known) -> Result<Report, String> {
        let verdicts = scenario::Traces::read(traces)?
            .scenarios
            .iter()
            .map(|(name, scenario)| {
                let outcome = run::run(name, scenario);
                let lines = compare::differences(scenario, &outcome);
                (name.clone(), known.judge(name, lines))
            })
            .collect();
        Ok(Report { verdicts })
    }

    /// Whether every verdict is good.
    pub fn is_good(&self) -> bool {
        self.verdicts.values().all(Verdict::is_good)
    }
}

/// A line or more for each scenario, then how many there were of each kind.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, verdict) in &self.verdicts {
            match verdict {
                Verdict::Agrees => writeln!(f, "agrees   {name}")?,
                Verdict::Known { reason } => writeln!(f, "known    {name}: {reason}")?,
                Verdict::Differs { lines } => {
                    writeln!(f, "DIFFERS  {name}")?;
                    lines.iter().try_for_each(|line| writeln!(f, "           {line}"))?;
                }
                Verdict::Stale { lines } => {
                    writeln!(f, "STALE    {name}: these differences are gone")?;
                    lines.iter().try_for_each(|line| writeln!(f, "           {line}"))?;
                }
            }
        }
        let count = |is_it: fn(&Verdict) -> bool| {
            self.verdicts.values().filter(|verdict| is_it(verdict)).count()
        };
        write!(
            f,
            "{} scenarios: {} agree, {} differ as known, {} differ, {} are stale on the list",
            self.verdicts.len(),
            count(|verdict| matches!(verdict, Verdict::Agrees)),
            count(|verdict| matches!(verdict, Verdict::Known { .. })),
            count(|verdict| matches!(verdict, Verdict::Differs { .. })),
            count(|verdict| matches!(verdict, Verdict::Stale { .. })),
        )
    }
}
