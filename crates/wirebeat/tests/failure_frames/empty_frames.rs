//! Asterisk CVE-2014-9374, Bun #23832, libsoup CVE-2026-0716: frames of no bytes, and a Close whose
//! body is split.

use super::*;

/// Frames of every kind and size that matters, the empty ones and a Close among them.
fn stream(role: Role) -> Vec<u8> {
    [
        from_peer_of(role, TEXT, b""),
        from_peer_of(role, BINARY, b""),
        from_peer_of(role, PING, b""),
        from_peer_of(role, PONG, b""),
        from_peer_of(role, TEXT_BEGINS, b""),
        from_peer_of(role, CONTINUES, b""),
        from_peer_of(role, PING, b"between"),
        from_peer_of(role, CONTINUES, "h\u{e9}".as_bytes()),
        from_peer_of(role, CONTINUES_LAST, b""),
        from_peer_of(role, TEXT, "tschüß €😀".as_bytes()),
        from_peer_of(role, BINARY, &[7; 130]),
        from_peer_of(role, BINARY_BEGINS, &[8; 5]),
        from_peer_of(role, CONTINUES_LAST, &[9; 126]),
        from_peer_of(role, CLOSE, &close_body(4000, "für immer")),
    ]
    .concat()
}

fn events_of(role: Role, parts: &[&[u8]]) -> (Vec<Event<'static>>, Vec<u8>) {
    // Not the clock's business: all at once.
    let mut connection = opened(role);
    let mut events = Vec::new();
    for part in parts {
        events.extend(receive(&mut connection, START, part));
    }
    (events, waiting(&mut connection))
}

#[test]
fn failure_t07_a_stream_means_the_same_split_at_every_byte() {
    for role in ROLES {
        let stream = stream(role);
        let whole = events_of(role, &[&stream]);
        assert_eq!(whole.0.len(), 10);
        assert!(matches!(&whole.0[9], Event::Closing(Some(f)) if f.reason() == "für immer"));
        for cut in 0..=stream.len() {
            let (front, back) = stream.split_at(cut);
            assert!(events_of(role, &[front, back]) == whole, "{role}, cut at {cut}");
            // And once more a byte later, so that one frame is cut twice.
            let (middle, back) = back.split_at(back.len().min(1));
            assert!(events_of(role, &[front, middle, back]) == whole, "{role}, cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert!(events_of(role, &bytes) == whole, "{role}, byte by byte");
    }
}
