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
    meter.count(|| server.release_buffers());
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
