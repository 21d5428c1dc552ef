//! RFC 6455 §7.4, §7.4.1, §7.4.2 and the registry, for all 65,536 codes.

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
        for (body, code) in [(&b"\x03"[..], 1002), (b"\x03\xE8\xFF", 1007), (b"\x03\xE8\xC3", 1007)]
        {
            let mut connection = opened(role);
            assert_eq!(receive(&mut connection, START, &from_peer_of(role, CLOSE, body)), []);
            assert_eq!(only_close(&waiting(&mut connection)), Some(code), "{body:x?}");
        }
    }
}
