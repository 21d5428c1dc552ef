//! The recipe that many write by hand: `{"ping":true}` after 5 s without a message, a new connection
//! when 5 s more bring nothing.

use super::*;

const PING_MESSAGE: &str = r#"{"ping":true}"#;

fn recipe() -> SessionConfig {
    let heartbeat = Heartbeat::messages(secs(5), secs(5), PING_MESSAGE, None);
    let connection = Config { heartbeat: Some(heartbeat), ..Config::default() };
    SessionConfig { connection, ..fixed() }
}

fn at(seconds: u64) -> Timestamp {
    START + secs(seconds)
}

/// Asked for a sign of life at this time, and not before.
fn assert_asked(session: &mut Session, now: Timestamp) {
    let attempt = session.attempt();
    session.handle_timeout(Timestamp::from_nanos(now.as_nanos() - 1));
    assert_eq!(waiting(session, attempt), []);
    session.handle_timeout(now);
    assert_eq!(texts(&write_all(session, now, attempt)), [PING_MESSAGE]);
}

#[test]
fn a_server_that_falls_silent_is_asked_once_and_then_replaced() {
    let mut session = session(recipe(), START);
    open(&mut session, START);
    assert_asked(&mut session, at(5));
    session.handle_timeout(Timestamp::from_nanos(at(10).as_nanos() - 1));
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.handle_timeout(at(10));
    let closed = closed(&poll(&mut session));
    assert_eq!(closed.closed.cause.reason, Reason::HeartbeatTimeout);
    assert_eq!(closed.next, Next::At(at(13)));
    session.handle_timeout(at(13));
    open(&mut session, at(13));
    assert_asked(&mut session, at(18));
}

#[test]
fn messages_put_the_question_off() {
    let mut session = session(recipe(), START);
    let attempt = open(&mut session, START);
    for second in [4, 8, 12] {
        let news = from_peer_of(Role::Client, 0x81, b"news");
        receive(&mut session, at(second), attempt, &news);
        session.handle_timeout(at(second));
        assert_eq!(waiting(&mut session, attempt), []);
    }
    assert_asked(&mut session, at(17));
}

/// A proxy that pings by itself says nothing of the application behind it. How its pings are cut
/// makes no difference.
#[test]
fn pings_of_the_server_do_not_put_the_question_off() {
    for chunk_len in [100, 1] {
        let mut session = session(recipe(), START);
        let attempt = open(&mut session, START);
        for second in [2, 4] {
            for byte in from_peer_of(Role::Client, 0x89, b"hi").chunks(chunk_len) {
                receive(&mut session, at(second), attempt, byte);
            }
            write_all(&mut session, at(second), attempt);
        }
        assert_asked(&mut session, at(5));
    }
}

/// "Nothing" is nothing: a byte is an answer. The next question comes an interval after the last.
#[test]
fn any_byte_is_an_answer() {
    let mut session = session(recipe(), START);
    let attempt = open(&mut session, START);
    assert_asked(&mut session, at(5));
    receive(&mut session, at(7), attempt, &from_peer_of(Role::Client, 0x89, b""));
    write_all(&mut session, at(7), attempt);
    assert_asked(&mut session, at(10));
    receive(&mut session, at(14), attempt, &from_peer_of(Role::Client, 0x81, b"here"));
    assert_asked(&mut session, at(19));
}

/// A message that takes minutes to come doesn't look dead, nor is the server flooded meanwhile.
#[test]
fn a_slow_download_is_asked_once_an_interval_and_survives() {
    let mut session = session(recipe(), START);
    let attempt = open(&mut session, START);
    let message = from_peer_of(Role::Client, 0x82, &[7; 300]);
    let mut asked = 0;
    for (second, byte) in (1..).zip(&message) {
        session.handle_timeout(at(second));
        asked += texts(&write_all(&mut session, at(second), attempt)).len();
        receive(&mut session, at(second), attempt, &[*byte]);
        assert_eq!(session.ready_state(), ReadyState::Open, "at byte {second}");
    }
    assert_eq!(asked, message.len() / 5);
}
