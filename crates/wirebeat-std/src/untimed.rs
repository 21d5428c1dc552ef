use std::cell::RefCell;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use crate::Socket;

/// Any stream that can be read and written, as a [`Socket`]: a serial line, a tunnel through another
/// program, another TLS library.
///
/// Its reads and writes must block, and nothing bounds how long. So none of a connection's deadlines
/// is kept, there is no heartbeat, and the connection can't be split: whoever has a stream that can
/// do more should implement [`Socket`] for it.
///
/// ```no_run
/// # fn line() -> std::io::Result<std::fs::File> { std::fs::File::open("/dev/ttyS0") }
/// use wirebeat_std::{Client, Untimed};
///
/// let mut socket = Client::new("ws://gauge/")?.connect_over(Untimed::new(line()?))?;
/// println!("{:?}", socket.recv());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Untimed<T>(RefCell<T>);

impl<T: Read + Write> Untimed<T> {
    /// A socket of a stream.
    pub fn new(stream: T) -> Untimed<T> {
        Untimed(RefCell::new(stream))
    }
}

impl<T: Read + Write> Socket for Untimed<T> {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }

    /// Reads nothing: the stream can't say whether there is anything.
    fn read_now(&self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut stream = self.0.borrow_mut();
        let written = stream.write_vectored(slices)?;
        stream.flush()?;
        Ok(written)
    }

    /// Waits all the same, as the stream does.
    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_vectored(slices)
    }

    /// Does nothing.
    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    /// Does nothing.
    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    /// Does nothing: the stream ends when it's dropped.
    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        Ok(())
    }

    fn is_timed(&self) -> bool {
        false
    }
}
