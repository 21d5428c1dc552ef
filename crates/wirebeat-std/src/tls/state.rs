use std::io::IoSlice;

use wirebeat::Timestamp;

use super::{Decrypted, Tls};
use crate::Socket;
use crate::state::{InputSide, OutputSide, State};

impl State {
    /// Puts TLS between the connection and the socket. Nothing has been read or written.
    pub(crate) fn secure(&mut self, tls: Tls) {
        if let Some(reader) = &mut self.reader {
            reader.expect_ciphertext();
        }
        self.tls = Some(Box::new(tls));
    }

    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_deref()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Decrypts what was read, when all that was decrypted before is eaten. Returns whether that may
    /// have made something happen.
    pub(crate) fn decrypt(&mut self, now: Timestamp) -> bool {
        let (Some(tls), Some(reader)) = (&mut self.tls, &mut self.reader) else { return false };
        if self.input == InputSide::Ended {
            return false;
        }
        match tls.decrypt(reader) {
            Decrypted::Some => true,
            Decrypted::Nothing => false,
            Decrypted::End => {
                self.input = InputSide::Ended;
                self.connection.handle_eof(now);
                true
            }
            Decrypted::Failed => {
                self.input = InputSide::Ended;
                self.connection.handle_lost(now);
                true
            }
        }
    }

    pub(crate) fn has_output_to_take(&mut self) -> bool {
        let connection = &mut self.connection;
        match &self.tls {
            Some(tls) => tls.has_output(|| connection.has_transmit()),
            None => connection.has_transmit(),
        }
    }

    /// Says that nothing follows. Returns whether that's written, or can't be.
    pub(crate) fn has_said_last(&mut self) -> bool {
        let Some(tls) = &mut self.tls else { return true };
        tls.close();
        self.output != OutputSide::Live || !self.is_writing && !self.has_output()
    }

    /// Says that nothing follows, if the socket has room for that.
    pub(crate) fn say_last(&mut self, socket: &impl Socket) {
        let is_amid = self.is_writing || self.rest.is_some() || self.output != OutputSide::Live;
        let Some(tls) = &mut self.tls else { return };
        tls.close();
        if !is_amid {
            // Who ends it all doesn't wait; the peer that isn't told sees the transport end.
            let _ = socket.write_now(&[IoSlice::new(&tls.take_records())]);
        }
    }
}
