//! A client and a server of ours, and links between them that fail: invariant 13, first half.
//!
//! [`Script`] is what happens. Beside each end stands a [`Naive`] one, and after every step both must
//! look alike: `readyState`, `bufferedAmount`, what was heard, how it ended.

mod end;
mod naive;
mod script;

use wirebeat::{Role, Timestamp, Transport};

use crate::exchange::Pace;
use end::End;

pub use naive::{Fate, Naive};
pub use script::{Script, Step};

/// The harness of the target `pair`: what two ends say, and what the links do to it.
///
/// # Panics
///
/// If an end isn't what the naive connection is, if it comes to no end, or if what one said isn't
/// what the other heard, as far as it came.
pub fn pair(data: &[u8]) {
    check(&Script::draw(data));
}

/// Runs a script, and then lets both ends close.
///
/// # Panics
///
/// As [`pair`].
pub fn check(script: &Script) {
    let mut pair = Pair::new(script);
    for step in &script.steps {
        if pair.client.is_exhausted() || pair.server.is_exhausted() {
            break;
        }
        pair.step(step);
    }
    pair.finish();
    pair.compare();
}

struct Pair {
    now: Timestamp,
    client: End,
    server: End,
    to_client: Link,
    to_server: Link,
}

/// What is on its way to one end.
#[derive(Default)]
struct Link {
    bytes: Vec<u8>,
    /// All that ever was.
    sent: Vec<u8>,
    /// Nothing comes behind them.
    is_ended: bool,
    is_black_hole: bool,
    is_corrupt: bool,
}

impl Pair {
    fn new(script: &Script) -> Pair {
        let now = Timestamp::ZERO;
        Pair {
            now,
            client: End::new(Role::Client, script, now),
            server: End::new(Role::Server, script, now),
            to_client: Link::default(),
            to_server: Link::default(),
        }
    }

    /// The end with this role, what is on its way to it, and what is on its way from it.
    fn at(&mut self, role: Role) -> (&mut End, &mut Link, &mut Link) {
        match role {
            Role::Client => (&mut self.client, &mut self.to_client, &mut self.to_server),
            Role::Server => (&mut self.server, &mut self.to_server, &mut self.to_client),
        }
    }

    fn step(&mut self, step: &Step) {
        let now = self.now;
        match step {
            Step::Send(role, sending) => self.at(*role).0.send(now, sending),
            Step::Close(role, code) => self.at(*role).0.close(now, *code),
            Step::Take(role, pace) => self.take(*role, *pace),
            Step::Deliver(role, len, chunk_len) => self.deliver(*role, *len, *chunk_len),
            Step::Corrupt(role, index, change) => self.corrupt(*role, *index, *change),
            Step::HalfClose(role) => self.at(*role).1.is_ended = true,
            Step::Lose(role) => self.at(*role).0.meet(now, Fate::Lost),
            Step::BlackHole(role) => {
                let link = self.at(*role).1;
                link.is_black_hole = true;
                link.bytes.clear();
            }
            Step::Pass(duration) => self.pass_to(now + *duration),
            Step::Deadline => {
                let ends = [&mut self.client, &mut self.server];
                let deadlines = ends.map(|end| end.connection.poll_timeout());
                if let Some(deadline) = deadlines.into_iter().flatten().min() {
                    self.pass_to(now.max(deadline));
                }
            }
        }
        for role in [Role::Client, Role::Server] {
            let (end, _, from) = self.at(role);
            end.check();
            from.is_ended |= end.connection.transport() != Transport::Keep;
        }
    }

    fn take(&mut self, role: Role, pace: Pace) {
        let now = self.now;
        let (end, _, from) = self.at(role);
        let taken = end.take(now, pace);
        if !from.is_black_hole && !from.is_ended {
            from.sent.extend_from_slice(&taken);
            from.bytes.extend(taken);
        }
    }

    fn deliver(&mut self, role: Role, len: usize, chunk_len: usize) {
        let now = self.now;
        let (end, to, _) = self.at(role);
        let bytes = to.bytes.drain(..len.min(to.bytes.len())).collect();
        end.receive(now, bytes, chunk_len);
        if to.bytes.is_empty() && to.is_ended && !to.is_black_hole {
            end.meet(now, Fate::Ended);
        }
    }

    /// Changes a byte of a frame: a handshake that is damaged has tests of its own.
    fn corrupt(&mut self, role: Role, index: usize, change: u8) {
        let link = self.at(role).1;
        let frames_len = naive::behind_head(&link.sent).map_or(0, <[u8]>::len);
        let frames_at = link.bytes.len().saturating_sub(frames_len);
        if let Some(byte) = link.bytes[frames_at..].get_mut(index) {
            *byte ^= change;
            link.is_corrupt |= change != 0;
        }
    }

    fn pass_to(&mut self, now: Timestamp) {
        self.now = now;
        self.client.wake(now);
        self.server.wake(now);
    }

    /// Nothing more goes wrong, and both close.
    fn finish(&mut self) {
        for _ in 0..100 {
            for role in [Role::Client, Role::Server] {
                self.step(&Step::Take(role, Pace { len: usize::MAX, how: 0 }));
                self.step(&Step::Deliver(role.peer(), usize::MAX, usize::MAX));
                self.step(&Step::Close(role, None));
            }
            self.step(&Step::Deadline);
            if self.client.naive.is_over() && self.server.naive.is_over() {
                return;
            }
        }
        panic!("no end: {:?} {:?}", self.client.connection, self.server.connection);
    }

    /// What an end heard is what the other was given to say, as far as it came.
    fn compare(&self) {
        for (from, to, link) in [
            (&self.client.naive, &self.server.naive, &self.to_server),
            (&self.server.naive, &self.client.naive, &self.to_client),
        ] {
            assert!(from.accepted.starts_with(&from.said_messages()), "not what was accepted");
            if !link.is_corrupt {
                assert!(!to.peer_failed(), "an end of ours broke a rule: {:?}", to.heard());
                assert!(from.accepted.starts_with(&to.heard_messages()), "not what was sent");
            }
        }
    }
}
