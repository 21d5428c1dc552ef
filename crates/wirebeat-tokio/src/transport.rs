use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use tokio::io::AsyncWrite;

/// How many pieces of the send queue are written at once.
const SLICES_MAX: usize = 16;

/// Writes once from what stands in one slice or in several.
pub(crate) fn poll_write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    bytes: &impl Buf,
) -> Poll<io::Result<usize>> {
    let first = bytes.chunk();
    if first.len() == bytes.remaining() || !stream.is_write_vectored() {
        return Pin::new(stream).poll_write(cx, first);
    }
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let count = bytes.chunks_vectored(&mut slices);
    Pin::new(stream).poll_write_vectored(cx, &slices[..count])
}
