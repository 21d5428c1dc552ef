use core::any::Any;
use core::fmt;

use wirebeat::Timestamp;

use crate::check::Violation;
use crate::fault::Script;
use crate::sim::Sim;
use crate::trace::timeline_text;

/// How many lines of what happened are shown.
const LINES_MAX: usize = 60;

/// A run that failed: all that is needed to see it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The run's seed.
    pub seed: u64,
    /// The smallest script for which it still fails.
    pub script: Script,
    /// The script for which it failed first.
    pub original: Script,
    /// When it failed, by the simulation's clock; unknown if a host panicked.
    pub at: Option<Timestamp>,
    /// On which host.
    pub host: String,
    /// What went wrong.
    pub violation: Violation,
    /// The run's hash: a replay that is the same to the byte has the same.
    pub hash: Option<u64>,
    /// What happened, line by line.
    pub timeline: String,
}

impl Failure {
    /// What a run tells, if it failed.
    pub(super) fn of(sim: &Sim, script: &Script) -> Option<Failure> {
        let (at, host, violation) = sim.violation()?;
        Some(Failure {
            seed: sim.seed(),
            script: script.clone(),
            original: script.clone(),
            at: Some(*at),
            host: sim.name_of(*host).into(),
            violation: violation.clone(),
            hash: Some(sim.hash()),
            timeline: timeline_text(sim),
        })
    }

    /// What is known of a run that panicked.
    pub(super) fn of_panic(seed: u64, script: &Script, panic: &(dyn Any + Send)) -> Failure {
        let what = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|what| (*what).to_owned()))
            .unwrap_or_default();
        Failure {
            seed,
            script: script.clone(),
            original: script.clone(),
            at: None,
            host: String::new(),
            violation: Violation::new("nothing panics", what),
            hash: None,
            timeline: String::new(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.violation)?;
        write!(f, "seed {}", self.seed)?;
        if let Some(at) = self.at {
            write!(f, ", on {} at {at}", self.host)?;
        }
        if let Some(hash) = self.hash {
            write!(f, ", hash {hash:016x}")?;
        }
        match self.script.events().len() {
            0 => writeln!(f, "\nwithout any fault")?,
            count => writeln!(
                f,
                "\nthe smallest script that fails, {count} of {} faults:\n{}",
                self.original.events().len(),
                self.script
            )?,
        }
        let lines: Vec<&str> = self.timeline.lines().collect();
        if let Some(last) = lines.len().checked_sub(1) {
            writeln!(f, "what happened:")?;
            for line in &lines[(last + 1).saturating_sub(LINES_MAX)..] {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

impl core::error::Error for Failure {}
