//! permessage-deflate on the connections of a session (RFC 7692).

use super::*;
use wirebeat::Savings;
use wirebeat::extension::{Deflate, DeflateParameters};

/// What the server agrees to, which isn't what it would be without a word.
const ANSWER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";

/// Opens a connection on which the server compresses.
fn open_compressed(session: &mut Session, now: Timestamp) -> wirebeat::session::Attempt {
    let attempt = dial(session, now);
    let response = response_to(&write_all(session, now, attempt));
    let head = String::from_utf8(response).expect("a head is text");
    let response =
        head.replace("Upgrade: websocket\r\n", &format!("Upgrade: websocket\r\n{ANSWER}"));
    receive(session, now, attempt, response.as_bytes());
    assert_eq!(session.ready_state(), ReadyState::Open);
    attempt
}

#[test]
fn what_was_agreed_on_is_told_and_what_it_saves_is_counted_over_all_connections() {
    let connection = Config { deflate: Some(Deflate::default()), ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    assert_eq!((session.deflate(), session.savings()), (None, None));

    let attempt = open_compressed(&mut session, START);
    let agreed =
        DeflateParameters { client_no_context_takeover: true, ..DeflateParameters::default() };
    assert_eq!(session.deflate(), Some(agreed));
    session.send(START, "x".repeat(1000)).unwrap();
    let once = session.savings().expect("it's compressed");
    assert_eq!(once.sent, 1000);
    assert!(once.sent_on_wire < 100, "{once}");
    assert_eq!((once.received, once.received_on_wire), (0, 0));

    let closed = lose(&mut session, START, attempt);
    assert_eq!(session.savings(), Some(once));
    let now = wait_for_retry(&mut session, &closed);
    open_compressed(&mut session, now);
    assert_eq!(session.savings(), Some(once), "nothing was sent on the second");
    session.send(now, "x".repeat(1000)).unwrap();
    let Savings { sent, sent_on_wire, .. } = once;
    let twice = Savings { sent: 2 * sent, sent_on_wire: 2 * sent_on_wire, ..once };
    assert_eq!(session.savings(), Some(twice));
}

/// RFC 7692 §5: it's the server who decides.
#[test]
fn without_the_servers_consent_there_is_none() {
    let connection = Config { deflate: Some(Deflate::default()), ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    open(&mut session, START);
    session.send(START, "x".repeat(1000)).unwrap();
    assert_eq!((session.deflate(), session.savings()), (None, None));
}
