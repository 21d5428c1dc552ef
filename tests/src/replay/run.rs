//! One scenario, in virtual time: the page, our WebSocket, and the server at the other end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Buf;
use wirebeat::extension::Deflate;
use wirebeat::session::{Attempt, SessionConfig, Wanted};
use wirebeat::websocket::WebSocket;
use wirebeat::{Config, DialError, Input, Seed, Timestamp, Transport};

use super::compare::Step;
use super::page::Page;
use super::scenario::Scenario;
use super::server::{Sent, Server};
use super::wire::WireFrame;

/// The scripted server's host, in the recordings `{HOST}`.
const HOST: &str = "127.0.0.1:39181";

const NANOS_PER_MS: u64 = 1_000_000;

/// How long the recordings go on after the close event.
const AFTER_CLOSE: u64 = 150 * NANOS_PER_MS;

/// A browser's WebSocket, which offers to compress.
fn as_browsers_have_it() -> SessionConfig {
    let connection = Config { deflate: Some(Deflate::default()), ..Config::browser() };
    SessionConfig { connection, ..SessionConfig::browser() }
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What the page noted.
    pub(super) steps: Vec<Step>,
    /// What isn't right, beside the steps.
    pub(super) surprises: Vec<String>,
    /// The head of the request, if one came.
    pub(super) request: Option<Vec<u8>>,
    /// The frames that the server read.
    pub(super) frames: Vec<WireFrame>,
}

/// Runs a scenario.
///
/// # Panics
///
/// If its URL or a subprotocol isn't one, which none of the format's scenarios is about.
pub(super) fn run(name: &str, scenario: &Scenario) -> Outcome {
    let url = scenario.url.clone().unwrap_or_else(|| format!("ws://{HOST}/s/{name}"));
    let protocols: Vec<&str> = scenario.protocols.iter().map(String::as_str).collect();
    let socket = WebSocket::builder(&url)
        .protocols(protocols)
        .config(as_browsers_have_it())
        .build(Seed::new([7; 32]), Timestamp::ZERO)
        .expect("the scenario's URL and subprotocols are good");
    let mut run = Run {
        now: 0,
        page: Page::new(scenario, &format!("ws://{HOST}")),
        socket,
        server: scenario.url.is_none().then(|| Server::new(&scenario.server)),
        held: None,
        has_shut_down: false,
        closed_at: None,
    };
    run.page.construct(&mut run.socket.scope(Timestamp::ZERO));
    let end = scenario.observe_ms * NANOS_PER_MS;
    while run.advance(end) {}
    run.finish(&url)
}

struct Run {
    now: u64,
    page: Page,
    socket: WebSocket,
    /// The scripted server; `None` if the scenario is about a place where there's none.
    server: Option<Server>,
    /// The attempt whose transport leads to the server.
    held: Option<Attempt>,
    has_shut_down: bool,
    closed_at: Option<u64>,
}

impl Run {
    fn time(&self) -> Timestamp {
        Timestamp::from_nanos(self.now)
    }

    /// Does what there's to do now, then goes on to the next time at which there's something.
    fn advance(&mut self, end: u64) -> bool {
        loop {
            let now = self.time();
            self.dispatch();
            let mut has_run = self.page.run_timers(self.now, &mut self.socket.scope(now));
            has_run |= self.reconcile();
            has_run |= self.transmit();
            has_run |= self.server.as_mut().is_some_and(|server| server.run(self.now));
            has_run |= self.deliver();
            if !has_run {
                break;
            }
        }
        let end = self.closed_at.map_or(end, |at| end.min(at + AFTER_CLOSE));
        let timeout = self.socket.poll_timeout().map(Timestamp::as_nanos);
        let server = self.server.as_ref().and_then(Server::wakes_at);
        match [timeout, server, self.page.wakes_at()].into_iter().flatten().min() {
            Some(next) if next <= end => {
                self.now = next;
                // Input before time: what comes at this very moment is heard first.
                let server_runs = self.server.as_mut().is_some_and(|server| server.run(self.now));
                if !(server_runs && self.deliver()) {
                    self.socket.handle_timeout(Timestamp::from_nanos(next));
                }
                true
            }
            Some(_) | None => false,
        }
    }

    /// Calls the page's handlers, as a driver does: a handler's panic is no end of anything.
    fn dispatch(&mut self) {
        let now = self.time();
        while catch_unwind(AssertUnwindSafe(|| self.socket.dispatch(now))).unwrap_or(true) {}
        let is_closed = self.page.has_closed();
        if is_closed {
            self.closed_at.get_or_insert(self.now);
        }
    }

    /// Dials, holds or drops, as the WebSocket wants it.
    fn reconcile(&mut self) -> bool {
        let now = self.time();
        match self.socket.wanted() {
            Wanted::Dial(attempt) => {
                match self.server {
                    Some(_) if self.held.is_none() => {
                        self.held = Some(attempt);
                        self.socket.handle_dialed(now, attempt);
                    }
                    Some(_) | None => {
                        self.socket.handle_dial_failed(now, attempt, DialError::Name);
                    }
                }
                true
            }
            Wanted::Hold(_, Transport::Keep) => false,
            Wanted::Hold(_, Transport::ShutdownWrite) => self.shut_down(),
            Wanted::Hold(_, Transport::Drop) | Wanted::Nothing => {
                self.held.is_some_and(|_| self.shut_down())
            }
        }
    }

    fn shut_down(&mut self) -> bool {
        if let Some(server) = &mut self.server {
            server.end();
        }
        !std::mem::replace(&mut self.has_shut_down, true)
    }

    fn transmit(&mut self) -> bool {
        let now = self.time();
        let (Some(attempt), Some(server)) = (self.held, &mut self.server) else { return false };
        let mut has_written = false;
        while let Some(transmit) = self.socket.poll_transmit(attempt) {
            let written = server.write(transmit.chunk());
            if written == 0 {
                self.socket.handle_write_blocked(now, attempt);
                break;
            }
            self.socket.handle_written(now, attempt, written);
            has_written = true;
        }
        has_written
    }

    /// Gives the WebSocket the next thing that the server did.
    fn deliver(&mut self) -> bool {
        let now = self.time();
        let Some(sent) = self.server.as_mut().and_then(Server::take_sent) else { return false };
        let Some(attempt) = self.held else { return true };
        match sent {
            Sent::Bytes(mut bytes) => {
                let mut input = Input::new(&mut bytes);
                while !input.is_empty() {
                    self.socket.receive(now, attempt, &mut input);
                    self.dispatch();
                }
            }
            Sent::Fin => self.socket.handle_eof(now, attempt),
            Sent::Rst => self.socket.handle_lost(now, attempt),
        }
        self.dispatch();
        true
    }

    fn finish(self, url: &str) -> Outcome {
        let (steps, mut surprises) = self.page.notes();
        if self.socket.url() != url {
            surprises.push(format!("the url is {:?} instead of {url:?}", self.socket.url()));
        }
        let request = self.server.as_ref().and_then(Server::request).map(<[u8]>::to_vec);
        let frames = self.server.as_ref().map(Server::frames).unwrap_or_default().to_vec();
        Outcome { steps, surprises, request, frames }
    }
}
