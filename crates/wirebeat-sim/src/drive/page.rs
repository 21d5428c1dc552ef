use core::fmt;

use wirebeat::session::{Attempt, Wanted};
use wirebeat::websocket::{Builder, ConstructError, Scope, WebSocket};
use wirebeat::{Input, ReadyState, Role, Transport};

use super::flush::flush;
use crate::check::{Tap, Violation, check_timeout};
use crate::host::{Host, HostId, Net, Signal};
use crate::net::Socket;
use crate::trace::{Closing, What};

/// A host that runs the browser's [`WebSocket`], with whatever handlers it's given.
///
/// ```
/// use core::time::Duration;
/// use wirebeat_sim::{Echo, Link, Page, Server, Sim};
///
/// let mut sim = Sim::new(7);
/// let server = sim.add_host("server", Link::default(), Server::new(Echo));
/// let page = Page::new(server, "ws://example.com/", |socket| socket, |socket| {
///     socket.on_open(|socket| socket.send("hello").expect("it's open"));
///     socket.on_message(|socket, event| {
///         assert_eq!(event.data.as_text(), Some("hello"));
///         socket.close(Some((1000, "bye"))).expect("a good code");
///     });
/// });
/// let page = sim.add_host("page", Link::default(), page);
/// sim.run_for(Duration::from_secs(10));
/// let socket = sim.host::<Page>(page).and_then(Page::socket).expect("it has begun");
/// assert!(socket.closed().is_some_and(|closed| closed.closed.was_clean));
/// ```
pub struct Page {
    server: HostId,
    url: String,
    build: Box<Build>,
    handlers: Box<dyn Fn(&mut Scope<'_>)>,
    socket: Option<WebSocket>,
    held: Option<Held>,
    tap: Tap,
    ready_state: ReadyState,
    error: Option<ConstructError>,
}

type Build = dyn for<'b> Fn(Builder<'b>) -> Builder<'b>;

#[derive(Clone, Copy, Debug)]
struct Held {
    attempt: Attempt,
    socket: Socket,
    is_dialed: bool,
    is_shut: bool,
}

impl Page {
    /// A page that connects to `server` as `url`, with what `build` adds to the constructor, and
    /// with the handlers that `handlers` sets.
    pub fn new(
        server: HostId,
        url: impl Into<String>,
        build: impl for<'b> Fn(Builder<'b>) -> Builder<'b> + 'static,
        handlers: impl Fn(&mut Scope<'_>) + 'static,
    ) -> Page {
        Page {
            server,
            url: url.into(),
            build: Box::new(build),
            handlers: Box::new(handlers),
            socket: None,
            held: None,
            tap: Tap::new(Role::Client),
            ready_state: ReadyState::Connecting,
            error: None,
        }
    }

    /// The WebSocket, once it has begun.
    #[must_use]
    pub fn socket(&self) -> Option<&WebSocket> {
        self.socket.as_ref()
    }

    /// What the constructor was refused for.
    #[must_use]
    pub fn error(&self) -> Option<&ConstructError> {
        self.error.as_ref()
    }

    fn start(&mut self, net: &mut Net<'_>) {
        if self.socket.is_some() {
            return;
        }
        let (now, seed) = (net.now(), net.rng().seed());
        match (self.build)(WebSocket::builder(&self.url)).build(seed, now) {
            Ok(mut socket) => {
                (self.handlers)(&mut socket.scope(now));
                self.ready_state = ReadyState::Connecting;
                net.trace(What::State(self.ready_state));
                self.socket = Some(socket);
            }
            Err(error) => {
                net.note(format!("the constructor refuses: {error}"));
                self.error = Some(error);
            }
        }
    }

    /// Calls all handlers, and does what the WebSocket wants, until nothing moves.
    fn pump(&mut self, net: &mut Net<'_>) {
        let Some(socket) = &mut self.socket else { return };
        loop {
            let mut moved = dispatch(socket, net, &mut self.ready_state);
            let wanted = socket.wanted();
            let is_wanted = |held: &Held| match wanted {
                Wanted::Nothing | Wanted::Hold(_, Transport::Drop) => false,
                Wanted::Dial(attempt) | Wanted::Hold(attempt, _) => held.attempt == attempt,
            };
            if let Some(dropped) = self.held.take_if(|held| !is_wanted(held)) {
                net.close(dropped.socket);
                moved = true;
            }
            match (wanted, &mut self.held) {
                (Wanted::Dial(attempt), held @ None) => {
                    net.trace(What::Dialing(attempt.number(), self.server));
                    self.tap = Tap::new(Role::Client);
                    let socket = net.dial(self.server);
                    *held = Some(Held { attempt, socket, is_dialed: false, is_shut: false });
                }
                (Wanted::Hold(_, Transport::ShutdownWrite), Some(held)) if !held.is_shut => {
                    held.is_shut = true;
                    net.shutdown_write(held.socket);
                }
                _ => {}
            }
            if let Some(held) = self.held.filter(|held| held.is_dialed) {
                let mut writer = (&mut *socket, held.attempt);
                flush(&mut writer, net, held.socket, &mut self.tap, |_, _| {});
            }
            if !moved {
                break;
            }
        }
        net.set_timer(socket.poll_timeout());
    }

    fn receive(&mut self, net: &mut Net<'_>, from: Socket, chunk: &mut [u8]) {
        let now = net.now();
        let Some(held) = self.held.filter(|held| held.socket == from) else { return };
        let Some(socket) = &mut self.socket else { return };
        let mut input = Input::new(chunk);
        while !input.is_empty() {
            let before = input.len();
            socket.receive(now, held.attempt, &mut input);
            if !dispatch(socket, net, &mut self.ready_state) && input.len() == before {
                break;
            }
        }
    }

    fn report(&mut self, socket: Socket, report: impl FnOnce(&mut WebSocket, Attempt)) {
        if let (Some(page), Some(held)) = (&mut self.socket, &self.held)
            && held.socket == socket
        {
            report(page, held.attempt);
        }
    }
}

/// Calls all handlers. Returns whether there was an event.
fn dispatch(socket: &mut WebSocket, net: &mut Net<'_>, ready_state: &mut ReadyState) -> bool {
    let now = net.now();
    let mut moved = false;
    while socket.dispatch(now) {
        moved = true;
        let state = socket.ready_state();
        if state == *ready_state {
            continue;
        }
        *ready_state = state;
        net.trace(What::State(state));
        if state == ReadyState::Closed
            && let Some(closed) = socket.closed()
        {
            let closing = Closing {
                code: closed.closed.code.get(),
                was_clean: closed.closed.was_clean,
                cause: closed.closed.cause.to_string(),
                retry_in: None,
            };
            net.trace(What::Closed(closing));
        }
    }
    moved
}

impl Host for Page {
    fn handle(&mut self, net: &mut Net<'_>, signal: Signal<'_>) {
        let now = net.now();
        match signal {
            Signal::Started => self.start(net),
            Signal::Dialed(socket) => {
                if let Some(held) = self.held.as_mut().filter(|held| held.socket == socket) {
                    held.is_dialed = true;
                }
                self.report(socket, |page, attempt| page.handle_dialed(now, attempt));
            }
            Signal::DialFailed(socket, why) => {
                self.report(socket, |page, attempt| page.handle_dial_failed(now, attempt, why));
            }
            Signal::Received(socket, chunk) => self.receive(net, socket, chunk),
            Signal::Eof(socket) => {
                self.report(socket, |page, attempt| page.handle_eof(now, attempt));
            }
            Signal::Lost(socket) => {
                self.report(socket, |page, attempt| page.handle_lost(now, attempt));
            }
            Signal::Timeout => {
                if let Some(page) = &mut self.socket {
                    page.handle_timeout(now);
                    if let Err(violation) = check_timeout(now, page.poll_timeout()) {
                        net.violate(violation);
                    }
                }
            }
            Signal::Crashed => (self.socket, self.held) = (None, None),
            Signal::Stopping(_) | Signal::Finish => {
                if let Some(page) = &mut self.socket {
                    let closed = page.close(now, None);
                    debug_assert!(closed.is_ok(), "no arguments can't be wrong");
                }
            }
            Signal::Resumed => {
                if let Some(page) = &mut self.socket {
                    page.handle_resumed(now);
                }
            }
            Signal::Offline => {
                if let Some(page) = &mut self.socket {
                    page.handle_offline(now);
                }
            }
            Signal::Online => {
                if let Some(page) = &mut self.socket {
                    page.handle_online(now);
                }
            }
            Signal::Accepted(_) | Signal::Writable(_) | Signal::SocketTimeout(_) => {}
        }
        self.pump(net);
    }

    fn verdict(&self) -> Result<(), Violation> {
        match &self.socket {
            Some(socket) if socket.ready_state() != ReadyState::Closed => {
                let what = format!("the WebSocket is {} after its close", socket.ready_state());
                Err(Violation::new("invariant 12, a WebSocket comes to an end", what))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("url", &self.url)
            .field("ready_state", &self.ready_state)
            .finish_non_exhaustive()
    }
}
