//! Pairs of connections over pipes, and pipes that tell what is done to them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use wirebeat_tokio::{Client, Config, MaybeTls, OriginPolicy, Socket, WebSocket, accept_with};

pub(crate) type ClientSocket = WebSocket<MaybeTls<DuplexStream>>;
pub(crate) type ServerSocket = WebSocket<DuplexStream>;

/// A client and a server over a pipe with room for so many bytes in each direction.
pub(crate) async fn pair(room: usize) -> (ClientSocket, ServerSocket) {
    pair_with(room, Config::default(), Config::default()).await
}

pub(crate) async fn pair_with(
    room: usize,
    client: Config,
    server: Config,
) -> (ClientSocket, ServerSocket) {
    let (ours, theirs) = duplex(room);
    let server = async { serve(theirs, &server).await };
    let client = Client::new("ws://localhost/").unwrap().config(client).connect_over(ours);
    let (client, server) = tokio::join!(client, server);
    (client.unwrap(), server)
}

/// A server over a stream that a client is about to use.
pub(crate) async fn serve<S: Socket>(stream: S, config: &Config) -> WebSocket<S> {
    let pending = accept_with(stream, OriginPolicy::Any, config).await.unwrap();
    pending.accept().await.unwrap()
}

/// How often a stream was read and written with success.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) reads: AtomicUsize,
    pub(crate) writes: AtomicUsize,
}

impl Counts {
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }
}

/// A stream that counts.
#[derive(Debug)]
pub(crate) struct Counting<S>(pub(crate) S, pub(crate) Arc<Counts>);

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(cx, buffer);
        self.1.reads.fetch_add(usize::from(read.is_ready()), Ordering::Relaxed);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counting<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write(cx, bytes);
        self.1.writes.fetch_add(usize::from(written.is_ready()), Ordering::Relaxed);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write_vectored(cx, slices);
        self.1.writes.fetch_add(usize::from(written.is_ready()), Ordering::Relaxed);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
