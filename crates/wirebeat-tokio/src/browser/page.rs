use std::any::Any;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use wirebeat::session::{Attempt, SessionConfig, Wanted};
use wirebeat::websocket::{Builder, Errands, EventType, HandlerPanic, Remote, Scope, WebSocket};
use wirebeat::{Input, Role, Seed, Timestamp};

use super::StartError;
use crate::ConnectError;
use crate::clock::Clock;
use crate::driven::{Driver, Machine, Reach, Route};
use crate::trace::Span;

/// What a WebSocket is started with, besides what the core's builder knows.
pub(super) struct Start {
    pub(super) config: SessionConfig,
    pub(super) on_panic: Option<OnPanic>,
    pub(super) route: Route,
}

/// Is told of handlers that panic.
pub(super) type OnPanic = Box<dyn FnMut(&HandlerPanic) + Send>;

/// Starts a WebSocket in a task.
pub(super) fn start(
    builder: Builder<'_>,
    start: Start,
    set_up: impl FnOnce(&mut Scope<'_>),
) -> Result<Arc<Owner>, StartError> {
    let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(StartError::Entropy)?;
    let clock = Clock::start();
    let builder = builder.config(start.config.clone());
    let mut socket = builder.build(Seed::new(seed), clock.now())?;
    let remote = Remote::new(&start.config, &socket.scope(clock.now()));
    let asked = Asked { remote, driver: None };
    let shared = Arc::new(Shared { asked: Mutex::new(asked), clock });
    // Before any of the application's, so that those who use a handle see what belongs to the event.
    for event_type in EventType::ALL {
        let shared = Arc::clone(&shared);
        socket.add_event_listener(event_type, move |scope, _| shared.lock().remote.refresh(scope));
    }
    let span = Span::session(socket.target());
    let told = span.clone();
    socket.add_event_listener(EventType::Open, move |scope, _| {
        told.opened(Role::Client, Some(scope.protocol()).filter(|protocol| !protocol.is_empty()));
    });
    set_up(&mut socket.scope(clock.now()));
    let mut page = Page {
        socket,
        span: span.clone(),
        closed_told: None,
        shared: Arc::clone(&shared),
        errands: Errands::default(),
        on_panic: start.on_panic,
    };
    let mut driver = Driver::new(clock, start.route, span);
    runtime.spawn(async move { poll_fn(|cx| page.poll(cx, &mut driver)).await });
    Ok(Arc::new(Owner(shared)))
}

/// What handles and the task share. It's never held while a handler runs.
struct Shared {
    asked: Mutex<Asked>,
    clock: Clock,
}

struct Asked {
    remote: Remote,
    /// The task, until somebody has asked for something.
    driver: Option<Waker>,
}

impl Shared {
    // Nothing of the application's is called under the lock.
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all clones of a handle hold; the WebSocket disappears when none does.
pub(super) struct Owner(Arc<Shared>);

impl Owner {
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Remote) -> T) -> T {
        look(&self.0.lock().remote)
    }

    /// Asks for something, and has the task look.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut Remote) -> T) -> T {
        let mut held = self.0.lock();
        let asked = ask(&mut held.remote);
        let driver = held.driver.take();
        drop(held);
        if let Some(driver) = driver {
            driver.wake();
        }
        asked
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.ask(Remote::abandon);
    }
}

/// What runs in the task.
struct Page {
    socket: WebSocket,
    span: Span,
    /// The last attempt whose end was told to the span.
    closed_told: Option<Attempt>,
    shared: Arc<Shared>,
    errands: Errands,
    on_panic: Option<OnPanic>,
}

impl Page {
    /// Drives the WebSocket until nobody holds it any more, and it's over.
    fn poll(&mut self, cx: &mut Context<'_>, driver: &mut Driver) -> Poll<()> {
        self.shared.lock().driver = Some(cx.waker().clone());
        self.do_errands();
        driver.poll(cx, self);
        self.report();
        if self.errands.is_abandoned() && self.socket.wanted() == Wanted::Nothing {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Does what the application has asked for since the last time.
    fn do_errands(&mut self) {
        let now = self.shared.clock.now();
        self.errands.fetch(&mut self.shared.lock().remote);
        while let Some(function) = self.errands.proceed(&mut self.socket, now) {
            let mut scope = self.socket.scope(now);
            let ran = panic::catch_unwind(AssertUnwindSafe(|| function(&mut scope)));
            self.note_panic(ran.err());
        }
        self.report();
    }

    /// Shows the application how it is now.
    fn report(&mut self) {
        let now = self.shared.clock.now();
        self.errands.report(&mut self.shared.lock().remote, &self.socket.scope(now));
    }

    /// Also when nobody listens any more.
    fn tell_closed(&mut self, now: Timestamp) {
        if let Some(closed) = self.socket.closed()
            && self.closed_told != Some(closed.attempt)
        {
            self.closed_told = Some(closed.attempt);
            self.span.session_closed(closed, now);
        }
    }

    fn note_panic(&mut self, panic: Option<Box<dyn Any + Send>>) {
        let (Some(panic), Some(on_panic)) = (panic, &mut self.on_panic) else { return };
        let panic = HandlerPanic::of(&*panic);
        // If it panics too, the hook has said so.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| on_panic(&panic)));
    }
}

/// The WebSocket ends with its task, even if that's because the runtime is shut down, or because a
/// function of the application's that decides on reconnecting has panicked.
impl Drop for Page {
    fn drop(&mut self) {
        let mut asked = self.shared.lock();
        asked.remote.end();
        // There may be a last handle in what was asked for: that's dropped when nothing is locked.
        self.errands.fetch(&mut asked.remote);
    }
}

impl Reach for Page {
    type Machine = Page;

    fn reach<T>(&mut self, act: impl FnOnce(&mut Page) -> T) -> T {
        act(self)
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

    fn deliver(&mut self, now: Timestamp) -> bool {
        let mut has_delivered = false;
        loop {
            // A handler leaves what the core has as whole as it found it, however it ends.
            let dispatch = AssertUnwindSafe(|| self.socket.dispatch(now));
            match panic::catch_unwind(dispatch) {
                Ok(true) => {}
                Ok(false) => break,
                Err(panic) => self.note_panic(Some(panic)),
            }
            has_delivered = true;
        }
        self.tell_closed(now);
        self.errands.send_waiting(&mut self.socket, now) || has_delivered
    }

    fn takes_input(&self) -> bool {
        true
    }

    // A page isn't told why.
    fn note_failure(&mut self, _: Arc<ConnectError>) {}
}
