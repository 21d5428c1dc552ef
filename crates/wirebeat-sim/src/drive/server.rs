use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use wirebeat::handshake::{Acceptance, IncomingRequest, OriginPolicy, Response};
use wirebeat::{
    CloseCode, CloseFrame, Closed, Config, Connection, Event, Input, Message, Role, Timestamp,
    Transport,
};

use super::flush::flush;
use super::room::Room;
use crate::check::{Tap, check_buffered, check_idle_connection, check_timeout};
use crate::host::{Host, Net, Signal};
use crate::net::Socket;
use crate::trace::{Closing, What};

/// What a server does with its connections.
///
/// [`Echo`](super::Echo) and [`Broadcast`](super::Broadcast) are two; the crate's guide builds
/// another.
pub trait Service: 'static {
    /// Whether to accept a request; all are, unless it's said otherwise.
    fn request(&mut self, request: &IncomingRequest) -> Answer {
        let _ = request;
        Answer::Accept(Acceptance::new())
    }

    /// A connection is open.
    fn opened(&mut self, room: &mut Room<'_, '_>, guest: Socket) {
        let _ = (room, guest);
    }

    /// A message came.
    fn message(&mut self, room: &mut Room<'_, '_>, guest: Socket, message: Message<'_>);

    /// A connection is over. It's not in the room any more.
    fn closed(&mut self, room: &mut Room<'_, '_>, guest: Socket, closed: &Closed) {
        let _ = (room, guest, closed);
    }

    /// The time came that was set by [`Room::wake_at`].
    fn timeout(&mut self, room: &mut Room<'_, '_>) {
        let _ = room;
    }

    /// The process died: what isn't on a disk is gone.
    fn crashed(&mut self) {}

    /// What must hold when everything is over.
    ///
    /// # Errors
    ///
    /// What doesn't hold.
    fn verdict(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A server's answer to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The connection is open.
    Accept(Acceptance),
    /// It's not, and this is why.
    Refuse(Response),
}

/// A host that accepts [`Connection`]s, drives them, and runs a service on them.
#[derive(Debug)]
pub struct Server<S> {
    service: S,
    config: Config,
    /// How long each handshake takes the server, one after the other.
    handshake_time: Duration,
    waiting_max: usize,
    guests: BTreeMap<Socket, Box<Guest>>,
    /// Requests that wait for their answer, and when it's given.
    waiting: VecDeque<(Timestamp, Socket)>,
    busy_until: Timestamp,
    wake_at: Option<Timestamp>,
}

/// A connection of a server's.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) connection: Connection,
    pub(super) tap: Tap,
    request: Option<Box<IncomingRequest>>,
    is_shut: bool,
}

impl<S: Service> Server<S> {
    /// A server that answers at once.
    #[must_use]
    pub fn new(service: S) -> Server<S> {
        Server {
            service,
            config: Config::default(),
            handshake_time: Duration::ZERO,
            waiting_max: usize::MAX,
            guests: BTreeMap::new(),
            waiting: VecDeque::new(),
            busy_until: Timestamp::ZERO,
            wake_at: None,
        }
    }

    /// Sets the limits and times of its connections.
    #[must_use]
    pub fn config(self, config: Config) -> Server<S> {
        Server { config, ..self }
    }

    /// Lets it answer so many handshakes a second, one after the other. When more than
    /// `waiting_max` wait, others are refused with 503.
    #[must_use]
    pub fn handshakes_per_second(self, per_second: u32, waiting_max: usize) -> Server<S> {
        let handshake_time = Duration::from_secs(1) / per_second.max(1);
        Server { handshake_time, waiting_max, ..self }
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &S {
        &self.service
    }

    /// How many connections it holds, those that open or close included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.guests.len()
    }

    fn accept(&mut self, net: &mut Net<'_>, socket: Socket) {
        let connection = Connection::server(OriginPolicy::Any, &self.config, net.now());
        let tap = Tap::new(Role::Server);
        let guest = Guest { connection, tap, request: None, is_shut: false };
        self.guests.insert(socket, Box::new(guest));
    }

    /// Tells a connection of its transport, and looks at what comes of it.
    fn report(
        &mut self,
        net: &mut Net<'_>,
        socket: Socket,
        report: impl FnOnce(&mut Connection, Timestamp),
    ) {
        let now = net.now();
        let Some(guest) = self.guests.get_mut(&socket) else { return };
        let before = guest.connection.buffered_amount();
        report(&mut guest.connection, now);
        let after = guest.connection.buffered_amount();
        if let Err(violation) = check_buffered(before, after, 0) {
            net.violate(violation);
        }
        self.receive(net, socket, &mut []);
    }

    fn receive(&mut self, net: &mut Net<'_>, socket: Socket, chunk: &mut [u8]) {
        let now = net.now();
        let mut input = Input::new(chunk);
        loop {
            let Some(guest) = self.guests.get_mut(&socket) else { return };
            let Some(event) = guest.connection.receive(now, &mut input) else { break };
            let is_last = matches!(event, Event::Closed(_));
            let state = guest.connection.ready_state();
            for checked in [guest.tap.told(is_last), guest.tap.state(state)] {
                if let Err(violation) = checked {
                    net.violate(violation);
                }
            }
            self.hear(net, socket, event);
        }
        self.flush(net, socket);
    }

    fn hear(&mut self, net: &mut Net<'_>, socket: Socket, event: Event<'_>) {
        match event {
            Event::Request(request) => self.asked(net, socket, request),
            Event::Message(message) => {
                net.trace(What::Received(message.kind(), message.len()));
                if let Err(violation) = net.world.hear(socket, &message) {
                    net.violate(violation);
                }
                self.in_room(net, |service, room| service.message(room, socket, message));
            }
            Event::Pong { payload, latency } => {
                net.trace(What::Pong(latency));
                if let Err(violation) = net.world.hear_pong(socket, &payload) {
                    net.violate(violation);
                }
            }
            Event::Closing(frame) => {
                net.trace(What::Closing(frame.as_ref().map_or(1005, |frame| frame.code().get())));
                if let Err(violation) = net.world.hear_close(socket, frame.as_ref()) {
                    net.violate(violation);
                }
            }
            Event::Closed(closed) => {
                net.trace(What::Closed(Closing {
                    code: closed.code.get(),
                    was_clean: closed.was_clean,
                    cause: closed.cause.to_string(),
                    retry_in: None,
                }));
                let gone = self.guests.remove(&socket);
                self.in_room(net, |service, room| service.closed(room, socket, &closed));
                if let Some(gone) = gone {
                    self.leave(net, socket, *gone);
                }
            }
            Event::Rejected(_)
            | Event::Open(_)
            | Event::Fragment(_)
            | Event::Ping(_)
            | Event::Error(_) => {}
        }
    }

    /// A connection that is over writes nothing any more, and lets go of its transport.
    fn leave(&mut self, net: &mut Net<'_>, socket: Socket, mut gone: Guest) {
        flush(&mut gone.connection, net, socket, &mut gone.tap, |_, _| {});
        net.close(socket);
    }

    /// A request came. It's answered when it's its turn.
    fn asked(&mut self, net: &mut Net<'_>, socket: Socket, request: Box<IncomingRequest>) {
        let now = net.now();
        let Some(guest) = self.guests.get_mut(&socket) else { return };
        if self.handshake_time.is_zero() {
            guest.request = Some(request);
            return self.answer(net, socket);
        }
        if self.waiting.len() >= self.waiting_max {
            let response = Response::new(503).expect("it's no 101");
            let responded = guest.connection.respond(now, &response);
            debug_assert!(responded.is_ok(), "a request waits");
            return;
        }
        guest.request = Some(request);
        self.busy_until = self.busy_until.max(now) + self.handshake_time;
        self.waiting.push_back((self.busy_until, socket));
        self.set_timer(net);
    }

    fn answer(&mut self, net: &mut Net<'_>, socket: Socket) {
        let now = net.now();
        let Some(guest) = self.guests.get_mut(&socket) else { return };
        let Some(request) = guest.request.take() else { return };
        let answered = match self.service.request(&request) {
            Answer::Accept(acceptance) => guest.connection.accept(now, &acceptance).map(|()| true),
            Answer::Refuse(response) => guest.connection.respond(now, &response).map(|()| false),
        };
        match answered {
            Ok(true) => {
                net.trace(What::Accepted);
                self.in_room(net, |service, room| service.opened(room, socket));
            }
            Ok(false) => {}
            // The client has gone meanwhile, or asks for something else.
            Err(error) => net.note(format!("a request can't be accepted: {error}")),
        }
    }

    /// Lets the service act, and writes what comes of it.
    fn in_room(&mut self, net: &mut Net<'_>, act: impl FnOnce(&mut S, &mut Room<'_, '_>)) {
        let mut room = Room::new(&mut self.guests, net, &mut self.wake_at);
        act(&mut self.service, &mut room);
        for socket in room.into_touched() {
            self.flush(net, socket);
        }
        self.set_timer(net);
    }

    /// Writes what waits, does what the connection wants done with its transport, and sets its
    /// timer.
    fn flush(&mut self, net: &mut Net<'_>, socket: Socket) {
        let Some(guest) = self.guests.get_mut(&socket) else { return };
        flush(&mut guest.connection, net, socket, &mut guest.tap, |_, _| {});
        match guest.connection.transport() {
            Transport::Keep => {}
            Transport::ShutdownWrite if guest.is_shut => {}
            Transport::ShutdownWrite => {
                guest.is_shut = true;
                net.shutdown_write(socket);
            }
            Transport::Drop => {}
        }
        net.set_reading(socket, guest.connection.wants_read());
        net.set_socket_timer(socket, guest.connection.poll_timeout());
        if guest.connection.transport() == Transport::Drop {
            // Its last events wait.
            self.settle(net, socket);
        }
    }

    fn settle(&mut self, net: &mut Net<'_>, socket: Socket) {
        while let Some(guest) = self.guests.get_mut(&socket) {
            let Some(event) = guest.connection.poll_event() else { break };
            self.hear(net, socket, event);
        }
    }

    fn set_timer(&mut self, net: &mut Net<'_>) {
        let next = self.waiting.front().map(|(at, _)| *at);
        net.set_timer([next, self.wake_at].into_iter().flatten().min());
    }

    fn timeout(&mut self, net: &mut Net<'_>) {
        let now = net.now();
        while let Some(&(at, socket)) = self.waiting.front()
            && at <= now
        {
            self.waiting.pop_front();
            self.answer(net, socket);
            self.receive(net, socket, &mut []);
        }
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            self.in_room(net, |service, room| service.timeout(room));
        }
        self.set_timer(net);
    }

    /// Takes leave of everybody.
    fn close_all(&mut self, net: &mut Net<'_>, code: CloseCode) {
        let sockets: Vec<Socket> = self.guests.keys().copied().collect();
        for socket in sockets {
            self.report(net, socket, |connection, now| {
                let frame = CloseFrame::new(code, "").expect("it may be sent");
                let closed = connection.close(now, Some(frame));
                debug_assert!(closed.is_ok(), "a server may send it");
            });
        }
    }
}

impl<S: Service> Host for Server<S> {
    fn handle(&mut self, net: &mut Net<'_>, signal: Signal<'_>) {
        match signal {
            Signal::Started => net.listen(true),
            Signal::Accepted(socket) => {
                self.accept(net, socket);
                self.flush(net, socket);
            }
            Signal::Received(socket, chunk) => self.receive(net, socket, chunk),
            Signal::Writable(socket) => self.flush(net, socket),
            Signal::Eof(socket) => {
                self.report(net, socket, Connection::handle_eof);
            }
            Signal::Lost(socket) => self.report(net, socket, Connection::handle_lost),
            Signal::SocketTimeout(socket) => {
                self.report(net, socket, Connection::handle_timeout);
                let now = net.now();
                if let Some(guest) = self.guests.get_mut(&socket)
                    && let Err(violation) = check_timeout(now, guest.connection.poll_timeout())
                        .and_then(|()| check_idle_connection(&mut guest.connection, now))
                {
                    net.violate(violation);
                }
            }
            Signal::Timeout => self.timeout(net),
            Signal::Crashed => {
                self.guests.clear();
                self.waiting.clear();
                self.wake_at = None;
                self.service.crashed();
            }
            Signal::Stopping(_) => self.close_all(net, CloseCode::SERVICE_RESTART),
            Signal::Dialed(_)
            | Signal::DialFailed(..)
            | Signal::Resumed
            | Signal::Offline
            | Signal::Online
            | Signal::Finish => {}
        }
    }

    fn verdict(&self) -> Result<(), crate::check::Violation> {
        self.service.verdict().map_err(|what| crate::check::Violation::new("application", what))
    }
}
