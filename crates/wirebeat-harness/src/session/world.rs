//! Does what a schedule says, holds one transport as a driver does, and keeps account of messages.

mod look;

use core::time::Duration;

use bytes::Buf;
use wirebeat::handshake::Request;
use wirebeat::session::{
    Attempt, Backoff, Pause, Reconnect, Session, SessionConfig, Target, Wanted,
};
use wirebeat::{Config, Heartbeat, Input, Kind, Message, ReadyState, Seed, Timestamp};

use super::account::Account;
use super::peer::Peer;
use super::schedule::{Fault, Setup};

/// An attempt to connect may take so long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A peer that is dead is noticed after so long: interval and timeout of the heartbeat; and so long
/// once more if our application doesn't read, or a wait was begun anew.
const DETECTION: Duration = Duration::from_secs(20 + 20);
/// A transport that takes nothing is given up after so long, and a closing handshake that isn't
/// answered too.
const GIVING_UP: Duration = Duration::from_secs(30 + 5 + 1);

/// A session, its driver, and what they went through.
pub struct World {
    session: Session,
    now: Timestamp,
    backoff: Backoff,
    peer: Option<Peer>,
    account: Account,
    /// The attempt that was announced last.
    announced: u64,
    /// All that were announced.
    attempts: Vec<Attempt>,
    /// Attempts that ended.
    ended: u64,
    is_final: bool,
    retry_after: Option<u64>,
    /// Whether the application asked for a new connection since the last attempt began.
    is_replaced: bool,
    text_count: usize,
}

impl World {
    /// A session that has just begun.
    #[must_use]
    pub fn new(setup: &Setup) -> World {
        let second = Duration::from_secs(20);
        let heartbeat = match setup.beats_by_message {
            true => Heartbeat::messages(second, second, "heartbeat", None),
            false => Heartbeat::pings(second, second),
        };
        let backoff = setup.fixed.map_or_else(Backoff::default, Backoff::fixed);
        let greetings: Vec<String> =
            (0..setup.greetings).map(|n| format!("greeting {n}")).collect();
        let config = SessionConfig {
            connection: Config {
                heartbeat: Some(heartbeat),
                send_queue_len_max: setup.send_queue_len_max,
                ..Config::default()
            },
            connect_timeout: Some(CONNECT_TIMEOUT),
            reconnect: Some(Reconnect::with(backoff.clone()).should_reconnect(|_| true)),
            greeting: greetings.iter().map(|text| Message::from(text.clone())).collect(),
            outbox_len_max: setup.outbox.0,
            outbox_messages_max: setup.outbox.1,
        };
        // Not zero, so that time can go backwards.
        let now = Timestamp::from_nanos(1 << 40);
        let seed = Seed::new(setup.seed);
        let session = match setup.asks {
            true => Session::asking(config, seed, now),
            false => Session::new(target(), config, seed, now),
        };
        let mut world = World {
            session,
            now,
            backoff,
            peer: None,
            account: Account { greetings, ..Account::default() },
            announced: 0,
            attempts: Vec::new(),
            ended: 0,
            is_final: false,
            retry_after: None,
            is_replaced: false,
            text_count: 0,
        };
        world.look();
        world
    }

    /// One thing happens.
    ///
    /// # Panics
    ///
    /// If an invariant doesn't hold.
    pub fn step(&mut self, fault: &Fault) {
        let (now, attempt) = (self.now, self.session.attempt());
        match *fault {
            Fault::Send(len) => self.send(len, None),
            Fault::SendFor(len, ttl) => self.send(len, Some(ttl)),
            Fault::SendFragments(len) => self.send_fragments(len),
            Fault::Answer => self.session.dial(now, attempt, target()),
            Fault::Dialed => self.dialed(),
            Fault::Open => {
                self.session.dial(now, attempt, target());
                if let Wanted::Dial(_) = self.session.wanted() {
                    self.dialed();
                    self.write(usize::MAX);
                    self.deliver(usize::MAX);
                }
            }
            Fault::DialFailed(why) => {
                self.session.handle_dial_failed(now, attempt, why);
            }
            Fault::Write(len) => self.write(len),
            Fault::TakeOut(len, written) => self.take_out(len, written),
            Fault::Blocked => self.session.handle_write_blocked(now, attempt),
            Fault::Deliver(len) => self.deliver(len),
            Fault::Refuse(status, retry_after) => {
                self.at_server(|peer, now| peer.refuse(now, status, retry_after));
            }
            Fault::ServerSends(len) => self.at_server(|peer, now| peer.send(now, len)),
            Fault::ServerCloses(code) => self.at_server(|peer, now| peer.close(now, code)),
            Fault::ServerBreaks => {
                self.at_server(|peer, _| peer.to_session.extend([0xFF, 0xFF, 0xFF]));
            }
            Fault::Lost => self.session.handle_lost(now, attempt),
            Fault::Eof => self.session.handle_eof(now, attempt),
            Fault::BlackHole => self.at_server(|peer, _| peer.is_dead = true),
            Fault::Pass(duration) => self.pass_to(now + duration),
            Fault::PassToDeadline => {
                if let Some(at) = self.session.poll_timeout() {
                    self.pass_to(at);
                }
            }
            Fault::Stale(back) => self.stale(back),
            Fault::Offline => self.session.handle_offline(now),
            Fault::Online => self.session.handle_online(now),
            Fault::Resumed(slept) => {
                self.now = now + slept;
                self.session.handle_resumed(self.now);
            }
            Fault::Reading(reading) => self.session.handle_reading(now, attempt, reading),
            Fault::Reconnect => {
                self.is_replaced = true;
                self.is_final = false;
                self.session.reconnect(now, None);
            }
            Fault::Close => self.session.close(now, None),
        }
        self.look();
    }

    /// From here on the network works and the server answers: the session is open again within the
    /// time that its policy allows, unless the application closed it (invariant 12).
    ///
    /// # Panics
    ///
    /// If it isn't.
    pub fn heal(&mut self) {
        if self.is_final {
            return;
        }
        let attempt = self.session.attempt();
        self.session.handle_online(self.now);
        self.session.handle_reading(self.now, attempt, true);
        self.look();
        let asked = Pause::RetryAfter(Duration::from_secs(u64::from(u16::MAX)));
        let waits = [Pause::Unasked, Pause::Restart, asked];
        let ranges = waits.map(|pause| self.backoff.range(u32::MAX, pause).expect("it's known"));
        let longest = ranges.iter().map(|range| *range.end()).max().expect("there are three");
        // What is under way may be dead: it's noticed, and then there's a wait and one attempt.
        let bound = DETECTION * 2 + GIVING_UP + CONNECT_TIMEOUT + longest + CONNECT_TIMEOUT;
        let until = self.now + bound;
        while !self.is_healed() {
            self.serve();
            if self.is_healed() || self.is_final {
                break;
            }
            let at =
                self.session.poll_timeout().expect("a session that isn't open waits for something");
            assert!(at <= until, "open again within {bound:?}: {:?}", self.session);
            self.pass_to(at);
            self.look();
        }
    }

    /// Everything that was sent goes out, the session is closed, and all messages are accounted for
    /// (invariant 11).
    ///
    /// # Panics
    ///
    /// If one is missing, or came twice or out of order.
    pub fn finish(&mut self) {
        self.session.handle_reading(self.now, self.session.attempt(), true);
        self.serve();
        self.session.close(self.now, None);
        self.look();
        self.serve();
        while !self.is_final {
            let at =
                self.session.poll_timeout().expect("a session that isn't over waits for something");
            self.pass_to(at);
            self.look();
            self.serve();
        }
        assert_eq!(self.session.wanted(), Wanted::Nothing);
        assert_eq!(self.session.poll_timeout(), None);
        self.account.wires.extend(self.peer.take().map(|peer| peer.wire));
        self.account.check(&self.session);
    }

    /// What each transport took that is gone.
    #[must_use]
    pub fn wires(&self) -> &[Vec<u8>] {
        &self.account.wires
    }

    fn is_healed(&self) -> bool {
        let is_alive = self.peer.as_ref().is_some_and(|peer| !peer.is_dead);
        self.session.ready_state() == ReadyState::Open && is_alive
    }

    /// The network and the server do what they're there for, until nothing moves.
    fn serve(&mut self) {
        let mut before = None;
        while before != Some(self.progress()) {
            before = Some(self.progress());
            let attempt = self.session.attempt();
            self.session.dial(self.now, attempt, target());
            self.dialed();
            self.write(usize::MAX);
            self.deliver(usize::MAX);
            self.look();
        }
    }

    fn progress(&self) -> (usize, usize, u64, u64, Wanted, ReadyState) {
        let wire_len = self.peer.as_ref().map_or(0, |peer| peer.wire.len());
        let (wanted, ready_state) = (self.session.wanted(), self.session.ready_state());
        (self.account.wires.len(), wire_len, self.announced, self.ended, wanted, ready_state)
    }

    fn send(&mut self, len: usize, ttl: Option<Duration>) {
        let text = self.text(len);
        let sent = match ttl {
            Some(ttl) => self.session.send_with_ttl(self.now, text.as_str(), ttl),
            None => self.session.send(self.now, text.as_str()),
        };
        match sent {
            Ok(id) => self.account.accepted.push((id, text)),
            Err(error) => assert_eq!(error.unsent, Message::from(text.as_str())),
        }
    }

    fn send_fragments(&mut self, len: usize) {
        let text = self.text(len);
        let (begin, end) = text.split_at(text.len() / 2);
        if self.session.send_fragment(self.now, Some(Kind::Text), begin, false).is_ok() {
            // A send queue that is full takes the rest when something of it is out.
            loop {
                match self.session.send_fragment(self.now, None, end, true) {
                    Ok(id) => break self.account.accepted.push((id.expect("it's the last"), text)),
                    Err(_) => self.write(usize::MAX),
                }
            }
        }
    }

    fn text(&mut self, len: usize) -> String {
        self.text_count += 1;
        format!("message {} {}", self.text_count, "x".repeat(len))
    }

    fn dialed(&mut self) {
        if let Wanted::Dial(attempt) = self.session.wanted() {
            self.session.handle_dialed(self.now, attempt);
            self.peer = Some(Peer::new(attempt, self.now));
        }
    }

    fn write(&mut self, len: usize) {
        let Some(peer) = &mut self.peer else { return };
        if let Some(mut outgoing) = peer.outgoing.take() {
            let bytes = outgoing.copy_to_bytes(outgoing.remaining());
            self.session.handle_written(self.now, peer.attempt, bytes.len());
            peer.take(self.now, &bytes);
        }
        let mut left = len;
        while left > 0
            && let Some(transmit) = self.session.poll_transmit(peer.attempt)
        {
            let bytes = transmit.chunk()[..transmit.chunk().len().min(left)].to_vec();
            left -= bytes.len();
            self.session.handle_written(self.now, peer.attempt, bytes.len());
            peer.take(self.now, &bytes);
        }
    }

    /// Of what was taken out, what the transport has and what the session was told of differ.
    fn take_out(&mut self, len: usize, written: usize) {
        self.write(0);
        let Some(peer) = &mut self.peer else { return };
        if let Some(mut outgoing) = self.session.take_transmit(peer.attempt, len) {
            let bytes = outgoing.copy_to_bytes(written.min(outgoing.remaining()));
            self.session.handle_written(self.now, peer.attempt, bytes.len());
            peer.take(self.now, &bytes);
            peer.outgoing = outgoing.has_remaining().then_some(outgoing);
        }
    }

    fn deliver(&mut self, len: usize) {
        let Some(peer) = self.peer.as_mut().filter(|peer| !peer.is_dead) else { return };
        peer.accept(self.now);
        let attempt = peer.attempt;
        let len = len.min(peer.to_session.len());
        let mut bytes: Vec<u8> = peer.to_session.drain(..len).collect();
        let mut input = Input::new(&mut bytes);
        let mut events = Vec::new();
        while let Some(event) = self.session.receive(self.now, attempt, &mut input) {
            events.push(event.into_owned());
        }
        assert!(input.is_empty(), "what yields no event is used up");
        for event in events {
            self.note(event);
        }
        if self.peer.as_ref().is_some_and(Peer::is_over) {
            self.session.handle_eof(self.now, attempt);
        }
    }

    fn at_server(&mut self, act: impl FnOnce(&mut Peer, Timestamp)) {
        if let Some(peer) = self.peer.as_mut().filter(|peer| !peer.is_dead) {
            act(peer, self.now);
        }
    }

    fn pass_to(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.session.handle_timeout(self.now);
        let next = self.session.poll_timeout();
        assert!(next.is_none_or(|next| next > self.now), "no deadline is left behind");
    }
}

fn target() -> Target {
    Target::new(Request::new("example.com", None, "/").expect("it's valid"), false)
}
