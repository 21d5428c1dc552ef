use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A connected byte stream whose reads and writes can be bounded in time.
///
/// Everything works on `&self`, as the operating system's sockets do, so that one thread may read
/// while another writes. It's implemented for [`TcpStream`] and, on Unix, for
/// [`UnixStream`](std::os::unix::net::UnixStream).
pub trait Socket {
    /// Reads what is there into `buffer`, waiting at most the read timeout; `Ok(0)` at the end.
    ///
    /// # Errors
    ///
    /// - [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut):
    ///   nothing came in time;
    /// - anything else: the transport has failed.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes a part of `slices`, one after the other, waiting at most the write timeout.
    ///
    /// # Errors
    ///
    /// - [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut):
    ///   nothing was taken in time;
    /// - anything else: the transport has failed.
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Sets how long a read waits; `None` for as long as it takes.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Sets how long a write waits; `None` for as long as it takes.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Sets whether reads and writes return at once.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()>;

    /// Ends one direction of the stream, or both.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    /// Makes the socket send what it's given without delay: frames are written whole, so waiting
    /// for more to send gains nothing. Does nothing by default.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn set_prompt(&self) -> io::Result<()> {
        Ok(())
    }
}

/// What sockets have in common, which std gives them as methods of their own.
macro_rules! delegate {
    () => {
        fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
            Read::read(&mut &*self, buffer)
        }

        fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            Write::write_vectored(&mut &*self, slices)
        }

        fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
            self.set_read_timeout(timeout)
        }

        fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
            self.set_write_timeout(timeout)
        }

        fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
            self.set_nonblocking(nonblocking)
        }

        fn shutdown(&self, how: Shutdown) -> io::Result<()> {
            self.shutdown(how)
        }
    };
}

impl Socket for TcpStream {
    delegate!();

    fn set_prompt(&self) -> io::Result<()> {
        self.set_nodelay(true)
    }
}

#[cfg(unix)]
impl Socket for std::os::unix::net::UnixStream {
    delegate!();
}
