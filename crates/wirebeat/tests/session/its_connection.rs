//! What a session knows of the connection that it has, and of one that it hasn't.

use super::*;
use bytes::BufMut;

/// RFC 6455 §5.5.3: the answer to the heartbeat's ping measures the latency.
#[test]
fn the_latency_is_the_connections() {
    let heartbeat = Some(Heartbeat::pings(secs(20), secs(20)));
    let connection = Config { heartbeat, ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    assert_eq!(session.latency(), None);
    let attempt = open(&mut session, START);
    session.handle_timeout(START + secs(20));
    let ping = write_all(&mut session, START + secs(20), attempt);
    let payload = behaviour::plain(&ping).pop().expect("a ping").1;
    let pong = from_peer_of(Role::Client, 0x8A, &payload);
    receive(&mut session, START + secs(21), attempt, &pong);
    assert_eq!(session.latency(), Some(secs(1)));
    session.handle_lost(START + secs(21), attempt);
    poll(&mut session);
    session.handle_timeout(START + secs(24));
    open(&mut session, START + secs(24));
    assert_eq!(session.latency(), None, "another connection's");
}

#[test]
fn the_subprotocol_is_the_connections() {
    let target = target().subprotocol("chat").expect("a token");
    let mut session = Session::new(target, fixed(), Seed::new([7; 32]), START);
    assert_eq!(session.subprotocol(), None);
    let attempt = dial(&mut session, START);
    poll(&mut session);
    let response = response_to(&write_all(&mut session, START, attempt));
    let chosen =
        [&response[..response.len() - 2], b"Sec-WebSocket-Protocol: chat\r\n\r\n"].concat();
    receive(&mut session, START, attempt, &chosen);
    assert_eq!(session.subprotocol(), Some("chat"));
}

/// RFC 6455 §5.5.2: a ping goes to a connection that is open, and is never kept for the next.
#[test]
fn a_ping_needs_an_open_connection() {
    let mut session = session(fixed(), START);
    let error = session.ping(START, b"early").expect_err("nothing is open");
    assert_eq!(error.reason, SendErrorReason::NotOpen(ReadyState::Connecting));
    assert_eq!(error.unsent, *b"early");
    let attempt = open(&mut session, START);
    session.ping(START, b"now").expect("it's open");
    let sent = behaviour::plain(&write_all(&mut session, START, attempt));
    assert_eq!(sent, [(0x89, b"now".to_vec())]);
}

/// What is heard may be kept longer than the bytes that were read: pieces, pings and pongs too.
#[test]
fn every_event_can_be_owned() {
    let delivery = wirebeat::Delivery::Pieces { message_len_max: None, frame_len_max: None };
    let connection = Config { delivery, heartbeat: None, ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    let attempt = open(&mut session, START);
    let bytes = [
        from_peer_of(Role::Client, 0x01, b"a "),
        from_peer_of(Role::Client, 0x89, b"ping"),
        from_peer_of(Role::Client, 0x80, b"piece"),
        from_peer_of(Role::Client, 0x8A, b"pong"),
        from_peer_of(Role::Client, 0x88, &behaviour::close_body(1000, "bye")),
    ];
    let events = receive(&mut session, START, attempt, &bytes.concat());
    let [
        SessionEvent::Fragment(first),
        SessionEvent::Ping(ping),
        SessionEvent::Fragment(last),
        SessionEvent::Pong { payload: pong, latency: None },
        SessionEvent::Closing(Some(frame)),
    ] = &events[..]
    else {
        unreachable!("{events:?}")
    };
    assert_eq!((&first.payload[..], first.first, first.last), (&b"a "[..], true, false));
    assert_eq!((&last.payload[..], last.first, last.last), (&b"piece"[..], false, true));
    assert_eq!((&ping[..], &pong[..], frame.reason()), (&b"ping"[..], &b"pong"[..], "bye"));
}

/// The fates of the last messages are known, of those before that nothing is; never a wrong one.
#[test]
fn fates_that_are_too_long_ago_are_forgotten() {
    let mut session = session(SessionConfig { outbox_messages_max: 1, ..fixed() }, START);
    let (mut ids, mut now) = (Vec::new(), START);
    // Each connection takes a message, and is lost with another: fates take turns.
    for _ in 0..60 {
        let attempt = open(&mut session, now);
        let handed_over = session.send(now, "out").expect("it's open");
        write_all(&mut session, now, attempt);
        let lost = session.send(now, "half of it").expect("it's open");
        write(&mut session, now, attempt, 8);
        session.handle_lost(now, attempt);
        poll(&mut session);
        now = session.poll_timeout().expect("it tries again");
        session.handle_timeout(now);
        ids.push((handed_over, lost));
    }
    let known = |id| session.fate(id);
    assert_eq!(ids.last().map(|(_, lost)| known(*lost)), Some(Some(Fate::Lost)));
    let (first, _) = ids[0];
    assert_eq!(known(first), None, "it's too long ago");
    for (handed_over, lost) in &ids {
        assert!(known(*handed_over).is_none_or(|fate| fate == Fate::HandedOver));
        assert!(known(*lost).is_none_or(|fate| fate == Fate::Lost));
    }
}

/// What the driver reports of its transport reaches the connection, and no other.
#[test]
fn a_write_stall_ends_the_connection_that_is_blocked() {
    let connection = Config { heartbeat: None, ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    let before = open(&mut session, START);
    let closed = lose(&mut session, START, before);
    let now = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, now);
    session.send(now, "unread").unwrap();
    session.handle_write_blocked(now, before);
    assert_eq!(session.poll_timeout(), None);
    session.handle_write_blocked(now, attempt);
    session.handle_timeout(now + secs(30));
    let closed = support::closed(&poll(&mut session));
    assert_eq!(closed.closed.cause.reason, Reason::WriteStall);
}

/// Bytes are left unread because our application is slow, so that silence says nothing of the peer.
#[test]
fn silence_ends_no_connection_that_is_not_read() {
    let heartbeat = Some(Heartbeat::pings(secs(20), secs(20)));
    let connection = Config { heartbeat, ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    let attempt = open(&mut session, START);
    session.handle_reading(START, attempt, false);
    for second in 0..100 {
        session.handle_timeout(START + secs(second));
        write_all(&mut session, START + secs(second), attempt);
    }
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.handle_reading(START + secs(100), attempt, true);
    for second in 100..200 {
        session.handle_timeout(START + secs(second));
        write_all(&mut session, START + secs(second), attempt);
    }
    assert_ne!(session.ready_state(), ReadyState::Open);
}

/// The buffer that a long message is read into is the connection's, and of no attempt that is over.
#[test]
fn a_long_message_may_be_read_into() {
    let mut session = session(fixed(), START);
    let before = open(&mut session, START);
    let closed = lose(&mut session, START, before);
    let now = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, now);
    assert!(session.read_target(attempt).is_none(), "nothing has come");
    let payload = vec![7; 20_000];
    let frame = from_peer_of(Role::Client, 0x82, &payload);
    let (head, mut rest) = frame.split_at(frame.len() - payload.len());
    assert_eq!(receive(&mut session, now, attempt, head), []);
    assert!(session.read_target(before).is_none(), "that is over");
    while let Some(mut target) = session.read_target(attempt) {
        let (now_read, later) = rest.split_at(target.remaining_mut().min(rest.len()));
        target.put_slice(now_read);
        rest = later;
    }
    assert_eq!(rest, [], "all of it has its place");
    let events = receive(&mut session, now, attempt, b"");
    assert_eq!(events, [SessionEvent::Message(Message::from(payload))]);
}
