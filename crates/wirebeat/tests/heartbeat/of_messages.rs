//! Application messages as heartbeats, for peers that answer no pings.

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
