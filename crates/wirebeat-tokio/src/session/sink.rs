use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_sink::Sink;
use wirebeat::{Message, SendError, SendErrorReason};

use super::Session;

/// Takes messages as [`send`](Session::send) does, and waits for room where that would be full. Each
/// clone is a sink of its own, which keeps at most one message that there's no room for.
///
/// Ready and flushed is a sink whose messages the session has taken, which a server may get only on
/// the next connection; [`buffered_amount`](Session::buffered_amount) tells how much has still to go.
/// To close it waits until none of them waits for a connection, however long that takes, and ends the
/// session behind them, with a Close with 1000 (normal); it doesn't wait for the peer's.
///
/// ```no_run
/// use futures_util::{StreamExt, stream};
/// use wirebeat_tokio::{Message, Session};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (session, events) = Session::connect("ws://localhost:9001/feed")?;
/// let numbers = stream::iter(0..1000).map(|number| Ok(Message::from(number.to_string())));
/// numbers.forward(session).await?;
/// // Until it's over.
/// events.map(|event| println!("{event:?}")).collect::<()>().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`send_when_ready`](Session::send_when_ready), without the message.
impl<'m> Sink<Message<'m>> for Session {
    type Error = SendErrorReason;

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendErrorReason>> {
        self.poll_held(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'m>) -> Result<(), SendErrorReason> {
        debug_assert!(self.held.is_none(), "a sink is asked whether it's ready");
        match self.send(message) {
            Ok(_) => Ok(()),
            Err(SendError { reason: SendErrorReason::Full, unsent }) => {
                self.held = Some(unsent.into_owned());
                Ok(())
            }
            Err(SendError { reason, .. }) => Err(reason),
        }
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendErrorReason>> {
        self.poll_held(cx)
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendErrorReason>> {
        ready!(self.poll_held(cx))?;
        self.owner.poll_close(cx).map(Ok)
    }
}

impl Session {
    /// Sends what there was no room for.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendErrorReason>> {
        if self.held.is_none() {
            return Poll::Ready(Ok(()));
        }
        let sent = ready!(self.owner.poll_send(cx, &mut self.held));
        Poll::Ready(sent.map(|_| ()).map_err(|error| error.reason))
    }
}
