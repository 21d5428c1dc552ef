//! A link where there is no TLS.

use wirebeat::Timestamp;
use wirebeat::session::{Attempt, Driven};

use super::Link;
use crate::ConnectError;
use crate::driven::Machine;
use crate::output::Output;

impl Link {
    pub(crate) fn shake_hands(&mut self) -> Result<bool, ConnectError> {
        Ok(true)
    }

    pub(super) fn decrypt(&mut self, _: &mut impl Machine, _: Attempt, _: Timestamp) -> bool {
        false
    }

    pub(super) fn encrypted(&mut self, _: &mut impl Machine, _: Attempt) -> Option<Output> {
        None
    }

    pub(super) fn has_output(&mut self, machine: &mut impl Machine, attempt: Attempt) -> bool {
        machine.core_mut().poll_transmit(attempt).is_some()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        false
    }

    pub(super) fn say_last(&mut self) {}

    pub(super) fn write_last(&mut self) {}
}
