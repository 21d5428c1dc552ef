//! The heartbeat by virtual time (design: heartbeat and liveness; RFC 6455 §5.5.2, §5.5.3).
//!
//! The default is used throughout: a ping after 20 s of silence, 20 s for the answer.
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use bytes::{Buf, BufMut};
use wirebeat::{
    Config, Connection, Event, Heartbeat, Input, Kind, Message, Phase, ReadyState, Reason, Role,
    Side, Timestamp,
};

fn opened(role: Role) -> Connection {
    open(role, &Config::default())
}

/// Lets the time pass, as a driver does: at each deadline, and at the end.
fn pass(connection: &mut Connection, until: Timestamp) {
    while let Some(at) = connection.poll_timeout().filter(|at| *at <= until) {
        connection.handle_timeout(at);
        assert!(
            connection.poll_timeout().is_none_or(|next| next > at),
            "no deadline is left behind"
        );
    }
    connection.handle_timeout(until);
}

/// The nonce of the ping that is the only thing that waits, which is written at `now`.
fn write_ping(connection: &mut Connection, now: Timestamp) -> Vec<u8> {
    let mut frames = frames(&write_all(connection, now));
    assert_eq!(frames.len(), 1, "{frames:?}");
    let ping = frames.remove(0);
    assert_eq!((ping.first, ping.masked), (PING, connection.role() == Role::Client));
    ping.payload
}

/// A ping was due and is written, at 20 s.
fn pinged(role: Role) -> (Connection, Vec<u8>) {
    let mut connection = opened(role);
    pass(&mut connection, START + secs(20));
    let nonce = write_ping(&mut connection, START + secs(20));
    (connection, nonce)
}

fn assert_dead(connection: &mut Connection) {
    let events = poll(connection);
    let closed = assert_failed(connection, &events, Reason::HeartbeatTimeout);
    assert_eq!((closed.cause.phase, closed.cause.side()), (Phase::Open, Side::Transport));
    assert!(closed.is_retryable());
}

/// Still open one tick before `at`, and dead at it.
fn assert_dies_at(connection: &mut Connection, at: Timestamp) {
    assert_eq!(connection.poll_timeout(), Some(at));
    connection.handle_timeout(Timestamp::from_nanos(at.as_nanos() - 1));
    assert_eq!(connection.ready_state(), ReadyState::Open);
    connection.handle_timeout(at);
    assert_dead(connection);
}

mod silence {
    use super::*;

    #[test]
    fn a_ping_goes_out_after_exactly_the_interval() {
        for role in ROLES {
            let mut connection = opened(role);
            assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
            connection.handle_timeout(START + (secs(20) - TICK));
            assert_eq!(waiting(&mut connection), []);
            connection.handle_timeout(START + secs(20));
            assert_eq!(write_ping(&mut connection, START + secs(20)).len(), 4);
            assert_eq!(connection.poll_event(), None, "our own ping is no event");
        }
    }

    #[test]
    fn it_counts_from_the_opening() {
        let config = Config::default();
        let mut server = new_server(&config);
        receive(&mut server, START, REQUEST);
        let opened = START + secs(8);
        server.accept(opened, &wirebeat::handshake::Acceptance::new()).expect("a request waits");
        assert_eq!(server.poll_timeout(), Some(opened + secs(20)));

        let mut client = new_client(&config);
        let response = response_to(&write_all(&mut client, START));
        receive(&mut client, opened, &response);
        assert_eq!(client.poll_timeout(), Some(opened + secs(20)));
    }

    /// What we send says nothing of the peer.
    #[test]
    fn it_is_not_broken_by_what_we_send() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START + secs(19), "hello").expect("room");
            write_all(&mut connection, START + secs(19));
            assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
        }
    }

    /// Any byte is a sign of life: of a header, of a payload, of a control frame.
    #[test]
    fn it_is_broken_by_any_byte_also_within_a_frame() {
        for role in ROLES {
            let message = from_peer_of(role, BINARY, &[7; 300]);
            let mut connection = opened(role);
            for (index, byte) in message.iter().enumerate() {
                let now = START + secs(19) * (u32::try_from(index).expect("small") + 1);
                pass(&mut connection, now);
                assert_eq!(waiting(&mut connection), [], "at byte {index}");
                receive(&mut connection, now, &[*byte]);
                assert_eq!(connection.poll_timeout(), Some(now + secs(20)));
            }
        }
    }

    #[test]
    fn it_is_broken_by_bytes_that_are_read_straight_into_a_message() {
        for role in ROLES {
            let mut connection = opened(role);
            let head = head_from_peer_of(role, BINARY, 100_000);
            receive(&mut connection, START, &head);
            receive(&mut connection, START, &[0]);
            let now = START + secs(19);
            connection.read_target().expect("a large frame").put_slice(&[0; 100]);
            assert_eq!(connection.receive(now, &mut Input::default()), None);
            assert_eq!(connection.poll_timeout(), Some(now + secs(20)));
        }
    }

    #[test]
    fn a_call_without_input_does_not_break_it() {
        for role in ROLES {
            let mut connection = opened(role);
            assert_eq!(connection.receive(START + secs(19), &mut Input::default()), None);
            assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
        }
    }

    #[test]
    fn only_an_open_connection_pings() {
        let config = Config { open_timeout: None, ..Config::default() };
        for mut connection in [new_client(&config), new_server(&config)] {
            let before = waiting(&mut connection);
            connection.handle_timeout(START + secs(1_000));
            assert_eq!((connection.poll_timeout(), waiting(&mut connection)), (None, before));
        }
    }

    #[test]
    fn it_may_last_for_ever_without_a_heartbeat() {
        let config = Config { heartbeat: None, ..Config::default() };
        for role in ROLES {
            let mut connection = open(role, &config);
            assert_eq!(connection.poll_timeout(), None);
            connection.handle_timeout(Timestamp::from_nanos(u64::MAX));
            assert_eq!(connection.ready_state(), ReadyState::Open);
            assert_eq!(waiting(&mut connection), []);
        }
    }
}

mod the_answer {
    use super::*;

    #[test]
    fn is_due_after_exactly_the_timeout() {
        for role in ROLES {
            let (mut connection, _) = pinged(role);
            connection.handle_timeout(START + (secs(40) - TICK));
            assert_eq!(waiting(&mut connection), [], "one ping is in flight at a time");
            assert_dies_at(&mut connection, START + secs(40));
        }
    }

    /// Whatever it is: a byte of anything ends the wait, and the interval begins anew.
    #[test]
    fn is_any_byte() {
        for role in ROLES {
            for bytes in [
                from_peer_of(role, PONG, b"unasked"),
                from_peer_of(role, TEXT, b"hello"),
                from_peer_of(role, BINARY, b"half")[..3].to_vec(),
                vec![BINARY],
            ] {
                let (mut connection, _) = pinged(role);
                let now = START + (secs(40) - TICK);
                receive(&mut connection, now, &bytes);
                assert_eq!(connection.poll_timeout(), Some(now + secs(20)));
                pass(&mut connection, now + secs(20));
                write_ping(&mut connection, now + secs(20));
            }
        }
    }

    #[test]
    fn is_due_from_when_the_ping_was_queued_if_the_transport_takes_nothing() {
        for role in ROLES {
            let mut connection = opened(role);
            pass(&mut connection, START + secs(20));
            assert_dies_at(&mut connection, START + secs(40));
        }
    }

    #[test]
    fn is_due_from_when_the_ping_was_taken_if_that_is_later() {
        for role in ROLES {
            let mut connection = opened(role);
            pass(&mut connection, START + secs(20));
            write_ping(&mut connection, START + secs(33));
            assert_dies_at(&mut connection, START + secs(53));
        }
    }

    /// A slow transport that still moves is not a dead peer: each byte up to the ping's end counts.
    #[test]
    fn is_due_from_the_last_byte_that_was_taken_up_to_the_pings_end() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, &[0; 1000]).expect("room");
            write(&mut connection, START, 10);
            pass(&mut connection, START + secs(20));
            // The frame in progress goes first.
            write(&mut connection, START + secs(30), 100);
            assert_eq!(connection.poll_timeout(), Some(START + secs(50)));
            write_all(&mut connection, START + secs(45));
            assert_dies_at(&mut connection, START + secs(65));
        }
    }

    #[test]
    fn is_not_put_off_by_bytes_that_are_taken_behind_the_ping() {
        for role in ROLES {
            let mut connection = opened(role);
            pass(&mut connection, START + secs(20));
            connection.send(START + secs(20), &[0; 1000]).expect("room");
            let ping_len = if role == Role::Client { 10 } else { 6 };
            write(&mut connection, START + secs(25), ping_len);
            write(&mut connection, START + secs(35), 500);
            connection.send(START + secs(36), &[0; 1000]).expect("room");
            write(&mut connection, START + secs(44), 500);
            assert_dies_at(&mut connection, START + secs(45));
        }
    }

    #[test]
    fn is_not_put_off_by_bytes_that_were_taken_out_behind_the_ping() {
        for role in ROLES {
            let mut connection = opened(role);
            pass(&mut connection, START + secs(20));
            connection.send(START + secs(20), &[0; 1000]).expect("room");
            let outgoing = connection.take_transmit(4096).expect("something waits");
            let ping_len = if role == Role::Client { 10 } else { 6 };
            assert!(outgoing.remaining() > 1000);
            connection.handle_written(START + secs(21), ping_len - 1);
            connection.handle_written(START + secs(25), 1);
            connection.handle_written(START + secs(44), 500);
            assert_dies_at(&mut connection, START + secs(45));
        }
    }

    #[test]
    fn is_awaited_once_more_while_the_ping_has_not_left() {
        for role in ROLES {
            let mut connection = opened(role);
            pass(&mut connection, START + secs(20));
            // The peer speaks, and falls silent again, before the ping could leave.
            receive(&mut connection, START + secs(30), &from_peer_of(role, TEXT, b"hello"));
            pass(&mut connection, START + secs(50));
            write_ping(&mut connection, START + secs(50));
            assert_dies_at(&mut connection, START + secs(70));
        }
    }

    /// A dead peer is found within interval + timeout; one that answers in time never is.
    #[test]
    fn that_comes_in_time_keeps_the_connection_open_for_hours() {
        for role in ROLES {
            let mut connection = opened(role);
            let mut now = START;
            for _ in 0..1_000 {
                now = connection.poll_timeout().expect("a heartbeat");
                connection.handle_timeout(now);
                let nonce = write_ping(&mut connection, now);
                now = now + (secs(20) - TICK);
                pass(&mut connection, now);
                let events = receive(&mut connection, now, &from_peer_of(role, PONG, &nonce));
                assert!(matches!(events[..], [Event::Pong { latency: Some(_), .. }]));
            }
            assert_eq!(connection.ready_state(), ReadyState::Open);
            pass(&mut connection, now + secs(20));
            write_ping(&mut connection, now + secs(20));
            assert_dies_at(&mut connection, now + secs(40));
        }
    }

    #[test]
    fn that_fails_to_come_ends_it_at_once_and_sends_nothing() {
        for role in ROLES {
            let (mut connection, _) = pinged(role);
            connection.send(START + secs(30), "lost").expect("room");
            connection.handle_timeout(START + secs(40));
            let events = poll(&mut connection);
            let closed = assert_failed(&mut connection, &events, Reason::HeartbeatTimeout);
            assert_eq!(closed.messages_lost, 1);
        }
    }
}

mod latency {
    use super::*;

    #[test]
    fn is_the_time_from_the_ping_to_its_pong() {
        for role in ROLES {
            let (mut connection, nonce) = pinged(role);
            assert_eq!(connection.latency(), None);
            let pong = from_peer_of(role, PONG, &nonce);
            let events = receive(&mut connection, START + (secs(20) + millis(87)), &pong);
            let latency = Some(millis(87));
            assert_eq!(events, [Event::Pong { payload: nonce.into(), latency }]);
            assert_eq!(connection.latency(), latency);
        }
    }

    /// RFC 6455 §5.5.3: "A Pong frame MAY be sent unsolicited", and a pong to an earlier ping may
    /// come late: neither measures anything, and neither disturbs what is measured.
    #[test]
    fn is_not_measured_by_a_pong_with_another_nonce() {
        for role in ROLES {
            let (mut connection, old) = pinged(role);
            receive(&mut connection, START + secs(30), &from_peer_of(role, TEXT, b"alive"));
            pass(&mut connection, START + secs(50));
            let nonce = write_ping(&mut connection, START + secs(50));
            assert_ne!(old, nonce);
            for payload in [&old[..], b"", b"unasked", &[&nonce[..], b"x"].concat()] {
                let pong = from_peer_of(role, PONG, payload);
                let events = receive(&mut connection, START + secs(51), &pong);
                assert_eq!(events, [Event::Pong { payload: payload.into(), latency: None }]);
            }
            assert_eq!(connection.latency(), None);
            let pong = from_peer_of(role, PONG, &nonce);
            receive(&mut connection, START + secs(52), &pong);
            assert_eq!(connection.latency(), Some(secs(2)));
            // The same pong a second time is as good as an old one.
            receive(&mut connection, START + secs(59), &pong);
            assert_eq!(connection.latency(), Some(secs(2)));
        }
    }

    #[test]
    fn is_not_measured_by_the_pong_to_a_ping_of_the_application() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.ping(START, b"mine").expect("room");
            assert_eq!(write_ping(&mut connection, START), b"mine");
            let events = receive(&mut connection, START, &from_peer_of(role, PONG, b"mine"));
            let payload = (&b"mine"[..]).into();
            assert_eq!(events, [Event::Pong { payload, latency: None }]);
        }
    }

    #[test]
    fn nonces_do_not_repeat() {
        for role in ROLES {
            let mut connection = opened(role);
            let mut nonces = Vec::new();
            for _ in 0..100 {
                let now = connection.poll_timeout().expect("a heartbeat");
                connection.handle_timeout(now);
                nonces.push(write_ping(&mut connection, now));
                receive(&mut connection, now, &from_peer_of(role, PONG, b""));
            }
            nonces.sort();
            nonces.dedup();
            assert_eq!(nonces.len(), 100);
        }
    }
}

/// `handle_reading(false)`: bytes are left unread because our application is slow, so that silence
/// says nothing of the peer.
mod a_slow_application {
    use super::*;

    #[test]
    fn finds_the_connection_open_after_ten_times_interval_and_timeout() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.handle_reading(START + secs(5), false);
            let back = START + secs(400);
            pass(&mut connection, back);
            assert_eq!(connection.ready_state(), ReadyState::Open);
            // The ping went out meanwhile, and the peer answered it.
            let nonce = write_ping(&mut connection, back);
            connection.handle_reading(back, true);
            receive(&mut connection, back, &from_peer_of(role, PONG, &nonce));
            pass(&mut connection, back + secs(1));
            assert_eq!(connection.ready_state(), ReadyState::Open);
        }
    }

    #[test]
    fn gives_the_answer_the_whole_timeout_when_reading_goes_on() {
        for role in ROLES {
            let (mut connection, _) = pinged(role);
            connection.handle_reading(START + secs(39), false);
            assert_eq!(connection.poll_timeout(), None);
            pass(&mut connection, START + secs(400));
            connection.handle_reading(START + secs(400), true);
            assert_dies_at(&mut connection, START + secs(420));
        }
    }

    #[test]
    fn does_not_put_the_deadline_off_by_saying_that_it_still_reads() {
        for role in ROLES {
            let (mut connection, _) = pinged(role);
            connection.handle_reading(START + secs(39), true);
            assert_dies_at(&mut connection, START + secs(40));
        }
    }

    #[test]
    fn sends_one_ping_only() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.handle_reading(START, false);
            pass(&mut connection, START + secs(1_000));
            write_ping(&mut connection, START + secs(1_000));
        }
    }

    #[test]
    fn does_not_stop_the_write_stall() {
        for role in ROLES {
            let mut connection = opened(role);
            connection.send(START, "x").expect("room");
            connection.handle_reading(START, false);
            connection.handle_write_blocked(START);
            pass(&mut connection, START + secs(30));
            let events = poll(&mut connection);
            assert_failed(&mut connection, &events, Reason::WriteStall);
        }
    }
}

mod time {
    use super::*;

    #[test]
    fn going_backwards_changes_nothing() {
        for role in ROLES {
            let (mut connection, _) = pinged(role);
            for now in [START, START + secs(10)] {
                connection.handle_timeout(now);
                assert_eq!(connection.receive(now, &mut Input::default()), None);
                connection.handle_written(now, 0);
                assert_eq!(connection.poll_timeout(), Some(START + secs(40)));
                assert_eq!(waiting(&mut connection), []);
            }
            // A byte heard "at 10 s" is heard now, at 20 s.
            receive(&mut connection, START + secs(10), &[BINARY]);
            assert_eq!(connection.poll_timeout(), Some(START + secs(40)));
            pass(&mut connection, START + secs(40));
            write_ping(&mut connection, START + secs(40));
        }
    }

    /// A machine that slept: each timer fires once, and the peer gets its time to answer.
    #[test]
    fn jumping_forward_sends_one_ping_and_waits_for_its_answer() {
        for role in ROLES {
            let mut connection = opened(role);
            let now = START + secs(100_000);
            connection.handle_timeout(now);
            connection.handle_timeout(now);
            write_ping(&mut connection, now);
            assert_dies_at(&mut connection, now + secs(20));
        }
    }

    /// Input comes before time: what is there is heard first.
    #[test]
    fn an_answer_that_is_there_is_heard_although_its_time_is_up() {
        for role in ROLES {
            let (mut connection, nonce) = pinged(role);
            let late = START + secs(60);
            receive(&mut connection, late, &from_peer_of(role, PONG, &nonce));
            connection.handle_timeout(late);
            assert_eq!(connection.ready_state(), ReadyState::Open);
            assert_eq!(connection.latency(), Some(secs(40)));
        }
    }

    #[test]
    fn calls_that_are_early_or_repeated_have_no_effect() {
        for role in ROLES {
            let mut connection = opened(role);
            for second in 0..20 {
                connection.handle_timeout(START + secs(second));
                assert_eq!(connection.poll_timeout(), Some(START + secs(20)));
            }
            connection.handle_timeout(START + secs(20));
            connection.handle_timeout(START + secs(20));
            write_ping(&mut connection, START + secs(20));
        }
    }

    /// Zero would never rest.
    #[test]
    fn intervals_are_at_least_a_millisecond() {
        for role in ROLES {
            let heartbeat = Heartbeat::pings(secs(0), secs(0));
            let config = Config { heartbeat: Some(heartbeat), ..Config::default() };
            let mut connection = open(role, &config);
            assert_eq!(connection.poll_timeout(), Some(START + Heartbeat::DURATION_MIN));
            pass(&mut connection, START + Heartbeat::DURATION_MIN);
            assert_dies_at(&mut connection, START + Heartbeat::DURATION_MIN * 2);
        }
    }
}

/// Application messages as heartbeats, for peers that answer no pings.
mod of_messages {
    use super::*;

    const PING_MESSAGE: &str = r#"{"ping":true}"#;
    const REPLY: &str = r#"{"pong":true}"#;

    fn is_reply(message: &Message<'_>) -> bool {
        message.as_text() == Some(REPLY)
    }

    fn opened(role: Role, matcher: Option<fn(&Message<'_>) -> bool>) -> Connection {
        let heartbeat = Heartbeat::messages(secs(20), secs(20), PING_MESSAGE, matcher);
        open(role, &Config { heartbeat: Some(heartbeat), ..Config::default() })
    }

    fn write_heartbeat(connection: &mut Connection, now: Timestamp) {
        assert_eq!(plain(&write_all(connection, now)), [(TEXT, PING_MESSAGE.into())]);
    }

    #[test]
    fn the_message_goes_out_after_the_interval() {
        for role in ROLES {
            let mut connection = opened(role, None);
            connection.handle_timeout(START + (secs(20) - TICK));
            assert_eq!(waiting(&mut connection), []);
            connection.handle_timeout(START + secs(20));
            write_heartbeat(&mut connection, START + secs(20));
            assert_dies_at(&mut connection, START + secs(40));
        }
    }

    #[test]
    fn the_reply_is_reported_as_a_pong_with_the_latency() {
        for role in ROLES {
            let mut connection = opened(role, Some(is_reply));
            pass(&mut connection, START + secs(20));
            write_heartbeat(&mut connection, START + secs(20));
            let now = START + (secs(20) + millis(5));
            for split in [false, true] {
                let bytes = from_peer_of(role, TEXT, REPLY.as_bytes());
                let mut events = Vec::new();
                for part in bytes.chunks(if split { 1 } else { bytes.len() }) {
                    events.extend(receive(&mut connection, now, part));
                }
                let latency = (!split).then_some(millis(5));
                let payload = REPLY.into();
                assert_eq!(events, [Event::Pong { payload, latency }], "the second is unasked");
            }
            assert_eq!(connection.latency(), Some(millis(5)));
        }
    }

    #[test]
    fn other_messages_are_delivered_and_keep_it_alive() {
        for role in ROLES {
            let mut connection = opened(role, Some(is_reply));
            pass(&mut connection, START + secs(20));
            write_heartbeat(&mut connection, START + secs(20));
            let news = from_peer_of(role, TEXT, b"news");
            let events = receive(&mut connection, START + secs(39), &news);
            assert_eq!(events, [Event::Message("news".into())]);
            assert_eq!(connection.latency(), None);
            assert_eq!(connection.poll_timeout(), Some(START + secs(59)));
        }
    }

    #[test]
    fn without_a_matcher_the_reply_is_a_message_like_any() {
        for role in ROLES {
            let mut connection = opened(role, None);
            pass(&mut connection, START + secs(20));
            write_heartbeat(&mut connection, START + secs(20));
            let reply = from_peer_of(role, TEXT, REPLY.as_bytes());
            let events = receive(&mut connection, START + secs(20), &reply);
            assert_eq!(events, [Event::Message(REPLY.into())]);
        }
    }

    /// §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another
    /// message", so a ping stands in.
    #[test]
    fn a_ping_stands_in_while_a_message_is_being_sent_in_fragments() {
        for role in ROLES {
            let mut connection = opened(role, None);
            connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
            write_all(&mut connection, START);
            pass(&mut connection, START + secs(20));
            write_ping(&mut connection, START + secs(20));
            connection.send_fragment(START + secs(20), None, "b", true).expect("room");
            assert_eq!(plain(&waiting(&mut connection)), [(CONTINUES_LAST, b"b".to_vec())]);
        }
    }

    #[test]
    fn it_keeps_its_place_and_counts_neither_as_buffered_nor_as_lost() {
        for role in ROLES {
            let mut connection = opened(role, None);
            connection.send(START, "mine").expect("room");
            pass(&mut connection, START + secs(20));
            assert_eq!(connection.buffered_amount(), 4);
            let sent = plain(&waiting(&mut connection));
            assert_eq!(sent, [(TEXT, b"mine".to_vec()), (TEXT, PING_MESSAGE.into())]);
            connection.handle_lost(START + secs(20));
            let events = poll(&mut connection);
            let (_, closed) = ending(&mut connection, &events);
            assert_eq!(closed.messages_lost, 1);
        }
    }

    /// The rest of the frame in progress isn't taken for the heartbeat that stood behind it.
    #[test]
    fn it_is_dropped_for_a_close_without_a_trace() {
        for role in ROLES {
            let mut connection = opened(role, None);
            connection.send(START, &[0; 100]).expect("room");
            let mut wire = write(&mut connection, START, 50);
            let left = connection.buffered_amount();
            pass(&mut connection, START + secs(20));
            receive(&mut connection, START + secs(20), &peer_close(role, 1000));
            assert_eq!(connection.buffered_amount(), left);
            wire.extend(write(&mut connection, START + secs(20), 10));
            assert_eq!(connection.buffered_amount(), left - 10);
            wire.extend(write_all(&mut connection, START + secs(20)));
            assert_eq!(connection.buffered_amount(), 0);
            let order: Vec<u8> = plain(&wire).iter().map(|frame| frame.0).collect();
            assert_eq!(order, [BINARY, CLOSE]);
            connection.handle_eof(START + secs(20));
            let events = poll(&mut connection);
            assert_eq!(ending(&mut connection, &events).1.messages_lost, 0);
        }
    }

    #[test]
    fn the_answer_is_due_from_the_last_byte_that_was_taken_up_to_the_messages_end() {
        for role in ROLES {
            let mut connection = opened(role, None);
            connection.send(START, &[0; 1000]).expect("room");
            pass(&mut connection, START + secs(20));
            write(&mut connection, START + secs(30), 900);
            assert_eq!(connection.poll_timeout(), Some(START + secs(50)));
            write_all(&mut connection, START + secs(45));
            assert_dies_at(&mut connection, START + secs(65));
        }
    }

    /// A peer that takes our bytes and never says a word is dead, however much we send.
    #[test]
    fn the_answer_is_not_put_off_by_bytes_that_are_taken_behind_the_message() {
        for role in ROLES {
            let mut connection = opened(role, None);
            pass(&mut connection, START + secs(20));
            let heartbeat_len = waiting(&mut connection).len();
            connection.send(START + secs(20), &[0; 1000]).expect("room");
            write(&mut connection, START + secs(25), heartbeat_len);
            write(&mut connection, START + secs(35), 500);
            connection.send(START + secs(36), &[0; 1000]).expect("room");
            write(&mut connection, START + secs(44), 500);
            assert_dies_at(&mut connection, START + secs(45));
        }
    }
}
