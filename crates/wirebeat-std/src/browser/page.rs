use std::any::Any;
use std::collections::VecDeque;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mio::Waker;
use wirebeat::session::{Attempt, SessionConfig, Wanted};
use wirebeat::websocket::{
    Builder, CloseArgumentError, EventType, Scope, SendError, SendErrorReason, WebSocket,
};
use wirebeat::{Input, Message, ReadyState, Seed, Timestamp};

use super::StartError;
use super::view::View;
use crate::ConnectError;
use crate::driven::{Clock, Driver, Machine};
#[cfg(feature = "tls")]
use crate::tls::ClientTls;

/// What a WebSocket is started with, besides what the core's builder knows.
pub(super) struct Start {
    pub(super) config: SessionConfig,
    pub(super) on_panic: Option<OnPanic>,
    #[cfg(feature = "tls")]
    pub(super) tls: ClientTls,
}

/// Is told of handlers that panic.
pub(super) type OnPanic = Box<dyn FnMut(&HandlerPanic) + Send>;

/// A handler that has panicked. The listener behind it was called next, and it will be called again
/// with the next event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerPanic {
    /// What it panicked with, if that's text.
    pub message: Option<String>,
}

/// What the application asks the thread for.
pub(super) enum Task {
    Send(Message<'static>),
    Close(Option<(u16, String)>),
    Run(Box<dyn FnOnce(&mut Scope<'_>) + Send>),
    Hint(fn(&mut WebSocket, Timestamp)),
    Abandon,
}

/// Starts a WebSocket on a thread.
pub(super) fn start(
    builder: Builder<'_>,
    start: Start,
    set_up: impl FnOnce(&mut Scope<'_>),
) -> Result<Arc<Owner>, StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(StartError::Entropy)?;
    let limits = Limits::of(&start.config);
    let clock = Clock::start();
    let mut socket = builder.config(start.config).build(Seed::new(seed), clock.now())?;
    let driver = Driver::new(
        clock,
        None,
        #[cfg(feature = "tls")]
        start.tls,
    )
    .map_err(refused)?;
    let shared = Arc::new(Shared {
        asked: Mutex::new(Asked {
            tasks: VecDeque::new(),
            len: 0,
            view: View::new(&socket.scope(clock.now())),
            is_closing: false,
            is_over: false,
        }),
        limits,
        doorbell: driver.doorbell(),
        clock,
    });
    // Before any of the application's, so that those who use a handle see what belongs to the event.
    for event_type in EventType::ALL {
        let shared = Arc::clone(&shared);
        socket.add_event_listener(event_type, move |scope, _| shared.lock().refresh(scope));
    }
    set_up(&mut socket.scope(clock.now()));
    let page = Page {
        socket,
        shared: Arc::clone(&shared),
        waiting: VecDeque::new(),
        on_panic: start.on_panic,
        is_abandoned: false,
    };
    thread::Builder::new()
        .name("wirebeat-websocket".into())
        .spawn(move || page.run(driver))
        .map_err(StartError::Io)?;
    Ok(Arc::new(Owner(shared)))
}

fn refused(error: ConnectError) -> StartError {
    match error {
        ConnectError::Io(error) => StartError::Io(error),
        error => StartError::Io(std::io::Error::other(error)),
    }
}

/// How much may wait.
#[derive(Clone, Copy, Debug)]
struct Limits {
    does_reconnect: bool,
    len_max: u64,
    messages_max: usize,
}

impl Limits {
    fn of(config: &SessionConfig) -> Limits {
        let len_max = config.outbox_len_max.min(config.connection.send_queue_len_max);
        Limits {
            does_reconnect: config.reconnect.is_some(),
            len_max: len_max as u64,
            messages_max: config.outbox_messages_max,
        }
    }
}

/// What handles and the thread share. It's never held while a handler runs.
pub(super) struct Shared {
    asked: Mutex<Asked>,
    limits: Limits,
    doorbell: Arc<Waker>,
    clock: Clock,
}

/// What the thread was asked for and hasn't done, and what is seen meanwhile.
struct Asked {
    tasks: VecDeque<Task>,
    /// Bytes of messages that were passed to `send` and that the socket doesn't count yet.
    len: u64,
    view: View,
    /// Whether a handle has closed, and the socket doesn't know yet.
    is_closing: bool,
    /// Whether nobody does what is asked for any more.
    is_over: bool,
}

impl Asked {
    fn push(&mut self, task: Task) {
        if !self.is_over {
            self.tasks.push_back(task);
        }
    }

    fn refresh(&mut self, scope: &Scope<'_>) {
        self.view.refresh(scope);
        if self.is_closing {
            self.view.ready_state = self.view.ready_state.max(ReadyState::Closing);
        }
    }

    /// Why a message can't be sent, as the socket would say.
    fn refusal(&self, len: usize, limits: Limits) -> Option<SendErrorReason> {
        if !limits.does_reconnect {
            let is_too_early = self.view.ready_state == ReadyState::Connecting;
            return is_too_early.then_some(SendErrorReason::Connecting);
        }
        let waiting = self.view.buffered_amount.saturating_add(self.len);
        let is_full = self.tasks.len() >= limits.messages_max
            || waiting > 0 && waiting.saturating_add(len as u64) > limits.len_max;
        is_full.then_some(SendErrorReason::Full)
    }
}

impl Shared {
    // Nothing of the application's is called under the lock.
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        // If it can't be rung, the thread looks when it's next woken.
        let _ = self.doorbell.wake();
    }
}

/// What all clones of a handle hold; the WebSocket disappears when none does.
pub(super) struct Owner(Arc<Shared>);

impl Owner {
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.0.lock().view)
    }

    pub(super) fn buffered_amount(&self) -> u64 {
        let asked = self.0.lock();
        asked.view.buffered_amount.saturating_add(asked.len)
    }

    pub(super) fn ask(&self, task: Task) {
        self.0.lock().push(task);
        self.0.ring();
    }

    pub(super) fn send<'m>(&self, message: Message<'m>) -> Result<(), SendError<'m>> {
        let mut asked = self.0.lock();
        if let Some(reason) = asked.refusal(message.len(), self.0.limits) {
            return Err(SendError { reason, unsent: message });
        }
        asked.len = asked.len.saturating_add(message.len() as u64);
        asked.push(Task::Send(message.into_owned()));
        drop(asked);
        self.0.ring();
        Ok(())
    }

    pub(super) fn close(&self, arguments: Option<(u16, &str)>) -> Result<(), CloseArgumentError> {
        check(arguments)?;
        let mut asked = self.0.lock();
        if asked.view.ready_state < ReadyState::Closing {
            asked.view.ready_state = ReadyState::Closing;
            asked.is_closing = true;
        }
        let arguments = arguments.map(|(code, reason)| (code, reason.to_owned()));
        asked.push(Task::Close(arguments));
        drop(asked);
        self.0.ring();
        Ok(())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.ask(Task::Abandon);
    }
}

/// Checks the arguments as a WebSocket does in every state: also one that leads nowhere.
fn check(arguments: Option<(u16, &str)>) -> Result<(), CloseArgumentError> {
    let now = Timestamp::ZERO;
    match WebSocket::new("ws://h", &[], Seed::new([0; 32]), now) {
        Ok(mut nowhere) => nowhere.close(now, arguments),
        Err(_) => Ok(()),
    }
}

/// What runs on the thread.
struct Page {
    socket: WebSocket,
    shared: Arc<Shared>,
    /// Messages that were taken and that the socket has no room for.
    waiting: VecDeque<Message<'static>>,
    on_panic: Option<OnPanic>,
    is_abandoned: bool,
}

impl Page {
    /// Drives the WebSocket until nobody holds it any more, and it's over.
    fn run(mut self, mut driver: Driver) {
        loop {
            self.do_tasks();
            let limit = driver.step(&mut self);
            self.refresh();
            if self.is_abandoned && self.socket.wanted() == Wanted::Nothing {
                return;
            }
            if driver.wait(limit).is_err() {
                // Without it, nothing can be held any more.
                return;
            }
        }
    }

    /// Does what the application has asked for since the last time.
    fn do_tasks(&mut self) {
        let (tasks, len) = {
            let mut asked = self.shared.lock();
            (mem::take(&mut asked.tasks), asked.len)
        };
        self.send_waiting();
        for task in tasks {
            self.do_task(task);
        }
        // What isn't the socket's to count is still counted.
        let taken = len - self.waiting_len();
        let now = self.shared.clock.now();
        let mut asked = self.shared.lock();
        asked.len -= taken;
        asked.is_closing = asked.tasks.iter().any(|task| matches!(task, Task::Close(_)));
        asked.refresh(&self.socket.scope(now));
    }

    fn do_task(&mut self, task: Task) {
        let now = self.shared.clock.now();
        match task {
            Task::Send(message) => {
                self.waiting.push_back(message);
                self.send_waiting();
            }
            Task::Close(arguments) => {
                let arguments = arguments.as_ref().map(|(code, reason)| (*code, &**reason));
                let closed = self.socket.close(now, arguments);
                debug_assert!(closed.is_ok(), "they were checked");
                self.send_waiting();
            }
            Task::Run(function) => {
                let mut scope = self.socket.scope(now);
                let ran = panic::catch_unwind(AssertUnwindSafe(|| function(&mut scope)));
                self.note_panic(ran.err());
            }
            Task::Hint(hint) => hint(&mut self.socket, now),
            Task::Abandon => {
                self.is_abandoned = true;
                self.socket.abandon(now);
            }
        }
    }

    /// Passes on what waits, in order, as far as there is room.
    fn send_waiting(&mut self) {
        let now = self.shared.clock.now();
        while let Some(message) = self.waiting.pop_front() {
            if let Err(error) = self.socket.send(now, message) {
                self.waiting.push_front(error.unsent);
                return;
            }
        }
    }

    fn waiting_len(&self) -> u64 {
        self.waiting.iter().map(|message| message.len() as u64).sum()
    }

    /// Shows the application how it is now.
    fn refresh(&mut self) {
        let now = self.shared.clock.now();
        self.shared.lock().refresh(&self.socket.scope(now));
    }

    fn note_panic(&mut self, panic: Option<Box<dyn Any + Send>>) {
        let (Some(panic), Some(on_panic)) = (panic, &mut self.on_panic) else { return };
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let panic = HandlerPanic { message };
        // If it panics too, the hook has said so.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| on_panic(&panic)));
    }
}

/// The WebSocket ends with its thread, even if that's because a function of the application's that
/// decides on reconnecting has panicked.
impl Drop for Page {
    fn drop(&mut self) {
        let mut asked = self.shared.lock();
        asked.is_over = true;
        asked.view.ready_state = ReadyState::Closed;
        let tasks = mem::take(&mut asked.tasks);
        drop(asked);
        // There may be a last handle in one of them, which asks for something.
        drop(tasks);
    }
}

impl Machine for Page {
    type Core = WebSocket;

    fn core(&self) -> &WebSocket {
        &self.socket
    }

    fn core_mut(&mut self) -> &mut WebSocket {
        &mut self.socket
    }

    fn receive(&mut self, now: Timestamp, attempt: Attempt, input: &mut Input<'_>) {
        loop {
            self.socket.receive(now, attempt, input);
            self.deliver(now);
            if input.is_empty() {
                return;
            }
        }
    }

    fn deliver(&mut self, now: Timestamp) {
        loop {
            // A handler leaves what the core has as whole as it found it, however it ends.
            let dispatch = AssertUnwindSafe(|| self.socket.dispatch(now));
            match panic::catch_unwind(dispatch) {
                Ok(true) => {}
                Ok(false) => return,
                Err(panic) => self.note_panic(Some(panic)),
            }
        }
    }

    fn takes_input(&self) -> bool {
        true
    }

    // A page isn't told why.
    fn note_failure(&mut self, _: Arc<ConnectError>) {}
}
