//! What a connection allocates and holds, counted (design: why caller-owned input; invariants 3).
//!
//! The counter is a global allocator that counts each thread by itself. It knows no growth in place:
//! a buffer that grows is a new one, a copy, and an old one that's freed. What is *held* between two
//! calls is therefore counted exactly, and what is in use *during* a call at its worst.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

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

mod an_idle_connection {
    use super::*;

    /// Takes the ping out of the queue, and makes the peer's pong of it, on the stack.
    fn answer(connection: &mut Connection, now: Timestamp) -> ([u8; 10], usize) {
        let role = connection.role();
        let transmit = connection.poll_transmit().expect("a ping");
        let ping = transmit.chunk();
        let written = ping.len();
        assert_eq!((ping[0], written), (PING, if role == Role::Client { 10 } else { 6 }));
        let mut pong = [0; 10];
        let len = match role {
            Role::Client => {
                pong[..2].copy_from_slice(&[PONG, 4]);
                for i in 0..4 {
                    pong[2 + i] = ping[6 + i] ^ ping[2 + i];
                }
                6
            }
            Role::Server => {
                pong[..2].copy_from_slice(&[PONG, 0x84]);
                pong[2..6].copy_from_slice(&KEY);
                for i in 0..4 {
                    pong[6 + i] = ping[2 + i] ^ KEY[i];
                }
                10
            }
        };
        connection.handle_written(now, written);
        (pong, len)
    }

    /// Ten hours of heartbeats; says how many.
    fn idle(connection: &mut Connection, mut now: Timestamp) -> u32 {
        let end = now + secs(36_000);
        let mut beats = 0;
        while let Some(at) = connection.poll_timeout().filter(|at| *at < end) {
            now = at;
            connection.handle_timeout(now);
            let (mut pong, len) = answer(connection, now);
            let mut input = Input::new(&mut pong[..len]);
            let event = connection.receive(now + millis(30), &mut input);
            assert!(matches!(event, Some(Event::Pong { latency: Some(_), .. })));
            drop(event);
            assert!(connection.receive(now + millis(30), &mut input).is_none());
            beats += 1;
        }
        beats
    }

    #[test]
    fn allocates_nothing_as_the_end_that_pings() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            let mut beats = 0;
            let info = measure(|| beats = idle(&mut connection, START));
            assert_eq!(beats, 1_797, "ten hours of them");
            assert_eq!((info.count_total, info.bytes_current), (0, 0));
        }
    }

    #[test]
    fn allocates_nothing_as_the_end_that_is_pinged() {
        for role in ROLES {
            let config = quiet();
            let mut connection = open(role, &config);
            let ping = from_peer_of(role, PING, b"\x00\x01\x02\x03");
            let mut chunk = ping.clone();
            let info = measure(|| {
                for second in (20..36_000).step_by(20) {
                    let now = START + secs(second);
                    chunk.copy_from_slice(&ping);
                    let mut input = Input::new(&mut chunk);
                    let event = connection.receive(now, &mut input);
                    assert!(matches!(event, Some(Event::Ping(_))));
                    drop(event);
                    assert!(connection.receive(now, &mut input).is_none());
                    let written = connection.poll_transmit().expect("a pong").remaining();
                    connection.handle_written(now, written);
                }
            });
            assert_eq!((info.count_total, info.bytes_current), (0, 0));
        }
    }

    #[test]
    fn allocates_nothing_after_it_was_busy() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            let mut meter = Meter::default();
            busy(&mut connection, &mut meter);
            let beats = meter.count(|| idle(&mut connection, START));
            assert!(beats > 1_000);
            let before = meter.allocations;
            let beats = meter.count(|| idle(&mut connection, START + secs(36_000)));
            assert!(beats > 1_000);
            assert_eq!(meter.allocations, before);
        }
    }

    /// Traffic of every kind in both directions, all of it written and handed over.
    fn busy(connection: &mut Connection, meter: &mut Meter) {
        let role = connection.role();
        for len in [10, 3_000, 5_000, 100_000] {
            for first in [TEXT, BINARY] {
                let mut bytes = message(role, first, len);
                for piece in bytes.chunks_mut(1 + len / 7) {
                    meter.receive_while_sending(connection, piece);
                }
                let payload = vec![0; len];
                for _ in 0..10 {
                    meter.count(|| connection.send(START, &payload).expect("room"));
                    let fragment = |connection: &mut Connection, first, fin| {
                        connection.send_fragment(START, first, &*payload, fin).expect("room");
                    };
                    if len < 100_000 {
                        meter.count(|| fragment(connection, Some(Kind::Binary), false));
                        meter.count(|| fragment(connection, None, true));
                    }
                }
                let mut ping = from_peer_of(role, PING, &[9; 125]);
                meter.receive_while_sending(connection, &mut ping);
                let written = waiting(connection).len();
                let outgoing = meter.count(|| connection.take_transmit(written / 2));
                let taken = outgoing.as_ref().map_or(0, Buf::remaining);
                meter.count(|| {
                    drop(outgoing);
                    connection.handle_written(START, taken);
                    connection.handle_written(START, written - taken);
                });
                assert_eq!(waiting(connection), []);
            }
        }
    }

    /// What 10,000 connections cost, each: `size_of` and what it owns on the heap.
    #[test]
    fn of_a_server_takes_at_most_512_bytes_in_all() {
        const LIMIT: usize = 512;
        let inline = size_of::<Connection>();
        let assert_small = |name: &str, held: i64| {
            let heap = usize::try_from(held).expect("what it holds");
            assert!(inline + heap <= LIMIT, "{name}: {inline} bytes, and {heap} on the heap");
        };

        let (mut connection, mut meter) = metered(Role::Server, &Config::default());
        assert_small("established", meter.held);
        busy(&mut connection, &mut meter);
        // What is left before it has been idle for an interval: small buffers, for the next burst.
        assert!(meter.held <= 8 * 1024, "{} after traffic", meter.held);
        meter.count(|| connection.handle_timeout(START + secs(20)));
        assert_small("idle for an interval after traffic", meter.held);
        meter.count(|| answer(&mut connection, START + secs(20)));
        assert_small("idle for an interval after traffic, ping written", meter.held);

        let mut meter = Meter::default();
        let mut request = REQUEST[..REQUEST.len() - 2].to_vec();
        request.extend_from_slice(b"Sec-WebSocket-Protocol: chat.v2\r\n\r\n");
        let mut server = meter.count(|| new_server(&Config::default()));
        let mut input = Input::new(&mut request);
        meter.count(|| assert!(server.receive(START, &mut input).is_some()));
        meter.count(|| {
            let acceptance = Acceptance::new().subprotocol("chat.v2");
            server.accept(START, &acceptance).expect("a request waits");
        });
        let written = waiting(&mut server).len();
        meter.count(|| server.handle_written(START, written));
        meter.count(|| server.handle_timeout(START + secs(20)));
        assert_small("accepted, with a subprotocol", meter.held);
    }

    /// A message as a heartbeat is queued like one, in a buffer that's handed back.
    #[test]
    fn whose_heartbeat_is_a_message_holds_nothing_in_between() {
        for role in ROLES {
            let heartbeat = Heartbeat::messages(secs(20), secs(20), "ping", None);
            let config = Config { heartbeat: Some(heartbeat), ..Config::default() };
            let mut connection = open(role, &config);
            let mut meter = Meter::default();
            let mut chunk = from_peer_of(role, TEXT, b"pong");
            let pong = chunk.clone();
            for _ in 0..100 {
                let now = connection.poll_timeout().expect("a heartbeat");
                meter.count(|| connection.handle_timeout(now));
                let written = waiting(&mut connection).len();
                meter.count(|| connection.handle_written(now, written));
                chunk.copy_from_slice(&pong);
                meter.count(|| {
                    let mut input = Input::new(&mut chunk);
                    while connection.receive(now, &mut input).is_some() {}
                });
                assert!(meter.held <= 256, "{}", meter.held);
            }
        }
    }
}

mod a_message_that_is_whole_in_its_chunk {
    use super::*;

    #[test]
    fn allocates_nothing() {
        for role in ROLES {
            for first in [TEXT, BINARY] {
                for len in [0, 1, 125, 126, 1_000, 16_384, 65_535, 65_536, 200_000] {
                    let mut chunk = message(role, first, len).repeat(3);
                    // What comes before changes nothing: a message in pieces.
                    for before in [&[][..], &message(role, TEXT, 10_000)] {
                        let mut connection = open(role, &quiet());
                        for piece in before.chunks(999) {
                            receive(&mut connection, START, piece);
                        }
                        let mut masked = chunk.clone();
                        let mut seen = 0;
                        let info = measure(|| {
                            let mut input = Input::new(&mut masked);
                            while let Some(event) = connection.receive(START, &mut input) {
                                let Event::Message(message) = event else { unreachable!() };
                                assert_eq!(message.len(), len);
                                seen += 1;
                            }
                        });
                        assert_eq!(seen, 3);
                        assert_eq!(info.count_total, 0, "{role} {first:02x} {len}");
                    }
                    chunk.clear();
                }
            }
        }
    }

    /// Pings, pongs and closes are no messages, and still borrow what they carry.
    #[test]
    fn nor_does_a_pong() {
        for role in ROLES {
            let mut connection = open(role, &quiet());
            let mut chunk = from_peer_of(role, PONG, &[7; 125]).repeat(10);
            let info = measure(|| {
                let mut input = Input::new(&mut chunk);
                while connection.receive(START, &mut input).is_some() {}
            });
            assert_eq!(info.count_total, 0);
        }
    }
}

/// jetty CVE-2026-19204, rust-websocket CVE-2022-35922, aiohttp CVE-2026-54274: what is declared is
/// allocated, and a partial payload escapes the limits.
mod t03 {
    use super::*;

    const DECLARED: [u64; 9] =
        [1, 125, 4_096, 65_536, 1 << 20, (16 << 20) - 1, 16 << 20, 1 << 31, (1 << 63) - 1];

    /// Limits as wide as they go.
    fn unlimited() -> Config {
        Config { message_len_max: u64::MAX, ..quiet() }
    }

    #[test]
    fn failure_t03_a_declared_length_is_not_allocated() {
        for role in ROLES {
            for config in [quiet(), unlimited()] {
                for first in [TEXT, BINARY, TEXT_BEGINS, BINARY_BEGINS] {
                    for declared in DECLARED {
                        let (mut connection, mut meter) = metered(role, &config);
                        let mut wire = head_from_peer_of(role, first, declared);
                        // The key of the peer makes these "a".
                        let few = usize::try_from(declared.min(40)).expect("few");
                        wire.extend((0..few).map(|i| match role {
                            Role::Server => b'a' ^ KEY[i % 4],
                            Role::Client => b'a',
                        }));
                        for byte in &mut wire {
                            meter.receive(&mut connection, core::slice::from_mut(byte));
                        }
                    }
                }
            }
        }
    }

    /// A connection earns its buffers: by what came of this message, or by the one before.
    #[test]
    fn failure_t03_nor_after_large_messages() {
        for role in ROLES {
            for (first, declared) in [(TEXT, 16 << 20), (BINARY, 16 << 20), (BINARY, 1 << 31)] {
                let (mut connection, mut meter) = metered(role, &unlimited());
                let baseline = meter.held;
                for piece in message(role, first, 1 << 20).chunks_mut(10_000) {
                    meter.receive(&mut connection, piece);
                }
                assert_eq!(meter.held, baseline, "nothing is held once it's handed over");
                let mut wire = head_from_peer_of(role, BINARY_BEGINS, declared);
                wire.push(0);
                meter.receive(&mut connection, &mut wire);
                assert!(meter.held - baseline <= 1 << 20, "the message before was a MiB");
            }
        }
    }

    #[test]
    fn failure_t03_nor_for_what_is_read_straight_into_the_message() {
        for role in ROLES {
            for declared in [16 * 1024, 100_000, 16 << 20] {
                let (mut connection, mut meter) = metered(role, &quiet());
                meter.receive(&mut connection, &mut head_from_peer_of(role, BINARY, declared));
                let mut left = usize::try_from(declared).expect("small").min(300_000);
                while left > 0 {
                    let read = meter.read_into_target(&mut connection, &vec![1; left.min(50_000)]);
                    let rest = if read == 0 {
                        meter.receive(&mut connection, &mut vec![1; left.min(1_000)]);
                        left.min(1_000)
                    } else {
                        read
                    };
                    left -= rest;
                }
            }
        }
    }

    /// Long messages, in pieces of every size.
    #[test]
    fn failure_t03_the_bound_holds_while_a_message_grows() {
        for role in ROLES {
            for first in [TEXT, BINARY] {
                for len in [5_000, 65_536, 300_000] {
                    for piece_len in [1, 7, 1_000, 4_096, 20_000] {
                        let (mut connection, mut meter) = metered(role, &quiet());
                        let baseline = meter.held;
                        for piece in message(role, first, len).chunks_mut(piece_len) {
                            meter.receive(&mut connection, piece);
                        }
                        assert_eq!(meter.held, baseline, "nothing is held once it's handed over");
                    }
                }
            }
        }
    }

    /// Streams of any frames, cut anywhere, with lengths that are declared and don't come.
    #[test]
    fn failure_t03_the_bound_holds_for_streams_of_all_kinds() {
        let mut numbers = Numbers::new(3);
        for round in 0..600 {
            let role = ROLES[round % 2];
            let delivery = match round % 5 {
                0 => Delivery::Pieces { message_len_max: None, frame_len_max: None },
                _ => Delivery::Whole,
            };
            let config = Config { delivery, ..quiet() };
            let (mut connection, mut meter) = metered(role, &config);
            let mut stream = Vec::new();
            for _ in 0..numbers.below(8) {
                let len = [0, 1, 100, 130, 3_000, 5_000, 70_000][numbers.below(7)];
                let kinds: &[u8] = match numbers.below(4) {
                    0 => &[TEXT],
                    1 => &[BINARY],
                    2 => &[TEXT_BEGINS, CONTINUES, PING, CONTINUES_LAST],
                    _ => &[BINARY_BEGINS, CONTINUES, CONTINUES, CONTINUES_LAST],
                };
                for first in kinds {
                    let len = if *first == PING { len.min(125) } else { len };
                    stream.extend(from_peer_of(role, *first, &vec![b'a'; len]));
                }
            }
            let declared = DECLARED[numbers.below(DECLARED.len())];
            stream.extend(head_from_peer_of(role, BINARY, declared));
            let piece_len =
                [1_000, 1 + numbers.below(5_000), 1 + numbers.below(200_000)][numbers.below(3)];
            for piece in stream.chunks_mut(piece_len) {
                meter.receive(&mut connection, piece);
            }
        }
    }
}

/// gorilla CVE-2020-27813 and others: refused before a byte is allocated for it. What is allocated
/// is our own answer.
#[test]
fn failure_t01_a_length_that_is_refused_costs_nothing() {
    for role in ROLES {
        for len in [(16 << 20) + 1, 1 << 31, 1 << 32, 1 << 53, (1 << 63) - 1, 1 << 63, u64::MAX] {
            for first in [TEXT, BINARY, TEXT_BEGINS] {
                let (mut connection, mut meter) = metered(role, &quiet());
                let before = meter.allocated;
                meter.receive(&mut connection, &mut head_from_peer_of(role, first, len));
                assert!(connection.cause().is_some());
                assert!(meter.allocated - before < 512, "{} bytes", meter.allocated - before);
            }
        }
    }
}

/// Netty CVE-2014-0193's fix went quadratic: what is copied while a message grows stays linear.
#[test]
fn failure_t05_a_message_that_grows_is_copied_a_bounded_number_of_times() {
    for role in ROLES {
        for (first, len, piece_len) in [
            (TEXT_BEGINS, 300_000, 1),
            (BINARY_BEGINS, 300_000, 1),
            (BINARY_BEGINS, 4_000_000, 1_000),
        ] {
            let (mut connection, mut meter) = metered(role, &quiet());
            let piece = vec![b'a'; piece_len];
            meter.receive(&mut connection, &mut from_peer_of(role, first, &piece));
            let more = from_peer_of(role, CONTINUES, &piece);
            let mut chunk = Vec::new();
            for _ in 0..len / piece_len / 100 {
                chunk.clear();
                (0..100).for_each(|_| chunk.extend_from_slice(&more));
                meter.receive(&mut connection, &mut chunk);
            }
            assert!(
                meter.allocated <= 4 * i64::try_from(len).expect("small") + SLACK,
                "{} for {len}",
                meter.allocated
            );
        }
    }
}

/// ws CVE-2026-48779, undici CVE-2026-12151: each tiny fragment costs more than its bytes.
#[test]
fn failure_t06_a_million_tiny_fragments_are_one_buffer() {
    for role in ROLES {
        for first in [TEXT_BEGINS, BINARY_BEGINS] {
            let (mut connection, mut meter) = metered(role, &quiet());
            let (baseline, before) = (meter.held, meter.allocations);
            meter.receive(&mut connection, &mut from_peer_of(role, first, b""));
            let pair =
                [from_peer_of(role, CONTINUES, b""), from_peer_of(role, CONTINUES, b"a")].concat();
            let thousand = pair.repeat(500);
            let mut chunk = thousand.clone();
            for thousands in 1..=1_000_i64 {
                chunk.copy_from_slice(&thousand);
                assert_eq!(meter.receive(&mut connection, &mut chunk), 0);
                let payload = thousands * 500;
                let held = meter.held - baseline;
                assert!(held <= 2 * payload + 8 * 1024, "{held} for {payload}");
            }
            // A buffer that doubles from a byte to half a million.
            assert!(meter.allocations - before <= 24, "{} allocations", meter.allocations);
            let events =
                meter.receive(&mut connection, &mut from_peer_of(role, CONTINUES_LAST, b""));
            assert_eq!((events, meter.held), (1, baseline));
        }
    }
}

/// ws-rs CVE-2020-35896: a peer that reads nothing, and an application that sends on.
#[test]
fn failure_t30_a_full_send_queue_holds_no_more_than_twice_its_limit() {
    for role in ROLES {
        for len in [0, 4, 100, 5_000] {
            let (mut connection, mut meter) = metered(role, &quiet());
            let payload = vec![0; len];
            for _ in 0..1_000_000 {
                let sent = meter.count(|| connection.send(START, &payload).map_err(|e| e.reason));
                if sent == Err(SendErrorReason::Full) {
                    break;
                }
            }
            let limit = i64::try_from(Config::default().send_queue_len_max).expect("1 MiB");
            assert!(meter.held <= 2 * limit + SLACK, "{} for {len}", meter.held);
            assert!(connection.send(START, &payload).is_err(), "it's full");
            let written = waiting(&mut connection).len();
            meter.count(|| connection.handle_written(START, written));
            // What is kept for the next burst, until the connection has been idle for an interval.
            assert!(meter.held <= 128 * 1024, "{} when all was written", meter.held);
        }
    }
}

/// OkHttp's pong queue: a flood of the longest pings there are.
#[test]
fn failure_t31_a_ping_flood_holds_sixteen_pongs_and_no_more() {
    for role in ROLES {
        let (mut connection, mut meter) = metered(role, &quiet());
        let baseline = meter.held;
        let ping = from_peer_of(role, PING, &[9; 125]);
        let mut chunk = ping.clone();
        for _ in 0..100_000 {
            chunk.copy_from_slice(&ping);
            assert_eq!(meter.receive(&mut connection, &mut chunk), 1);
            assert!(meter.held - baseline <= 2 * 17 * 131, "{}", meter.held);
        }
    }
}

/// Tomcat CVE-2024-23672, CVE-2021-42340: state that's kept by connections that end badly. Every way
/// to end frees everything, and what is closed holds next to nothing before it's dropped.
#[test]
fn failure_t33_nothing_is_left_of_a_connection_that_ended() {
    type End = fn(&mut Connection, Role);
    let ends: [End; 6] = [
        |_, _| {},
        |connection, _| connection.handle_lost(START),
        |connection, _| connection.handle_eof(START),
        |connection, _| connection.close(START, None).expect("no code"),
        |connection, role| drop(receive(connection, START, &peer_close(role, 1000))),
        |connection, role| drop(receive(connection, START, &from_peer_of(role, 0x83, b""))),
    ];
    for role in ROLES {
        for end in ends {
            let run = || {
                let mut connection = open(role, &Config::default());
                let half = &message(role, TEXT, 100_000)[..60_000];
                receive(&mut connection, START, half);
                connection.send(START, vec![0; 50_000]).expect("room");
                connection.send(START, "small").expect("room");
                receive(&mut connection, START, &[]);
                end(&mut connection, role);
                connection.handle_timeout(START + secs(30));
                drop(poll(&mut connection));
                connection
            };
            // The first run fills whatever the test's own machinery keeps.
            drop(run());
            let info = measure(|| drop(run()));
            assert_eq!((info.count_current, info.bytes_current), (0, 0));
        }
        let (mut connection, mut meter) = metered(role, &Config::default());
        meter.receive(&mut connection, &mut message(role, TEXT, 100_000)[..60_000]);
        meter.count(|| connection.send(START, vec![0; 50_000]).expect("room"));
        meter.count(|| connection.handle_lost(START));
        meter.count(|| while connection.poll_event().is_some() {});
        assert!(meter.held <= 256, "{} after the end", meter.held);
    }
}
