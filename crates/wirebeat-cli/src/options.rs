use std::time::Duration;

use wirebeat_std::{Config, Heartbeat};

/// A number of seconds, which may have a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let invalid = || format!("{text:?} is no number of seconds; write 20 or 0.5");
    let seconds: f64 = text.parse().map_err(|_| invalid())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| invalid())
}

/// The limits that the command line sets; a heartbeat of zero is none.
pub(crate) fn config(heartbeat: Duration, message_len_max: u64) -> Config {
    let heartbeat = (!heartbeat.is_zero()).then(|| Heartbeat::pings(heartbeat, heartbeat));
    Config { heartbeat, message_len_max, ..Config::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_but_are_no_other_number() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "-1", "nan", "inf", "1e300", "1s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
