use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;

use super::WebSocket;
use super::close_arguments;
use super::error::{CloseArgumentError, SendError, SendErrorReason};
use super::event::BinaryType;
use super::scope::Scope;
use crate::session::{SessionClosed, SessionConfig};
use crate::{CloseFrame, Message, ReadyState, Timestamp};

/// A [`WebSocket`] as it's used and seen from elsewhere than where it's driven: by threads or tasks
/// that mustn't wait for its handlers.
///
/// What is asked of it waits, until whoever drives the WebSocket fetches it by
/// [`Errands`](super::Errands), and does it between two events; what is seen of it is as it was after
/// the last event. An adapter holds it behind a lock, which nothing of the application's is called
/// under, and wakes the driver after each call.
pub struct Remote {
    pub(super) tasks: VecDeque<Task>,
    /// What was passed to `send` and the WebSocket doesn't count yet.
    pub(super) unsent: Unsent,
    limits: Limits,
    view: View,
    /// Whether it was asked to close, and doesn't know yet.
    pub(super) is_closing: bool,
    /// Whether nobody does what is asked for any more.
    is_over: bool,
}

/// Messages that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unsent {
    pub(super) messages: usize,
    /// Bytes of payload.
    pub(super) len: u64,
}

/// What is asked for.
pub(super) enum Task {
    Send(Message<'static>),
    Close(Option<CloseFrame>),
    Run(Function),
    Hint(fn(&mut WebSocket, Timestamp)),
    Abandon,
}

/// A function of the application's that is run between two events.
pub(super) type Function = Box<dyn FnOnce(&mut Scope<'_>) + Send>;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
struct Limits {
    does_reconnect: bool,
    len_max: u64,
    messages_max: usize,
}

#[derive(Debug)]
struct View {
    url: String,
    protocol: String,
    extensions: String,
    ready_state: ReadyState,
    buffered_amount: u64,
    binary_type: BinaryType,
    closed: Option<Box<SessionClosed>>,
    retry_count: u32,
}

impl Remote {
    /// The other end of a WebSocket that was [built](super::Builder::build) with this configuration.
    /// To be kept up to date, it's [refreshed](Remote::refresh) by listeners for every event, which
    /// are the first.
    #[must_use]
    pub fn new(config: &SessionConfig, scope: &Scope<'_>) -> Remote {
        let len_max = config.outbox_len_max.min(config.connection.send_queue_len_max);
        Remote {
            tasks: VecDeque::new(),
            unsent: Unsent::default(),
            limits: Limits {
                does_reconnect: config.reconnect.is_some(),
                len_max: len_max as u64,
                messages_max: config.outbox_messages_max,
            },
            view: View::new(scope),
            is_closing: false,
            is_over: false,
        }
    }

    /// Has a message sent, as [`WebSocket::send`].
    ///
    /// # Errors
    ///
    /// With the message:
    ///
    /// - [`SendErrorReason::Connecting`]: it isn't open yet. Not with reconnection, where the message
    ///   waits;
    /// - [`SendErrorReason::Full`]: too much waits. Only with reconnection.
    pub fn send<'m>(&mut self, message: Message<'m>) -> Result<(), SendError<'m>> {
        if let Some(reason) = self.refusal(message.len()) {
            return Err(SendError { reason, unsent: message });
        }
        self.unsent.messages += 1;
        self.unsent.len = self.unsent.len.saturating_add(message.len() as u64);
        self.push(Task::Send(message.into_owned()));
        Ok(())
    }

    /// Has it closed, as [`WebSocket::close`]. The state is CLOSING at once.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn close(&mut self, arguments: Option<(u16, &str)>) -> Result<(), CloseArgumentError> {
        let frame = close_arguments::check(arguments)?;
        if self.view.ready_state < ReadyState::Closing {
            self.view.ready_state = ReadyState::Closing;
            self.is_closing = true;
        }
        self.push(Task::Close(frame));
        Ok(())
    }

    /// Has a function called between two events.
    pub fn run(&mut self, function: impl FnOnce(&mut Scope<'_>) + Send + 'static) {
        self.push(Task::Run(Box::new(function)));
    }

    /// Has it connect anew, as [`WebSocket::reconnect`].
    pub fn reconnect(&mut self) {
        self.run(|scope| scope.reconnect());
    }

    /// Tells it that the host has a network again, as [`WebSocket::handle_online`].
    pub fn handle_online(&mut self) {
        self.push(Task::Hint(WebSocket::handle_online));
    }

    /// Tells it that the host has no network, as [`WebSocket::handle_offline`].
    pub fn handle_offline(&mut self) {
        self.push(Task::Hint(WebSocket::handle_offline));
    }

    /// Tells it that the host slept, as [`WebSocket::handle_resumed`].
    pub fn handle_resumed(&mut self) {
        self.push(Task::Hint(WebSocket::handle_resumed));
    }

    /// Lets go of it, as [`WebSocket::abandon`]: nobody holds it any more.
    pub fn abandon(&mut self) {
        self.push(Task::Abandon);
    }

    /// See [`WebSocket::url`].
    #[must_use]
    pub fn url(&self) -> &str {
        &self.view.url
    }

    /// See [`WebSocket::protocol`].
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.view.protocol
    }

    /// See [`WebSocket::extensions`].
    #[must_use]
    pub fn extensions(&self) -> &str {
        &self.view.extensions
    }

    /// The state, as far as events have told of it; CLOSING from [`close`](Remote::close) on.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.view.ready_state
    }

    /// The bytes of payload that were passed to `send`, here or there, and that the transport hasn't
    /// taken.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.view.buffered_amount.saturating_add(self.unsent.len)
    }

    /// See [`WebSocket::binary_type`].
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        self.view.binary_type
    }

    /// See [`WebSocket::closed`].
    #[must_use]
    pub fn closed(&self) -> Option<&SessionClosed> {
        self.view.closed.as_deref()
    }

    /// See [`WebSocket::retry_count`].
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.view.retry_count
    }

    /// Shows the WebSocket as it is now.
    pub fn refresh(&mut self, scope: &Scope<'_>) {
        self.view.refresh(scope);
        if self.is_closing {
            self.view.ready_state = self.view.ready_state.max(ReadyState::Closing);
        }
    }

    /// Shows it as CLOSED for good: nobody drives it any more. What was asked for and wasn't fetched
    /// is kept, as it may hold the last handle; fetch it first.
    pub fn end(&mut self) {
        self.is_over = true;
        self.view.ready_state = ReadyState::Closed;
    }

    fn push(&mut self, task: Task) {
        if !self.is_over {
            self.tasks.push_back(task);
        }
    }

    /// Why a message can't be sent, as the WebSocket would say.
    fn refusal(&self, len: usize) -> Option<SendErrorReason> {
        if !self.limits.does_reconnect {
            let is_too_early = self.view.ready_state == ReadyState::Connecting;
            return is_too_early.then_some(SendErrorReason::Connecting);
        }
        let waiting = self.buffered_amount();
        let is_full = self.unsent.messages >= self.limits.messages_max
            || waiting > 0 && waiting.saturating_add(len as u64) > self.limits.len_max;
        is_full.then_some(SendErrorReason::Full)
    }
}

impl View {
    fn new(scope: &Scope<'_>) -> View {
        View {
            url: scope.url().into(),
            protocol: scope.protocol().into(),
            extensions: scope.extensions().into(),
            ready_state: scope.ready_state(),
            buffered_amount: scope.buffered_amount(),
            binary_type: scope.binary_type(),
            closed: scope.closed().cloned().map(Box::new),
            retry_count: scope.retry_count(),
        }
    }

    fn refresh(&mut self, scope: &Scope<'_>) {
        let set = |shown: &mut String, now: &str| {
            if shown != now {
                *shown = now.into();
            }
        };
        set(&mut self.url, scope.url());
        set(&mut self.protocol, scope.protocol());
        set(&mut self.extensions, scope.extensions());
        self.ready_state = scope.ready_state();
        self.buffered_amount = scope.buffered_amount();
        self.binary_type = scope.binary_type();
        if self.closed.as_deref() != scope.closed() {
            self.closed = scope.closed().cloned().map(Box::new);
        }
        self.retry_count = scope.retry_count();
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("tasks", &self.tasks.len())
            .field("ready_state", &self.view.ready_state)
            .finish_non_exhaustive()
    }
}
