use alloc::collections::VecDeque;
use alloc::string::String;
use core::any::Any;
use core::fmt;

use super::WebSocket;
use super::remote::{Remote, Task, Unsent};
use super::scope::Scope;
use crate::{Message, Timestamp};

/// What was asked of a [`WebSocket`] by its [`Remote`]s, at the end where it's driven.
///
/// A driver does it between two events: it [fetches](Errands::fetch) what waits, does it by
/// [`proceed`](Errands::proceed), and [reports](Errands::report).
///
/// ```
/// use wirebeat::session::SessionConfig;
/// use wirebeat::websocket::{Errands, Remote, WebSocket};
/// use wirebeat::{ReadyState, Seed, Timestamp};
///
/// let now = Timestamp::ZERO;
/// let mut socket = WebSocket::new("ws://example.com/", &[], Seed::new([7; 32]), now)?;
/// let mut remote = Remote::new(&SessionConfig::browser(), &socket.scope(now));
/// let mut errands = Errands::default();
///
/// // By any thread:
/// remote.close(None)?;
/// assert_eq!(remote.ready_state(), ReadyState::Closing);
///
/// // By the one that drives it:
/// errands.fetch(&mut remote);
/// while let Some(function) = errands.proceed(&mut socket, now) {
///     function(&mut socket.scope(now));
/// }
/// errands.report(&mut remote, &socket.scope(now));
/// assert_eq!(socket.ready_state(), ReadyState::Closing);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Errands {
    tasks: VecDeque<Task>,
    /// Messages that were taken and that the WebSocket has no room for.
    waiting: VecDeque<Message<'static>>,
    /// All messages that were fetched and not reported.
    fetched: Unsent,
    is_abandoned: bool,
}

impl Errands {
    /// Takes over what was asked for since the last time.
    pub fn fetch(&mut self, remote: &mut Remote) {
        self.tasks.append(&mut remote.tasks);
        self.fetched = remote.unsent;
    }

    /// Does the next things, up to a function of the application's, which the caller calls then.
    /// `None` when all is done.
    pub fn proceed(
        &mut self,
        socket: &mut WebSocket,
        now: Timestamp,
    ) -> Option<impl FnOnce(&mut Scope<'_>) + Send + use<>> {
        self.send_waiting(socket, now);
        while let Some(task) = self.tasks.pop_front() {
            match task {
                Task::Send(message) => {
                    self.waiting.push_back(message);
                    self.send_waiting(socket, now);
                }
                Task::Close(frame) => {
                    socket.inner.close_with(now, frame);
                    self.send_waiting(socket, now);
                }
                Task::Run(function) => return Some(function),
                Task::Hint(hint) => hint(socket, now),
                Task::Abandon => {
                    self.is_abandoned = true;
                    socket.abandon(now);
                }
            }
        }
        None
    }

    /// Tells what has been done, and shows the WebSocket as it is now.
    pub fn report(&mut self, remote: &mut Remote, scope: &Scope<'_>) {
        // What isn't the WebSocket's to count is still counted.
        let waiting = Unsent {
            messages: self.waiting.len(),
            len: self.waiting.iter().map(|message| message.len() as u64).sum(),
        };
        remote.unsent.messages -= self.fetched.messages - waiting.messages;
        remote.unsent.len -= self.fetched.len - waiting.len;
        self.fetched = waiting;
        remote.is_closing = remote.tasks.iter().any(|task| matches!(task, Task::Close(_)));
        remote.refresh(scope);
    }

    /// Whether nobody holds the WebSocket any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    /// Passes on messages that there was no room for, in order, as far as there is some now: after
    /// the transport took something. Returns whether any was.
    pub fn send_waiting(&mut self, socket: &mut WebSocket, now: Timestamp) -> bool {
        let mut has_sent = false;
        while let Some(message) = self.waiting.pop_front() {
            if let Err(error) = socket.send(now, message) {
                self.waiting.push_front(error.unsent);
                break;
            }
            has_sent = true;
        }
        has_sent
    }
}

impl fmt::Debug for Errands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errands")
            .field("tasks", &self.tasks.len())
            .field("waiting", &self.waiting.len())
            .field("is_abandoned", &self.is_abandoned)
            .finish_non_exhaustive()
    }
}

/// A handler that has panicked. The listener behind it was called next, and it will be called again
/// with the next event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerPanic {
    /// What it panicked with, if that's text.
    pub message: Option<String>,
}

impl HandlerPanic {
    /// What a panic says that was caught.
    #[must_use]
    pub fn of(panic: &(dyn Any + Send)) -> HandlerPanic {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).into());
        HandlerPanic { message: text.or_else(|| panic.downcast_ref::<String>().cloned()) }
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;
    use crate::session::{Backoff, Reconnect, SessionConfig};
    use crate::websocket::SendErrorReason;
    use crate::{ReadyState, Seed};

    const NOW: Timestamp = Timestamp::ZERO;

    fn pair(config: SessionConfig) -> (WebSocket, Remote) {
        let builder = WebSocket::builder("ws://example.com/").config(config.clone());
        let mut socket = builder.build(Seed::new([7; 32]), NOW).expect("the URL is valid");
        let remote = Remote::new(&config, &socket.scope(NOW));
        (socket, remote)
    }

    fn reconnecting(outbox_len_max: usize) -> SessionConfig {
        let reconnect = Reconnect::with(Backoff::fixed(core::time::Duration::from_secs(1)));
        SessionConfig { outbox_len_max, ..SessionConfig::reconnecting(reconnect) }
    }

    fn do_all(errands: &mut Errands, socket: &mut WebSocket, remote: &mut Remote) {
        errands.fetch(remote);
        while let Some(function) = errands.proceed(socket, NOW) {
            function(&mut socket.scope(NOW));
        }
        errands.report(remote, &socket.scope(NOW));
    }

    #[test]
    fn what_was_sent_is_counted_once_wherever_it_is() {
        let (mut socket, mut remote) = pair(reconnecting(10));
        let mut errands = Errands::default();
        remote.send("12345".into()).expect("there is room");
        assert_eq!((remote.buffered_amount(), socket.buffered_amount()), (5, 0));
        do_all(&mut errands, &mut socket, &mut remote);
        assert_eq!((remote.buffered_amount(), socket.buffered_amount()), (5, 5));
        remote.send("67890".into()).expect("there is room");
        let error = remote.send("x".into()).expect_err("there is none");
        assert_eq!((error.reason, error.unsent), (SendErrorReason::Full, "x".into()));
        // A handler was quicker: the message that was taken waits, and is counted.
        socket.send(NOW, "abcde").expect("there is room");
        do_all(&mut errands, &mut socket, &mut remote);
        assert_eq!((remote.buffered_amount(), socket.buffered_amount()), (15, 10));
        do_all(&mut errands, &mut socket, &mut remote);
        assert_eq!((remote.buffered_amount(), socket.buffered_amount()), (15, 10));
    }

    /// Those without payload are counted too, or any number of them would wait.
    #[test]
    fn no_more_messages_wait_than_may_wherever_they_are() {
        let config = SessionConfig { outbox_messages_max: 3, ..reconnecting(100) };
        let (mut socket, mut remote) = pair(config);
        let mut errands = Errands::default();
        for _ in 0..3 {
            socket.send(NOW, "").expect("there is room");
        }
        for _ in 0..3 {
            remote.send("".into()).expect("there is room");
            do_all(&mut errands, &mut socket, &mut remote);
        }
        let error = remote.send("".into()).expect_err("there is none");
        assert_eq!(error.reason, SendErrorReason::Full);
        assert_eq!(errands.waiting.len(), 3);
    }

    #[test]
    fn the_order_of_what_was_asked_for_is_kept() {
        let (mut socket, mut remote) = pair(reconnecting(100));
        remote.send("one".into()).expect("there is room");
        remote.run(|scope| {
            assert_eq!(scope.buffered_amount(), 3);
            scope.send("two").expect("there is room");
        });
        remote.close(None).expect("nothing is wrong with it");
        remote.run(|scope| assert_eq!(scope.ready_state(), ReadyState::Closing));
        do_all(&mut Errands::default(), &mut socket, &mut remote);
        assert_eq!(remote.ready_state(), ReadyState::Closing);
    }

    #[test]
    fn what_the_constructor_was_not_told_to_keep_is_refused_before_it_is_open() {
        let (_, mut remote) = pair(SessionConfig::browser());
        let error = remote.send("too early".into()).expect_err("it isn't open");
        assert_eq!(error.reason, SendErrorReason::Connecting);
        assert_eq!(remote.buffered_amount(), 0);
    }

    #[test]
    fn what_is_over_is_closed_and_takes_nothing_on() {
        let (_, mut remote) = pair(SessionConfig::browser());
        remote.end();
        assert_eq!(remote.ready_state(), ReadyState::Closed);
        remote.run(|_| ());
        remote.abandon();
        assert!(remote.tasks.is_empty());
    }

    #[test]
    fn a_panic_says_its_text_if_it_has_one() {
        let said = |panic: Box<dyn Any + Send>| HandlerPanic::of(&*panic).message;
        assert_eq!(said(Box::new("a literal")).as_deref(), Some("a literal"));
        assert_eq!(said(Box::new(String::from("a text"))).as_deref(), Some("a text"));
        assert_eq!(said(Box::new(7)), None);
    }
}
