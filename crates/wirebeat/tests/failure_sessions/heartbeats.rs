//! Heartbeats that kill the living, or spare the dead.

use super::*;

fn beating(heartbeat: Heartbeat) -> SessionConfig {
    let connection = Config { heartbeat: Some(heartbeat), ..Config::default() };
    SessionConfig { connection, ..fixed() }
}

/// python-websockets#1005, WebSocket-Node#229, aiohttp#12029: the pong stands behind a megabyte that
/// takes its time, and the connection is taken for dead.
#[test]
fn a_heartbeat_that_kills_a_slow_but_healthy_download() {
    let pings = Heartbeat::pings(secs(5), secs(5));
    let messages = Heartbeat::messages(secs(5), secs(5), "ping", None);
    for heartbeat in [pings, messages] {
        let mut session = session(beating(heartbeat), START);
        let attempt = open(&mut session, START);
        let download = from_peer_of(Role::Client, 0x82, &vec![7; 65_000]);
        let mut now = START;
        // 1000 bytes every four seconds: more than four minutes.
        for chunk in download.chunks(1000) {
            now = now + secs(4);
            session.handle_timeout(now);
            write_all(&mut session, now, attempt);
            let events = receive(&mut session, now, attempt, chunk);
            assert!(events.iter().all(|event| matches!(event, SessionEvent::Message(_))));
        }
        assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::Keep));
    }
}

/// A heartbeat that was unanswered on the old connection is counted against the new one:
/// websocket-client#395, #858, #891, VueUse#4607.
#[test]
fn stale_heartbeat_state_after_a_reconnect() {
    let mut session = session(beating(Heartbeat::pings(secs(5), secs(5))), START);
    let mut now = START;
    for _ in 0..10 {
        let attempt = open(&mut session, now);
        session.handle_timeout(now + (secs(5) - TICK));
        assert_eq!(waiting(&mut session, attempt), [], "the interval begins with the connection");
        session.handle_timeout(now + secs(5));
        assert_eq!(frames(&write_all(&mut session, now + secs(5), attempt)).len(), 1);
        session.handle_timeout(now + (secs(10) - TICK));
        assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::Keep));
        session.handle_timeout(now + secs(10));
        let closed = closed(&poll(&mut session));
        assert_eq!(closed.closed.cause.reason, Reason::HeartbeatTimeout);
        now = wait_for_retry(&mut session, &closed);
    }
}

/// ezsockets put 1006 into a Close frame (PR #109): RFC 6455 §7.4.1 forbids it. Nothing is put on the
/// wire of a connection that is dead.
#[test]
fn code_1006_put_on_the_wire() {
    let mut session = session(beating(Heartbeat::pings(secs(5), secs(5))), START);
    let attempt = open(&mut session, START);
    session.handle_timeout(START + secs(5));
    let mut wire = write_all(&mut session, START + secs(5), attempt);
    session.handle_timeout(START + secs(10));
    wire.extend(write_all(&mut session, START + secs(10), attempt));
    let closed = closed(&poll(&mut session));
    assert_eq!(closed.closed.code, CloseCode::ABNORMAL);
    assert!(frames(&wire).iter().all(|frame| frame.first != 0x88), "no Close went out");
    assert!(CloseFrame::new(CloseCode::ABNORMAL, "").is_err(), "nor can one be made");
}

/// A peer that is gone without a word, while we keep writing into the kernel's buffers: ws#1467,
/// pladaria/reconnecting-websocket#98.
#[test]
fn a_dead_peer_that_is_never_noticed() {
    let mut session = session(usual(), START);
    let attempt = open(&mut session, START);
    let mut now = START;
    while session.wanted() == Wanted::Hold(attempt, Transport::Keep) {
        assert!(now <= START + secs(40), "20 s of silence and 20 s for the answer");
        session.send(now, "are you there?").unwrap();
        session.handle_timeout(now);
        write_all(&mut session, now, attempt);
        now = now + secs(1);
    }
    assert_eq!(closed(&poll(&mut session)).closed.cause.reason, Reason::HeartbeatTimeout);
}
