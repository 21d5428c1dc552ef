use super::*;

/// facil.io #169: a payload is delivered after the error that its frame was.
#[test]
fn failure_t09_nothing_follows_an_error() {
    let good = |role| {
        [from_peer_of(role, TEXT, b"good"), from_peer_of(role, PING, b"p"), peer_close(role, 1000)]
            .concat()
    };
    for role in ROLES {
        let wrong_mask = from_peer_of(role.peer(), TEXT, b"not for you");
        let bad = [
            wrong_mask,
            from_peer_of(role, 0x83, b"reserved"),
            from_peer_of(role, 0xC1, b"RSV1"),
            from_peer_of(role, CONTINUES_LAST, b"orphan"),
            from_peer_of(role, PING & 0x7F, b"fragmented"),
            from_peer_of(role, TEXT, b"\xFFnot UTF-8"),
            from_peer_of(role, CLOSE, &close_body(1005, "reserved")),
            head_from_peer_of(role, BINARY, MAX + 1),
        ];
        for bad in bad {
            for close_sent in [false, true] {
                for split in [false, true] {
                    let mut connection = opened(role);
                    if close_sent {
                        connection.close(START, None).expect("no code");
                        write_all(&mut connection, START);
                    }
                    let stream = [bad.clone(), good(role)].concat();
                    let mut events = Vec::new();
                    for part in stream.chunks(if split { 1 } else { stream.len() }) {
                        events.extend(receive(&mut connection, START, part));
                    }
                    if !close_sent {
                        assert_eq!(events, [], "{bad:x?}");
                        let code = only_close(&write_all(&mut connection, START));
                        assert!(matches!(code, Some(1002 | 1007 | 1009)), "{bad:x?}");
                        events.extend(receive(&mut connection, START, &good(role)));
                        connection.handle_eof(START);
                        events.extend(poll(&mut connection));
                    }
                    let [Event::Error(_), Event::Closed(_)] = &events[..] else {
                        unreachable!("{bad:x?}: {events:?}");
                    };
                    assert_is_over(&mut connection);
                }
            }
        }
    }
}
