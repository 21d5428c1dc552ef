use std::fmt::Write as _;
use std::time::Duration;

use jiff::{Timestamp, ZonedDateTime};

/// A short time, in the unit that suits it.
pub(crate) fn short(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    match millis {
        ..1.0 => format!("{:.0} µs", millis * 1000.0),
        ..10.0 => format!("{millis:.2} ms"),
        ..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.2} s", millis / 1000.0),
    }
}

/// A length in bytes, with its thousands set apart.
pub(crate) fn bytes(len: u64) -> String {
    let digits = len.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} B")
}

/// The time of day where the user is, to the millisecond.
pub(crate) fn time_of_day() -> String {
    ZonedDateTime::now().strftime("%H:%M:%S%.3f").to_string()
}

/// The time in UTC, to the millisecond, as RFC 3339 has it.
pub(crate) fn time_in_utc() -> String {
    format!("{:.3}", Timestamp::now())
}

/// Foreign text for a terminal: a control character could move the cursor, change the title, or
/// worse, and is shown as an escape. `newline` stands for each line's end.
pub(crate) fn harmless(text: &str, newline: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str(newline),
            '\t' => shown.push('\t'),
            character if character.is_control() || is_bidi_control(character) => {
                // Writing to a String can't fail.
                let _ = write!(shown, "{}", character.escape_unicode());
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Characters that make text read in another order than it's written.
fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How bytes start, in hex.
pub(crate) fn hex(bytes: &[u8], len_max: usize) -> String {
    let mut shown = String::new();
    for (index, byte) in bytes.iter().take(len_max).enumerate() {
        let space = if index == 0 { "" } else { " " };
        // Writing to a String can't fail.
        let _ = write!(shown, "{space}{byte:02x}");
    }
    if bytes.len() > len_max {
        shown.push_str(" …");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_grouped_by_thousands() {
        let shown = [0, 999, 1000, 65_536, 1_234_567].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1,000 B", "65,536 B", "1,234,567 B"]);
    }

    #[test]
    fn times_are_shown_in_a_unit_that_suits_them() {
        let shown =
            [87, 1_500, 42_000, 2_003_000].map(|micros| short(Duration::from_micros(micros)));
        assert_eq!(shown, ["87 µs", "1.50 ms", "42 ms", "2.00 s"]);
    }

    #[test]
    fn times_of_day_have_milliseconds() {
        assert_eq!(time_of_day().len(), "12:34:56.789".len(), "{}", time_of_day());
        assert_eq!(time_in_utc().len(), "2026-01-31T12:34:56.789Z".len(), "{}", time_in_utc());
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(harmless("\u{1b}]0;title\u{7}", "\n"), "\\u{1b}]0;title\\u{7}");
        assert_eq!(harmless("\u{9b}2J\r\u{7f}", "\n"), "\\u{9b}2J\\u{d}\\u{7f}");
        assert_eq!(harmless("\u{202e}abc", "\n"), "\\u{202e}abc");
        assert_eq!(harmless("é→\t💓\nx", "\n  "), "é→\t💓\n  x");
    }

    #[test]
    fn hex_shows_the_start() {
        assert_eq!(hex(&[], 2), "");
        assert_eq!(hex(&[0, 255], 2), "00 ff");
        assert_eq!(hex(&[0, 255, 1], 2), "00 ff …");
    }
}
