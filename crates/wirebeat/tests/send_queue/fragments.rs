use super::*;

#[test]
fn are_frames_of_one_message() {
    for role in ROLES {
        for (kind, first) in [(Kind::Text, TEXT_BEGINS), (Kind::Binary, BINARY_BEGINS)] {
            let mut connection = opened(role);
            connection.send_fragment(START, Some(kind), "a", false).expect("room");
            connection.send_fragment(START, None, "", false).expect("room");
            connection.send_fragment(START, None, "b", true).expect("room");
            connection.send_fragment(START, Some(kind), "whole", true).expect("room");
            let expected = [
                (first, b"a".to_vec()),
                (CONTINUES, Vec::new()),
                (CONTINUES_LAST, b"b".to_vec()),
                (0x80 | first, b"whole".to_vec()),
            ];
            assert_eq!(plain(&write_all(&mut connection, START)), expected);
        }
    }
}

/// §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another
/// message"; a ping may stand between them.
#[test]
fn are_not_interleaved_with_other_messages() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send_fragment(START, Some(Kind::Text), "a", false).expect("room");
        let refused = SendErrorReason::FragmentsInProgress;
        assert_eq!(connection.send(START, "x").expect_err("not now").reason, refused);
        let prepared = connection.send_prepared(START, &Prepared::new("x"));
        assert_eq!(prepared.expect_err("not now").reason, refused);
        let begun = connection.send_fragment(START, Some(Kind::Text), "x", true);
        assert_eq!(begun.expect_err("not now").reason, refused);
        connection.ping(START, b"p").expect("a control frame");
        connection.send_fragment(START, None, "b", true).expect("room");
        connection.send(START, "next").expect("room");
        let expected = [
            (TEXT_BEGINS, b"a".to_vec()),
            (PING, b"p".to_vec()),
            (CONTINUES_LAST, b"b".to_vec()),
            (TEXT, b"next".to_vec()),
        ];
        assert_eq!(plain(&write_all(&mut connection, START)), expected);
    }
}

#[test]
fn continue_only_what_was_begun() {
    for role in ROLES {
        let mut connection = opened(role);
        let error = connection.send_fragment(START, None, "x", true).expect_err("nothing is");
        assert_eq!(error.reason, SendErrorReason::NoFragmentsInProgress);
        assert_eq!(waiting(&mut connection), []);
    }
}

/// §5.6: text is UTF-8 as a whole, and may be cut anywhere.
#[test]
fn of_text_may_cut_a_code_point_but_must_be_utf8_together() {
    for role in ROLES {
        let mut connection = opened(role);
        let text = "a€b".as_bytes();
        for (index, byte) in text.iter().enumerate() {
            let first = (index == 0).then_some(Kind::Text);
            connection.send_fragment(START, first, &[*byte], false).expect("room");
        }
        connection.send_fragment(START, None, b"", true).expect("it's complete");
        let payloads = plain(&write_all(&mut connection, START)).into_iter();
        assert_eq!(payloads.flat_map(|(_, payload)| payload).collect::<Vec<_>>(), text);
    }
}

#[test]
fn that_break_utf8_are_refused_and_may_be_mended() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send_fragment(START, Some(Kind::Text), b"\xE2\x82", false).expect("room");
        for (payload, fin) in [(&b"\x28"[..], false), (b"", true), (b"\xAC\xFF", false)] {
            let error = connection.send_fragment(START, None, payload, fin).expect_err("bad");
            assert_eq!((error.reason, &error.unsent[..]), (SendErrorReason::NotUtf8, payload));
        }
        connection.send_fragment(START, None, b"\xAC", true).expect("it's mended");
        let expected = [(TEXT_BEGINS, b"\xE2\x82".to_vec()), (CONTINUES_LAST, b"\xAC".to_vec())];
        assert_eq!(plain(&write_all(&mut connection, START)), expected);
    }
}
