use std::error::Error;
use std::fmt;

use crate::Workload;
use crate::callgrind::Measure;

/// A line of `limits.txt`: how many instructions wirebeat may need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// For a message of this workload.
    pub workload: Workload,
    /// Counted this way.
    pub measure: Measure,
    /// At most this many.
    pub instructions_max: u32,
    /// What the best peer needs, and which it is.
    pub best_peer: String,
}

/// A line of `limits.txt` that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitError {
    line: String,
}

impl Limit {
    /// The limits that hold.
    ///
    /// # Errors
    ///
    /// - [`LimitError`]: `limits.txt` has a line that isn't `workload counted limit best peer`.
    pub fn all() -> Result<Vec<Limit>, LimitError> {
        include_str!("../limits.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| Limit::parse(line).ok_or_else(|| LimitError { line: line.to_owned() }))
            .collect()
    }

    /// Whether it's on this workload, counted this way.
    #[must_use]
    pub fn is_on(&self, workload: &Workload, measure: Measure) -> bool {
        self.workload == *workload && self.measure == measure
    }

    fn parse(line: &str) -> Option<Limit> {
        let mut words = line.split_whitespace();
        Some(Limit {
            workload: words.next()?.parse().ok()?,
            measure: Measure::from_name(words.next()?)?,
            instructions_max: words.next()?.parse().ok()?,
            best_peer: words.collect::<Vec<_>>().join(" "),
        })
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limits.txt: {:?} is no limit", self.line)
    }
}

impl Error for LimitError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_names_a_workload_as_it_names_itself() {
        let limits = Limit::all().unwrap();
        assert!(!limits.is_empty());
        for Limit { workload, .. } in limits {
            assert!(
                include_str!("../limits.txt").contains(&format!("\n{workload} ")),
                "{workload}"
            );
        }
    }

    #[test]
    fn a_line_without_a_limit_is_refused() {
        assert!(Limit::parse("receive/server/binary/16 whole 200 none").is_some());
        assert_eq!(Limit::parse("receive/server/binary/16 whole"), None);
        assert_eq!(Limit::parse("receive/server/binary/16 twice 200 none"), None);
    }
}
