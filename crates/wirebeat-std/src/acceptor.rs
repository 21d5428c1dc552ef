use std::io::{self, ErrorKind};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};

use crate::connections::{Connections, Place};
use crate::error::AcceptError;
use crate::hold::Hold;
use crate::listener::Accept;
use crate::serve::{Options, ServeError, Stopped};
use crate::server::await_request;
use crate::shared::StdShared;
use crate::{CloseCode, Pending, Reason, Socket};

/// How long nothing is accepted after the system has refused something: what it lacks is rarely
/// there a moment later.
const PAUSE: Duration = Duration::from_millis(100);

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// The thread that accepts connections and gives each a thread of its own.
pub(crate) struct Acceptor<L: Accept, H> {
    poll: Poll,
    source: L::Source,
    control: Arc<Control>,
    connections: Arc<Connections<L::Stream>>,
    service: Arc<Service<H>>,
}

/// What wakes it, and what it's told then.
#[derive(Debug)]
pub(crate) struct Control {
    waker: Arc<Waker>,
    is_stopping: AtomicBool,
}

/// What each connection's thread does.
struct Service<H> {
    options: Options,
    handler: H,
}

impl Control {
    /// Has the server stop, and waits for nothing.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        // If it can't be woken, the next client or the end of a connection wakes it.
        let _ = self.waker.wake();
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }
}

impl<L: Accept, H: Fn(Pending<L::Stream>) + Send + Sync + 'static> Acceptor<L, H> {
    pub(crate) fn new(listener: L, options: Options, handler: H) -> io::Result<Acceptor<L, H>> {
        let poll = Poll::new()?;
        let mut source = listener.into_source()?;
        poll.registry().register(&mut source, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(Acceptor {
            poll,
            source,
            connections: Arc::new(Connections::new(Arc::clone(&waker))),
            control: Arc::new(Control { waker, is_stopping: AtomicBool::new(false) }),
            service: Arc::new(Service { options, handler }),
        })
    }

    pub(crate) fn control(&self) -> Arc<Control> {
        Arc::clone(&self.control)
    }

    /// Accepts until it's told to stop, and ends the connections then.
    pub(crate) fn run(mut self) -> Stopped {
        let mut events = Events::with_capacity(16);
        while !self.control.is_stopping() {
            let pause = self.accept_all();
            match self.poll.poll(&mut events, pause) {
                Err(error) if error.kind() != ErrorKind::Interrupted => {
                    self.service.report(ServeError::Accept(error));
                    thread::park_timeout(PAUSE);
                }
                Ok(()) | Err(_) => {}
            }
        }
        // Whoever asks from now on is refused by the system.
        drop(self.source);
        self.connections.leave();
        let deadline = Instant::now().checked_add(self.service.options.shutdown_timeout);
        let dropped = self.connections.wait_for_end(deadline);
        self.connections.give_up();
        Stopped { dropped }
    }

    /// Accepts all who wait, as far as there is room. Returns how long to wait before the next
    /// attempt, if that isn't until somebody comes or goes.
    fn accept_all(&mut self) -> Option<Duration> {
        while self.has_room() && !self.control.is_stopping() {
            let error = match L::accept(&self.source) {
                Ok(stream) => match self.start(stream) {
                    Ok(()) => continue,
                    Err(error) => ServeError::Thread(error),
                },
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return None,
                    // Whoever waited has gone, and another may wait.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => continue,
                    _ => ServeError::Accept(error),
                },
            };
            self.service.report(error);
            return Some(PAUSE);
        }
        None
    }

    fn has_room(&self) -> bool {
        self.connections.len() < self.service.options.connections_max
    }

    fn start(&self, stream: L::Stream) -> io::Result<()> {
        let place = self.connections.enter();
        let service = Arc::clone(&self.service);
        let thread = thread::Builder::new().name("wirebeat-serve".into());
        thread.spawn(move || service.serve(stream, &place)).map(drop)
    }
}

impl<H> Service<H> {
    /// Serves one connection until it has ended.
    fn serve<S: Socket>(&self, stream: S, place: &Place<S>)
    where
        H: Fn(Pending<S>),
    {
        let connection = match self.options.driver(stream) {
            Ok(driver) => Arc::new(StdShared::kept(driver)),
            Err(error) => return self.report(ServeError::Opening(error)),
        };
        place.take(&connection);
        let mut code = CloseCode::GOING_AWAY;
        match await_request(Hold::served(Arc::clone(&connection))) {
            Ok(pending) => {
                // What a panic leaves half done is the application's, as in any of its threads.
                if panic::catch_unwind(AssertUnwindSafe(|| (self.handler)(pending))).is_err() {
                    code = CloseCode::INTERNAL_ERROR;
                    self.report(ServeError::Panicked);
                }
            }
            // It was we who gave up.
            Err(AcceptError::Gone(cause)) if cause.reason == Reason::Aborted => {}
            Err(error) => self.report(ServeError::Opening(error)),
        }
        connection.finish(code);
    }

    fn report(&self, error: ServeError) {
        if let Some(on_error) = &self.options.on_error {
            // A panic there ends neither the server nor a connection.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| on_error(error)));
        }
    }
}
