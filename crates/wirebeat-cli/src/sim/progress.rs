use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wirebeat_sim::Sim;

/// A bar on the terminal; nothing between pipes.
pub(super) struct Progress(ProgressBar);

/// A run is looked at so many times.
const STEPS: u32 = 200;

impl Progress {
    /// For a run whose time is known.
    pub(super) fn new(what: &str) -> Progress {
        Progress::with(what, u64::from(STEPS), "{percent:>3} %")
    }

    /// For so many runs.
    pub(super) fn of_runs(what: &str, count: u64) -> Progress {
        Progress::with(what, count, "{pos}/{len}")
    }

    /// For what takes nobody knows how long.
    pub(super) fn endless(what: &str) -> Progress {
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    fn with(what: &str, len: u64, position: &str) -> Progress {
        let bar = ProgressBar::new(len).with_message(what.to_owned());
        let style =
            format!("{{msg:<12}} {{wide_bar}} {position}  {{elapsed}} (of about {{duration}})");
        match ProgressStyle::with_template(&style) {
            Ok(style) => Progress(bar.with_style(style)),
            Err(_) => Progress(bar),
        }
    }

    /// One run more is done.
    pub(super) fn step(&self) {
        self.0.inc(1);
    }

    /// Runs for `time`, with the bar growing. Returns whether all is well.
    pub(super) fn run(&self, sim: &mut Sim, time: Duration) -> bool {
        let (begin, step) = (sim.now(), time / STEPS);
        for number in 1..=STEPS {
            let end = if number == STEPS { begin + time } else { begin + step * number };
            if !sim.run_until(end) {
                return false;
            }
            self.0.set_position(u64::from(number));
        }
        true
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
