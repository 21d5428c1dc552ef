use std::time::Instant;

use crate::{Job, Subject, Workload};

/// How long `subjects` take for a message of `workload`, in nanoseconds: the median of `rounds`.
///
/// Rounds are interleaved: each runs every subject once, beginning with another one each time, so
/// that whatever else the machine does befalls them all. A round before them warms up. `None` stands
/// for a subject that didn't do what it was to do.
#[must_use]
pub fn nanoseconds_per_message(
    subjects: &[Subject],
    workload: &Workload,
    rounds: usize,
) -> Vec<Option<f64>> {
    let messages = workload.messages_to_time();
    let jobs = Job::all(workload, messages);
    let mut times = vec![Some(Vec::with_capacity(rounds)); subjects.len()];
    for round in 0..=rounds {
        for turn in 0..subjects.len() {
            let index = (turn + round) % subjects.len();
            let Some(taken) = &mut times[index] else { continue };
            match run_all(&jobs, &subjects[index]) {
                Some(nanoseconds) if round > 0 => taken.push(nanoseconds),
                Some(_) => {}
                None => times[index] = None,
            }
        }
    }
    let messages = (messages * jobs.len()) as f64;
    times.into_iter().map(|times| Some(median(times?)? / messages)).collect()
}

fn run_all(jobs: &[Job], subject: &Subject) -> Option<f64> {
    let mut nanoseconds = 0.0;
    for job in jobs {
        let job = job.again();
        let start = Instant::now();
        let result = job.run(subject);
        nanoseconds += start.elapsed().as_secs_f64() * 1e9;
        result.ok()?;
    }
    Some(nanoseconds)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(Vec::new()), None);
    }
}
