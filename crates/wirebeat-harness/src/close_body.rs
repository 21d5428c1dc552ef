//! What a Close frame says, against the model.

use wirebeat::{CloseCode, CloseError, CloseFrame, Connection, Event, Input, Role, Timestamp};

use crate::frame::{Frame, sent_frames};
use crate::model::{self, Heard};
use crate::rules::Rules;
use crate::source::Source;
use crate::split::{Cuts, check_split, waiting};

/// The harness of the target `close_body`: role, cuts, and the body of a Close frame.
///
/// # Panics
///
/// If what is received isn't what the model says (§5.5.1, §7.4), if the reply isn't the code alone,
/// or if what may be received and sent doesn't go on the wire as it came.
pub fn close_body(data: &[u8]) {
    let mut source = Source::new(data);
    let rules = Rules::draw(&mut source);
    let cuts = Cuts::draw(&mut source);
    check_body(&rules, source.rest(), &cuts);
}

/// Checks what becomes of the body of a Close frame, when it's received and when it's sent.
///
/// # Panics
///
/// As [`close_body`].
pub fn check_body(rules: &Rules, body: &[u8], cuts: &Cuts) {
    let mut wire = Vec::new();
    Frame::new(rules.role, 8, body).write(&mut wire);
    check_split(rules, &wire, cuts);
    if let Some(Heard::Closing(Some((code, reason)))) = model::decode(&wire, rules).heard.last() {
        check_reply(rules, &mut wire, *code);
        check_sent(rules, *code, reason, body);
    }
    let code = u16::from_be_bytes([body.first().map_or(0, |b| *b), body.get(1).map_or(0, |b| *b)]);
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let reason = String::from_utf8_lossy(body.get(2..).unwrap_or_default()).into_owned();
    let fits = reason.len() <= 123;
    assert_eq!(CloseFrame::new(code, reason).is_ok(), may_be_sent && fits);
}

/// §5.5.1: "When sending a Close frame in response, the endpoint typically echos the status code it
/// received."
fn check_reply(rules: &Rules, wire: &mut [u8], code: u16) {
    let mut connection = rules.connection();
    let event = connection.receive(Timestamp::ZERO, &mut Input::new(wire)).map(Event::into_owned);
    assert!(matches!(event, Some(Event::Closing(Some(_)))), "{event:?}");
    assert_eq!(sent_body(&mut connection, rules.role), code.to_be_bytes());
}

/// What was received can be sent, and is the same on the wire.
fn check_sent(rules: &Rules, code: u16, reason: &str, body: &[u8]) {
    let frame = CloseFrame::new(code, reason).expect("what may be received may be sent");
    assert_eq!((frame.code().get(), frame.reason()), (code, reason));
    let mut connection = rules.connection();
    let closed = connection.close(Timestamp::ZERO, Some(frame));
    if code == 1010 && rules.role == Role::Server {
        let code = CloseCode::EXTENSION_REQUIRED;
        assert_eq!(closed, Err(CloseError::CodeNotOurs { code, role: Role::Server }));
        return;
    }
    assert_eq!(closed, Ok(()));
    assert_eq!(sent_body(&mut connection, rules.role), body);
}

/// The body of the one frame that waits, which is a Close.
fn sent_body(connection: &mut Connection, role: Role) -> Vec<u8> {
    let wire = waiting(connection);
    let frames = sent_frames(&wire, 0, role);
    let [frame] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!((frame.first, frame.end()), (0x88, wire.len()));
    let payload = &wire[frame.payload_start..];
    let key = if role == Role::Client { &wire[2..6] } else { &[0; 4] };
    payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}
