//! Every pair of first bytes that a frame can have, in either role and every state, gets the
//! verdict that RFC 6455 gives (failure T12).
//!
//! The verdict is worked out here from the RFC's text, and what came out is written down in
//! `golden/first_two_bytes.txt`; `UPDATE_GOLDEN=1` writes that anew.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use core::fmt::Write;

use behaviour::*;
use wirebeat::{Config, Connection, Event, Input, ReadyState, Reason, Role};

/// What the RFC makes of two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The connection fails, with 1002.
    Fails,
    /// More bytes of the frame have to come.
    Waits,
    /// A whole frame that yields nothing by itself: the beginning of a message, or its middle.
    Continues,
    /// A whole frame, and something for the application.
    Message,
    Ping,
    Pong,
    Close,
}

/// The verdict, from the RFC's rules alone.
fn verdict(role: Role, message_in_progress: bool, first: u8, second: u8) -> Verdict {
    let (fin, rsv, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0F);
    let (masked, len) = (second & 0x80 != 0, second & 0x7F);
    // §5.2, RSV1–3: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero
    // values. If a nonzero value is received and none of the negotiated extensions defines the
    // meaning of such a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_."
    if rsv != 0 {
        return Verdict::Fails;
    }
    // §5.2, opcode: "If an unknown opcode is received, the receiving endpoint MUST _Fail the
    // WebSocket Connection_." 3–7 and B–F are reserved.
    if matches!(opcode, 3..=7 | 0xB..=0xF) {
        return Verdict::Fails;
    }
    // §5.1: "The server MUST close the connection upon receiving a frame that is not masked." "A
    // client MUST close a connection if it detects a masked frame."
    if masked != (role == Role::Server) {
        return Verdict::Fails;
    }
    // §5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be
    // fragmented."
    if opcode >= 8 && (len > 125 || !fin) {
        return Verdict::Fails;
    }
    // §5.4: a continuation has something to continue, and a message isn't interleaved with another.
    if opcode == 0 && !message_in_progress || matches!(opcode, 1 | 2) && message_in_progress {
        return Verdict::Fails;
    }
    // §5.2: a key follows if it's masked, then the payload.
    if masked || len > 0 {
        return Verdict::Waits;
    }
    match opcode {
        8 => Verdict::Close,
        9 => Verdict::Ping,
        0xA => Verdict::Pong,
        _ if fin => Verdict::Message,
        _ => Verdict::Continues,
    }
}

/// The states in which frames are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Open,
    OpenMidMessage,
    CloseSent,
    CloseSentMidMessage,
}

impl Reading {
    const ALL: [Reading; 4] =
        [Reading::Open, Reading::OpenMidMessage, Reading::CloseSent, Reading::CloseSentMidMessage];

    fn is_mid_message(self) -> bool {
        matches!(self, Reading::OpenMidMessage | Reading::CloseSentMidMessage)
    }

    fn is_close_sent(self) -> bool {
        matches!(self, Reading::CloseSent | Reading::CloseSentMidMessage)
    }

    fn connection(self, role: Role, config: &Config) -> Connection {
        let mut connection = open(role, config);
        if self.is_mid_message() {
            assert_eq!(receive(&mut connection, START, &from_peer_of(role, TEXT_BEGINS, b"a")), []);
        }
        if self.is_close_sent() {
            connection.close(START, None).expect("no code");
            write_all(&mut connection, START);
        }
        connection
    }
}

/// What came of two bytes, by events, output and state.
fn observe(connection: &mut Connection, was_close_sent: bool, first: u8, second: u8) -> Verdict {
    let events = receive(connection, START, &[first, second]);
    let sent = waiting(connection);
    match &events[..] {
        [] if connection.ready_state() == ReadyState::Closing && !was_close_sent => {
            assert_eq!(only_close(&sent), Some(1002));
            Verdict::Fails
        }
        // §5.5.1: a second Close isn't sent.
        [Event::Error(cause), Event::Closed(closed)] => {
            assert!(was_close_sent && sent.is_empty() && !closed.was_clean);
            assert!(matches!(cause.reason, Reason::Protocol(e) if e.close_code().get() == 1002));
            Verdict::Fails
        }
        [] => {
            assert_eq!(sent, []);
            // Behind a frame that is whole, a ping is a ping; one that isn't takes it for its own.
            let ping = from_peer_of(connection.role(), PING, b"probe");
            match &receive(connection, START, &ping)[..] {
                [Event::Ping(payload)] if payload == b"probe" => Verdict::Continues,
                _ => Verdict::Waits,
            }
        }
        [Event::Message(_)] => Verdict::Message,
        [Event::Ping(_)] => {
            assert_eq!(plain(&sent), [(PONG, Vec::new())]);
            Verdict::Ping
        }
        [Event::Pong { .. }] => Verdict::Pong,
        [Event::Closing(None), ..] => Verdict::Close,
        other => unreachable!("{first:02x} {second:02x}: {other:?}"),
    }
}

#[test]
fn failure_t12_every_first_two_bytes_get_the_verdict_of_the_rfc() {
    let config = Config::default();
    let mut golden = String::from(
        "# What each first byte of a frame leads to, by the second, in each state and role.\n\
        # A line holds for all first bytes in it.\n",
    );
    for reading in Reading::ALL {
        for role in ROLES {
            let mut rows: Vec<(Vec<u8>, [Verdict; 256])> = Vec::new();
            for first in 0..=u8::MAX {
                let mut row = [Verdict::Waits; 256];
                for second in 0..=u8::MAX {
                    let mut connection = reading.connection(role, &config);
                    let expected = verdict(role, reading.is_mid_message(), first, second);
                    let actual = observe(&mut connection, reading.is_close_sent(), first, second);
                    assert_eq!(actual, expected, "{reading:?} {role}: {first:02x} {second:02x}");
                    row[usize::from(second)] = actual;
                }
                match rows.iter_mut().find(|(_, seen)| *seen == row) {
                    Some((firsts, _)) => firsts.push(first),
                    None => rows.push((vec![first], row)),
                }
            }
            let _ = writeln!(golden, "\n{reading:?}, {role}");
            for (firsts, row) in rows {
                let verdicts = runs(&row, |verdict| format!("{verdict:?}"));
                let firsts: Vec<String> = runs(&membership(&firsts), |is_in| is_in.to_string());
                let firsts: Vec<String> = firsts
                    .iter()
                    .filter_map(|run| run.strip_suffix(" true"))
                    .map(str::to_owned)
                    .collect();
                let _ = writeln!(golden, "  {}\n    {}", firsts.join(" "), verdicts.join(", "));
            }
        }
    }
    assert_golden("first_two_bytes.txt", &golden);
}

fn membership(firsts: &[u8]) -> [bool; 256] {
    core::array::from_fn(|byte| firsts.iter().any(|first| usize::from(*first) == byte))
}

/// Equal neighbours, as "80-ff verdict".
fn runs<T: PartialEq>(row: &[T; 256], print: impl Fn(&T) -> String) -> Vec<String> {
    let mut runs = Vec::new();
    let mut start = 0;
    for end in 1..=256 {
        if end == 256 || row[end] != row[start] {
            let range = match end - start {
                1 => format!("{start:02x}"),
                _ => format!("{start:02x}-{:02x}", end - 1),
            };
            runs.push(format!("{range} {}", print(&row[start])));
            start = end;
        }
    }
    runs
}

/// The states in which input is thrown away: nothing comes of any two bytes, not even a verdict.
#[test]
fn two_bytes_mean_nothing_where_input_is_thrown_away() {
    let config = Config::default();
    for mut connection in throwing_away(&config) {
        let events = poll(&mut connection);
        assert_eq!(events, []);
        let before =
            (waiting(&mut connection), connection.ready_state(), connection.poll_timeout());
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let mut chunk = [first, second];
                let mut input = Input::new(&mut chunk);
                assert_eq!(connection.receive(START, &mut input), None);
                assert!(input.is_empty());
            }
        }
        let after = (waiting(&mut connection), connection.ready_state(), connection.poll_timeout());
        assert_eq!(after, before);
    }
}

fn throwing_away(config: &Config) -> Vec<Connection> {
    let mut states = Vec::new();
    for role in ROLES {
        let mut close_received = open(role, config);
        receive(&mut close_received, START, &peer_close(role, 1000));
        states.push(close_received);

        let mut crossing = open(role, config);
        crossing.close(START, None).expect("no code");
        receive(&mut crossing, START, &peer_close(role, 1000));
        states.push(crossing);

        let mut failing = open(role, config);
        receive(&mut failing, START, &[0xFF, 0xFF]);
        states.push(failing);

        let mut lingering = open(role, config);
        receive(&mut lingering, START, &[0xFF, 0xFF]);
        write_all(&mut lingering, START);
        states.push(lingering);

        let mut closed = open(role, config);
        closed.handle_lost(START);
        poll(&mut closed);
        states.push(closed);
    }
    let mut draining = open(Role::Client, config);
    receive(&mut draining, START, &peer_close(Role::Client, 1000));
    write_all(&mut draining, START);
    states.push(draining);

    let mut refusing = new_server(config);
    receive(&mut refusing, START, b"nonsense\r\n\r\n");
    states.push(refusing);

    let mut aborted = new_client(config);
    aborted.close(START, None).expect("no code");
    poll(&mut aborted);
    states.push(aborted);
    states
}
