use core::fmt::Write;

use crate::sim::Sim;

/// The entries that were [kept](Sim::keep_trace), a line each: when, on which host, what.
#[must_use]
pub fn timeline_text(sim: &Sim) -> String {
    let width = sim.host_ids().map(|host| sim.name_of(host).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in sim.entries() {
        let nanos = entry.at.as_nanos();
        let (seconds, micros) = (nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000);
        let name = sim.name_of(entry.host);
        let what = match &entry.what {
            crate::trace::What::Dialing(attempt, to) => {
                format!("attempt {attempt}: dials {}", sim.name_of(*to))
            }
            what => what.to_string(),
        };
        // Nothing that is written into a string fails.
        let _ = writeln!(text, "{seconds:>6}.{micros:06}  {name:width$}  {what}");
    }
    text
}
