use core::time::Duration;

use crate::fault::{Event, Script};

/// How many runs it may take.
const RUNS_MAX: usize = 400;

/// The smallest script that can be found for which `fails` still holds: first with fewer faults,
/// then with shorter ones.
pub(super) fn shrink(script: &Script, mut fails: impl FnMut(&Script) -> bool) -> Script {
    let mut runs = 0;
    let mut fails = |events: &[Event]| {
        runs += 1;
        runs <= RUNS_MAX && fails(&Script::new(events.iter().cloned()))
    };
    let mut events = script.events().to_vec();
    if fails(&[]) {
        return Script::default();
    }
    // Half of them, a quarter, and so on down to single ones, until none can be left out.
    let mut len = events.len().div_ceil(2);
    while len > 0 {
        let mut at = 0;
        let mut was_smaller = false;
        while at < events.len() {
            let mut fewer = events.clone();
            fewer.drain(at..(at + len).min(events.len()));
            if fewer.len() < events.len() && !fewer.is_empty() && fails(&fewer) {
                events = fewer;
                was_smaller = true;
            } else {
                at += len;
            }
        }
        if !was_smaller {
            len /= 2;
        }
    }
    for at in 0..events.len() {
        for shorter in shorter(events[at].fault.time()) {
            let mut shortened = events.clone();
            shortened[at].fault = shortened[at].fault.with_time(shorter);
            if fails(&shortened) {
                events = shortened;
                break;
            }
        }
    }
    for at in 0..events.len() {
        let whole = Duration::from_secs(events[at].at.as_secs());
        let mut rounded = events.clone();
        rounded[at].at = whole;
        if rounded != events && fails(&rounded) {
            events = rounded;
        }
    }
    Script::new(events)
}

/// Times that are shorter and easier to read, the shortest first.
fn shorter(time: Option<Duration>) -> impl Iterator<Item = Duration> {
    let time = time.unwrap_or_default();
    [1, 10, 100, 1_000, 5_000, 10_000, 30_000, 60_000]
        .into_iter()
        .map(Duration::from_millis)
        .take_while(move |shorter| *shorter < time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_part_in_it_is_left_out_and_what_has_is_shortened() {
        let script: Script = "1s reset a\n2s crash b for 90s\n3s pause a for 5s\n\
            4s reset b\n5s offline a for 2s\n6500ms clock a back 1h\n"
            .parse()
            .unwrap();
        let has = |script: &Script, word: &str, millis: u64| {
            script.events().iter().any(|event| {
                event.fault.kind().word() == word
                    && event.fault.time().unwrap_or_default() >= Duration::from_millis(millis)
            })
        };
        let smallest =
            shrink(&script, |script| has(script, "crash", 900) && has(script, "clock", 0));
        assert_eq!(smallest.to_string(), "2s crash b for 1s\n6s clock a back 1h\n");
        assert_eq!(shrink(&script, |_| true), Script::default());
        assert_eq!(shrink(&script, |smaller| *smaller == script), script);
    }
}
