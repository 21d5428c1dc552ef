//! Runs a scenario, and notes what is seen of the connection meanwhile.

mod calls;

use core::time::Duration;

use wirebeat::handshake::{Acceptance, OriginPolicy, Request, Response, accept_key};
use wirebeat::{Connection, Event, Kind, Outgoing, ReadyState, Timestamp};

use crate::exchange;
use crate::frame::{Frame, ascii};
use crate::rules;
use crate::scenario::{Call, Finish, Op, Scenario};
use crate::split::waiting;
use crate::trace::{Did, Step, Trace, picture};

struct Runner {
    connection: Connection,
    now: Timestamp,
    /// What arrived and wasn't received yet.
    inbox: Vec<u8>,
    key: Option<String>,
    outgoing: Option<Outgoing>,
    reading: bool,
    app_len: u64,
    /// The message that is sent in fragments.
    fragments: Option<(Kind, Vec<u8>)>,
    trace: Trace,
}

/// Runs a scenario.
#[must_use]
pub fn run(scenario: &Scenario) -> Trace {
    run_with(scenario, |connection| connection)
}

/// Runs a scenario in which messages are compressed, if the connection is open from the start.
#[cfg(feature = "deflate")]
#[must_use]
pub fn run_deflated(
    scenario: &Scenario,
    parameters: wirebeat::extension::DeflateParameters,
) -> Trace {
    let deflate = wirebeat::extension::Deflate::default().message_len_min(1);
    run_with(scenario, |connection| connection.with_deflate(&deflate, parameters))
}

fn run_with(scenario: &Scenario, begin: impl FnOnce(Connection) -> Connection) -> Trace {
    let mut runner = Runner::new(scenario, begin);
    runner.observe(Did::Other, Vec::new());
    for op in &scenario.ops {
        runner.step(op);
    }
    runner.finish(scenario.finish);
    runner.trace
}

impl Runner {
    fn new(scenario: &Scenario, begin: impl FnOnce(Connection) -> Connection) -> Runner {
        let config = scenario.settings.config();
        // Not zero, so that time can go backwards.
        let now = Timestamp::from_nanos(1 << 40);
        let mut connection = match (scenario.established, scenario.role) {
            (true, role) => begin(Connection::established(rules::endpoint(role), &config, now)),
            (false, wirebeat::Role::Client) => {
                let request = Request::new("example.com", None, "/").expect("it's valid");
                Connection::client(request, &config, &rules::seed(), now)
            }
            (false, wirebeat::Role::Server) => Connection::server(OriginPolicy::Any, &config, now),
        };
        let request = String::from_utf8(waiting(&mut connection)).expect("a head is ASCII");
        let key = request.split("Sec-WebSocket-Key: ").nth(1).and_then(|rest| rest.lines().next());
        let key = key.map(str::to_owned);
        let (steps, wire, accepted) = (Vec::new(), Vec::new(), Vec::new());
        let trace = Trace { scenario: scenario.clone(), steps, wire, accepted };
        Runner {
            connection,
            now,
            inbox: Vec::new(),
            key,
            outgoing: None,
            reading: true,
            app_len: 0,
            fragments: None,
            trace,
        }
    }

    fn observe(&mut self, did: Did, events: Vec<Event<'static>>) {
        let connection = &mut self.connection;
        let is_taken_out = self.outgoing.is_some();
        // A driver that only asks misses nothing.
        assert_eq!(connection.has_transmit(), connection.poll_transmit().is_some());
        self.trace.steps.push(Step {
            did,
            now: self.now,
            events,
            wire_len: self.trace.wire.len(),
            waiting: (!is_taken_out).then(|| waiting(connection)),
            app_len: self.app_len,
            ready_state: connection.ready_state(),
            buffered_amount: connection.buffered_amount(),
            timeout: connection.poll_timeout(),
            transport: connection.transport(),
            wants_read: connection.wants_read(),
            cause: connection.cause(),
        });
    }

    fn step(&mut self, op: &Op) {
        let mut did = Did::Other;
        let mut events = Vec::new();
        match op {
            Op::Bytes(bytes) => {
                self.inbox.extend_from_slice(bytes);
                events = self.receive(u8::MAX);
            }
            Op::Frame(frame) => {
                frame.write(&mut self.inbox);
                events = self.receive(u8::MAX);
            }
            Op::Pings(count) => {
                for number in 0..*count {
                    let ping = Frame::new(self.trace.scenario.role, 9, [number]);
                    ping.write(&mut self.inbox);
                }
                events = self.receive(u8::MAX);
            }
            Op::Head(choice) => {
                self.inbox.extend_from_slice(&self.head(*choice));
                events = self.receive(u8::MAX);
            }
            Op::Receive(count) => events = self.receive(*count),
            Op::ReadInto(len) => events = self.read_into(*len),
            Op::Write(len) => self.write(*len),
            Op::Take(len) if self.outgoing.is_none() => {
                self.outgoing = self.connection.take_transmit(*len);
            }
            Op::Take(len) => assert!(self.connection.take_transmit(*len).is_none()),
            Op::Taken(len) => self.write_outgoing(*len),
            Op::WriteAllAndMore(more) => self.write_all_and_more(*more),
            Op::Call(call) => self.call(call),
            Op::Advance(millis) => self.now = self.now + Duration::from_millis((*millis).into()),
            Op::Timeout(0) => {
                self.connection.handle_timeout(self.now);
                did = Did::Timeout;
            }
            Op::Timeout(ago) => {
                let ago = u64::from(*ago) * 1_000_000;
                let earlier = Timestamp::from_nanos(self.now.as_nanos() - ago);
                self.connection.handle_timeout(earlier);
            }
            Op::Backwards => self.go_back_in_time(),
            Op::Deadline => did = self.wake_at_deadline(),
            Op::Eof => self.connection.handle_eof(self.now),
            Op::Lost => self.connection.handle_lost(self.now),
            Op::Reading(reading) => {
                self.reading = *reading;
                self.connection.handle_reading(self.now, *reading);
            }
            Op::Blocked => self.connection.handle_write_blocked(self.now),
            Op::Idle => did = self.do_nothing(),
        }
        self.observe(did, events);
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Send(kind, len, ownership) => self.send(*kind, *len, *ownership),
            Call::SendMany(count) => {
                for _ in 0..*count {
                    self.send(Kind::Binary, 120, exchange::Ownership::Borrowed);
                }
            }
            Call::Fragment { first, payload, fin } => self.send_fragment(*first, payload, *fin),
            Call::Ping(len) => {
                let _ = self.connection.ping(self.now, &ascii(*len, 3)[..]);
            }
            Call::Close(code) => self.close(*code),
            Call::Accept => {
                let _ = self.connection.accept(self.now, &Acceptance::new());
            }
            Call::Respond => {
                let response = Response::new(404).expect("it's a status").body("no");
                let _ = self.connection.respond(self.now, &response);
            }
        }
    }

    fn wake_at_deadline(&mut self) -> Did {
        let Some(deadline) = self.connection.poll_timeout() else { return Did::Other };
        self.now = self.now.max(deadline);
        self.connection.handle_timeout(self.now);
        Did::Timeout
    }

    /// The calls that say what time it is, with one long ago.
    fn go_back_in_time(&mut self) {
        let is_due = |deadline: Timestamp| deadline <= self.now;
        // What is due by what the connection knows already is done by the next call, whichever.
        if self.connection.poll_timeout().is_some_and(is_due) {
            return;
        }
        self.connection.handle_timeout(Timestamp::ZERO);
        self.connection.handle_written(Timestamp::ZERO, 0);
        self.connection.handle_reading(Timestamp::ZERO, self.reading);
    }

    /// Calls that have nothing to do now.
    fn do_nothing(&mut self) -> Did {
        // From here on the transport takes nothing, and that's known already.
        self.connection.handle_write_blocked(self.now);
        self.now = self.now + Duration::from_millis(1);
        let is_due = self.connection.poll_timeout().is_some_and(|deadline| deadline <= self.now);
        // Tells the connection what time it is, so that what follows can't.
        self.connection.handle_written(self.now, 0);
        if is_due || self.connection.buffered_amount() > 4096 {
            return Did::Other;
        }
        let before = picture(&self.connection);
        for ago in [0, 1, 1 << 30] {
            let now = Timestamp::from_nanos(self.now.as_nanos() - ago);
            self.connection.handle_timeout(now);
            self.connection.handle_written(now, 0);
            self.connection.handle_reading(now, self.reading);
            self.connection.handle_write_blocked(now);
            assert!(self.connection.take_transmit(0).is_none());
            let _ = self.connection.poll_transmit();
            if self.connection.ready_state() == ReadyState::Closed {
                self.connection.handle_eof(now);
                self.connection.handle_lost(now);
                self.connection.handle_written(now, 1000);
                let _ = self.connection.close(now, None);
                assert!(self.connection.accept(now, &Acceptance::new()).is_err());
                assert!(self.connection.read_target().is_none());
            }
        }
        // That the peer ended its side is noted even then.
        let after = picture(&self.connection).replace("is_eof: true", "is_eof: false");
        Did::Nothing { before: before.replace("is_eof: true", "is_eof: false"), after }
    }

    /// What the peer sends to open the connection.
    fn head(&self, choice: u8) -> Vec<u8> {
        match (&self.key, choice) {
            (Some(_), 0..=20) => b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno".to_vec(),
            (Some(_), 21..=40) => b"HTTP/1.1 200 OK\r\n\r\nhello".to_vec(),
            (Some(key), _) => {
                let accept = if choice < 60 { "wrong".to_owned() } else { accept_key(key) };
                let start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket";
                format!("{start}\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n")
                    .into_bytes()
            }
            (None, 0..=20) => b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".to_vec(),
            (None, 21..=40) => b"GET / HTTP/1.0\r\n\r\n".to_vec(),
            (None, _) => b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
                Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Version: 13\r\n\r\n"
                .to_vec(),
        }
    }

    /// Brings the connection to its end.
    fn finish(&mut self, finish: Finish) {
        self.write_all_and_more(0);
        self.step(&Op::Reading(true));
        self.step(&Op::Receive(u8::MAX));
        match finish {
            Finish::Eof => {
                self.write_all_and_more(0);
                self.step(&Op::Eof);
                self.write_all_and_more(0);
            }
            Finish::Lost => self.step(&Op::Lost),
            Finish::Close => {
                self.step(&Op::Call(Call::Close(None)));
                self.wait();
            }
            Finish::Silence => self.wait(),
        }
        // One more than there can be events, so that none comes behind the last.
        for _ in 0..5 {
            self.step(&Op::Receive(1));
        }
        self.step(&Op::Idle);
    }

    /// Only time passes.
    fn wait(&mut self) {
        for _ in 0..20 {
            self.write_all_and_more(0);
            self.step(&Op::Deadline);
        }
    }
}
