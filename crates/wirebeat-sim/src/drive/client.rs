use core::time::Duration;

use wirebeat::handshake::Request;
use wirebeat::session::Wanted;
use wirebeat::session::{Attempt, Pause, Reconnect, Session, SessionConfig, SessionEvent, Target};
use wirebeat::{Input, ReadyState, Role, Transport};

use super::client_book::{Book, hear};
use super::client_scope::ClientScope;
use super::flush::flush;
use crate::check::{Spoken, Tap, Violation, check_idle_session, check_stale, check_timeout};
use crate::host::{Host, HostId, Net, Signal};
use crate::net::Socket;
use crate::trace::What;

/// What an application does with a [`Session`].
///
/// [`Talk`](super::Talk) is one; the crate's guide builds another.
pub trait App: 'static {
    /// Something happened to the session.
    fn event(&mut self, client: &mut ClientScope<'_, '_>, event: &SessionEvent<'_>);

    /// The time came that was set by [`ClientScope::wake_at`].
    fn timeout(&mut self, client: &mut ClientScope<'_, '_>) {
        let _ = client;
    }

    /// The process died: what isn't on a disk is gone.
    fn crashed(&mut self) {}

    /// No fault follows: from here on the application begins nothing new. The session is closed
    /// when what is under way is done.
    fn finish(&mut self, client: &mut ClientScope<'_, '_>) {
        let _ = client;
    }

    /// What must hold when everything is over.
    ///
    /// # Errors
    ///
    /// What doesn't hold.
    fn verdict(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A host that runs a [`Session`] and its application.
///
/// Beside driving the session it holds it to its invariants: attempts follow one another at the
/// times that the policy states, and each message is handed over once, in order, or reported.
#[derive(Debug)]
pub struct Client<A> {
    pub(super) servers: Vec<HostId>,
    pub(super) config: SessionConfig,
    start_within: Duration,
    app: A,
    session: Option<Session>,
    held: Option<Held>,
    tap: Tap,
    pub(super) book: Book,
}

/// A transport.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    attempt: Attempt,
    pub(super) socket: Socket,
    is_dialed: bool,
    is_shut: bool,
}

impl<A: App> Client<A> {
    /// A client of any of these servers, of which each attempt leads to one, drawn anew.
    #[must_use]
    pub fn new(servers: impl IntoIterator<Item = HostId>, app: A) -> Client<A> {
        Client {
            servers: servers.into_iter().collect(),
            config: SessionConfig::default(),
            start_within: Duration::ZERO,
            app,
            session: None,
            held: None,
            tap: Tap::new(Role::Client),
            book: Book::new(&SessionConfig::default()),
        }
    }

    /// Sets every limit and time of its sessions.
    #[must_use]
    pub fn config(self, config: SessionConfig) -> Client<A> {
        Client { book: Book::new(&config), config, ..self }
    }

    /// Lets it start at a time drawn from this span, so that many clients don't start at once.
    #[must_use]
    pub fn start_within(self, start_within: Duration) -> Client<A> {
        Client { start_within, ..self }
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &A {
        &self.app
    }

    /// The session, once it has begun.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    fn start(&mut self, net: &mut Net<'_>) {
        if self.session.is_some() {
            return;
        }
        let (now, seed) = (net.now(), net.rng().seed());
        self.book = Book::new(&self.config);
        self.book.attempts.pass_to(now);
        net.trace(What::State(ReadyState::Connecting));
        self.session = Some(Session::new(target(), self.config.clone(), seed, now));
    }

    /// Hands all events to the application, and does what the session wants, until nothing moves.
    fn pump(&mut self, net: &mut Net<'_>) {
        let Some(session) = &mut self.session else { return };
        loop {
            while let Some(event) = session.poll_event() {
                hear(&mut self.app, session, net, &mut self.book, &self.config, self.held, event);
            }
            let was_held = self.held.map(|held| held.attempt);
            reconcile(session, net, &mut self.held, &self.servers, &mut self.tap, &mut self.book);
            let Some(held) = self.held.filter(|held| held.is_dialed) else {
                if was_held == self.held.map(|held| held.attempt) {
                    break;
                }
                continue;
            };
            let account = &mut self.book.account;
            flush(
                &mut (&mut *session, held.attempt),
                net,
                held.socket,
                &mut self.tap,
                |net, said| {
                    if let Spoken::Message(_, _, digest) = said
                        && let Err(violation) = account.handed_over(digest)
                    {
                        net.violate(violation);
                    }
                },
            );
            if is_settled(session, held) {
                break;
            }
        }
        self.book.trace_state(session, net);
        let deadlines = [session.poll_timeout(), self.book.wake_at];
        net.set_timer(deadlines.into_iter().flatten().min());
    }

    fn receive(&mut self, net: &mut Net<'_>, socket: Socket, chunk: &mut [u8]) {
        let Some(held) = self.held.filter(|held| held.socket == socket) else { return };
        let Some(session) = &mut self.session else { return };
        let now = net.now();
        let mut input = Input::new(chunk);
        while let Some(event) = session.receive(now, held.attempt, &mut input) {
            hear(&mut self.app, session, net, &mut self.book, &self.config, self.held, event);
        }
    }

    fn timeout(&mut self, net: &mut Net<'_>) {
        let now = net.now();
        let Some(session) = &mut self.session else { return self.start(net) };
        if session.poll_timeout().is_some_and(|at| at <= now) {
            session.handle_timeout(now);
            let attempt = self.held.map(|held| held.attempt);
            let checked = check_timeout(now, session.poll_timeout())
                .and_then(|()| check_idle_session(session, now, attempt));
            if let Err(violation) = checked {
                net.violate(violation);
            }
        }
        if self.book.wake_at.is_some_and(|at| at <= now) {
            self.book.wake_at = None;
            self.app.timeout(&mut ClientScope::new(session, net, &mut self.book));
        }
    }

    /// Tells the session of its transport.
    fn report(&mut self, socket: Socket, report: impl FnOnce(&mut Session, Attempt)) {
        if let (Some(session), Some(held)) = (&mut self.session, &self.held)
            && held.socket == socket
        {
            report(session, held.attempt);
        }
    }

    fn finish(&mut self, net: &mut Net<'_>) {
        if let Some(session) = &mut self.session {
            let mut scope = ClientScope::new(session, net, &mut self.book);
            self.app.finish(&mut scope);
            scope.close(None);
        }
    }
}

impl<A: App> Host for Client<A> {
    fn handle(&mut self, net: &mut Net<'_>, signal: Signal<'_>) {
        let now = net.now();
        self.book.attempts.pass_to(now);
        match signal {
            Signal::Started if self.start_within.is_zero() => self.start(net),
            Signal::Started => {
                let after = self.start_within;
                let after = net.rng().time_between(Duration::ZERO, after);
                return net.set_timer(Some(now + after));
            }
            Signal::Dialed(socket) => {
                if let Some(held) = self.held.as_mut().filter(|held| held.socket == socket) {
                    held.is_dialed = true;
                }
                self.report(socket, |session, attempt| session.handle_dialed(now, attempt));
            }
            Signal::DialFailed(socket, why) => {
                if self.held.is_some_and(|held| held.socket == socket) {
                    net.trace(What::DialFailed(why));
                }
                self.report(socket, |session, attempt| {
                    session.handle_dial_failed(now, attempt, why);
                });
            }
            Signal::Received(socket, chunk) => self.receive(net, socket, chunk),
            Signal::Eof(socket) => {
                self.report(socket, |session, attempt| session.handle_eof(now, attempt));
            }
            Signal::Lost(socket) => {
                self.report(socket, |session, attempt| session.handle_lost(now, attempt));
            }
            Signal::Timeout => self.timeout(net),
            Signal::Crashed => {
                (self.session, self.held) = (None, None);
                self.app.crashed();
                self.book.ready_state = ReadyState::Closed;
                net.trace(What::State(ReadyState::Closed));
            }
            Signal::Stopping(_) | Signal::Finish => self.finish(net),
            Signal::Resumed => {
                if let Some(session) = &mut self.session {
                    session.handle_resumed(now);
                }
            }
            Signal::Offline => {
                if let Some(session) = &mut self.session {
                    session.handle_offline(now);
                }
            }
            Signal::Online => {
                if let Some(session) = &mut self.session {
                    session.handle_online(now);
                }
            }
            Signal::Accepted(_) | Signal::Writable(_) | Signal::SocketTimeout(_) => {}
        }
        self.pump(net);
    }

    fn ailment(&self) -> Option<String> {
        if self.book.is_closed || self.book.attempts.are_over() {
            return None;
        }
        let state = self.session.as_ref().map(Session::ready_state);
        (state != Some(ReadyState::Open)).then(|| format!("the session is {state:?}"))
    }

    fn recovery(&self) -> Duration {
        recovery(&self.config)
    }

    fn verdict(&self) -> Result<(), Violation> {
        self.app.verdict().map_err(|what| Violation::new("application", what))?;
        match &self.session {
            Some(session) if session.ready_state() == ReadyState::Closed => {
                self.book.account.finish()
            }
            Some(session) => {
                let what = format!("the session is {} after its close", session.ready_state());
                Err(Violation::new("invariant 12, a session comes to an end", what))
            }
            None => Ok(()),
        }
    }
}

/// How long a session may take to be open again when all faults are over: what is under way may be
/// dead and is noticed, then there's a wait and one attempt.
pub(super) fn recovery(config: &SessionConfig) -> Duration {
    let heartbeat = config.connection.heartbeat.as_ref();
    let detection =
        heartbeat.map_or(Duration::ZERO, |heartbeat| heartbeat.interval() + heartbeat.timeout());
    let stall = config.connection.write_stall_timeout.unwrap_or_default();
    let giving_up = stall + config.connection.close_timeout + config.connection.linger;
    let connecting = config.connect_timeout.unwrap_or_default();
    let longest = |reconnect: &Reconnect| {
        let asked = Pause::RetryAfter(Duration::from_secs(3600));
        [Pause::Unasked, Pause::Restart, asked]
            .into_iter()
            .filter_map(|pause| Some(*reconnect.backoff.range(u32::MAX, pause)?.end()))
            .max()
            .unwrap_or(Duration::from_secs(3600))
    };
    let waiting = config.reconnect.as_ref().map_or(Duration::ZERO, longest);
    detection * 2 + giving_up + connecting * 2 + waiting
}

fn target() -> Target {
    let request = Request::new("example.com", None, "/").expect("it's valid");
    Target::new(request, false)
}

/// Whether a session has nothing more to do for now.
fn is_settled(session: &Session, held: Held) -> bool {
    match session.wanted() {
        Wanted::Hold(attempt, Transport::Keep) | Wanted::Dial(attempt) => attempt == held.attempt,
        Wanted::Hold(attempt, Transport::ShutdownWrite) => attempt == held.attempt && held.is_shut,
        Wanted::Hold(_, Transport::Drop) | Wanted::Nothing => false,
    }
}

/// Compares what is held with what is wanted.
fn reconcile(
    session: &mut Session,
    net: &mut Net<'_>,
    held: &mut Option<Held>,
    servers: &[HostId],
    tap: &mut Tap,
    book: &mut Book,
) {
    let wanted = session.wanted();
    let is_wanted = |held: &Held| match wanted {
        Wanted::Nothing | Wanted::Hold(_, Transport::Drop) => false,
        Wanted::Dial(attempt) | Wanted::Hold(attempt, _) => held.attempt == attempt,
    };
    if let Some(dropped) = held.take_if(|held| !is_wanted(held)) {
        net.close(dropped.socket);
    }
    match (wanted, held) {
        (Wanted::Dial(attempt), held @ None) => {
            if let Some(stale) = book.attempts.stale
                && let Err(violation) = check_stale(session, net.now(), stale)
            {
                net.violate(violation);
            }
            let Some(server) = net.rng().pick(servers).copied() else { return };
            net.trace(What::Dialing(attempt.number(), server));
            *tap = Tap::new(Role::Client);
            let socket = net.dial(server);
            *held = Some(Held { attempt, socket, is_dialed: false, is_shut: false });
        }
        (Wanted::Hold(_, Transport::ShutdownWrite), Some(held)) if !held.is_shut => {
            held.is_shut = true;
            net.shutdown_write(held.socket);
        }
        _ => {}
    }
}
