use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use wirebeat::session::{
    Attempt, Inbox, MessageId, Session, SessionConfig, SessionEvent, Target, Wanted,
};
use wirebeat::{
    CloseCode, CloseFrame, Input, Message, ReadyState, Role, Seed, SendError, SendErrorReason,
    SendMessageError, Timestamp,
};

use super::events::SessionEvents;
use crate::ConnectError;
use crate::clock::Clock;
use crate::driven::{Driver, Machine, Reach, Route};
use crate::trace::Span;

/// Starts a session in a task.
pub(super) fn start(
    target: Option<Target>,
    config: SessionConfig,
    route: Route,
) -> Result<(Arc<Owner>, SessionEvents), ConnectError> {
    let runtime = Handle::try_current().map_err(|_| ConnectError::NoRuntime)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(ConnectError::Entropy)?;
    let seed = Seed::new(seed);
    let clock = Clock::start();
    let session = match target {
        Some(target) => Session::new(target, config, seed, clock.now()),
        None => Session::asking(config, seed, clock.now()),
    };
    let span = Span::session(session.target());
    let running = Running {
        session,
        span: span.clone(),
        inbox: Inbox::default(),
        life: Life::Held,
        has_news: false,
        waiting: Waiting::default(),
    };
    let shared = Arc::new(Shared { running: Mutex::new(running), clock });
    let mut driven = Driven(Arc::clone(&shared));
    let mut driver = Driver::new(clock, route, span.clone());
    runtime.spawn(async move { poll_fn(|cx| driven.poll(cx, &mut driver)).await });
    Ok((Arc::new(Owner(Arc::clone(&shared))), SessionEvents::new(shared)))
}

/// An event, and why there was no transport, if it's the end of an attempt that got none.
pub(super) type Item = (SessionEvent<'static>, Option<Arc<ConnectError>>);

/// The task's hold on what it drives.
struct Driven(Arc<Shared>);

impl Driven {
    /// Drives the session until nobody holds it any more, and it's over.
    fn poll(&mut self, cx: &mut Context<'_>, driver: &mut Driver) -> Poll<()> {
        self.0.lock().waiting.driver = Some(cx.waker().clone());
        driver.poll(cx, self);
        let mut running = self.0.lock();
        let woken = running.take_woken();
        let is_done =
            running.life == Life::Abandoned && running.session.wanted() == Wanted::Nothing;
        drop(running);
        woken.wake();
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Reach for Driven {
    type Machine = Running;

    fn reach<T>(&mut self, act: impl FnOnce(&mut Running) -> T) -> T {
        act(&mut self.0.lock())
    }
}

/// The session ends with its task, even if that's because the runtime is shut down, or because a
/// function of the application's has panicked.
impl Drop for Driven {
    fn drop(&mut self) {
        let mut running = self.0.lock();
        let now = self.0.clock.now();
        let attempt = running.session.attempt();
        running.session.close(now, None);
        running.session.handle_lost(now, attempt);
        running.deliver(now);
        running.life = Life::Ended;
        let woken = mem::take(&mut running.waiting);
        drop(running);
        woken.wake();
    }
}

/// What the handles, the receiver and the task share.
pub(super) struct Shared {
    running: Mutex<Running>,
    clock: Clock,
}

impl Shared {
    // A panic under the lock can come only from a function of the application's that decides on
    // reconnecting, and it ends the session.
    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that the task has to look at.
    fn act<T>(&self, act: impl FnOnce(&mut Running, Timestamp) -> T) -> T {
        let mut running = self.lock();
        let done = act(&mut running, self.clock.now());
        running.ring();
        done
    }

    /// Waits for the next event; `None` if there's none to come.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let mut running = self.lock();
        match running.take() {
            Some(item) => Poll::Ready(Some(item)),
            None if running.is_over() => Poll::Ready(None),
            None => {
                running.waiting.receiver = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The next event, if there is one.
    pub(super) fn take_now(&self) -> Option<Item> {
        self.lock().take()
    }

    /// Nobody is going to take events any more.
    pub(super) fn discard(&self) {
        self.act(|running, _| running.inbox.discard());
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

    /// Does something that the task has to look at.
    pub(super) fn act<T>(&self, act: impl FnOnce(&mut Session, Timestamp) -> T) -> T {
        self.0.act(|running, now| act(&mut running.session, now))
    }

    /// Sends a message as soon as there's room.
    pub(super) fn poll_send<'m>(
        &self,
        cx: &mut Context<'_>,
        waiting: &mut Option<Message<'m>>,
    ) -> Poll<Result<MessageId, SendMessageError<'m>>> {
        let Some(message) = waiting.take() else { return Poll::Pending };
        let mut running = self.0.lock();
        let sent = match running.session.send(self.now(), message) {
            Err(SendError { reason: SendErrorReason::Full, unsent }) => {
                // The session's task has nothing to look at: each would wake the other for ever.
                *waiting = Some(unsent);
                running.waiting.add_sender(cx.waker());
                return Poll::Pending;
            }
            sent => sent,
        };
        running.ring();
        Poll::Ready(sent)
    }

    /// Ends the session as soon as all that was sent is with a connection.
    pub(super) fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut running = self.0.lock();
        let session = &mut running.session;
        let is_too_early = match session.ready_state() {
            ReadyState::Connecting | ReadyState::Closing => session.outbox_messages() > 0,
            ReadyState::Open | ReadyState::Closed => false,
        };
        if is_too_early {
            running.waiting.add_sender(cx.waker());
            return Poll::Pending;
        }
        session.close(self.now(), CloseFrame::new(CloseCode::NORMAL, "").ok());
        running.ring();
        Poll::Ready(())
    }

    /// Does something after which there are events again, unless the task is gone.
    pub(super) fn revive(&self, act: impl FnOnce(&mut Session, Timestamp)) {
        self.0.act(|running, now| {
            if running.life != Life::Ended {
                act(&mut running.session, now);
            }
        });
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.act(|running, now| {
            let frame = CloseFrame::new(CloseCode::GOING_AWAY, "").ok();
            running.session.close(now, frame);
            running.abandon();
        });
    }
}

/// The session, and what came of it.
struct Running {
    session: Session,
    span: Span,
    inbox: Inbox<Arc<ConnectError>>,
    life: Life,
    /// Whether whoever waits for events should look.
    has_news: bool,
    waiting: Waiting,
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

/// The tasks that wait for something.
#[derive(Default)]
struct Waiting {
    /// The session's own, until somebody has done something that it has to look at.
    driver: Option<Waker>,
    receiver: Option<Waker>,
    /// Those that wait for room, which look after each turn of the session's task.
    senders: Vec<Waker>,
}

impl Waiting {
    fn add_sender(&mut self, sender: &Waker) {
        if !self.senders.iter().any(|waiting| waiting.will_wake(sender)) {
            self.senders.push(sender.clone());
        }
    }

    fn wake(self) {
        self.driver.into_iter().chain(self.receiver).chain(self.senders).for_each(Waker::wake);
    }
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

    /// The next event, if there is one.
    fn take(&mut self) -> Option<Item> {
        let was_full = self.inbox.is_full();
        let item = self.inbox.take()?;
        if was_full && !self.inbox.is_full() {
            self.ring();
        }
        Some(item)
    }

    fn keep(&mut self, event: SessionEvent<'static>, now: Timestamp) {
        match &event {
            SessionEvent::Open(_) => self.span.opened(Role::Client, self.session.subprotocol()),
            SessionEvent::Closed(closed) => self.span.session_closed(closed, now),
            _ => {}
        }
        self.inbox.keep(event);
        self.has_news = true;
    }

    /// Has the task look at what has changed.
    fn ring(&mut self) {
        if let Some(driver) = self.waiting.driver.take() {
            driver.wake();
        }
    }

    /// Who should look after a turn.
    fn take_woken(&mut self) -> Waiting {
        let receiver =
            if mem::take(&mut self.has_news) { self.waiting.receiver.take() } else { None };
        Waiting { driver: None, receiver, senders: mem::take(&mut self.waiting.senders) }
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
            self.keep(event.into_owned(), now);
        }
    }

    fn deliver(&mut self, now: Timestamp) -> bool {
        let mut has_delivered = false;
        while let Some(event) = self.session.poll_event() {
            self.keep(event, now);
            has_delivered = true;
        }
        has_delivered
    }

    fn takes_input(&self) -> bool {
        // What comes last, when all is over, isn't the peer's to multiply.
        !self.inbox.is_full() || self.session.ready_state() == ReadyState::Closed
    }

    fn note_failure(&mut self, error: Arc<ConnectError>) {
        self.inbox.note_failure(error);
    }
}
