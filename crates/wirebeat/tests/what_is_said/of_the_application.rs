//! What the application can't do, and the names of things.

use wirebeat::frame::Opcode;
use wirebeat::{
    CloseCode, CloseError, CloseFrame, CloseFrameError, Kind, Message, Payload, ReadyState, Role,
    SendError, SendErrorReason, Text, Timestamp,
};

use super::assert_said;

#[test]
fn what_was_not_sent_says_why() {
    use SendErrorReason as R;
    let reasons = [
        (R::Full, "the send queue is full"),
        (R::NotOpen(ReadyState::Closing), "the connection is CLOSING, not OPEN"),
        (R::FragmentsInProgress, "a fragmented message is being sent"),
        (R::NoFragmentsInProgress, "no fragmented message is being sent"),
        (R::NotUtf8, "a text fragment isn't UTF-8"),
        (R::PingTooLong, "a ping of more than 125 bytes"),
    ];
    assert_said(reasons);
    assert_said(reasons.map(|(reason, text)| (SendError { reason, unsent: "secret" }, text)));
}

/// RFC 6455 §7.4.1: 1010 is for clients.
#[test]
fn a_close_that_may_not_be_sent_says_why() {
    let code = CloseCode::EXTENSION_REQUIRED;
    assert_said([(
        CloseError::CodeNotOurs { code, role: Role::Server },
        "a server may not send close code 1010 (extension required)",
    )]);
    assert_said([
        (
            CloseFrameError::CodeNotSendable(1006),
            "close code 1006 may not be sent; use 1000 or 3000 to 4999",
        ),
        (CloseFrameError::ReasonTooLong(124), "a close reason of 124 bytes; at most 123 fit"),
    ]);
}

#[test]
fn a_close_frame_says_its_code_and_its_reason() {
    assert_said([
        (CloseFrame::new(1001, "").expect("it may be sent"), "1001 (going away)"),
        (CloseFrame::new(4000, "b\u{e9}\n").expect("it may be sent"), "4000: \"bé\\n\""),
    ]);
}

#[test]
fn things_are_called_what_the_rfc_calls_them() {
    assert_said([(Kind::Text, "text"), (Kind::Binary, "binary")]);
    assert_said([
        (Opcode::Continuation, "continuation"),
        (Opcode::Text, "text"),
        (Opcode::Binary, "binary"),
        (Opcode::Close, "close"),
        (Opcode::Ping, "ping"),
        (Opcode::Pong, "pong"),
    ]);
}

/// A text is shown as its characters are, a payload as bytes; whoever owns them.
#[test]
fn messages_show_what_is_in_them() {
    for text in [Text::from("a\"b"), Text::from("a\"b".to_owned())] {
        assert_eq!((text.to_string(), format!("{text:?}")), ("a\"b".into(), "\"a\\\"b\"".into()));
    }
    for payload in [Payload::from(&[1, 2]), Payload::from(vec![1, 2])] {
        assert_eq!(format!("{payload:?}"), "[1, 2]");
    }
    assert_eq!(format!("{:?}", Message::from("a")), "Text(\"a\")");
    assert_eq!(format!("{:?}", Message::from(&[7])), "Binary([7])");
}

#[test]
fn time_begins_at_zero() {
    assert_eq!(Timestamp::default(), Timestamp::ZERO);
}
