//! The closing handshake and every other end, by virtual time (RFC 6455 §5.5.1, §7; design:
//! `CloseSent`, `CloseReceived`, `Draining`, `Failing`).
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use wirebeat::{
    CloseCode, CloseError, CloseFrame, CloseFrameError, Closed, Config, Connection, Event, Kind,
    Message, Phase, ProtocolError, ReadyState, Reason, Role, SendErrorReason, Side, Timestamp,
    Transport,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

fn frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame::new(code, reason.to_owned()).expect("a frame that may be sent")
}

/// We closed, and the transport took it.
fn close_sent(role: Role) -> Connection {
    let mut connection = opened(role);
    connection.close(START, Some(frame(1000, ""))).expect("a code of ours");
    assert_eq!(only_close(&write_all(&mut connection, START)), Some(1000));
    connection
}

/// The peer closed, and our reply waits.
fn close_received(role: Role) -> Connection {
    let mut connection = opened(role);
    receive(&mut connection, START, &peer_close(role, 1000));
    connection
}

/// The client's wait for the end of the transport.
fn draining() -> Connection {
    let mut connection = close_received(Role::Client);
    write_all(&mut connection, START);
    connection
}

/// The peer broke the protocol, and our Close waits.
fn failing(role: Role) -> Connection {
    let mut connection = opened(role);
    receive(&mut connection, START, &from_peer_of(role, 0x83, b""));
    connection
}

fn closed(role: Role) -> Connection {
    let mut connection = opened(role);
    connection.handle_lost(START);
    poll(&mut connection);
    connection
}

fn assert_clean(connection: &mut Connection, events: &[Event<'static>]) -> Closed {
    let (cause, closed) = ending(connection, events);
    assert_eq!(cause, None, "a clean end is no error");
    assert!(closed.was_clean);
    closed
}

/// Nothing has ended it, and it waits.
fn assert_goes_on(connection: &mut Connection) {
    assert_eq!(connection.poll_event(), None);
    assert_eq!(connection.ready_state(), ReadyState::Closing);
}

mod when_we_close {
    use super::*;

    /// RFC 6455 §7.1.3, WHATWG `close()`: CLOSING at once.
    #[test]
    fn it_is_closing_at_once_and_nothing_is_reported() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.close(START, Some(frame(4321, "done"))).expect("a code of ours");
            assert_goes_on(&mut connection);
            assert_eq!(connection.transport(), Transport::Keep);
            assert!(connection.wants_read());
            let sent = plain(&write_all(&mut connection, START));
            assert_eq!(sent, [(CLOSE, close_body(4321, "done"))]);
        }
    }

    #[test]
    fn without_a_code_the_frame_is_empty() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.close(START, None).expect("no code");
            assert_eq!(only_close(&write_all(&mut connection, START)), None);
        }
    }

    /// RFC 6455 §7.1.2; WHATWG: "queued data precedes Close".
    #[test]
    fn messages_that_wait_go_first() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "one").expect("room");
            connection.send(START, &[7; 5000]).expect("room");
            connection.close(START, None).expect("no code");
            let sent = plain(&write_all(&mut connection, START));
            let expected = [(TEXT, b"one".to_vec()), (BINARY, vec![7; 5000]), (CLOSE, Vec::new())];
            assert_eq!(sent, expected);
        }
    }

    /// §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
    #[test]
    fn nothing_can_be_sent_any_more() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
            connection.close(START, None).expect("no code");
            let waits = waiting(&mut connection);
            let refused = SendErrorReason::NotOpen(ReadyState::Closing);
            let error = connection.send(START, "x").expect_err("it's closing");
            assert_eq!((error.reason, error.unsent), (refused, Message::from("x")));
            let error = connection.send_fragment(START, None, "b", true).expect_err("closing");
            assert_eq!(error.reason, refused);
            let error = connection.ping(START, b"x").expect_err("it's closing");
            assert_eq!(error.reason, refused);
            assert_eq!(waiting(&mut connection), waits);
        }
    }

    /// The deadline runs from when the transport took the Close, not from `close()`.
    #[test]
    fn the_peer_has_the_close_timeout_from_the_flush_on() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.close(START, Some(frame(1000, ""))).expect("a code of ours");
            assert_eq!(connection.poll_timeout(), None, "before that, the stall governs");
            let flush = START + secs(17);
            write(&mut connection, START, 1);
            assert_eq!(connection.poll_timeout(), None);
            write_all(&mut connection, flush);
            assert_eq!(connection.poll_timeout(), Some(flush + secs(5)));
            connection.handle_timeout(flush + (secs(5) - TICK));
            assert_goes_on(&mut connection);
            connection.handle_timeout(flush + secs(5));
            let events = poll(&mut connection);
            let closed = assert_failed(&mut connection, &events, Reason::CloseTimeout);
            assert_eq!(closed.cause.phase, Phase::LocalClosing);
            assert!(!closed.is_retryable(), "it was we who closed");
        }
    }

    #[test]
    fn pongs_that_wait_do_not_count_as_part_of_the_flush() {
        let mut server = opened(Role::Server);
        server.close(START, None).expect("no code");
        let close_len = waiting(&mut server).len();
        write(&mut server, START, close_len);
        receive(&mut server, START, &from_peer_of(Role::Server, PING, b"p"));
        assert_eq!(server.poll_timeout(), Some(START + secs(5)));
        let events = receive(&mut server, START, &peer_close(Role::Server, 1000));
        assert_clean(&mut server, &events);
    }

    #[test]
    fn a_server_is_done_when_the_reply_has_come() {
        let mut server = close_sent(Role::Server);
        let events = receive(&mut server, START, &peer_close(Role::Server, 3000));
        assert!(matches!(&events[0], Event::Closing(Some(frame)) if frame.code().get() == 3000));
        let closed = assert_clean(&mut server, &events);
        assert_eq!(closed.cause.reason, Reason::ClosedByUs);
        assert_eq!(closed.cause.side(), Side::Local);
        assert_eq!(closed.code.get(), 3000, "§7.1.5: the code of the Close received");
    }

    /// §7.1.1: "the client SHOULD wait for the server to close the connection".
    #[test]
    fn a_client_waits_for_the_end_of_the_transport() {
        for end in [Connection::handle_eof, Connection::handle_lost] {
            let mut client = close_sent(Role::Client);
            let events = receive(&mut client, START, &peer_close(Role::Client, 1000));
            assert!(matches!(events[..], [Event::Closing(Some(_))]));
            assert_goes_on(&mut client);
            assert_eq!(client.transport(), Transport::Keep);
            assert!(client.wants_read());
            end(&mut client, START + secs(1));
            let events = poll(&mut client);
            assert_clean(&mut client, &events);
        }
    }

    #[test]
    fn a_client_waits_no_longer_than_the_close_timeout() {
        let mut client = close_sent(Role::Client);
        receive(&mut client, START + secs(2), &peer_close(Role::Client, 1000));
        assert_eq!(client.poll_timeout(), Some(START + secs(5)), "counted from our flush");
        client.handle_timeout(START + (secs(5) - TICK));
        assert_goes_on(&mut client);
        client.handle_timeout(START + secs(5));
        let events = poll(&mut client);
        assert_clean(&mut client, &events);
    }

    /// RFC 6455 §5.5.1 lets data come until the peer's Close does; §5.5.2: a ping is answered
    /// "unless it already received a Close frame".
    #[test]
    fn messages_still_arrive_and_pings_are_answered() {
        for role in ROLES {
            let mut connection = close_sent(role);
            let bytes =
                [from_peer_of(role, TEXT, b"late"), from_peer_of(role, PING, b"p")].concat();
            let events = receive(&mut connection, START, &bytes);
            let expected = [Event::Message("late".into()), Event::Ping((&b"p"[..]).into())];
            assert_eq!(events, expected);
            assert_eq!(plain(&write_all(&mut connection, START)), [(PONG, b"p".to_vec())]);
        }
    }

    /// A second Close isn't sent (§5.5.1 allows one), so it ends at once.
    #[test]
    fn a_violation_ends_it_without_a_second_close() {
        for role in ROLES {
            let mut connection = close_sent(role);
            let events = receive(&mut connection, START, &from_peer_of(role, 0x83, b""));
            let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
            let closed = assert_failed(&mut connection, &events, reason);
            assert_eq!(closed.cause.phase, Phase::LocalClosing);
        }
    }

    #[test]
    fn eof_or_loss_before_the_reply_is_an_error() {
        for role in ROLES {
            for flushed in [false, true] {
                let mut connection = opened(role);
                connection.close(START, None).expect("no code");
                if flushed {
                    write_all(&mut connection, START);
                }
                connection.handle_eof(START);
                let events = poll(&mut connection);
                assert_failed(&mut connection, &events, Reason::Eof);
            }
            let mut connection = close_sent(role);
            connection.handle_lost(START);
            let events = poll(&mut connection);
            assert_failed(&mut connection, &events, Reason::Lost);
        }
    }

    #[test]
    fn a_heartbeat_is_sent_no_more() {
        for role in ROLES {
            let mut connection = close_sent(role);
            connection.handle_timeout(START + (secs(5) - TICK));
            assert_eq!(waiting(&mut connection), []);
            let config = Config { close_timeout: secs(1_000), ..Config::default() };
            let mut patient = open(role, &config);
            patient.close(START, None).expect("no code");
            write_all(&mut patient, START);
            patient.handle_timeout(START + secs(999));
            assert_goes_on(&mut patient);
            assert_eq!(waiting(&mut patient), []);
        }
    }
}

mod when_the_peer_closes {
    use super::*;

    /// §5.5.1: "the endpoint typically echos the status code it received".
    #[test]
    fn the_reply_echoes_the_code_without_the_reason() {
        for role in ROLES {
            for code in [1000, 1001, 1011, 3000, 4999] {
                let mut connection = opened(role);
                let bytes = from_peer_of(role, CLOSE, &close_body(code, "because"));
                let events = receive(&mut connection, START, &bytes);
                assert_eq!(events, [Event::Closing(Some(frame(code, "because")))]);
                assert_goes_on(&mut connection);
                assert_eq!(plain(&waiting(&mut connection)), [(CLOSE, close_body(code, ""))]);
            }
        }
    }

    #[test]
    fn an_empty_close_is_answered_with_an_empty_one_and_shows_as_1005() {
        for role in ROLES {
            let mut connection = opened(role);
            let events = receive(&mut connection, START, &from_peer_of(role, CLOSE, b""));
            assert_eq!(events, [Event::Closing(None)]);
            assert_eq!(only_close(&write_all(&mut connection, START)), None);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            let closed = assert_clean(&mut connection, &events);
            assert_eq!((closed.code, &*closed.reason), (CloseCode::NO_STATUS, ""));
        }
    }

    /// §7.1.1: the server closes first, and at once.
    #[test]
    fn a_server_is_done_when_its_reply_was_taken() {
        let mut server = close_received(Role::Server);
        let len = waiting(&mut server).len();
        write(&mut server, START, len - 1);
        assert_goes_on(&mut server);
        assert_eq!(server.transport(), Transport::Keep);
        write(&mut server, START, 1);
        assert_eq!(server.transport(), Transport::Drop);
        let events = poll(&mut server);
        let closed = assert_clean(&mut server, &events);
        assert_eq!(closed.cause.phase, Phase::PeerClosing);
        assert_eq!(closed.cause.reason, Reason::ClosedByPeer);
    }

    #[test]
    fn a_client_then_waits_for_the_server_to_end_the_transport() {
        for end in [Connection::handle_eof, Connection::handle_lost] {
            let mut client = draining();
            assert_goes_on(&mut client);
            assert_eq!(client.transport(), Transport::Keep);
            end(&mut client, START);
            let events = poll(&mut client);
            assert_clean(&mut client, &events);
        }
    }

    #[test]
    fn a_client_waits_no_longer_than_the_close_timeout_from_its_flush() {
        let mut client = close_received(Role::Client);
        assert_eq!(client.poll_timeout(), None);
        let flush = START + secs(3);
        write_all(&mut client, flush);
        assert_eq!(client.poll_timeout(), Some(flush + secs(5)));
        client.handle_timeout(flush + (secs(5) - TICK));
        assert_goes_on(&mut client);
        client.handle_timeout(flush + secs(5));
        let events = poll(&mut client);
        assert_clean(&mut client, &events);
    }

    #[test]
    fn code_and_reason_are_the_peers() {
        for role in ROLES {
            let mut connection = opened(role);
            receive(
                &mut connection,
                START,
                &from_peer_of(role, CLOSE, &close_body(4000, "tschüß")),
            );
            write_all(&mut connection, START);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            let closed = assert_clean(&mut connection, &events);
            assert_eq!((closed.code.get(), &*closed.reason), (4000, "tschüß"));
        }
    }

    /// §5.5.1: "An endpoint MAY delay sending a Close frame until its current message is sent"; what
    /// hasn't begun isn't sent, and is reported.
    #[test]
    fn the_frame_in_progress_is_finished_and_the_rest_reported_lost() {
        for role in ROLES {
            for large in [100, 10_000] {
                let mut connection = opened(role);
                connection.send(START, vec![1; large]).expect("room");
                connection.send(START, "second").expect("room");
                connection.send(START, "third!").expect("room");
                let begun = write(&mut connection, START, 20);
                let before = connection.buffered_amount();
                receive(&mut connection, START, &peer_close(role, 1000));
                assert_eq!(connection.buffered_amount(), before, "what is lost stays counted");
                let rest = write_all(&mut connection, START);
                let sent = plain(&[begun, rest].concat());
                assert_eq!(sent, [(BINARY, vec![1; large]), (CLOSE, close_body(1000, ""))]);
                connection.handle_eof(START);
                let events = poll(&mut connection);
                let closed = assert_clean(&mut connection, &events);
                assert_eq!(closed.messages_lost, 2);
                assert_eq!(connection.buffered_amount(), 12, "the two that were lost");
            }
        }
    }

    #[test]
    fn nothing_of_a_message_that_has_not_begun_is_sent() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "lost").expect("room");
            receive(&mut connection, START, &peer_close(role, 1000));
            assert_eq!(only_close(&write_all(&mut connection, START)), Some(1000));
            connection.handle_eof(START);
            let events = poll(&mut connection);
            assert_eq!(assert_clean(&mut connection, &events).messages_lost, 1);
        }
    }

    /// What was taken out to be written can't be called back: it's as good as sent.
    #[test]
    fn what_was_taken_out_is_finished_first() {
        use bytes::Buf;
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "first").expect("room");
            connection.send(START, "second").expect("room");
            let mut outgoing = connection.take_transmit(4).expect("something waits");
            receive(&mut connection, START, &peer_close(role, 1000));
            assert_eq!(waiting(&mut connection), [], "not while something is taken out");
            let mut wire = outgoing.copy_to_bytes(4).to_vec();
            connection.handle_written(START, 4);
            assert_eq!(connection.transport(), Transport::Keep);
            wire.extend(write_all(&mut connection, START));
            let sent = plain(&wire);
            assert_eq!(sent, [(TEXT, b"first".to_vec()), (CLOSE, close_body(1000, ""))]);
        }
    }

    #[test]
    fn a_message_that_is_being_sent_in_fragments_breaks_off() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
            let mut wire = write_all(&mut connection, START);
            connection.send_fragment(START, None, "b", true).expect("room");
            receive(&mut connection, START, &peer_close(role, 1000));
            wire.extend(write_all(&mut connection, START));
            let sent = plain(&wire);
            assert_eq!(sent, [(TEXT_BEGINS, b"a".to_vec()), (CLOSE, close_body(1000, ""))]);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            assert_eq!(assert_clean(&mut connection, &events).messages_lost, 1);
        }
    }

    /// §5.5.1; WHATWG: "later bytes are discarded", a second Close among them, and §5.5.2: no pong
    /// once a Close was received.
    #[test]
    fn what_follows_is_thrown_away() {
        for role in ROLES {
            let mut connection = opened(role);
            let bytes = [
                peer_close(role, 1000),
                from_peer_of(role, TEXT, b"late"),
                from_peer_of(role, PING, b"p"),
                peer_close(role, 4000),
                vec![0xFF; 40],
            ]
            .concat();
            assert_eq!(receive(&mut connection, START, &bytes).len(), 1);
            assert_eq!(receive(&mut connection, START, &bytes), []);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1000));
            write_all(&mut connection, START);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            assert_eq!(assert_clean(&mut connection, &events).code.get(), 1000);
        }
    }

    /// §5.5.2: "unless it already received a Close frame".
    #[test]
    fn pongs_that_wait_are_not_sent() {
        for role in ROLES {
            let mut connection = opened(role);
            let bytes = [from_peer_of(role, PING, b"p"), peer_close(role, 1000)].concat();
            receive(&mut connection, START, &bytes);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1000));
        }
    }

    #[test]
    fn eof_is_noted_and_the_reply_still_flushed() {
        for role in ROLES {
            let mut connection = close_received(role);
            connection.handle_eof(START);
            assert_goes_on(&mut connection);
            assert_eq!(connection.transport(), Transport::Keep);
            assert_eq!(only_close(&write_all(&mut connection, START)), Some(1000));
            let events = poll(&mut connection);
            assert_clean(&mut connection, &events);
        }
    }

    /// The peer's code stays, but our reply never left: not clean (§7.1.4).
    #[test]
    fn a_transport_lost_before_the_reply_is_an_error_with_the_peers_code() {
        for role in ROLES {
            for stalls in [false, true] {
                let mut connection = close_received(role);
                if stalls {
                    connection.handle_write_blocked(START);
                    assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
                    connection.handle_timeout(START + (secs(30) - TICK));
                    assert_goes_on(&mut connection);
                    connection.handle_timeout(START + secs(30));
                } else {
                    connection.handle_lost(START);
                }
                let events = poll(&mut connection);
                let (cause, closed) = ending(&mut connection, &events);
                let reason = if stalls { Reason::WriteStall } else { Reason::Lost };
                assert_eq!(cause.map(|cause| cause.reason), Some(reason));
                assert_eq!((closed.code, closed.was_clean), (CloseCode::NORMAL, false));
            }
        }
    }
}

mod when_both_close {
    use super::*;

    fn crossing(role: Role) -> Connection {
        let mut connection = opened(role);
        connection.send(START, "last words").expect("room");
        connection.close(START, Some(frame(4001, "ours"))).expect("a code of ours");
        let bytes = from_peer_of(role, CLOSE, &close_body(4002, "theirs"));
        assert_eq!(
            receive(&mut connection, START, &bytes),
            [Event::Closing(Some(frame(4002, "theirs")))]
        );
        connection
    }

    /// Ours is its own reply (§5.5.1: one Close frame); code and reason are the peer's (§7.1.5).
    #[test]
    fn one_close_is_sent_and_the_peers_is_reported() {
        for role in ROLES {
            let mut connection = crossing(role);
            let sent = plain(&write_all(&mut connection, START));
            let expected = [(TEXT, b"last words".to_vec()), (CLOSE, close_body(4001, "ours"))];
            assert_eq!(sent, expected);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            let closed = assert_clean(&mut connection, &events);
            assert_eq!((closed.code.get(), &*closed.reason), (4002, "theirs"));
            assert_eq!((closed.cause.reason, closed.messages_lost), (Reason::ClosedByUs, 0));
        }
    }

    /// §7.1.4: clean is what comes after "both sent and received".
    #[test]
    fn it_is_not_clean_before_ours_was_taken() {
        for role in ROLES {
            let mut connection = crossing(role);
            connection.handle_lost(START);
            let events = poll(&mut connection);
            let (cause, closed) = ending(&mut connection, &events);
            assert_eq!(cause.map(|cause| cause.reason), Some(Reason::Lost));
            assert_eq!((closed.code.get(), closed.was_clean), (4002, false));
            assert_eq!((closed.messages_lost, closed.cause.phase), (1, Phase::LocalClosing));
            assert!(!closed.is_retryable(), "it was we who closed");
        }
    }
}

/// WHATWG WebSockets `close()`: the first call wins, and what comes later is a no-op; RFC 6455
/// §7.4.1: 1010 isn't a server's to send.
mod close_in_every_state {
    use super::*;

    fn every_closing_state() -> Vec<Connection> {
        let mut states = vec![draining()];
        for role in ROLES {
            states.extend([close_sent(role), close_received(role), failing(role), closed(role)]);
        }
        states
    }

    #[test]
    fn the_first_call_wins() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.close(START, Some(frame(4001, "first"))).expect("a code of ours");
            connection.close(START, Some(frame(4002, "second"))).expect("a code of ours");
            let sent = plain(&write_all(&mut connection, START));
            assert_eq!(sent, [(CLOSE, close_body(4001, "first"))]);
            connection.close(START, None).expect("no code");
            assert_eq!(waiting(&mut connection), []);
        }
    }

    #[test]
    fn it_changes_nothing_once_closing_has_begun() {
        for mut connection in every_closing_state() {
            let before = observe(&mut connection);
            connection.close(START, Some(frame(1000, "again"))).expect("a code of ours");
            connection.close(START, None).expect("no code");
            assert_eq!(observe(&mut connection), before);
        }
    }

    #[test]
    fn a_servers_1010_is_refused_in_every_state() {
        let states = every_closing_state();
        for mut connection in states.into_iter().chain([opened(Role::Server)]) {
            let before = observe(&mut connection);
            let verdict = connection.close(START, Some(frame(1010, "")));
            match connection.role() {
                Role::Client => assert_eq!(verdict, Ok(())),
                Role::Server => {
                    let (code, role) = (CloseCode::EXTENSION_REQUIRED, Role::Server);
                    assert_eq!(verdict, Err(CloseError::CodeNotOurs { code, role }));
                }
            }
            assert_eq!(observe(&mut connection), before);
        }
        let mut client = opened(Role::Client);
        client.close(START, Some(frame(1010, ""))).expect("a client may");
        assert_eq!(only_close(&waiting(&mut client)), Some(1010));
    }

    fn observe(
        connection: &mut Connection,
    ) -> (ReadyState, Transport, Option<Timestamp>, Vec<u8>, Option<wirebeat::Cause>) {
        (
            connection.ready_state(),
            connection.transport(),
            connection.poll_timeout(),
            waiting(connection),
            connection.cause(),
        )
    }
}

/// `Failing`: our Close says why, is flushed, our side ends, and the peer gets time to read it.
mod when_the_peer_breaks_the_protocol {
    use super::*;

    /// One way into `Failing` for each code.
    fn violations(role: Role) -> [(Vec<u8>, u16); 4] {
        let limit = Config::default().message_len_max;
        [
            (from_peer_of(role, 0x83, b""), 1002),
            (from_peer_of(role, TEXT, b"\xFF"), 1007),
            (head_from_peer_of(role, BINARY, limit + 1), 1009),
            (from_peer_of(role, CLOSE, b"\x03"), 1002),
        ]
    }

    #[test]
    fn it_is_told_why_and_gets_time_to_read_it() {
        for role in ROLES {
            for (bytes, code) in violations(role) {
                let mut connection = opened(role);
                assert_eq!(receive(&mut connection, START, &bytes), [], "{code}");
                assert_goes_on(&mut connection);
                assert_eq!(connection.transport(), Transport::Keep);
                let len = waiting(&mut connection).len();
                let mut wire = write(&mut connection, START, len - 1);
                assert_eq!(connection.transport(), Transport::Keep);
                wire.extend(write_all(&mut connection, START));
                assert_eq!(only_close(&wire), Some(code));
                assert_eq!(connection.transport(), Transport::ShutdownWrite);
                assert!(connection.wants_read(), "unread input would make the kernel reset");
                assert_goes_on(&mut connection);
                connection.handle_eof(START);
                let events = poll(&mut connection);
                let Some(cause) = connection.cause() else { unreachable!("it failed") };
                let closed = assert_failed(&mut connection, &events, cause.reason);
                assert!(
                    matches!(cause.reason, Reason::Protocol(e) if e.close_code().get() == code)
                );
                assert_eq!((closed.cause.phase, closed.cause.side()), (Phase::Open, Side::Peer));
                assert!(!closed.is_retryable());
            }
        }
    }

    #[test]
    fn it_lingers_for_a_second_after_the_flush() {
        for role in ROLES {
            let mut connection = failing(role);
            let flush = START + secs(2);
            write_all(&mut connection, flush);
            assert_eq!(connection.poll_timeout(), Some(flush + secs(1)));
            connection.handle_timeout(flush + (secs(1) - TICK));
            assert_goes_on(&mut connection);
            connection.handle_timeout(flush + secs(1));
            let events = poll(&mut connection);
            let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
            assert_failed(&mut connection, &events, reason);
        }
    }

    #[test]
    fn the_flush_may_take_the_close_timeout() {
        for role in ROLES {
            let mut connection = failing(role);
            assert_eq!(connection.poll_timeout(), Some(START + secs(5)));
            write(&mut connection, START + secs(4), 1);
            connection.handle_timeout(START + (secs(5) - TICK));
            assert_goes_on(&mut connection);
            connection.handle_timeout(START + secs(5));
            let events = poll(&mut connection);
            let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
            assert_failed(&mut connection, &events, reason);
        }
    }

    #[test]
    fn eof_before_the_flush_is_noted_and_flushing_goes_on() {
        for role in ROLES {
            let mut connection = failing(role);
            connection.handle_eof(START);
            assert_goes_on(&mut connection);
            assert_eq!(only_close(&write_all(&mut connection, START)), Some(1002));
            assert_eq!(connection.transport(), Transport::Drop);
            let events = poll(&mut connection);
            let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
            assert_failed(&mut connection, &events, reason);
        }
    }

    #[test]
    fn a_lost_transport_keeps_the_cause() {
        for role in ROLES {
            let mut connection = failing(role);
            connection.handle_lost(START);
            let events = poll(&mut connection);
            let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
            assert_failed(&mut connection, &events, reason);
        }
    }

    /// The frame in progress is finished, or our Close would be taken for its payload.
    #[test]
    fn frames_that_have_not_begun_are_dropped() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "begun").expect("room");
            connection.send(START, "not begun").expect("room");
            receive(&mut connection, START, &from_peer_of(role, PING, b"unanswered"));
            let mut wire = write(&mut connection, START, 3);
            receive(&mut connection, START, &from_peer_of(role, 0x83, b""));
            wire.extend(write_all(&mut connection, START));
            let sent = plain(&wire);
            // The pong was put in front, and is what was begun.
            assert_eq!(sent, [(PONG, b"unanswered".to_vec()), (CLOSE, close_body(1002, ""))]);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            assert_eq!(ending(&mut connection, &events).1.messages_lost, 2);
        }
    }

    /// WHATWG, "fail": no further input is processed, "even the reply".
    #[test]
    fn its_own_close_after_that_is_not_heard() {
        for role in ROLES {
            let mut connection = failing(role);
            assert_eq!(receive(&mut connection, START, &peer_close(role, 1000)), []);
            write_all(&mut connection, START);
            assert_eq!(receive(&mut connection, START, &peer_close(role, 1000)), []);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            let reason = Reason::Protocol(ProtocolError::ReservedOpcode(3));
            assert_failed(&mut connection, &events, reason);
        }
    }

    #[test]
    fn good_messages_before_it_are_delivered() {
        for role in ROLES {
            let mut connection = opened(role);
            let bytes = [from_peer_of(role, TEXT, b"good"), from_peer_of(role, 0x83, b"")].concat();
            let events = receive(&mut connection, START, &bytes);
            assert_eq!(events, [Event::Message("good".into())]);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1002));
        }
    }
}

/// §7.2.1: a transport that ends without a Close fails the connection; nothing is sent.
mod when_the_transport_ends {
    use super::*;

    #[test]
    fn an_open_connection_ends_with_1006_and_sends_nothing() {
        for role in ROLES {
            for (end, reason) in [
                (Connection::handle_eof as fn(&mut Connection, Timestamp), Reason::Eof),
                (Connection::handle_lost, Reason::Lost),
            ] {
                let mut connection = opened(role);
                connection.send(START, "never sent").expect("room");
                end(&mut connection, START);
                let events = poll(&mut connection);
                let closed = assert_failed(&mut connection, &events, reason);
                assert_eq!((closed.cause.phase, closed.messages_lost), (Phase::Open, 1));
                assert!(closed.is_retryable());
                assert_eq!(connection.buffered_amount(), 10);
            }
        }
    }

    #[test]
    fn it_is_reported_once_however_often_it_is_told() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.handle_eof(START);
            connection.handle_eof(START);
            connection.handle_lost(START);
            connection.handle_timeout(START + secs(100));
            let events = poll(&mut connection);
            assert_failed(&mut connection, &events, Reason::Eof);
            connection.handle_lost(START);
            assert_is_over(&mut connection);
        }
    }

    #[test]
    fn a_message_that_was_cut_off_is_not_delivered() {
        for role in ROLES {
            let mut connection = opened(role);
            let bytes = from_peer_of(role, BINARY, b"half a message");
            assert_eq!(receive(&mut connection, START, &bytes[..bytes.len() - 1]), []);
            connection.handle_eof(START);
            let events = poll(&mut connection);
            assert_failed(&mut connection, &events, Reason::Eof);
        }
    }
}

/// `write_stall_timeout`: 30 s without a byte while the transport is blocked.
mod when_the_transport_stalls {
    use super::*;

    fn stalled(role: Role) -> Connection {
        let config = Config { heartbeat: None, ..Config::default() };
        let mut connection = open(role, &config);
        connection.send(START, &[0; 100]).expect("room");
        connection.handle_write_blocked(START);
        connection
    }

    #[test]
    fn the_connection_is_lost_after_thirty_seconds() {
        for role in ROLES {
            let mut connection = stalled(role);
            assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
            connection.handle_timeout(START + (secs(30) - TICK));
            assert_eq!(connection.ready_state(), ReadyState::Open);
            connection.handle_timeout(START + secs(30));
            let events = poll(&mut connection);
            let closed = assert_failed(&mut connection, &events, Reason::WriteStall);
            assert_eq!(closed.messages_lost, 1);
            assert!(closed.is_retryable());
        }
    }

    #[test]
    fn each_byte_that_is_taken_starts_the_time_anew() {
        for role in ROLES {
            let mut connection = stalled(role);
            write(&mut connection, START + secs(29), 1);
            assert_eq!(connection.poll_timeout(), Some(START + secs(59)));
        }
    }

    #[test]
    fn being_told_again_does_not_prolong_it() {
        for role in ROLES {
            let mut connection = stalled(role);
            connection.handle_write_blocked(START + secs(20));
            assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
        }
    }

    #[test]
    fn it_is_over_when_all_was_taken() {
        for role in ROLES {
            let mut connection = stalled(role);
            write_all(&mut connection, START + secs(29));
            assert_eq!(connection.poll_timeout(), None);
        }
    }

    #[test]
    fn nothing_stalls_while_nothing_waits() {
        for role in ROLES {
            let config = Config { heartbeat: None, ..Config::default() };
            let mut connection = open(role, &config);
            connection.handle_write_blocked(START);
            assert_eq!(connection.poll_timeout(), None);
        }
    }

    #[test]
    fn it_can_be_switched_off() {
        for role in ROLES {
            let config = Config { heartbeat: None, write_stall_timeout: None, ..Config::default() };
            let mut connection = open(role, &config);
            connection.send(START, "x").expect("room");
            connection.handle_write_blocked(START);
            assert_eq!(connection.poll_timeout(), None);
        }
    }

    /// Before our Close is flushed, the stall governs.
    #[test]
    fn it_governs_a_close_that_is_not_taken() {
        for role in ROLES {
            let mut connection = stalled(role);
            connection.close(START, None).expect("no code");
            assert_eq!(connection.poll_timeout(), Some(START + secs(30)));
            connection.handle_timeout(START + secs(30));
            let events = poll(&mut connection);
            assert_failed(&mut connection, &events, Reason::WriteStall);
        }
    }
}

/// `handle_reading(false)`: the peer's answer may be there, so the close deadline stands still.
#[test]
fn the_close_deadline_stands_still_while_our_application_is_slow() {
    for role in ROLES {
        let mut connection = close_sent(role);
        connection.handle_reading(START + secs(1), false);
        assert_eq!(connection.poll_timeout(), None);
        connection.handle_timeout(START + secs(1_000));
        assert_goes_on(&mut connection);
        connection.handle_reading(START + secs(1_000), true);
        assert_eq!(connection.poll_timeout(), Some(START + secs(1_005)), "whole");
        connection.handle_timeout(START + secs(1_005));
        let events = poll(&mut connection);
        assert_failed(&mut connection, &events, Reason::CloseTimeout);
    }
}

/// RFC 6455 §7.4, §7.4.1, §7.4.2 and the registry, for all 65,536 codes.
mod close_codes {
    use super::*;

    /// §7.4.1 and the IANA registry: 1004 is reserved, 1005, 1006 and 1015 "MUST NOT be set as a
    /// status code in a Close control frame", 1012 to 1014 were registered later, what is left up
    /// to 2999 is for later revisions. §7.4.2: 0–999 aren't used; 3000–3999 are for libraries,
    /// 4000–4999 for applications.
    fn may_stand_in_a_close_frame(code: u16) -> bool {
        match code {
            0..=999 => false,
            1000..=1003 => true,
            1004..=1006 => false,
            1007..=1014 => true,
            1015..=2999 => false,
            3000..=4999 => true,
            5000.. => false,
        }
    }

    #[test]
    fn every_code_that_is_received_is_judged_by_the_rfc() {
        for role in ROLES {
            for code in 0..=u16::MAX {
                let mut connection = opened(role);
                let events = receive(&mut connection, START, &peer_close(role, code));
                let reply = only_close(&waiting(&mut connection));
                if may_stand_in_a_close_frame(code) {
                    assert_eq!(events, [Event::Closing(Some(frame(code, "")))]);
                    assert_eq!(reply, Some(code));
                } else {
                    assert_eq!(events, [], "{code}");
                    assert_eq!(reply, Some(1002), "{code}");
                    let cause = connection.cause().map(|cause| cause.reason);
                    assert_eq!(cause, Some(Reason::Protocol(ProtocolError::CloseCode(code))));
                }
            }
        }
    }

    #[test]
    fn every_code_that_is_sent_is_judged_by_the_rfc() {
        for code in 0..=u16::MAX {
            let frame = CloseFrame::new(code, "");
            if !may_stand_in_a_close_frame(code) {
                assert_eq!(frame, Err(CloseFrameError::CodeNotSendable(code)));
                continue;
            }
            for role in ROLES {
                let mut connection = opened(role);
                let sent = connection.close(START, frame.clone().ok());
                // §7.4.1: 1010 "is not used by the server".
                let ours = code != 1010 || role == Role::Client;
                assert_eq!(sent.is_ok(), ours, "{code} {role}");
                assert_eq!(CloseCode::from(code).may_be_sent(role), ours);
                if ours {
                    assert_eq!(only_close(&waiting(&mut connection)), Some(code));
                }
            }
        }
    }

    /// §5.5: a control frame holds 125 bytes, two of which are the code's.
    #[test]
    fn a_reason_has_at_most_123_bytes() {
        let longest = "ß".repeat(61) + "s";
        for role in ROLES {
            let mut connection = opened(role);
            connection.close(START, Some(frame(1000, &longest))).expect("a code of ours");
            let sent = plain(&write_all(&mut connection, START));
            assert_eq!(sent, [(CLOSE, close_body(1000, &longest))]);
            let mut connection = opened(role);
            let bytes = from_peer_of(role, CLOSE, &close_body(1000, &longest));
            let events = receive(&mut connection, START, &bytes);
            assert_eq!(events, [Event::Closing(Some(frame(1000, &longest)))]);
        }
        let verdict = CloseFrame::new(1000, longest + "s");
        assert_eq!(verdict, Err(CloseFrameError::ReasonTooLong(124)));
    }

    /// §5.5.1: the body is empty, or begins with two bytes, and the rest is UTF-8.
    #[test]
    fn a_body_of_one_byte_or_a_reason_that_is_not_utf8_fails_the_connection() {
        for role in ROLES {
            for (body, code) in
                [(&b"\x03"[..], 1002), (b"\x03\xE8\xFF", 1007), (b"\x03\xE8\xC3", 1007)]
            {
                let mut connection = opened(role);
                assert_eq!(receive(&mut connection, START, &from_peer_of(role, CLOSE, body)), []);
                assert_eq!(only_close(&waiting(&mut connection)), Some(code), "{body:x?}");
            }
        }
    }
}

/// WHATWG WebSockets, `bufferedAmount` (items 17, 18): payload bytes only; falls by what the
/// transport took; what is sent too late counts and never falls; it doesn't fall at the end.
mod buffered_amount {
    use super::*;

    #[test]
    fn grows_by_payload_and_falls_by_what_the_transport_took() {
        for role in ROLES {
            for payload in [5, 10_000] {
                let mut connection = opened(role);
                connection.send(START, vec![0; payload]).expect("room");
                connection.ping(START, b"no payload of the application's").expect("room");
                assert_eq!(connection.buffered_amount(), payload as u64);
                let header = waiting(&mut connection).len()
                    - payload
                    - match role {
                        Role::Client => 6 + 31,
                        Role::Server => 2 + 31,
                    };
                write(&mut connection, START, header);
                assert_eq!(
                    connection.buffered_amount(),
                    payload as u64,
                    "the header isn't counted"
                );
                for left in (payload - 5..payload).rev() {
                    write(&mut connection, START, 1);
                    assert_eq!(connection.buffered_amount(), left as u64);
                }
                write_all(&mut connection, START);
                assert_eq!(connection.buffered_amount(), 0);
            }
        }
    }

    #[test]
    fn falls_while_closing_but_not_by_what_came_too_late() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "early").expect("room");
            connection.close(START, None).expect("no code");
            assert!(connection.send(START, "late").is_err());
            assert_eq!(connection.buffered_amount(), 9);
            write_all(&mut connection, START);
            assert_eq!(connection.buffered_amount(), 4);
            receive(&mut connection, START, &peer_close(role, 1000));
            connection.handle_eof(START);
            assert!(connection.send(START, "later").is_err());
            assert_eq!(connection.buffered_amount(), 9);
        }
    }

    #[test]
    fn does_not_fall_when_the_connection_is_lost() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "never sent").expect("room");
            connection.handle_lost(START);
            assert_eq!(connection.buffered_amount(), 10);
            assert!(connection.send(START, "abc").is_err());
            assert_eq!(connection.buffered_amount(), 13);
        }
    }

    #[test]
    fn counts_what_was_taken_out_until_it_is_written() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, &[0; 50]).expect("room");
            let len = bytes::Buf::remaining(&connection.take_transmit(4096).expect("it waits"));
            assert_eq!(connection.buffered_amount(), 50);
            connection.handle_written(START, len - 1);
            assert_eq!(connection.buffered_amount(), 1);
            connection.handle_lost(START);
            assert_eq!(connection.buffered_amount(), 1);
            let events = poll(&mut connection);
            assert_eq!(ending(&mut connection, &events).1.messages_lost, 1);
        }
    }

    #[test]
    fn is_not_changed_by_what_the_peer_sends() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "mine").expect("room");
            receive(&mut connection, START, &from_peer_of(role, PING, b"yours"));
            receive(&mut connection, START, &from_peer_of(role, TEXT, b"yours"));
            assert_eq!(connection.buffered_amount(), 4);
        }
    }
}
