//! RFC 6455 §5.5.2: a pong goes out "as soon as is practical": behind the frame in progress, before
//! data that hasn't begun.

use super::*;

#[test]
fn overtakes_data_that_has_not_begun() {
    for role in ROLES {
        for len in [3, 10_000] {
            let mut connection = opened(role);
            connection.send(START, vec![1; len]).expect("room");
            ping_from_peer(&mut connection, b"p");
            let sent = plain(&write_all(&mut connection, START));
            assert_eq!(sent, [(PONG, b"p".to_vec()), (BINARY, vec![1; len])]);
        }
    }
}

#[test]
fn waits_for_the_frame_in_progress_and_no_longer() {
    for role in ROLES {
        for (len, cuts) in [(3, 1..9_usize), (10_000, 9_990..10_008)] {
            let mut connection = opened(role);
            connection.send(START, vec![1; len]).expect("room");
            let frame_len = waiting(&mut connection).len();
            for cut in cuts.filter(|cut| *cut <= frame_len) {
                let mut connection = opened(role);
                connection.send(START, vec![1; len]).expect("room");
                connection.send(START, vec![2; len]).expect("room");
                let mut wire = write(&mut connection, START, cut);
                ping_from_peer(&mut connection, b"p");
                wire.extend(write_all(&mut connection, START));
                let expected =
                    [(BINARY, vec![1; len]), (PONG, b"p".to_vec()), (BINARY, vec![2; len])];
                assert!(plain(&wire) == expected, "begun with {cut} of {frame_len} bytes");
            }
        }
    }
}

/// §5.4: "Control frames MAY be injected in the middle of a fragmented message."
#[test]
fn goes_between_the_fragments_of_a_message() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send_fragment(START, Some(Kind::Binary), b"a", false).expect("room");
        connection.send_fragment(START, None, b"b", true).expect("room");
        let mut wire = write(&mut connection, START, 1);
        ping_from_peer(&mut connection, b"p");
        wire.extend(write_all(&mut connection, START));
        let expected = [
            (BINARY_BEGINS, b"a".to_vec()),
            (PONG, b"p".to_vec()),
            (CONTINUES_LAST, b"b".to_vec()),
        ];
        assert_eq!(plain(&wire), expected);
    }
}

#[test]
fn that_is_in_progress_is_not_cut_by_another() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, "data").expect("room");
        ping_from_peer(&mut connection, b"first");
        let mut wire = write(&mut connection, START, 3);
        ping_from_peer(&mut connection, b"second");
        wire.extend(write(&mut connection, START, 5));
        ping_from_peer(&mut connection, &[3; 125]);
        wire.extend(write_all(&mut connection, START));
        let expected = [
            (PONG, b"first".to_vec()),
            (PONG, b"second".to_vec()),
            (PONG, vec![3; 125]),
            (TEXT, b"data".to_vec()),
        ];
        assert_eq!(plain(&wire), expected);
    }
}

/// The application's own ping keeps its place behind what was queued before it.
#[test]
fn of_the_peers_ping_overtakes_our_own_ping() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.ping(START, b"mine").expect("room");
        ping_from_peer(&mut connection, b"yours");
        let sent = plain(&write_all(&mut connection, START));
        assert_eq!(sent, [(PONG, b"yours".to_vec()), (PING, b"mine".to_vec())]);
    }
}
