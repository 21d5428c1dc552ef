//! gorilla CVE-2020-27813, Tomcat CVE-2020-13935, undici CVE-2026-1528 and others: a 64-bit length
//! that is negative or wraps.

use super::*;

/// Around every boundary of the format and of the integers that a length might be put in.
const LENGTHS: [u64; 25] = [
    0,
    1,
    125,
    126,
    127,
    0xFFFF,
    0x1_0000,
    MAX,
    MAX + 1,
    (1 << 31) - 1,
    1 << 31,
    (1 << 31) + 1,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 1,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    (1 << 63) - 126,
    (1 << 63) - 15,
    (1 << 63) - 1,
    1 << 63,
    (1 << 63) + 1,
    u64::MAX - 13,
    u64::MAX,
];

const FORMS: [LengthForm; 3] = [LengthForm::Short, LengthForm::Medium, LengthForm::Long];

/// RFC 6455 §5.2: the shortest form, and the most significant bit is 0; then the limit.
fn verdict(len: u64, form: LengthForm) -> Option<u16> {
    let shortest = match len {
        0..=125 => LengthForm::Short,
        126..=0xFFFF => LengthForm::Medium,
        _ => LengthForm::Long,
    };
    match (len >> 63, form == shortest, len <= MAX) {
        (1, _, _) | (0, false, _) => Some(1002),
        (0, true, false) => Some(1009),
        _ => None,
    }
}

#[test]
fn failure_t01_every_length_is_judged_by_its_header_alone() {
    for role in ROLES {
        for first in [TEXT, BINARY, TEXT_BEGINS, BINARY_BEGINS] {
            for (len, form) in LENGTHS.iter().flat_map(|len| FORMS.map(|form| (*len, form))) {
                let Some(head) = head_with_form(role, first, len, form) else { continue };
                for cut in 0..head.len() {
                    let mut connection = opened(role);
                    receive(&mut connection, START, &head[..cut]);
                    receive(&mut connection, START, &head[cut..]);
                    match verdict(len, form) {
                        None => assert_eq!(connection.ready_state(), ReadyState::Open),
                        Some(code) => {
                            let sent = only_close(&waiting(&mut connection));
                            assert_eq!(sent, Some(code), "{role} {first:02x} {len} {form:?}");
                        }
                    }
                }
            }
        }
    }
}

/// A sum of lengths mustn't wrap either.
#[test]
fn failure_t01_a_continuation_cannot_wrap_the_messages_length() {
    for role in ROLES {
        for len in LENGTHS.into_iter().filter(|len| *len > 0) {
            let head = head_from_peer_of(role, CONTINUES, len);
            let mut connection = opened(role);
            receive(&mut connection, START, &from_peer_of(role, BINARY_BEGINS, &[0; 100]));
            receive(&mut connection, START, &head);
            let code = (len >> 63 == 1).then_some(1002).or((len > MAX - 100).then_some(1009));
            let sent = waiting(&mut connection);
            assert_eq!(code.is_none(), sent.is_empty(), "{len}");
            if let Some(code) = code {
                assert_eq!(only_close(&sent), Some(code), "{len}");
            }
        }
    }
}

/// Without a limit, as pieces may be received, the largest length there is does no harm.
#[test]
fn failure_t01_the_largest_lengths_do_no_harm_without_a_limit() {
    for role in ROLES {
        let delivery = wirebeat::Delivery::Pieces { message_len_max: None, frame_len_max: None };
        let config = Config { delivery, ..Config::default() };
        let mut connection = open(role, &config);
        let mut wire = head_from_peer_of(role, BINARY_BEGINS, (1 << 63) - 1);
        wire.extend([0; 1000]);
        assert_eq!(receive(&mut connection, START, &wire).len(), 1);
        assert_eq!(receive(&mut connection, START, &[0; 1000]).len(), 1);
        assert_eq!(connection.ready_state(), ReadyState::Open);
    }
}

#[test]
fn failure_t01_control_frames_have_the_short_form_alone() {
    for role in ROLES {
        for first in [CLOSE, PING, PONG] {
            for len in [0, 125, 126, 0xFFFF, u64::MAX] {
                for form in [LengthForm::Medium, LengthForm::Long] {
                    let Some(head) = head_with_form(role, first, len, form) else { continue };
                    let mut connection = opened(role);
                    receive(&mut connection, START, &head[..2]);
                    let cause = connection.cause().map(|cause| cause.reason);
                    let expected = Reason::Protocol(ProtocolError::ControlTooLong);
                    assert_eq!(cause, Some(expected), "{first:02x} {len}");
                }
            }
        }
    }
}
