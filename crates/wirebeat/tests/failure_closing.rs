//! The failures of others in closing, each with the row of the list that it's from.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use bytes::Buf;
use wirebeat::handshake::{Acceptance, Response};
use wirebeat::{
    CloseFrame, Config, Connection, Event, Kind, Message, ReadyState, Role, SendErrorReason,
    Timestamp, Transport,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

fn bye() -> Option<CloseFrame> {
    CloseFrame::new(1000, "bye").ok()
}

/// Every state that a connection can be in, with what is left for the transport in it.
fn every_state() -> Vec<(&'static str, Connection)> {
    let config = Config::default();
    let mut states = vec![
        ("client, request waiting", new_client(&config)),
        ("server, awaiting the request", new_server(&config)),
    ];
    let mut client = new_client(&config);
    write_all(&mut client, START);
    states.push(("client, awaiting the answer", client));
    let mut client = new_client(&config);
    client.close(START, None).expect("no code");
    states.push(("Aborting", client));
    for answer in [None, Some(true), Some(false)] {
        let mut server = new_server(&config);
        receive(&mut server, START, REQUEST);
        match answer {
            None => {}
            Some(true) => server.accept(START, &Acceptance::new()).expect("it waits"),
            Some(false) => {
                let response = Response::new(403).expect("a final status");
                server.respond(START, &response).expect("it waits");
            }
        }
        states.push(("server, decided or not", server));
    }
    let mut refusing = new_server(&config);
    receive(&mut refusing, START, b"\r\n\r\n");
    write_all(&mut refusing, START);
    states.push(("Refusing, lingering", refusing));
    for role in ROLES {
        states.extend([
            ("Open", opened(role)),
            ("Open, with data", with_data(role)),
            ("CloseSent, not flushed", closed_by_us(with_data(role))),
            ("CloseSent", flushed(closed_by_us(opened(role)))),
            ("CloseReceived", closed_by_peer(with_data(role))),
            ("both Closes cross", closed_by_peer(closed_by_us(with_data(role)))),
            ("both Closes passed", closed_by_peer(flushed(closed_by_us(opened(role))))),
            ("Draining", flushed(closed_by_peer(opened(role)))),
            ("Failing", broken(with_data(role))),
            ("Failing, lingering", flushed(broken(opened(role)))),
            ("a violation after our Close", broken(flushed(closed_by_us(opened(role))))),
        ]);
    }
    states
}

fn with_data(role: Role) -> Connection {
    let mut connection = opened(role);
    connection.send(START, "first").expect("room");
    connection.send(START, vec![2; 10_000]).expect("room");
    receive(&mut connection, START, &from_peer_of(role, PING, b"p"));
    write(&mut connection, START, 3);
    connection
}

fn closed_by_us(mut connection: Connection) -> Connection {
    connection.close(START, bye()).expect("a code of ours");
    connection
}

fn closed_by_peer(mut connection: Connection) -> Connection {
    let close = peer_close(connection.role(), 1001);
    receive(&mut connection, START, &close);
    connection
}

fn broken(mut connection: Connection) -> Connection {
    receive(&mut connection, START, &[0xFF, 0xFF]);
    connection
}

fn flushed(mut connection: Connection) -> Connection {
    write_all(&mut connection, START);
    connection
}

/// Tomcat CVE-2024-23672, CVE-2021-42340: a close that stays incomplete keeps its state for ever.
mod t33 {
    use super::*;

    /// Nobody helps: the peer says nothing and ends nothing. The transport takes everything, or
    /// nothing.
    fn ends_alone(connection: &mut Connection, takes: bool) -> Timestamp {
        let mut now = START;
        for _ in 0..100 {
            poll(connection);
            if takes {
                write_all(connection, now);
            } else {
                connection.handle_write_blocked(now);
            }
            poll(connection);
            if connection.ready_state() == ReadyState::Closed {
                assert_is_over(connection);
                return now;
            }
            now = connection.poll_timeout().expect("what isn't closed has a deadline");
            connection.handle_timeout(now);
        }
        unreachable!("it never ends");
    }

    #[test]
    fn failure_t33_every_state_ends_by_itself_in_time() {
        for (name, mut connection) in every_state() {
            let is_alive = connection.ready_state() < ReadyState::Closing;
            let end = ends_alone(&mut connection, true);
            // Alive, a peer that is silent is found out by the heartbeat; closing has 5 s.
            let limit = if is_alive { secs(40) } else { secs(5) };
            assert!(end <= START + limit, "{name}: {end}");
        }
        for (name, mut connection) in every_state() {
            let end = ends_alone(&mut connection, false);
            assert!(end <= START + secs(40), "{name}, blocked: {end}");
        }
    }

    #[test]
    fn failure_t33_a_close_that_is_not_answered_ends_after_the_close_timeout() {
        for role in ROLES {
            let mut connection = flushed(closed_by_us(opened(role)));
            assert_eq!(ends_alone(&mut connection, true), START + secs(5));
            // A peer that talks on, and never of closing, gains nothing by it.
            let mut connection = flushed(closed_by_us(opened(role)));
            for second in 1..5 {
                let now = START + secs(second);
                receive(&mut connection, now, &from_peer_of(role, TEXT, b"on and on"));
                assert_eq!(connection.poll_timeout(), Some(START + secs(5)));
            }
            connection.handle_timeout(START + secs(5));
            poll(&mut connection);
            assert_is_over(&mut connection);
        }
    }
}

/// tungstenite #405, Bun #32681: the reply to a Close isn't flushed, or only a part of it.
mod t35 {
    use super::*;

    /// First byte and payload of each frame that must arrive at the peer.
    type Arrives = Vec<(u8, Vec<u8>)>;

    /// Every way to close, with data in front and without, and what must arrive at the peer.
    fn closings(role: Role) -> Vec<(Connection, Arrives)> {
        let close = |code, reason: &str| (CLOSE, close_body(code, reason));
        let mut ours = opened(role);
        ours.send(START, "data").expect("room");
        let mut reply_behind_data = opened(role);
        reply_behind_data.send(START, vec![3; 5_000]).expect("room");
        write(&mut reply_behind_data, START, 0);
        vec![
            (closed_by_us(ours), vec![(TEXT, b"data".to_vec()), close(1000, "bye")]),
            (closed_by_peer(opened(role)), vec![close(1001, "")]),
            (closed_by_peer(reply_behind_data), vec![close(1001, "")]),
            (closed_by_peer(closed_by_us(opened(role))), vec![close(1000, "bye")]),
            (broken(opened(role)), vec![close(1002, "")]),
        ]
    }

    /// Writes all of it, `len` bytes at a time, taken out or not; says what came.
    fn write_in_parts(connection: &mut Connection, len: usize, take: bool) -> Vec<u8> {
        let mut wire = Vec::new();
        loop {
            assert_ne!(connection.transport(), Transport::ShutdownWrite, "too early");
            if take {
                let Some(mut outgoing) = connection.take_transmit(len) else { break };
                let taken = outgoing.remaining();
                wire.extend_from_slice(&outgoing.copy_to_bytes(taken));
                // Written byte by byte, although it was taken out at once.
                for _ in 0..taken {
                    connection.handle_written(START, 1);
                }
            } else {
                wire.extend(write(connection, START, len));
            }
            if waiting(connection).is_empty() {
                break;
            }
            assert_eq!(connection.transport(), Transport::Keep, "something is left to send");
        }
        wire
    }

    #[test]
    fn failure_t35_a_close_arrives_whole_however_it_is_written() {
        for role in ROLES {
            for (index, (mut connection, _)) in closings(role).into_iter().enumerate() {
                let total = waiting(&mut connection).len();
                for len in 1..=total {
                    for take in [false, true] {
                        let (mut connection, expected) = closings(role).swap_remove(index);
                        let wire = write_in_parts(&mut connection, len, take);
                        assert_eq!(plain(&wire), expected, "{len} bytes at a time");
                    }
                }
            }
        }
    }

    /// The reply is there within one poll of the Close, and goes out at the first write.
    #[test]
    fn failure_t35_the_reply_waits_for_nothing() {
        for role in ROLES {
            let mut connection = opened(role);
            let mut chunk = peer_close(role, 1000);
            let mut input = wirebeat::Input::new(&mut chunk);
            let event = connection.receive(START, &mut input);
            assert!(matches!(event, Some(Event::Closing(Some(_)))));
            assert_eq!(only_close(&waiting(&mut connection)), Some(1000));
        }
    }

    /// The transport is dropped when the last byte was taken, and not one byte earlier.
    #[test]
    fn failure_t35_the_transport_is_kept_until_the_last_byte_was_taken() {
        let mut server = closed_by_peer(opened(Role::Server));
        for _ in 0..3 {
            write(&mut server, START, 1);
            assert_eq!(server.transport(), Transport::Keep);
        }
        write(&mut server, START, 1);
        assert_eq!(server.transport(), Transport::Drop);
    }
}

/// tungstenite 1ee3f34, 9379ebe, a3625fb: data after Close, and pings that are swallowed while
/// closing. The whole table is in `src/connection/state/table.txt`; here it's what goes in and out.
mod t36 {
    use super::*;

    /// Everything that an application can send.
    fn send_everything(connection: &mut Connection) {
        let _ = connection.send(START, "data");
        let _ = connection.send_fragment(START, Some(Kind::Text), "data", true);
        let _ = connection.send_fragment(START, None, "data", true);
        let _ = connection.send_prepared(START, &wirebeat::Prepared::new("data"));
        let _ = connection.ping(START, b"p");
        let _ = connection.close(START, bye());
    }

    #[test]
    fn failure_t36_no_data_frame_follows_a_close_in_any_state() {
        for (name, mut connection) in every_state() {
            if connection.ready_state() < ReadyState::Closing {
                continue;
            }
            let mut wire = Vec::new();
            let begun = matches!(name, "CloseSent, not flushed" | "CloseReceived" | "Failing")
                || name == "both Closes cross";
            if begun {
                // `with_data` wrote the first three bytes of the pong; they aren't in here.
                let pong = from_peer_of(connection.role().peer(), PONG, b"p");
                let waits = waiting(&mut connection);
                let rest = pong.len() - 3;
                connection.handle_written(START, rest);
                assert_eq!(waits.len() - rest, waiting(&mut connection).len(), "{name}");
            }
            for _ in 0..3 {
                let before = waiting(&mut connection);
                send_everything(&mut connection);
                assert_eq!(waiting(&mut connection), before, "{name}");
                wire.extend(write_all(&mut connection, START));
                poll(&mut connection);
                let role = connection.role();
                let late = [from_peer_of(role, PING, b"late"), peer_close(role, 1000)].concat();
                if connection.ready_state() == ReadyState::Closing {
                    receive(&mut connection, START, &late);
                }
            }
            let frames = plain(&wire);
            let close = frames.iter().position(|(first, _)| *first == CLOSE);
            if let Some(close) = close {
                let behind: Vec<u8> = frames[close + 1..].iter().map(|(first, _)| *first).collect();
                assert!(behind.iter().all(|first| *first == PONG), "{name}: {behind:x?}");
            }
        }
    }

    /// WHATWG, item 15: a pong "unless a Close was *received*, hence also after our own Close".
    #[test]
    fn failure_t36_pings_are_answered_until_the_peer_closes() {
        for role in ROLES {
            let mut connection = opened(role);
            let ping = from_peer_of(role, PING, b"p");
            let answered = |connection: &mut Connection| {
                receive(connection, START, &ping);
                plain(&write_all(connection, START)).contains(&(PONG, b"p".to_vec()))
            };
            assert!(answered(&mut connection), "while open");
            connection.close(START, bye()).expect("a code of ours");
            assert!(answered(&mut connection), "our Close is being flushed");
            assert!(answered(&mut connection), "our Close was flushed");
            receive(&mut connection, START, &peer_close(role, 1000));
            assert!(!answered(&mut connection), "the peer closed");
        }
    }

    #[test]
    fn failure_t36_messages_are_delivered_until_the_peer_closes() {
        for role in ROLES {
            let mut connection = opened(role);
            let text = from_peer_of(role, TEXT, b"x");
            let delivered = [Event::Message(Message::from("x"))];
            assert_eq!(receive(&mut connection, START, &text), delivered);
            connection.close(START, bye()).expect("a code of ours");
            assert_eq!(receive(&mut connection, START, &text), delivered);
            write_all(&mut connection, START);
            assert_eq!(receive(&mut connection, START, &text), delivered);
            let close = peer_close(role, 1000);
            let events = receive(&mut connection, START, &[close, text.clone()].concat());
            assert!(matches!(events[0], Event::Closing(_)));
            assert!(!events.iter().any(|event| matches!(event, Event::Message(_))));
            assert_eq!(receive(&mut connection, START, &text), []);
        }
    }

    /// In each state, each refusal says so, and gives back what it was given.
    #[test]
    fn failure_t36_what_is_sent_in_the_wrong_state_comes_back() {
        for (name, mut connection) in every_state() {
            let state = connection.ready_state();
            if state == ReadyState::Open {
                continue;
            }
            let error = connection.send(START, "back").expect_err(name);
            assert_eq!(error.reason, SendErrorReason::NotOpen(state), "{name}");
            assert_eq!(error.unsent, Message::from("back"), "{name}");
            let error = connection.ping(START, b"back").expect_err(name);
            assert_eq!(error.reason, SendErrorReason::NotOpen(state), "{name}");
            assert_eq!(&error.unsent[..], b"back", "{name}");
        }
    }
}
