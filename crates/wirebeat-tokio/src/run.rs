use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::thread;

use wirebeat::CloseCode;

use crate::Socket;
use crate::drive::Purpose;
use crate::shared::Shared;

/// Polls what the application does with a connection, and writes what it has sent each time that it
/// waits, whatever it waits for.
pub(crate) async fn corked<S: Socket, F: Future>(
    shared: &Shared<S>,
    mut work: Pin<&mut F>,
) -> F::Output {
    let corked = Corked::new(shared);
    let done = poll_fn(|cx| {
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            corked.shared.keep_going(cx);
        }
        polled
    })
    .await;
    poll_fn(|cx| corked.shared.poll_flush(cx)).await;
    done
}

/// A connection that lasts as long as this: it's closed when this is dropped, whoever may still hold
/// a part of it.
pub(crate) struct Kept<S: Socket>(pub(crate) Arc<Shared<S>>);

impl<S: Socket> Kept<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>) -> Kept<S> {
        shared.change(|state| state.is_kept = true);
        Kept(shared)
    }

    /// Polls what the application does with it, and closes it in order after that.
    pub(crate) async fn serve(&self, work: Pin<&mut impl Future>) {
        corked(&self.0, work).await;
        self.0.finish(CloseCode::GOING_AWAY).await;
    }
}

impl<S: Socket> Drop for Kept<S> {
    fn drop(&mut self) {
        let code = match thread::panicking() {
            false => CloseCode::GOING_AWAY,
            true => CloseCode::INTERNAL_ERROR,
        };
        self.0.change(|state| state.leave(code));
        self.0.go_away();
    }
}

/// A connection that's corked until this is dropped.
struct Corked<'s, S> {
    shared: &'s Shared<S>,
    was_corked: bool,
}

impl<S> Corked<'_, S> {
    fn new(shared: &Shared<S>) -> Corked<'_, S> {
        let mut state = shared.lock();
        let was_corked = mem::replace(&mut state.is_corked, true);
        drop(state);
        Corked { shared, was_corked }
    }
}

impl<S> Drop for Corked<'_, S> {
    fn drop(&mut self) {
        self.shared.lock().is_corked = self.was_corked;
    }
}

impl<S: Socket> Shared<S> {
    /// Keeps the connection going while its application waits for something. If that's a call of
    /// this connection's, it does all there's to do.
    fn keep_going(&self, cx: &mut Context<'_>) {
        let is_idle = {
            let mut state = self.lock();
            let is_served = mem::take(&mut state.is_served);
            is_served && !state.has_output()
        };
        if !is_idle {
            // It may have ended, which the application will find out.
            let _ = self.poll_keep(cx, Purpose::Input);
            self.lock().is_served = false;
        }
    }
}
