use std::io;
use std::task::{Context, Poll, ready};

use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::Socket;

/// Where a [`Server`](crate::Server)'s clients come from: a [`TcpListener`], on Unix a
/// [`UnixListener`](tokio::net::UnixListener), or one of the application's.
pub trait Listener {
    /// What it accepts.
    type Stream: Socket + Send + 'static;

    /// Accepts whoever waits.
    ///
    /// # Errors
    ///
    /// What the operating system says. The listener is asked again.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Stream>>;

    /// Who is at the other end of a stream, for the events of the feature `tracing`; `None`, as by
    /// default, if that can't be said.
    fn peer(stream: &Self::Stream) -> Option<String> {
        let _ = stream;
        None
    }
}

/// Sets `TCP_NODELAY`: what leaves together is written together already.
impl Listener for TcpListener {
    type Stream = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let (stream, _) = ready!(TcpListener::poll_accept(self, cx))?;
        // A client that has gone already is found out by the first read.
        let _ = stream.set_nodelay(true);
        Poll::Ready(Ok(stream))
    }

    fn peer(stream: &TcpStream) -> Option<String> {
        Some(stream.peer_addr().ok()?.to_string())
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Stream = UnixStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        let (stream, _) = ready!(UnixListener::poll_accept(self, cx))?;
        Poll::Ready(Ok(stream))
    }
}
