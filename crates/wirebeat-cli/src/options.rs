use std::time::Duration;

use wirebeat_std::extension::Deflate;
use wirebeat_std::{Config, Heartbeat, Savings};

/// A number of seconds, which may have a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let invalid = || format!("{text:?} is no number of seconds; write 20 or 0.5");
    let seconds: f64 = text.parse().map_err(|_| invalid())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| invalid())
}

/// The limits that the command line sets; a heartbeat of zero is none.
pub(crate) fn config(
    heartbeat: Duration,
    message_len_max: u64,
    deflate: Option<Deflate>,
) -> Config {
    let heartbeat = (!heartbeat.is_zero()).then(|| Heartbeat::pings(heartbeat, heartbeat));
    Config { heartbeat, message_len_max, deflate, ..Config::default() }
}

/// What compression saved, in both directions.
pub(crate) fn saved(savings: &Savings) -> String {
    let direction = |len: u64, on_wire: u64| match len {
        0 => "nothing".to_owned(),
        len => {
            let percent = i128::from(len) - i128::from(on_wire);
            let percent = percent * 100 / i128::from(len);
            format!("{len} bytes as {on_wire} ({percent} % saved)")
        }
    };
    format!(
        "compression: sent {}, received {}",
        direction(savings.sent, savings.sent_on_wire),
        direction(savings.received, savings.received_on_wire)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_said_for_each_direction() {
        let savings = Savings { sent: 1000, sent_on_wire: 250, received: 0, received_on_wire: 0 };
        assert_eq!(
            saved(&savings),
            "compression: sent 1000 bytes as 250 (75 % saved), received nothing"
        );
    }

    #[test]
    fn seconds_may_have_a_fraction_but_are_no_other_number() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "-1", "nan", "inf", "1e300", "1s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
