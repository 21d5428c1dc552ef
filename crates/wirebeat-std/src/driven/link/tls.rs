//! TLS on a link.

use std::io::{ErrorKind, IoSlice};

use wirebeat::session::{Attempt, Driven};
use wirebeat::{Cause, Phase, Reason, Timestamp};

use super::Link;
use crate::driven::Machine;
use crate::output::{Output, Patience};
use crate::reader::{ReadWait, is_blocked};
use crate::state::{InputSide, OutputSide};
use crate::tls::{Decrypted, Tls};
use crate::{ConnectError, Socket};

impl Link {
    /// Puts TLS on it. Nothing has been read or written.
    pub(crate) fn secure(&mut self, tls: Tls) {
        self.reader.expect_ciphertext();
        self.tls = Some(Box::new(tls));
    }

    /// Makes it secure, if it has to be. Returns whether it is.
    pub(crate) fn shake_hands(&mut self) -> Result<bool, ConnectError> {
        loop {
            self.write_records()?;
            let Some(tls) = &mut self.tls else { return Ok(true) };
            if !tls.is_handshaking() {
                return Ok(true);
            }
            if !self.can_read {
                return Ok(false);
            }
            match self.reader.read(&self.socket, ReadWait::No) {
                Ok(0) => return Err(ended(Reason::Eof)),
                Ok(_) => {}
                Err(error) if is_blocked(&error) => {
                    self.can_read = false;
                    return Ok(false);
                }
                Err(_) => return Err(ended(Reason::Lost)),
            }
            match tls.decrypt(&mut self.reader) {
                Decrypted::Some | Decrypted::Nothing => {}
                Decrypted::End => return Err(ended(Reason::Eof)),
                Decrypted::Failed => return Err(self.tls_failure().unwrap_or(ended(Reason::Lost))),
            }
        }
    }

    /// What was wrong with what the peer sent over TLS, once something was.
    pub(crate) fn tls_failure(&self) -> Option<ConnectError> {
        let failure = self.tls.as_ref()?.failure()?;
        Some(ConnectError::Tls(failure.clone()))
    }

    /// Writes what the handshake has to say, as far as there's room.
    fn write_records(&mut self) -> Result<(), ConnectError> {
        while self.can_write {
            let handshake = || self.tls.as_mut()?.take_output(|_| None);
            let Some(mut output) = self.rest.take().or_else(handshake) else { return Ok(()) };
            match output.write(&self.socket, Patience::None).taken {
                Ok(taken) if taken > 0 => {
                    output.advance(taken);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_blocked(&error) => self.can_write = false,
                Ok(_) | Err(_) => return Err(ended(Reason::Lost)),
            }
            if output.has_rest() {
                self.rest = Some(output);
            }
        }
        Ok(())
    }

    /// Decrypts what was read, when all that was decrypted before is eaten. Returns whether there
    /// is more to eat.
    pub(super) fn decrypt(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
        now: Timestamp,
    ) -> bool {
        let Some(tls) = &mut self.tls else { return false };
        if self.input == InputSide::Ended || !machine.takes_input() {
            return false;
        }
        match tls.decrypt(&mut self.reader) {
            Decrypted::Some => true,
            Decrypted::Nothing => false,
            Decrypted::End => {
                self.input = InputSide::Ended;
                machine.core_mut().handle_eof(now, attempt);
                false
            }
            Decrypted::Failed => {
                if let Some(failure) = self.tls_failure() {
                    machine.note_failure(failure.into());
                }
                self.lose(machine, attempt, now);
                false
            }
        }
    }

    pub(super) fn encrypted(
        &mut self,
        machine: &mut impl Machine,
        attempt: Attempt,
    ) -> Option<Output> {
        self.tls.as_mut()?.take_output(|max| machine.core_mut().take_transmit(attempt, max))
    }

    pub(super) fn has_output(&mut self, machine: &mut impl Machine, attempt: Attempt) -> bool {
        let mut has_data = || machine.core_mut().poll_transmit(attempt).is_some();
        self.rest.is_some()
            || match &self.tls {
                Some(tls) => tls.has_output(has_data),
                None => has_data(),
            }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Has it said, behind all that is to be written, that nothing follows.
    pub(super) fn say_last(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close();
        }
    }

    /// Whoever drops it doesn't wait; the peer that isn't told sees the transport end.
    pub(super) fn write_last(&mut self) {
        if self.output == OutputSide::Live && self.rest.is_none() {
            self.say_last();
            let records = self.tls.as_mut().map(|tls| tls.take_records()).unwrap_or_default();
            if !records.is_empty() {
                let _ = self.socket.write_now(&[IoSlice::new(&records)]);
            }
        }
    }
}

/// It ended while it was being made secure.
fn ended(reason: Reason) -> ConnectError {
    ConnectError::Handshake(Cause { phase: Phase::Dialing, reason })
}
