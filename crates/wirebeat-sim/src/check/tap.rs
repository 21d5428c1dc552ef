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
