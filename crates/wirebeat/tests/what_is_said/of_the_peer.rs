//! What a peer did that it may not (RFC 6455 §7.1.7, §7.4.1).

use wirebeat::{CloseCode, ProtocolError};

use super::assert_said;

fn all() -> [(ProtocolError, u16, &'static str); 16] {
    use ProtocolError as E;
    let too_large = E::FrameTooLarge { payload_len: 2000, payload_len_max: 1000 };
    [
        (E::ReservedBits, 1002, "a reserved bit is set (RFC 6455 §5.2)"),
        (E::ReservedOpcode(0xB), 1002, "opcode 0xb is reserved (RFC 6455 §5.2)"),
        (E::ControlFragmented, 1002, "a control frame is fragmented (RFC 6455 §5.5)"),
        (
            E::ControlTooLong,
            1002,
            "a control frame has more than 125 bytes of payload (RFC 6455 §5.5)",
        ),
        (E::NotMasked, 1002, "a client's frame isn't masked (RFC 6455 §5.1)"),
        (E::Masked, 1002, "a server's frame is masked (RFC 6455 §5.1)"),
        (
            E::LengthNotMinimal,
            1002,
            "a payload length isn't written in the fewest bytes (RFC 6455 §5.2)",
        ),
        (E::LengthHighBit, 1002, "a payload length has its highest bit set (RFC 6455 §5.2)"),
        (
            E::ContinuationWithoutStart,
            1002,
            "a continuation frame came while no message was in progress (RFC 6455 §5.4)",
        ),
        (
            E::MessageInterleaved,
            1002,
            "a new message began inside a fragmented one (RFC 6455 §5.4)",
        ),
        (E::TextNotUtf8, 1007, "a text message isn't UTF-8 (RFC 6455 §8.1)"),
        (E::CloseBodyTruncated, 1002, "a Close frame's body is a single byte (RFC 6455 §5.5.1)"),
        (E::CloseCode(1005), 1002, "close code 1005 may not be sent (RFC 6455 §7.4)"),
        (E::CloseReasonNotUtf8, 1007, "a Close frame's reason isn't UTF-8 (RFC 6455 §5.5.1)"),
        (too_large, 1009, "a frame of 2000 bytes; the limit is 1000 (RFC 6455 §10.4)"),
        (
            E::MessageTooLarge { message_len_max: 1000 },
            1009,
            "a message of more than 1000 bytes, the limit (RFC 6455 §10.4)",
        ),
    ]
}

#[test]
fn a_violation_says_what_is_wrong_and_where_that_is_forbidden() {
    assert_said(all().map(|(error, _, text)| (error, text)));
}

/// §7.4.1: 1007 for "data … that was not consistent with the type of the message", 1009 for a message
/// "that is too big for it to process", 1002 for the rest.
#[test]
fn the_peer_is_told_with_the_code_that_fits() {
    for (error, code, _) in all() {
        assert_eq!(error.close_code(), CloseCode::from(code), "{error}");
    }
}

/// §7.4.1 and the registry of close codes.
#[test]
fn close_codes_with_a_meaning_say_it() {
    for (code, meaning) in [
        (1000, "normal closure"),
        (1001, "going away"),
        (1002, "protocol error"),
        (1003, "unsupported data"),
        (1005, "no status received"),
        (1006, "abnormal closure"),
        (1007, "invalid payload data"),
        (1008, "policy violation"),
        (1009, "message too big"),
        (1010, "extension required"),
        (1011, "internal error"),
        (1012, "service restart"),
        (1013, "try again later"),
        (1014, "bad gateway"),
        (1015, "TLS handshake failed"),
    ] {
        let close_code = CloseCode::from(code);
        assert_eq!((close_code.meaning(), u16::from(close_code)), (Some(meaning), code));
        assert_eq!(close_code.to_string(), format!("{code} ({meaning})"));
        assert_eq!(format!("{close_code:?}"), format!("CloseCode({code} ({meaning}))"));
    }
    for code in [0, 999, 1004, 1016, 2999, 3000, 4999, 5000] {
        let close_code = CloseCode::from(code);
        assert_eq!((close_code.meaning(), close_code.to_string()), (None, code.to_string()));
    }
}
