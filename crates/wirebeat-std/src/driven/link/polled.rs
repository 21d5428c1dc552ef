use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;

use crate::Socket;

/// A socket that never waits.
pub(super) struct Polled(pub(super) TcpStream);

impl Socket for Polled {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &self.0, buffer)
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Write::write_vectored(&mut &self.0, slices)
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }

    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_vectored(slices)
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}
