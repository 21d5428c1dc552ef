//! Tornado #2341, websockets #105: no back-pressure on the reading side.

use super::*;

#[test]
fn failure_t32_an_application_that_asks_for_nothing_stops_the_input() {
    for role in ROLES {
        let mut connection = open(role, &Config::default());
        let frames = [
            from_peer_of(role, TEXT, b"one"),
            from_peer_of(role, PING, b"two"),
            from_peer_of(role, PONG, b"three"),
            from_peer_of(role, BINARY, &[4; 1_000]),
            from_peer_of(role, TEXT, b"five"),
        ];
        let mut chunk = frames.concat();
        let mut input = Input::new(&mut chunk);
        let mut left = input.len();
        for frame in &frames {
            assert!(connection.receive(START, &mut input).is_some());
            left -= frame.len();
            assert_eq!(input.len(), left, "one event, one frame");
        }
        assert_eq!(connection.receive(START, &mut input), None);
    }
}

/// Nothing is kept back to be yielded without input.
#[test]
fn failure_t32_nothing_is_read_ahead() {
    for role in ROLES {
        let mut connection = open(role, &Config::default());
        let mut chunk = from_peer_of(role, TEXT, b"x").repeat(1_000);
        let mut input = Input::new(&mut chunk);
        assert!(connection.receive(START, &mut input).is_some());
        assert_eq!(connection.poll_event(), None);
    }
}

/// What a client sends early, and a server's application that doesn't decide.
#[test]
fn failure_t32_a_server_reads_nothing_while_its_application_decides() {
    let mut server = new_server(&Config::default());
    assert!(server.wants_read());
    receive(&mut server, START, REQUEST);
    assert!(!server.wants_read());
}
