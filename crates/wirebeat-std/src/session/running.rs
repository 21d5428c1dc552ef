use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use mio::Waker;
use wirebeat::session::{
    Attempt, Inbox, MessageId, Session, SessionConfig, SessionEvent, Target, Wanted,
};
use wirebeat::{
    CloseCode, CloseFrame, Input, Message, ReadyState, Seed, SendError, SendErrorReason,
    SendMessageError, Timestamp,
};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use super::events::SessionEvents;
use crate::ConnectError;
use crate::driven::{Clock, Driver, Machine};

/// Starts a session on a thread.
pub(super) fn start(
    target: Option<Target>,
    config: SessionConfig,
    via: Option<SocketAddr>,
    #[cfg(feature = "tls")] tls: ClientTls,
) -> Result<(Arc<Owner>, SessionEvents), ConnectError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(ConnectError::Entropy)?;
    let seed = Seed::new(seed);
    let clock = Clock::start();
    let session = match target {
        Some(target) => Session::new(target, config, seed, clock.now()),
        None => Session::asking(config, seed, clock.now()),
    };
    let driver = Driver::new(
        clock,
        via,
        #[cfg(feature = "tls")]
        tls,
    )?;
    let running =
        Running { session, inbox: Inbox::default(), life: Life::Held, has_news: false, senders: 0 };
    let shared = Arc::new(Shared {
        running: Mutex::new(running),
        changed: Condvar::new(),
        doorbell: driver.doorbell(),
        clock,
    });
    let driven = Driven(Arc::clone(&shared));
    thread::Builder::new()
        .name("wirebeat-session".into())
        .spawn(move || driven.run(driver))
        .map_err(ConnectError::Io)?;
    Ok((Arc::new(Owner(Arc::clone(&shared))), SessionEvents::new(shared)))
}

/// The thread's hold on what it drives.
struct Driven(Arc<Shared>);

impl Driven {
    /// Drives the session until nobody holds it any more, and it's over.
    fn run(self, mut driver: Driver) {
        loop {
            let mut running = self.0.lock();
            let limit = driver.step(&mut *running);
            if mem::take(&mut running.has_news) || running.senders > 0 {
                self.0.changed.notify_all();
            }
            if running.life == Life::Abandoned && running.session.wanted() == Wanted::Nothing {
                return;
            }
            drop(running);
            if driver.wait(limit).is_err() {
                // Without it, nothing can be held any more.
                return;
            }
        }
    }
}

/// The session ends with its thread, even if that's because a function of the application's has
/// panicked.
impl Drop for Driven {
    fn drop(&mut self) {
        let mut running = self.0.lock();
        let now = self.0.clock.now();
        let attempt = running.session.attempt();
        running.session.close(now, None);
        running.session.handle_lost(now, attempt);
        running.deliver(now);
        running.life = Life::Ended;
        self.0.changed.notify_all();
    }
}

/// An event, and why there was no transport, if it's the end of an attempt that got none.
pub(super) type Item = (SessionEvent<'static>, Option<Arc<ConnectError>>);

/// What the handles, the receiver and the thread share.
pub(super) struct Shared {
    running: Mutex<Running>,
    changed: Condvar,
    doorbell: Arc<Waker>,
    clock: Clock,
}

impl Shared {
    // A panic under the lock can come only from a function of the application's that decides on
    // reconnecting, and it ends the session.
    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the thread look at what has changed.
    fn ring(&self) {
        // If it can't be rung, it looks when it's next woken.
        let _ = self.doorbell.wake();
    }

    /// Waits for the next event; `None` if there's none to come.
    pub(super) fn take(&self) -> Option<Item> {
        let mut running = self.lock();
        loop {
            if let Some(item) = self.take_from(&mut running) {
                return Some(item);
            }
            if running.is_over() {
                return None;
            }
            running = self.changed.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next event, if there is one.
    pub(super) fn take_now(&self) -> Option<Item> {
        self.take_from(&mut self.lock())
    }

    fn take_from(&self, running: &mut Running) -> Option<Item> {
        let was_full = running.inbox.is_full();
        let item = running.inbox.take()?;
        if was_full && !running.inbox.is_full() {
            self.ring();
        }
        Some(item)
    }

    /// Nobody is going to take events any more.
    pub(super) fn discard(&self) {
        self.lock().inbox.discard();
        self.ring();
    }
}

/// What all clones of a handle hold; the session ends when none does.
pub(super) struct Owner(Arc<Shared>);

impl Owner {
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        look(&self.0.lock().session)
    }

    /// Does something that the thread has to look at.
    pub(super) fn act<T>(&self, act: impl FnOnce(&mut Session, Timestamp) -> T) -> T {
        let done = act(&mut self.0.lock().session, self.now());
        self.0.ring();
        done
    }

    /// Sends as soon as there's room.
    pub(super) fn send_blocking<'m>(
        &self,
        mut message: Message<'m>,
    ) -> Result<MessageId, SendMessageError<'m>> {
        let mut running = self.0.lock();
        loop {
            match running.session.send(self.now(), message) {
                Err(SendError { reason: SendErrorReason::Full, unsent }) => message = unsent,
                sent => {
                    drop(running);
                    self.0.ring();
                    return sent;
                }
            }
            running.senders += 1;
            running = self.0.changed.wait(running).unwrap_or_else(PoisonError::into_inner);
            running.senders -= 1;
        }
    }

    /// Does something after which there are events again, unless the thread is gone.
    pub(super) fn revive(&self, act: impl FnOnce(&mut Session, Timestamp)) {
        let mut running = self.0.lock();
        if running.life != Life::Ended {
            act(&mut running.session, self.now());
        }
        drop(running);
        self.0.ring();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut running = self.0.lock();
        let frame = CloseFrame::new(CloseCode::GOING_AWAY, "").ok();
        running.session.close(self.0.clock.now(), frame);
        running.abandon();
        drop(running);
        self.0.ring();
    }
}

/// The session, and what came of it.
struct Running {
    session: Session,
    inbox: Inbox<Arc<ConnectError>>,
    life: Life,
    /// Whether whoever waits for events should look.
    has_news: bool,
    /// How many wait for room, and look after each step.
    senders: usize,
}

/// Who is left of those that share a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It's held, and driven.
    Held,
    /// Nobody holds it any more. It's driven until it's over.
    Abandoned,
    /// Nobody drives it any more.
    Ended,
}

impl Running {
    /// Whether no event follows those in the inbox, unless it's told to connect anew.
    fn is_over(&self) -> bool {
        self.life == Life::Ended || self.session.is_over()
    }

    fn abandon(&mut self) {
        if self.life == Life::Held {
            self.life = Life::Abandoned;
        }
    }

    fn keep(&mut self, event: SessionEvent<'static>) {
        self.inbox.keep(event);
        self.has_news = true;
    }
}

impl Machine for Running {
    type Core = Session;

    fn core(&self) -> &Session {
        &self.session
    }

    fn core_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn receive(&mut self, now: Timestamp, attempt: Attempt, input: &mut Input<'_>) {
        while self.takes_input()
            && let Some(event) = self.session.receive(now, attempt, input)
        {
            self.keep(event.into_owned());
        }
    }

    fn deliver(&mut self, _: Timestamp) {
        while let Some(event) = self.session.poll_event() {
            self.keep(event);
        }
    }

    fn takes_input(&self) -> bool {
        // What comes last, when all is over, isn't the peer's to multiply.
        !self.inbox.is_full() || self.session.ready_state() == ReadyState::Closed
    }

    fn note_failure(&mut self, error: Arc<ConnectError>) {
        self.inbox.note_failure(error);
    }
}
