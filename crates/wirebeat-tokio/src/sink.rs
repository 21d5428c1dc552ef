use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use wirebeat::{CloseCode, CloseFrame, Message, SendErrorReason};

use crate::shared::Shared;
use crate::{Receiver, Sender, Socket, WebSocket};

/// The messages that come, as of [`WebSocket::recv`]; it ends when the connection does.
impl<S: Socket> Stream for WebSocket<S> {
    type Item = Message<'static>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message<'static>>> {
        self.hand.poll_message(cx)
    }
}

/// The messages that come, as of [`Receiver::recv`]; it ends when the connection does.
impl<S: Socket> Stream for Receiver<S> {
    type Item = Message<'static>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message<'static>>> {
        self.hand.poll_message(cx)
    }
}

/// Takes messages as of [`WebSocket::feed`]. To close it sends a Close with 1000 (normal), and
/// doesn't wait for the peer's.
impl<'m, S: Socket> Sink<Message<'m>> for WebSocket<S> {
    type Error = SendErrorReason;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        self.hand.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message<'m>) -> Result<(), SendErrorReason> {
        self.hand.start_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        self.hand.poll_flush(cx).map(Ok)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        self.hand.poll_close(cx).map(Ok)
    }
}

/// Takes messages as of [`Sender::feed`]. To close it sends a Close with 1000 (normal), and doesn't
/// wait for the peer's.
impl<'m, S: Socket> Sink<Message<'m>> for Sender<S> {
    type Error = SendErrorReason;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        self.hand.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message<'m>) -> Result<(), SendErrorReason> {
        self.hand.start_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        self.hand.poll_flush(cx).map(Ok)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        self.hand.poll_close(cx).map(Ok)
    }
}

impl<S: Socket> Shared<S> {
    /// Takes a message, for which there is room, or which is held until there is.
    pub(crate) fn start_send(&self, message: Message<'_>) -> Result<(), SendErrorReason> {
        self.change(|state| state.hold(message))
    }

    /// Begins to close, unless it's closing, and writes all that was sent.
    pub(crate) fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        let is_holding = self.look(|state| state.is_holding());
        if !is_holding {
            // Either role may send this code.
            let _ = self.start_close(CloseFrame::new(CloseCode::NORMAL, "").ok());
        }
        match self.poll_flush(cx) {
            Poll::Ready(()) if is_holding => self.poll_close(cx),
            flushed => flushed,
        }
    }
}
