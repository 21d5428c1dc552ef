use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that may be encrypted: `wss:` or `ws:`.
#[derive(Debug)]
#[non_exhaustive]
pub enum MaybeTls<S> {
    /// As it is.
    Plain(S),
    /// Over TLS.
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::TlsStream<S>>),
}

impl<S> MaybeTls<S> {
    /// The stream beneath.
    pub fn get_ref(&self) -> &S {
        match self {
            MaybeTls::Plain(stream) => stream,
            #[cfg(feature = "tls")]
            MaybeTls::Tls(stream) => stream.get_ref().0,
        }
    }

    /// What TLS has agreed on and shown: the peer's certificate, the version. `None` without TLS.
    #[cfg(feature = "tls")]
    pub fn tls(&self) -> Option<&tokio_rustls::rustls::CommonState> {
        match self {
            MaybeTls::Plain(_) => None,
            MaybeTls::Tls(stream) => Some(stream.get_ref().1),
        }
    }
}

/// Does something to the stream, whichever it is.
macro_rules! with {
    ($self:ident, $stream:ident => $act:expr) => {
        match $self.get_mut() {
            MaybeTls::Plain(stream) => {
                let $stream = Pin::new(stream);
                $act
            }
            #[cfg(feature = "tls")]
            MaybeTls::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $act
            }
        }
    };
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTls<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        with!(self, stream => stream.poll_read(cx, buffer))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MaybeTls<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        with!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with!(self, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with!(self, stream => stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            MaybeTls::Plain(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            MaybeTls::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
