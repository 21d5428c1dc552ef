use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};

/// Where a [`Server`](crate::Server)'s clients come from: a [`TcpListener`], or on Unix a
/// [`UnixListener`](std::os::unix::net::UnixListener). `L::Stream` is the stream that it accepts.
pub trait Listener: Accept {}

impl<L: Accept> Listener for L {}

mod accept {
    use std::io;

    use mio::event::Source;

    use crate::Socket;

    /// What a listener must be able to do, which nobody else can implement.
    pub trait Accept: Send + 'static {
        /// What it accepts.
        type Stream: Socket + Send + Sync + 'static;

        /// The listener in a shape that can be waited for beside other things.
        type Source: Source + Send + 'static;

        /// Takes the listener over.
        fn into_source(self) -> io::Result<Self::Source>;

        /// Accepts whoever waits, without waiting.
        fn accept(source: &Self::Source) -> io::Result<Self::Stream>;
    }
}
pub(crate) use accept::Accept;

impl Accept for TcpListener {
    type Stream = TcpStream;
    type Source = mio::net::TcpListener;

    fn into_source(self) -> std::io::Result<mio::net::TcpListener> {
        self.set_nonblocking(true)?;
        Ok(mio::net::TcpListener::from_std(self))
    }

    fn accept(source: &mio::net::TcpListener) -> std::io::Result<TcpStream> {
        Ok(source.accept()?.0.into())
    }
}

#[cfg(unix)]
impl Accept for UnixListener {
    type Stream = UnixStream;
    type Source = mio::net::UnixListener;

    fn into_source(self) -> std::io::Result<mio::net::UnixListener> {
        self.set_nonblocking(true)?;
        Ok(mio::net::UnixListener::from_std(self))
    }

    fn accept(source: &mio::net::UnixListener) -> std::io::Result<UnixStream> {
        Ok(source.accept()?.0.into())
    }
}
