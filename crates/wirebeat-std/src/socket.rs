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

    /// Reads what is there into `buffer`, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`read`](Socket::read).
    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes as much of `slices` as there is room for, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`write_vectored`](Socket::write_vectored).
    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

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

    /// Ends one direction of the stream, or both.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    /// Makes the socket fit for this: reads and writes wait, and what is written is sent without
    /// delay, since frames are written whole. Does nothing by default.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether reads and writes keep to their timeouts. Where they don't ([`Untimed`]), none of the
    /// connection's deadlines is kept: one that passes while a read waits would end a connection
    /// whose peer has answered. They do by default.
    ///
    /// [`Untimed`]: crate::Untimed
    fn is_timed(&self) -> bool {
        true
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

        #[cfg(unix)]
        fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
            use rustix::net::{RecvFlags, recv};
            let (len, _) = recv(self, buffer, RecvFlags::DONTWAIT)?;
            Ok(len)
        }

        #[cfg(unix)]
        fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
            let mut nothing = SendAncillaryBuffer::default();
            Ok(sendmsg(self, slices, &mut nothing, SendFlags::DONTWAIT)?)
        }

        // Where it can't be said of one call, it's said of the socket: another thread's call may
        // return early, and is made again.
        #[cfg(not(unix))]
        fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
            self.set_nonblocking(true)?;
            let read = Read::read(&mut &*self, buffer);
            self.set_nonblocking(false)?;
            read
        }

        #[cfg(not(unix))]
        fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            self.set_nonblocking(true)?;
            let written = Write::write_vectored(&mut &*self, slices);
            self.set_nonblocking(false)?;
            written
        }

        fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
            self.set_read_timeout(timeout)
        }

        fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
            self.set_write_timeout(timeout)
        }

        fn shutdown(&self, how: Shutdown) -> io::Result<()> {
            self.shutdown(how)
        }
    };
}

impl Socket for TcpStream {
    delegate!();

    fn prepare(&self) -> io::Result<()> {
        self.set_nonblocking(false)?;
        self.set_nodelay(true)
    }
}

#[cfg(unix)]
impl Socket for std::os::unix::net::UnixStream {
    delegate!();

    fn prepare(&self) -> io::Result<()> {
        self.set_nonblocking(false)
    }
}
