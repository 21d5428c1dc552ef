use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use wirebeat_bench::Memory;

/// The transport in memory, as tokio sees it.
#[derive(Debug)]
pub(crate) struct Io(pub(crate) Memory);

thread_local! {
    static RUNTIME: io::Result<Runtime> = Builder::new_current_thread().enable_all().build();
}

/// Runs a future to its end, on this thread. `None` if there can be no runtime.
pub(crate) fn block_on<F: Future>(future: F) -> Option<F::Output> {
    RUNTIME.with(|runtime| Some(runtime.as_ref().ok()?.block_on(future)))
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.read_behind(buffer);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.0.write_from(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.0.write_from_all(slices)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}
