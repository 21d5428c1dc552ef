use std::time::{Duration, Instant};

use crate::error::{ConnectError, Step};

/// The time that connecting may take, all steps together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    started: Instant,
    timeout: Option<Duration>,
}

impl TimeLimit {
    pub(crate) fn start(timeout: Option<Duration>) -> TimeLimit {
        TimeLimit { started: Instant::now(), timeout }
    }

    /// What is left of it, which isn't zero; `None` if there is no limit.
    pub(crate) fn left(self, step: Step) -> Result<Option<Duration>, ConnectError> {
        let Some(timeout) = self.timeout else { return Ok(None) };
        match timeout.checked_sub(self.started.elapsed()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            Some(_) | None => Err(ConnectError::Timeout(step)),
        }
    }
}
