//! TLS between a connection and its socket.
//!
//! rustls computes and never touches the socket, as the core does: what was read is decrypted, and
//! what is to be written is encrypted, while the state is held, and the socket blocks while it isn't.

mod state;

use std::io::{Read, Write};

use bytes::Buf;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use wirebeat::Outgoing;
use wirebeat_tls::ClientTls;

use crate::error::ConnectError;
use crate::output::Output;
use crate::reader::Reader;

/// How many bytes of the send queue are encrypted at once.
const ENCRYPT_LEN_MAX: usize = 64 * 1024;

/// One end of a TLS connection.
#[derive(Debug)]
pub(crate) struct Tls {
    session: rustls::Connection,
    /// What was wrong with what the peer sent.
    failure: Option<rustls::Error>,
    /// Whether we have ended our side.
    is_closed: bool,
}

/// What came out of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decrypted {
    /// Bytes, in the reader's chunk.
    Some,
    /// Nothing, before more is read.
    Nothing,
    /// The peer has ended its side.
    End,
    /// Nothing any more: what was read can't be understood.
    Failed,
}

/// Bytes for the socket, and what they stand for in the connection's queue.
#[derive(Debug)]
pub(crate) struct Encrypted {
    bytes: Vec<u8>,
    written: usize,
    plain_len: usize,
    /// How much of it was told to be written.
    plain_written: usize,
}

impl Tls {
    /// A client's end, for a server of this name.
    pub(crate) fn client(tls: &ClientTls, name: ServerName<'static>) -> Result<Tls, ConnectError> {
        let config = tls.config().map_err(ConnectError::without_tls)?;
        let session = ClientConnection::new(config, name).map_err(ConnectError::Tls)?;
        Ok(Tls::new(session))
    }

    pub(crate) fn new(session: impl Into<rustls::Connection>) -> Tls {
        let mut session = session.into();
        // The connection bounds what is given to it.
        session.set_buffer_limit(None);
        Tls { session, failure: None, is_closed: false }
    }

    pub(crate) fn session(&self) -> &rustls::CommonState {
        &self.session
    }

    /// What was wrong with what the peer sent, once something was.
    pub(crate) fn failure(&self) -> Option<&rustls::Error> {
        self.failure.as_ref()
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.session.is_handshaking()
    }

    /// Decrypts what was read into the reader's chunk, which is eaten.
    pub(crate) fn decrypt(&mut self, reader: &mut Reader) -> Decrypted {
        let mut end = Decrypted::Nothing;
        let len = reader.decrypt(|ciphertext, plaintext| {
            loop {
                match self.session.reader().read(plaintext) {
                    Ok(0) => {
                        end = Decrypted::End;
                        return None;
                    }
                    Ok(len) => return Some(len),
                    // What came before something went wrong was handed over.
                    Err(_) if self.failure.is_some() => {
                        end = Decrypted::Failed;
                        return None;
                    }
                    Err(_) if ciphertext.is_empty() => return None,
                    Err(_) => {}
                }
                self.failure = self.take_in(ciphertext).err();
            }
        });
        if len.is_some() { Decrypted::Some } else { end }
    }

    fn take_in(&mut self, mut ciphertext: &mut &[u8]) -> Result<(), rustls::Error> {
        // To read from a slice doesn't fail, and there is room, as all plaintext was taken out.
        match self.session.read_tls(&mut ciphertext) {
            Ok(_) => self.session.process_new_packets().map(drop),
            Err(error) => Err(rustls::Error::General(error.to_string())),
        }
    }

    /// Whether there's something to write, of the handshake's or the connection's.
    pub(crate) fn has_output(&self, has_data: impl FnOnce() -> bool) -> bool {
        self.session.wants_write() || self.takes_data() && has_data()
    }

    /// Encrypts what is to be written: at most so much of the connection's as `take` is asked for.
    pub(crate) fn take_output(
        &mut self,
        take: impl FnOnce(usize) -> Option<Outgoing>,
    ) -> Option<Output> {
        let mut plain_len = 0;
        if self.takes_data()
            && let Some(mut outgoing) = take(ENCRYPT_LEN_MAX)
        {
            plain_len = outgoing.remaining();
            while outgoing.has_remaining() {
                // Without a limit, it takes all that it's given.
                let taken = self.session.writer().write(outgoing.chunk()).ok()?;
                outgoing.advance(taken);
            }
        }
        let bytes = self.take_records();
        if bytes.is_empty() {
            return None;
        }
        Some(Output::Encrypted(Encrypted { bytes, written: 0, plain_len, plain_written: 0 }))
    }

    /// Ends our side, with what is left to be written to say so.
    pub(crate) fn close(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            self.session.send_close_notify();
        }
    }

    /// What is to be written, besides what the connection has.
    pub(crate) fn take_records(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.session.wants_write()
            && self.session.write_tls(&mut bytes).is_ok_and(|len| len > 0)
        {}
        bytes
    }

    fn takes_data(&self) -> bool {
        !self.session.is_handshaking() && !self.is_closed && self.failure.is_none()
    }
}

impl Encrypted {
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// Moves past what the socket took. Returns how much of the connection's queue that stands for,
    /// which is all of it only when all has been taken.
    pub(crate) fn advance(&mut self, taken: usize) -> usize {
        self.written = (self.written + taken).min(self.bytes.len());
        let plain_written = if self.rest().is_empty() {
            self.plain_len
        } else {
            // A record has more bytes than what it stands for.
            self.written.saturating_sub(self.bytes.len() - self.plain_len)
        };
        let newly = plain_written - self.plain_written;
        self.plain_written = plain_written;
        newly
    }
}
