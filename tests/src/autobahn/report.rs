use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Selection;

/// What Autobahn may say of a case: "NON-STRICT" and "UNIMPLEMENTED" are failures too.
const GOOD: [&str; 2] = ["OK", "INFORMATIONAL"];

/// A verdict on one case, in Autobahn's words.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Verdict {
    /// On the exchange of messages: `OK`, `NON-STRICT`, `FAILED`, …
    pub behavior: String,
    /// On how the connection was closed: `OK`, `WRONG CODE`, `UNCLEAN`, …
    #[serde(rename = "behaviorClose")]
    pub behavior_close: String,
}

/// The verdict on each case.
pub type Verdicts = BTreeMap<String, Verdict>;

/// A folder for a runner's report, which is written when all cases were run.
#[derive(Debug)]
pub struct Report {
    folder: PathBuf,
}

impl Report {
    /// A folder that is empty, so that no earlier run's report passes for the next one's.
    ///
    /// # Errors
    ///
    /// What was there can't be removed, or the folder can't be made.
    pub fn fresh(folder: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the verdicts of a run that came to its end.
    ///
    /// # Errors
    ///
    /// All that is wrong: how `ran` failed, and with what is in the report, each case of the selection
    /// that isn't in it, each that doesn't belong there, and each verdict that isn't good.
    pub fn judge(&self, selection: Selection, ran: io::Result<()>) -> io::Result<Verdicts> {
        let mut faults: Vec<String> = ran.err().iter().map(ToString::to_string).collect();
        let verdicts = self.read().unwrap_or_else(|error| {
            faults.push(format!("{}: {error}", self.folder.display()));
            Verdicts::new()
        });
        let ran: BTreeSet<&str> = verdicts.keys().map(String::as_str).collect();
        let listed = selection.cases();
        faults.extend(listed.difference(&ran).map(|case| format!("{case} was not run")));
        faults.extend(ran.difference(&listed).map(|case| format!("{case} is not in cases.txt")));
        for (case, verdict) in &verdicts {
            for words in [&verdict.behavior, &verdict.behavior_close] {
                if !GOOD.contains(&words.as_str()) {
                    faults.push(format!("{case}: {words}"));
                }
            }
        }
        if faults.is_empty() { Ok(verdicts) } else { Err(io::Error::other(faults.join("\n"))) }
    }

    /// One program was tested, so there is one agent.
    fn read(&self) -> io::Result<Verdicts> {
        let index = fs::read(self.folder.join("index.json"))?;
        let mut agents: BTreeMap<String, Verdicts> = serde_json::from_slice(&index)?;
        match agents.pop_first() {
            Some((_, verdicts)) if agents.is_empty() => Ok(verdicts),
            first => {
                let names: Vec<_> =
                    first.iter().map(|first| &first.0).chain(agents.keys()).collect();
                Err(io::Error::other(format!("not one agent, but {names:?}")))
            }
        }
    }
}
