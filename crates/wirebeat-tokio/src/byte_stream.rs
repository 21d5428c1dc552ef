use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use wirebeat::{Message, Payload};

use crate::{Socket, WebSocket};

/// How many bytes go into one message.
const MESSAGE_LEN_MAX: usize = 64 * 1024;

/// A WebSocket as a stream of bytes, to lead another protocol through it.
///
/// What is written goes out as binary messages; what comes, in messages of either kind, is read as
/// one stream. How it's cut into messages says nothing. The stream ends when the connection does: as
/// it should, or with [`ErrorKind::ConnectionReset`]. To shut it down sends a Close with 1000
/// (normal).
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use wirebeat_tokio::{Client, OriginPolicy, accept};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (ours, theirs) = tokio::io::duplex(1024);
/// let server = tokio::spawn(async move {
///     let socket = accept(theirs, OriginPolicy::SameHost).await.unwrap().accept().await.unwrap();
///     let (mut read, mut write) = tokio::io::split(socket.into_bytes());
///     tokio::io::copy(&mut read, &mut write).await
/// });
/// let socket = Client::new("ws://localhost/")?.connect_over(ours).await?;
/// let mut stream = socket.into_bytes();
/// stream.write_all(b"through").await?;
/// stream.flush().await?;
/// let mut echo = [0; 7];
/// stream.read_exact(&mut echo).await?;
/// assert_eq!(&echo, b"through");
/// stream.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// That of its polls: what is read is returned or left, and what is written is taken or not.
#[derive(Debug)]
pub struct ByteStream<S: Socket> {
    socket: WebSocket<S>,
    /// What is left of a message.
    unread: Bytes,
}

impl<S: Socket> ByteStream<S> {
    pub(crate) fn new(socket: WebSocket<S>) -> ByteStream<S> {
        ByteStream { socket, unread: Bytes::new() }
    }

    /// The WebSocket, and what was received of it and isn't read.
    #[must_use]
    pub fn into_inner(self) -> (WebSocket<S>, Bytes) {
        (self.socket, self.unread)
    }

    /// How the stream has ended.
    fn end(&self) -> io::Result<()> {
        match self.socket.closed() {
            Some(closed) if !closed.was_clean => {
                Err(io::Error::new(ErrorKind::ConnectionReset, closed.cause))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl<S: Socket> AsyncBufRead for ByteStream<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.unread.is_empty() {
            match ready!(this.socket.hand.poll_message(cx)) {
                Some(message) => this.unread = message.into_payload().into_bytes(),
                None => {
                    this.end()?;
                    break;
                }
            }
        }
        Poll::Ready(Ok(&this.unread))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let unread = &mut self.get_mut().unread;
        unread.advance(amount.min(unread.len()));
    }
}

impl<S: Socket> AsyncRead for ByteStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let unread = ready!(self.as_mut().poll_fill_buf(cx))?;
        let len = unread.len().min(buffer.remaining());
        buffer.put_slice(&unread[..len]);
        self.consume(len);
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket> AsyncWrite for ByteStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let broken = |reason| io::Error::new(ErrorKind::BrokenPipe, reason);
        let hand = &self.socket.hand;
        ready!(hand.poll_room(cx)).map_err(broken)?;
        let len = bytes.len().min(MESSAGE_LEN_MAX);
        if len > 0 {
            hand.start_send(Message::Binary(Payload::Borrowed(&bytes[..len]))).map_err(broken)?;
            // It's taken, whether it's written at once or not.
            let _ = hand.poll_flush(cx);
        }
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.hand.poll_flush(cx).map(Ok)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.hand.poll_close(cx).map(Ok)
    }
}
