use std::io::{self, ErrorKind};
use std::time::Duration;

use wirebeat::{Input, InputMark};

use crate::Socket;
use crate::read_timeout::ReadTimeout;

/// How much is read at once: 16 KiB, and what is around them in a frame or a record of TLS. It's all
/// the memory that a connection holds besides its messages.
pub(crate) const CHUNK_LEN: usize = 16 * 1024 + 512;

/// How much is read at once while reads come back full: who is that busy earns it.
const BUSY_CHUNK_LEN: usize = 128 * 1024;

/// After how many short reads a connection is busy no more.
const SHORT_READS_MAX: u8 = 32;

/// The right to read from the socket, and what is needed for it. There is one, so whoever has it is
/// the only one who reads; while it's where it belongs, all that was read can be eaten.
#[derive(Debug)]
pub(crate) struct Reader {
    chunk: Chunk,
    /// What was read and has to be decrypted into the chunk, over TLS.
    ciphertext: Option<Chunk>,
    /// Whether there's nothing left to decrypt.
    is_decrypted: bool,
    timeout: ReadTimeout,
}

/// Bytes that were read, in a buffer of their own.
#[derive(Debug)]
pub(crate) struct Chunk {
    bytes: Box<[u8]>,
    /// The part that isn't eaten: from `eaten` to `read`.
    eaten: usize,
    read: usize,
    /// What a recording knows this part by.
    mark: InputMark,
    /// How many reads in a row didn't fill even a chunk of the usual length.
    short_reads: u8,
}

/// How long a read waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadWait {
    /// Not at all.
    No,
    /// At most so long; `None` for as long as it takes.
    AtMost(Option<Duration>),
}

impl Default for Reader {
    fn default() -> Reader {
        Reader {
            chunk: Chunk::default(),
            ciphertext: None,
            is_decrypted: true,
            timeout: ReadTimeout::default(),
        }
    }
}

impl Reader {
    pub(crate) fn chunk(&mut self) -> &mut Chunk {
        &mut self.chunk
    }

    /// What is read from now on has to be decrypted.
    #[cfg(feature = "tls")]
    pub(crate) fn expect_ciphertext(&mut self) {
        self.ciphertext = Some(Chunk::default());
    }

    /// Lets `decrypt` fill the chunk, which is eaten, from what was read. It says how much it
    /// decrypted, if anything could be.
    #[cfg(feature = "tls")]
    pub(crate) fn decrypt(
        &mut self,
        decrypt: impl FnOnce(&mut &[u8], &mut [u8]) -> Option<usize>,
    ) -> Option<usize> {
        let ciphertext = self.ciphertext.as_mut()?;
        let mut unread = &ciphertext.bytes[ciphertext.eaten..ciphertext.read];
        let len = decrypt(&mut unread, &mut self.chunk.bytes);
        ciphertext.eaten = ciphertext.read - unread.len();
        self.chunk.fill(len.unwrap_or(0));
        self.is_decrypted = len.is_none();
        len
    }

    /// What was read and isn't eaten.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.chunk.bytes[self.chunk.eaten..self.chunk.read]
    }

    /// Whether all that was read is eaten.
    pub(crate) fn is_eaten(&self) -> bool {
        self.chunk.is_eaten() && self.is_decrypted
    }

    /// Reads once into the chunk, all of which is eaten.
    pub(crate) fn read(&mut self, socket: &impl Socket, wait: ReadWait) -> io::Result<usize> {
        debug_assert!(self.is_eaten(), "what was read before is eaten");
        let Reader { chunk, ciphertext, is_decrypted, timeout } = self;
        let is_encrypted = ciphertext.is_some();
        let chunk = ciphertext.as_mut().unwrap_or(chunk);
        chunk.fit();
        let read = timeout.read(socket, wait, &mut chunk.bytes);
        chunk.fill(*read.as_ref().unwrap_or(&0));
        *is_decrypted = !is_encrypted || chunk.read == 0;
        read
    }

    /// Reads once into a message.
    pub(crate) fn read_into(
        &mut self,
        socket: &impl Socket,
        wait: ReadWait,
        target: &mut [u8],
    ) -> io::Result<usize> {
        self.timeout.read(socket, wait, target)
    }
}

impl Default for Chunk {
    fn default() -> Chunk {
        Chunk {
            bytes: buffer(CHUNK_LEN),
            eaten: 0,
            read: 0,
            mark: InputMark::default(),
            short_reads: 0,
        }
    }
}

impl Chunk {
    /// Makes it as long as this connection needs it. Called when all is eaten.
    fn fit(&mut self) {
        let is_busy = self.bytes.len() > CHUNK_LEN;
        if self.read < CHUNK_LEN {
            self.short_reads = self.short_reads.saturating_add(1);
            if is_busy && self.short_reads >= SHORT_READS_MAX {
                self.bytes = buffer(CHUNK_LEN);
            }
        } else {
            self.short_reads = 0;
            if !is_busy {
                self.bytes = buffer(BUSY_CHUNK_LEN);
            }
        }
    }

    /// Its first `read` bytes are new.
    fn fill(&mut self, read: usize) {
        (self.eaten, self.read, self.mark) = (0, read, InputMark::default());
    }

    pub(crate) fn is_eaten(&self) -> bool {
        self.eaten == self.read
    }

    /// Lets `eat` eat from the front.
    pub(crate) fn eat<T>(&mut self, eat: impl FnOnce(&mut Input<'_>) -> T) -> T {
        let mut input = Input::resume(&mut self.bytes[self.eaten..self.read], self.mark);
        let eaten = eat(&mut input);
        self.eaten = self.read - input.len();
        self.mark = input.mark();
        eaten
    }
}

fn buffer(len: usize) -> Box<[u8]> {
    vec![0; len].into_boxed_slice()
}

impl ReadTimeout {
    /// Reads once, whatever interrupts it.
    fn read(
        &mut self,
        socket: &impl Socket,
        wait: ReadWait,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        if let ReadWait::AtMost(wait) = wait {
            self.prepare(socket, wait)?;
        }
        let read = loop {
            let read = match wait {
                ReadWait::No => socket.read_now(buffer),
                ReadWait::AtMost(_) => socket.read(buffer),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        if let ReadWait::AtMost(_) = wait {
            self.note(read.as_ref().is_err_and(is_blocked));
        }
        read
    }
}

/// Whether a socket has said that it has no bytes, or no room, just now.
pub(crate) fn is_blocked(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use wirebeat::record::{Begin, Call, Recorded, Recorder, Recording, Role};
    use wirebeat::{Config, Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::ZERO;

    /// Writes nothing down.
    #[derive(Debug)]
    struct Nowhere;

    impl Recorder for Nowhere {
        fn record(&self, _begin: &Begin) -> Option<Box<dyn Recording>> {
            Some(Box::new(Nowhere))
        }
    }

    impl Recording for Nowhere {
        fn call(&mut self, _at: Timestamp, _call: Call) {}

        fn end(&mut self) {}
    }

    /// A connection that is recorded copies all that is left of what it doesn't know.
    #[test]
    fn what_is_left_is_known_by_its_mark_for_each_message_and_what_is_new_is_not() {
        let config = Config::default();
        let mut server = Recorded::begin(Role::EstablishedServer, &config, NOW, &Nowhere);
        let bytes = b"\x81\x81\0\0\0\0a".repeat(3);
        let mut chunk = Chunk::default();
        let mut before = InputMark::default();
        for _ in 0..2 {
            chunk.bytes[..bytes.len()].copy_from_slice(&bytes);
            chunk.fill(bytes.len());
            let marks = [(); 3].map(|()| {
                assert!(chunk.eat(|input| server.receive(NOW, input).is_some()));
                chunk.mark
            });
            assert!(marks[0] != before && marks == [marks[0]; 3]);
            before = marks[0];
        }
    }
}
