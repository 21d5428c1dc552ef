//! A transport that shuttle knows of.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes a direction of the transport holds: less than a message.
const PIPE_LEN: usize = 24;

/// One direction of a transport.
#[derive(Default)]
struct Pipe {
    queue: VecDeque<u8>,
    is_ended: bool,
    /// Like a socket, it knows one task to wake for each direction.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of a transport, whose reads and writes are cut anywhere.
pub(super) struct End {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
}

pub(super) fn transport() -> (End, End) {
    let (one, other) = (Arc::new(Mutex::default()), Arc::new(Mutex::default()));
    let end = |incoming: &Arc<Mutex<Pipe>>, outgoing: &Arc<Mutex<Pipe>>| End {
        incoming: Arc::clone(incoming),
        outgoing: Arc::clone(outgoing),
    };
    (end(&one, &other), end(&other, &one))
}

impl Pipe {
    fn end(&mut self) -> [Option<Waker>; 2] {
        self.is_ended = true;
        [self.reader.take(), self.writer.take()]
    }
}

fn wake(woken: impl IntoIterator<Item = Option<Waker>>) {
    woken.into_iter().flatten().for_each(Waker::wake);
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut pipe = self.incoming.lock().unwrap();
        if pipe.queue.is_empty() {
            if pipe.is_ended {
                return Poll::Ready(Ok(()));
            }
            pipe.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = thread_rng().gen_range(1..=pipe.queue.len().min(buffer.remaining()));
        let bytes: Vec<u8> = pipe.queue.drain(..len).collect();
        buffer.put_slice(&bytes);
        let writer = pipe.writer.take();
        drop(pipe);
        wake([writer]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut pipe = self.outgoing.lock().unwrap();
        if pipe.is_ended {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let room = PIPE_LEN - pipe.queue.len();
        if room == 0 {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = thread_rng().gen_range(1..=room.min(bytes.len()));
        pipe.queue.extend(&bytes[..len]);
        let reader = pipe.reader.take();
        drop(pipe);
        wake([reader]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let woken = self.outgoing.lock().unwrap().end();
        wake(woken);
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        for pipe in [&self.incoming, &self.outgoing] {
            let woken = pipe.lock().unwrap().end();
            wake(woken);
        }
    }
}
