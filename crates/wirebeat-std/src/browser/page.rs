use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mio::Waker;
use wirebeat::session::{Attempt, SessionConfig, Wanted};
use wirebeat::websocket::{Builder, Errands, EventType, HandlerPanic, Remote, Scope, WebSocket};
use wirebeat::{Input, Seed, Timestamp};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use super::StartError;
use crate::ConnectError;
use crate::driven::{Clock, Driver, Machine};

/// What a WebSocket is started with, besides what the core's builder knows.
pub(super) struct Start {
    pub(super) config: SessionConfig,
    pub(super) on_panic: Option<OnPanic>,
    #[cfg(feature = "tls")]
    pub(super) tls: ClientTls,
}

/// Is told of handlers that panic.
pub(super) type OnPanic = Box<dyn FnMut(&HandlerPanic) + Send>;

/// Starts a WebSocket on a thread.
pub(super) fn start(
    builder: Builder<'_>,
    start: Start,
    set_up: impl FnOnce(&mut Scope<'_>),
) -> Result<Arc<Owner>, StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(StartError::Entropy)?;
    let clock = Clock::start();
    let builder = builder.config(start.config.clone());
    let mut socket = builder.build(Seed::new(seed), clock.now())?;
    let driver = Driver::new(
        clock,
        None,
        #[cfg(feature = "tls")]
        start.tls,
    )
    .map_err(refused)?;
    let remote = Remote::new(&start.config, &socket.scope(clock.now()));
    let shared =
        Arc::new(Shared { remote: Mutex::new(remote), doorbell: driver.doorbell(), clock });
    // Before any of the application's, so that those who use a handle see what belongs to the event.
    for event_type in EventType::ALL {
        let shared = Arc::clone(&shared);
        socket.add_event_listener(event_type, move |scope, _| shared.lock().refresh(scope));
    }
    set_up(&mut socket.scope(clock.now()));
    let page = Page {
        socket,
        shared: Arc::clone(&shared),
        errands: Errands::default(),
        on_panic: start.on_panic,
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

/// What handles and the thread share. It's never held while a handler runs.
struct Shared {
    remote: Mutex<Remote>,
    doorbell: Arc<Waker>,
    clock: Clock,
}

impl Shared {
    // Nothing of the application's is called under the lock.
    fn lock(&self) -> MutexGuard<'_, Remote> {
        self.remote.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all clones of a handle hold; the WebSocket disappears when none does.
pub(super) struct Owner(Arc<Shared>);

impl Owner {
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Remote) -> T) -> T {
        look(&self.0.lock())
    }

    /// Asks for something, and has the thread look.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut Remote) -> T) -> T {
        let asked = ask(&mut self.0.lock());
        // If it can't be rung, the thread looks when it's next woken.
        let _ = self.0.doorbell.wake();
        asked
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.ask(Remote::abandon);
    }
}

/// What runs on the thread.
struct Page {
    socket: WebSocket,
    shared: Arc<Shared>,
    errands: Errands,
    on_panic: Option<OnPanic>,
}

impl Page {
    /// Drives the WebSocket until nobody holds it any more, and it's over.
    fn run(mut self, mut driver: Driver) {
        loop {
            self.do_errands();
            let limit = driver.step(&mut self);
            self.report();
            if self.errands.is_abandoned() && self.socket.wanted() == Wanted::Nothing {
                return;
            }
            if driver.wait(limit).is_err() {
                // Without it, nothing can be held any more.
                return;
            }
        }
    }

    /// Does what the application has asked for since the last time.
    fn do_errands(&mut self) {
        let now = self.shared.clock.now();
        self.errands.fetch(&mut self.shared.lock());
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
        self.errands.report(&mut self.shared.lock(), &self.socket.scope(now));
    }

    fn note_panic(&mut self, panic: Option<Box<dyn Any + Send>>) {
        let (Some(panic), Some(on_panic)) = (panic, &mut self.on_panic) else { return };
        let panic = HandlerPanic::of(&*panic);
        // If it panics too, the hook has said so.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| on_panic(&panic)));
    }
}

/// The WebSocket ends with its thread, even if that's because a function of the application's that
/// decides on reconnecting has panicked.
impl Drop for Page {
    fn drop(&mut self) {
        let mut remote = self.shared.lock();
        remote.end();
        // There may be a last handle in what was asked for: that's dropped when nothing is locked.
        self.errands.fetch(&mut remote);
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
                Ok(false) => break,
                Err(panic) => self.note_panic(Some(panic)),
            }
        }
        self.errands.send_waiting(&mut self.socket, now);
    }

    fn takes_input(&self) -> bool {
        true
    }

    // A page isn't told why.
    fn note_failure(&mut self, _: Arc<ConnectError>) {}
}
