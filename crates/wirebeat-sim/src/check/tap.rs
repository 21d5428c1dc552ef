use wirebeat::{ReadyState, Role, Timestamp};

use super::violation::Violation;
use super::wire::{Reader, Spoken};

/// Listens to one endpoint: what it writes, and the levels that it shows.
#[derive(Debug)]
pub(crate) struct Tap {
    reader: Reader,
    ready_state: ReadyState,
    is_closed: bool,
}

impl Tap {
    pub(crate) fn new(role: Role) -> Tap {
        Tap { reader: Reader::new(role), ready_state: ReadyState::Connecting, is_closed: false }
    }

    /// The endpoint wrote these bytes.
    pub(crate) fn wrote(
        &mut self,
        bytes: &[u8],
        heard: impl FnMut(Spoken),
    ) -> Result<(), Violation> {
        if self.is_closed {
            let what = format!("{} bytes were written after the last event", bytes.len());
            return Err(Violation::new("invariant 6, no output after Closed", what));
        }
        self.reader
            .read(bytes, heard)
            .map_err(|what| Violation::new("invariant 6, no data behind a Close", what))
    }

    /// The endpoint told its application something.
    pub(crate) fn told(&mut self, is_last: bool) -> Result<(), Violation> {
        if self.is_closed {
            let what = "an event came after the last one";
            return Err(Violation::new("invariant 5, nothing follows Closed", what));
        }
        self.is_closed = is_last;
        Ok(())
    }

    /// A connection's state.
    pub(crate) fn state(&mut self, state: ReadyState) -> Result<(), Violation> {
        if state < self.ready_state {
            let what = format!("{} follows {}", state, self.ready_state);
            return Err(Violation::new("invariant 5, readyState only grows", what));
        }
        self.ready_state = state;
        Ok(())
    }
}

/// Nothing is due any more after `handle_timeout`.
pub(crate) fn check_timeout(now: Timestamp, next: Option<Timestamp>) -> Result<(), Violation> {
    match next {
        Some(next) if next <= now => {
            let what = format!("at {now}, {next} is still due");
            Err(Violation::new("invariant 9, no deadline is left behind", what))
        }
        _ => Ok(()),
    }
}

/// What waits falls by what the transport took, and by nothing else.
pub(crate) fn check_buffered(before: u64, after: u64, taken: u64) -> Result<(), Violation> {
    if before.saturating_sub(after) <= taken {
        return Ok(());
    }
    let what = format!("{before} became {after}, and the transport took {taken} bytes");
    Err(Violation::new("invariant 8, bufferedAmount falls by what is taken", what))
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_nanos(1_000);

    fn rule(checked: Result<(), Violation>) -> Option<&'static str> {
        let rule = checked.err()?.rule;
        Some(rule.split_once(',').map_or(rule, |(number, _)| number))
    }

    #[test]
    fn output_behind_the_end_is_found() {
        let mut tap = Tap::new(Role::Server);
        let head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
        assert_eq!(rule(tap.wrote(head, |_| {})), None);
        assert_eq!(rule(tap.told(true)), None);
        assert_eq!(rule(tap.wrote(b"\x8A\x00", |_| {})), Some("invariant 6"));
    }

    #[test]
    fn data_behind_a_close_is_found() {
        let mut tap = Tap::new(Role::Server);
        let closing = b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x88\x02\x03\xE8";
        assert_eq!(rule(tap.wrote(closing, |_| {})), None);
        assert_eq!(rule(tap.wrote(b"\x81\x01a", |_| {})), Some("invariant 6"));
    }

    #[test]
    fn an_event_behind_the_last_is_found() {
        let mut tap = Tap::new(Role::Client);
        assert_eq!(rule(tap.told(false)), None);
        assert_eq!(rule(tap.told(true)), None);
        assert_eq!(rule(tap.told(false)), Some("invariant 5"));
    }

    #[test]
    fn a_state_that_goes_back_is_found() {
        let mut tap = Tap::new(Role::Client);
        for state in [ReadyState::Connecting, ReadyState::Open, ReadyState::Open] {
            assert_eq!(rule(tap.state(state)), None);
        }
        assert_eq!(rule(tap.state(ReadyState::Connecting)), Some("invariant 5"));
    }

    #[test]
    fn a_deadline_that_is_left_behind_is_found() {
        let later = NOW + Duration::from_nanos(1);
        for next in [None, Some(later)] {
            assert_eq!(rule(check_timeout(NOW, next)), None);
        }
        for next in [NOW, Timestamp::ZERO] {
            assert_eq!(rule(check_timeout(NOW, Some(next))), Some("invariant 9"));
        }
    }

    #[test]
    fn a_buffered_amount_that_falls_by_more_than_was_taken_is_found() {
        for (before, after, taken) in [(10, 10, 0), (10, 4, 6), (10, 8, 6), (0, 10, 0)] {
            assert_eq!(rule(check_buffered(before, after, taken)), None);
        }
        assert_eq!(rule(check_buffered(10, 4, 5)), Some("invariant 8"));
    }
}
