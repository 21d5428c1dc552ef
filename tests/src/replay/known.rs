//! The list of differences that are known, each with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Verdict;

/// The differences that are known.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Scenarios that wait for a part of the protocol that isn't there yet: the part, then their
    /// names. How they differ until then is no matter.
    #[serde(default)]
    waiting: BTreeMap<String, Vec<String>>,
    /// Scenarios that differ and always will.
    #[serde(default)]
    differences: BTreeMap<String, Difference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// Why ours is right as it is.
    reason: String,
    /// Every line, as it's printed.
    lines: Vec<String>,
}

impl Known {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Known, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path:?}: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{path:?}: {error}"))
    }

    /// Judges the differences that were found in a scenario.
    pub fn judge(&self, name: &str, found: Vec<String>) -> Verdict {
        let part = self.waiting.iter().find(|(_, names)| names.iter().any(|n| n == name));
        if let Some((part, _)) = part {
            return if found.is_empty() {
                Verdict::Stale { lines: vec![format!("it waits for {part}")] }
            } else {
                Verdict::Known { reason: format!("waits for {part}") }
            };
        }
        let Some(known) = self.differences.get(name) else {
            return if found.is_empty() {
                Verdict::Agrees
            } else {
                Verdict::Differs { lines: found }
            };
        };
        let new = found.iter().filter(|line| !known.lines.contains(line)).cloned();
        let new: Vec<String> = new.collect();
        let gone = known.lines.iter().filter(|line| !found.contains(line)).cloned();
        let gone: Vec<String> = gone.collect();
        match (new.is_empty(), gone.is_empty()) {
            (false, _) => Verdict::Differs { lines: new },
            (true, false) => Verdict::Stale { lines: gone },
            (true, true) => Verdict::Known { reason: known.reason.clone() },
        }
    }

    /// The names on the list.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.waiting.values().flatten().chain(self.differences.keys()).map(String::as_str)
    }
}
