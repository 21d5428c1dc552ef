//! The failures of others with limits, floods and queues, each with the row of the list that it's
//! from. What concerns memory alone is in `allocation.rs`.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use bytes::Bytes;
use wirebeat::handshake::Acceptance;
use wirebeat::{
    CloseCode, CloseFrame, Config, Connection, Event, Input, Kind, Message, Prepared,
    ProtocolError, ReadyState, Reason, Role, SendErrorReason, Transport,
};

/// Qt CVE-2018-21035, ws CVE-2016-10542 and others: no limit, a huge one, or one that isn't passed
/// down. Every way to make a connection has the default.
mod t04 {
    use super::*;

    const MAX: usize = 16 * 1024 * 1024;

    fn by_every_constructor(config: &Config) -> Vec<Connection> {
        let mut client = new_client(config);
        let request = write_all(&mut client, START);
        receive(&mut client, START, &response_to(&request));
        let mut server = new_server(config);
        receive(&mut server, START, REQUEST);
        server.accept(START, &Acceptance::new()).expect("a request waits");
        write_all(&mut server, START);
        vec![client, server, open(Role::Client, config), open(Role::Server, config)]
    }

    fn assert_refused(connection: &mut Connection, max: usize) {
        let error = ProtocolError::MessageTooLarge { message_len_max: max as u64 };
        let cause = connection.cause().map(|cause| cause.reason);
        assert_eq!(cause, Some(Reason::Protocol(error)));
        assert_eq!(only_close(&waiting(connection)), Some(1009));
    }

    #[test]
    fn failure_t04_every_constructor_refuses_one_byte_more_than_the_default() {
        for mut connection in by_every_constructor(&Config::default()) {
            let role = connection.role();
            receive(&mut connection, START, &head_from_peer_of(role, BINARY, MAX as u64));
            assert_eq!(connection.ready_state(), ReadyState::Open, "the limit is inclusive");
        }
        for mut connection in by_every_constructor(&Config::default()) {
            let role = connection.role();
            receive(&mut connection, START, &head_from_peer_of(role, BINARY, MAX as u64 + 1));
            assert_refused(&mut connection, MAX);
        }
    }

    #[test]
    fn failure_t04_every_constructor_refuses_a_fragment_more_than_the_default() {
        for mut connection in by_every_constructor(&Config::default()) {
            let role = connection.role();
            let quarter = from_peer_of(role, CONTINUES, &vec![0; MAX / 4]);
            let first = from_peer_of(role, BINARY_BEGINS, &vec![0; MAX / 4]);
            for fragment in [&first, &quarter, &quarter, &quarter] {
                receive(&mut connection, START, fragment);
            }
            assert_eq!(connection.ready_state(), ReadyState::Open, "the limit is inclusive");
            receive(&mut connection, START, &from_peer_of(role, CONTINUES, b"x"));
            assert_refused(&mut connection, MAX);
        }
    }

    #[test]
    fn failure_t04_every_constructor_passes_a_limit_of_the_users_down() {
        let config = Config { message_len_max: 10, ..Config::default() };
        for mut connection in by_every_constructor(&config) {
            let role = connection.role();
            let events = receive(&mut connection, START, &from_peer_of(role, BINARY, &[0; 10]));
            assert_eq!(events.len(), 1);
            receive(&mut connection, START, &from_peer_of(role, BINARY, &[0; 11]));
            assert_refused(&mut connection, 10);
        }
    }

    #[test]
    fn failure_t04_every_constructor_bounds_the_send_queue() {
        for mut connection in by_every_constructor(&Config::default()) {
            let sent = (0..).take_while(|_| connection.send(START, &[0; 65_536]).is_ok()).count();
            assert_eq!(sent, 15, "16 with their headers are more than 1 MiB");
        }
    }
}

/// Netty CVE-2014-0193, Bandit CVE-2026-42786: a limit on the frame, not on the message.
mod t05 {
    use super::*;

    #[test]
    fn failure_t05_endless_fragments_fail_one_byte_past_the_limit() {
        for role in ROLES {
            for first in [TEXT_BEGINS, BINARY_BEGINS] {
                let config = Config { message_len_max: 10_000, ..Config::default() };
                let mut connection = open(role, &config);
                receive(&mut connection, START, &from_peer_of(role, first, b"a"));
                let more = from_peer_of(role, CONTINUES, b"a");
                for _ in 1..10_000 {
                    receive(&mut connection, START, &more);
                    assert_eq!(connection.ready_state(), ReadyState::Open);
                }
                // Empty ones are no byte more, in any number.
                let empty = from_peer_of(role, CONTINUES, b"");
                receive(&mut connection, START, &empty.repeat(1_000));
                assert_eq!(connection.ready_state(), ReadyState::Open);
                assert_eq!(receive(&mut connection, START, &more), []);
                assert_eq!(only_close(&waiting(&mut connection)), Some(1009));
            }
        }
    }
}

/// curl CVE-2025-10148, Beast 749e54f: a mask that's reused or can be foretold.
mod t27 {
    use super::*;

    const COUNT: u32 = 1_000_000;

    fn keys(seed: u8) -> Vec<u32> {
        let endpoint = wirebeat::Endpoint::Client(wirebeat::Seed::new([seed; 32]));
        let mut client = Connection::established(endpoint, &Config::default(), START);
        let mut keys = Vec::new();
        while keys.len() < COUNT as usize {
            for _ in 0..1_000 {
                client.send(START, "").expect("room");
            }
            for frame in write_all(&mut client, START).chunks(6) {
                keys.push(u32::from_le_bytes([frame[2], frame[3], frame[4], frame[5]]));
            }
        }
        keys
    }

    /// RFC 6455 §5.3: "The masking key needs to be unpredictable". Of a million 32-bit numbers drawn
    /// at random, 116 meet an equal one, give or take eleven.
    #[test]
    fn failure_t27_a_million_keys_are_as_distinct_as_random_numbers() {
        let keys = keys(7);
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let meetings = keys.len() - sorted.len();
        assert!((50..=190).contains(&meetings), "{meetings} keys came twice");
        for bit in 0..32 {
            let ones = keys.iter().filter(|key| *key >> bit & 1 == 1).count();
            // Six standard deviations.
            assert!((497_000..=503_000).contains(&ones), "bit {bit} is set in {ones}");
        }
        let equal_neighbours = keys.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(equal_neighbours <= 1, "{equal_neighbours} keys were used twice running");
    }

    #[test]
    fn failure_t27_connections_have_keys_of_their_own() {
        let (ours, theirs) = (&keys(1)[..1_000], &keys(2)[..1_000]);
        assert!(ours.iter().zip(theirs).all(|(ours, theirs)| ours != theirs));
    }

    /// Every frame of a client's, of whatever kind, with a key of its own.
    #[test]
    fn failure_t27_every_kind_of_frame_has_a_key_of_its_own() {
        let mut client = open(Role::Client, &Config::default());
        client.send(START, &[0; 32]).expect("room");
        client.send(START, Bytes::from(vec![0; 5_000])).expect("room");
        client.send_fragment(START, Some(Kind::Binary), &[0; 32], false).expect("room");
        client.send_fragment(START, None, &[0; 32], true).expect("room");
        let prepared = Prepared::new(&[0; 32]);
        client.send_prepared(START, &prepared).expect("room");
        client.send_prepared(START, &prepared).expect("room");
        client.ping(START, &[0; 32]).expect("room");
        receive(&mut client, START, &from_peer_of(Role::Client, PING, &[0; 32]));
        client.handle_timeout(START + secs(20));
        client.close(START, Some(CloseFrame::new(1000, "bye").expect("valid"))).expect("ours");
        let mut wire = &write_all(&mut client, START)[..];
        let mut keys = Vec::new();
        while let [_, second, rest @ ..] = wire {
            assert_eq!(second & 0x80, 0x80, "§5.3: a client masks every frame");
            let (len, rest) = match second & 0x7F {
                126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
                len => (usize::from(len), rest),
            };
            keys.push(&rest[..4]);
            wire = &rest[4 + len..];
        }
        assert_eq!(keys.len(), 10);
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 10, "a key was used twice");
    }

    /// §5.1, §5.3: a server masks nothing.
    #[test]
    fn failure_t27_who_must_mask_is_held_to_it() {
        let masked = from_peer_of(Role::Server, TEXT, b"x");
        let unmasked = from_peer_of(Role::Client, TEXT, b"x");
        for (role, bad, error) in [
            (Role::Server, &unmasked, ProtocolError::NotMasked),
            (Role::Client, &masked, ProtocolError::Masked),
        ] {
            for first in [TEXT, BINARY, CLOSE, PING, PONG, TEXT_BEGINS] {
                let mut connection = open(role, &Config::default());
                let bad = [&[first], &bad[1..]].concat();
                assert_eq!(receive(&mut connection, START, &bad), []);
                let cause = connection.cause().map(|cause| cause.reason);
                assert_eq!(cause, Some(Reason::Protocol(error)));
            }
        }
        let mut server = open(Role::Server, &Config::default());
        server.send(START, "x").expect("room");
        assert_eq!(waiting(&mut server), unmasked);
    }
}

/// ws-rs CVE-2020-35896, tokio-tungstenite #286: an unbounded write buffer. The peer reads nothing,
/// and the application sends a million messages.
mod t30 {
    use super::*;

    #[test]
    fn failure_t30_a_stalled_peer_and_a_million_sends_stay_within_the_limit() {
        for role in ROLES {
            let config = Config::default();
            let mut connection = open(role, &config);
            let mut taken = 0_u64;
            for number in 0..1_000_000_u32 {
                match connection.send(START, &number.to_be_bytes()) {
                    Ok(()) => taken += 1,
                    Err(error) => {
                        assert_eq!(error.reason, SendErrorReason::Full);
                        assert_eq!(error.unsent, Message::from(&number.to_be_bytes()));
                    }
                }
            }
            let wire = waiting(&mut connection);
            assert!(wire.len() <= config.send_queue_len_max + 14, "{}", wire.len());
            assert_eq!(connection.buffered_amount(), taken * 4);
            // Those that were taken are all there, in order.
            let sent = frames(&wire);
            assert_eq!(sent.len() as u64, taken);
            assert!(sent.iter().zip(0_u32..).all(|(frame, n)| frame.payload == n.to_be_bytes()));
        }
    }

    #[test]
    fn failure_t30_fragments_pings_and_prepared_messages_are_bounded_alike() {
        let config = Config { send_queue_len_max: 10_000, ..Config::default() };
        let prepared = Prepared::new(&[0; 100]);
        type Send<'p> = dyn Fn(&mut Connection) -> bool + 'p;
        let ways: [&Send<'_>; 3] = [
            &|connection| {
                let first = (waiting(connection).is_empty()).then_some(Kind::Binary);
                connection.send_fragment(START, first, &[0; 100], false).is_ok()
            },
            &|connection| connection.ping(START, &[0; 100]).is_ok(),
            &|connection| connection.send_prepared(START, &prepared).is_ok(),
        ];
        for role in ROLES {
            for send in ways {
                let mut connection = open(role, &config);
                let taken = (0..1_000).filter(|_| send(&mut connection)).count();
                assert!(taken < 100, "{taken}");
                assert!(waiting(&mut connection).len() <= 10_000 + 14);
            }
        }
    }
}

/// OkHttp's pong queue, websockets #312: pongs without bound.
mod t31 {
    use super::*;

    const COUNT: u32 = 1_000_000;

    #[test]
    fn failure_t31_a_million_pings_leave_at_most_sixteen_pongs_and_the_newest_wins() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            for number in 0..COUNT {
                let ping = from_peer_of(role, PING, &number.to_be_bytes());
                assert_eq!(receive(&mut connection, START, &ping).len(), 1);
            }
            let pongs = plain(&write_all(&mut connection, START));
            let expected: Vec<(u8, Vec<u8>)> = (0..15)
                .chain([COUNT - 1])
                .map(|number| (PONG, number.to_be_bytes().to_vec()))
                .collect();
            assert_eq!(pongs, expected);
        }
    }

    /// RFC 6455 §5.5.2; Autobahn 2.10 wants ten pings answered.
    #[test]
    fn failure_t31_sixteen_pings_are_all_answered() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            for number in 0..16 {
                receive(&mut connection, START, &from_peer_of(role, PING, &[number]));
            }
            let pongs = plain(&write_all(&mut connection, START));
            assert!(pongs.into_iter().eq((0..16).map(|number| (PONG, vec![number]))));
        }
    }

    /// The longest pings there are, while a frame is stuck half-way, with the heartbeat's ping and
    /// one pong in progress: what's begun is finished.
    #[test]
    fn failure_t31_the_flood_cuts_no_frame_in_progress() {
        for role in ROLES {
            for stuck in [0, 1, 60, 131, 150] {
                let mut connection = open(role, &Config::default());
                connection.handle_timeout(START + secs(20));
                receive(&mut connection, START, &from_peer_of(role, PING, &[0; 125]));
                connection.send(START, &[1; 125]).expect("room");
                let mut wire = write(&mut connection, START, stuck);
                for number in 1..=200 {
                    receive(&mut connection, START, &from_peer_of(role, PING, &[number; 125]));
                }
                assert!(waiting(&mut connection).len() <= 18 * 131 + 10);
                wire.extend(write_all(&mut connection, START));
                let sent = plain(&wire);
                let pongs: Vec<u8> =
                    sent.iter().filter(|frame| frame.0 == PONG).map(|frame| frame.1[0]).collect();
                assert_eq!(pongs.last(), Some(&200), "the newest wins");
                assert_eq!(pongs[0], 0, "what was first is answered");
                assert!(pongs.is_sorted() && (16..=17).contains(&pongs.len()), "{pongs:?}");
                assert_eq!(sent.iter().filter(|frame| frame.0 == PING).count(), 1);
                let data = sent.iter().filter(|frame| frame.0 == BINARY);
                assert!(data.map(|frame| &frame.1[..]).eq([&[1; 125][..]]));
            }
        }
    }

    #[test]
    fn failure_t31_pongs_beside_what_was_taken_out_are_bounded_too() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            connection.send(START, "x").expect("room");
            let outgoing = connection.take_transmit(3).expect("something waits");
            for _ in 0..1_000 {
                receive(&mut connection, START, &from_peer_of(role, PING, &[0; 125]));
            }
            drop(outgoing);
            connection.handle_written(START, 3);
            assert!(waiting(&mut connection).len() <= 16 * 131 + 10);
        }
    }
}

/// Tornado #2341, websockets #105: no back-pressure on the reading side.
mod t32 {
    use super::*;

    #[test]
    fn failure_t32_an_application_that_asks_for_nothing_stops_the_input() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            let frames = [
                from_peer_of(role, TEXT, b"one"),
                from_peer_of(role, PING, b"two"),
                from_peer_of(role, PONG, b"three"),
                from_peer_of(role, BINARY, &[4; 1_000]),
                from_peer_of(role, TEXT, b"five"),
            ];
            let mut chunk = frames.concat();
            let mut input = Input::new(&mut chunk);
            let mut left = input.len();
            for frame in &frames {
                assert!(connection.receive(START, &mut input).is_some());
                left -= frame.len();
                assert_eq!(input.len(), left, "one event, one frame");
            }
            assert_eq!(connection.receive(START, &mut input), None);
        }
    }

    /// Nothing is kept back to be yielded without input.
    #[test]
    fn failure_t32_nothing_is_read_ahead() {
        for role in ROLES {
            let mut connection = open(role, &Config::default());
            let mut chunk = from_peer_of(role, TEXT, b"x").repeat(1_000);
            let mut input = Input::new(&mut chunk);
            assert!(connection.receive(START, &mut input).is_some());
            assert_eq!(connection.poll_event(), None);
        }
    }

    /// What a client sends early, and a server's application that doesn't decide.
    #[test]
    fn failure_t32_a_server_reads_nothing_while_its_application_decides() {
        let mut server = new_server(&Config::default());
        assert!(server.wants_read());
        receive(&mut server, START, REQUEST);
        assert!(!server.wants_read());
    }
}

/// coder 5fe95bb, websockets c38507f: both ends write, neither reads, and both wait for ever.
mod t37 {
    use super::*;

    const PIPE_LEN: usize = 8 * 1024;
    const MESSAGES: u32 = 400;

    /// One end, and the bytes on their way to it.
    struct End {
        connection: Connection,
        pipe: Vec<u8>,
        sent: u32,
        received: u32,
    }

    impl End {
        fn new(role: Role) -> End {
            let config = Config { send_queue_len_max: 16 * 1024, ..Config::default() };
            End { connection: open(role, &config), pipe: Vec::new(), sent: 0, received: 0 }
        }

        /// Sends as much as it can, and answers every message with a ping.
        fn flood(&mut self) {
            while self.sent < MESSAGES {
                let mut message = vec![0x5A; 3_000];
                message[..4].copy_from_slice(&self.sent.to_be_bytes());
                if self.connection.send(START, message).is_err() {
                    return;
                }
                self.sent += 1;
                let _ = self.connection.ping(START, &self.sent.to_be_bytes());
            }
        }

        fn read(&mut self) {
            for event in receive(&mut self.connection, START, &std::mem::take(&mut self.pipe)) {
                if let Event::Message(message) = event {
                    assert_eq!(message.as_bytes()[..4], self.received.to_be_bytes(), "in order");
                    self.received += 1;
                }
            }
        }

        /// Writes what the pipe to the other end has room for.
        fn write(&mut self, pipe: &mut Vec<u8>) {
            let room = PIPE_LEN - pipe.len();
            pipe.extend(write(&mut self.connection, START, room));
            if !waiting(&mut self.connection).is_empty() {
                self.connection.handle_write_blocked(START);
            }
        }
    }

    #[test]
    fn failure_t37_both_ends_flood_and_every_message_arrives() {
        let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
        let mut rounds = 0;
        while client.received < MESSAGES || server.received < MESSAGES {
            let before = (client.received, server.received);
            client.flood();
            server.flood();
            client.write(&mut server.pipe);
            server.write(&mut client.pipe);
            client.read();
            server.read();
            rounds += 1;
            assert!(rounds < 2_000, "no progress: {before:?}");
        }
        // The pipes hold 8 KiB, so no more than two messages pass in a round.
        assert!(rounds <= MESSAGES, "{rounds}");
    }

    #[test]
    fn failure_t37_both_ends_close_in_the_middle_of_the_flood_and_both_end() {
        let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
        for round in 0..200 {
            if round == 5 {
                for end in [&mut client, &mut server] {
                    let frame = CloseFrame::new(CloseCode::GOING_AWAY, "").expect("valid");
                    end.connection.close(START, Some(frame)).expect("a code of ours");
                }
            }
            client.flood();
            server.flood();
            client.write(&mut server.pipe);
            server.write(&mut client.pipe);
            client.read();
            server.read();
            if server.connection.transport() == Transport::Drop {
                client.connection.handle_eof(START);
            }
        }
        for mut end in [client, server] {
            assert_is_over(&mut end.connection);
        }
    }
}
