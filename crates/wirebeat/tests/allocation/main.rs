//! What a connection allocates and holds, counted (design: why caller-owned input; invariants 3).
//!
//! The counter is a global allocator that counts each thread by itself. It knows no growth in place:
//! a buffer that grows is a new one, a copy, and an old one that's freed. What is *held* between two
//! calls is therefore counted exactly, and what is in use *during* a call at its worst.
#![forbid(unsafe_code)]

#[path = "../support/behaviour.rs"]
mod behaviour;

mod a_message_that_is_whole_in_its_chunk;
mod after_the_end;
mod an_idle_connection;
mod declared_lengths;
mod growing_messages;
mod properties;
mod what_waits_to_be_sent;

use allocation_counter::measure;
use behaviour::*;
use bytes::{Buf, BufMut};
use wirebeat::handshake::Acceptance;
use wirebeat::{
    Config, Connection, Delivery, Event, Heartbeat, Input, Kind, Role, SendErrorReason, Timestamp,
};

/// What is allowed beside what was received.
const SLACK: i64 = 8 * 1024;

/// What a connection holds, and has used at once, by all calls that were counted.
#[derive(Default)]
struct Meter {
    held: i64,
    peak: i64,
    allocations: u64,
    allocated: i64,
    received: i64,
}

impl Meter {
    fn count<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let mut result = None;
        let info = measure(|| result = Some(call()));
        let most = self.held + i64::try_from(info.bytes_max).expect("small");
        self.peak = self.peak.max(most);
        self.held += info.bytes_current;
        self.allocations += info.count_total;
        self.allocated += i64::try_from(info.bytes_total).expect("small");
        result.expect("the call returned")
    }

    /// Gives a chunk to the connection, drops each event when it comes, and looks after each call.
    fn receive(&mut self, connection: &mut Connection, chunk: &mut [u8]) -> usize {
        self.received += i64::try_from(chunk.len()).expect("small");
        let mut input = Input::new(chunk);
        let mut events = 0;
        loop {
            let is_event = self.count(|| connection.receive(START, &mut input).is_some());
            self.assert_in_bounds();
            if !is_event {
                return events;
            }
            events += 1;
        }
    }

    /// Likewise, while something is being sent too, which the bound isn't about.
    fn receive_while_sending(&mut self, connection: &mut Connection, chunk: &mut [u8]) {
        let mut input = Input::new(chunk);
        while self.count(|| connection.receive(START, &mut input).is_some()) {}
    }

    /// Reads straight into the message, as much as there's room for.
    fn read_into_target(&mut self, connection: &mut Connection, bytes: &[u8]) -> usize {
        let len = self.count(|| {
            let mut target = connection.read_target()?;
            let len = target.remaining_mut().min(bytes.len());
            target.put_slice(&bytes[..len]);
            Some(len)
        });
        let Some(len) = len else { return 0 };
        self.received += i64::try_from(len).expect("small");
        self.assert_in_bounds();
        self.receive(connection, &mut []);
        len
    }

    /// The bound of the design: "nor more than twice the bytes ever received plus 8 KiB".
    fn assert_in_bounds(&self) {
        let bound = 2 * self.received + SLACK;
        assert!(self.held <= bound, "{} held, {} received", self.held, self.received);
        // While a buffer moves, the old one counts too.
        let moving = 3 * self.received + SLACK;
        assert!(self.peak <= moving, "{} in use, {} received", self.peak, self.received);
    }
}

fn quiet() -> Config {
    Config { heartbeat: None, ..Config::default() }
}

/// A connection, with what it owns on the heap.
fn metered(role: Role, config: &Config) -> (Connection, Meter) {
    let mut meter = Meter::default();
    let connection = meter.count(|| open(role, config));
    if role == Role::Server {
        assert_eq!(meter.held, 0, "an open server connection holds nothing");
    } else {
        // The generator of its masking keys.
        assert!(meter.held < 512, "{}", meter.held);
    }
    (connection, meter)
}

/// A frame of a whole message, in a buffer of its own.
fn message(role: Role, first: u8, len: usize) -> Vec<u8> {
    let payload: Vec<u8> = match first {
        TEXT => "aß€".bytes().cycle().take(len / 6 * 6).chain(vec![b'x'; len % 6]).collect(),
        _ => vec![0xFE; len],
    };
    from_peer_of(role, first, &payload)
}
