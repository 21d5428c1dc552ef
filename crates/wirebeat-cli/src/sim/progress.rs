use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wirebeat_sim::Sim;

/// A bar on the terminal; nothing between pipes.
pub(super) struct Progress(ProgressBar);

/// A run is looked at so many times.
const STEPS: u32 = 200;

impl Progress {
    pub(super) fn new(what: &str) -> Progress {
        let bar = ProgressBar::new(u64::from(STEPS));
        let style = "{msg:<12} {wide_bar} {percent:>3} %  {elapsed} (of about {duration})";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Progress(bar)
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
