use super::*;

fn crossing(role: Role) -> Connection {
    let mut connection = opened(role);
    connection.send(START, "last words").expect("room");
    connection.close(START, Some(frame(4001, "ours"))).expect("a code of ours");
    let bytes = from_peer_of(role, CLOSE, &close_body(4002, "theirs"));
    assert_eq!(
        receive(&mut connection, START, &bytes),
        [Event::Closing(Some(frame(4002, "theirs")))]
    );
    connection
}

/// Ours is its own reply (§5.5.1: one Close frame); code and reason are the peer's (§7.1.5).
#[test]
fn one_close_is_sent_and_the_peers_is_reported() {
    for role in ROLES {
        let mut connection = crossing(role);
        let sent = plain(&write_all(&mut connection, START));
        let expected = [(TEXT, b"last words".to_vec()), (CLOSE, close_body(4001, "ours"))];
        assert_eq!(sent, expected);
        connection.handle_eof(START);
        let events = poll(&mut connection);
        let closed = assert_clean(&mut connection, &events);
        assert_eq!((closed.code.get(), &*closed.reason), (4002, "theirs"));
        assert_eq!((closed.cause.reason, closed.messages_lost), (Reason::ClosedByUs, 0));
    }
}

/// §7.1.4: clean is what comes after "both sent and received".
#[test]
fn it_is_not_clean_before_ours_was_taken() {
    for role in ROLES {
        let mut connection = crossing(role);
        connection.handle_lost(START);
        let events = poll(&mut connection);
        let (cause, closed) = ending(&mut connection, &events);
        assert_eq!(cause.map(|cause| cause.reason), Some(Reason::Lost));
        assert_eq!((closed.code.get(), closed.was_clean), (4002, false));
        assert_eq!((closed.messages_lost, closed.cause.phase), (1, Phase::LocalClosing));
        assert!(!closed.is_retryable(), "it was we who closed");
    }
}
