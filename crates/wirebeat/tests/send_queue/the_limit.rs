//! `Config::send_queue_len_max`: a message is taken if its payload fits behind what waits.

use super::*;

fn limited(role: Role, send_queue_len_max: usize) -> Connection {
    open(role, &Config { send_queue_len_max, ..Config::default() })
}

/// The longest payload that fits behind 100 bytes.
fn longest_behind(role: Role, max: usize) -> usize {
    let fits = |len: usize| {
        let mut connection = limited(role, max);
        connection.send(START, &[0; 100]).expect("an empty queue takes any");
        connection.send(START, vec![0; len]).is_ok()
    };
    let longest = (0..max).rev().find(|len| fits(*len)).expect("an empty message fits");
    assert!((0..longest).all(fits), "whatever is shorter fits too");
    longest
}

#[test]
fn is_where_it_says_to_the_byte() {
    for role in ROLES {
        let header_len = if role == Role::Client { 6 } else { 2 };
        for max in [1_000, 1_001] {
            assert_eq!(longest_behind(role, max), max - 100 - header_len, "inclusive");
        }
    }
}

#[test]
fn lets_a_message_of_any_length_into_an_empty_queue_and_nothing_behind_it() {
    for role in ROLES {
        let mut connection = limited(role, 1_000);
        connection.send(START, vec![0; 100_000]).expect("an empty queue takes any");
        let error = connection.send(START, "").expect_err("it's full");
        assert_eq!(error.reason, SendErrorReason::Full);
        write_all(&mut connection, START);
        connection.send(START, vec![0; 100_000]).expect("it's empty again");
        let mut connection = limited(role, 0);
        connection.send(START, vec![0; 100_000]).expect("an empty queue takes any");
    }
}

#[test]
fn gives_the_message_back_and_changes_nothing() {
    for role in ROLES {
        let mut connection = limited(role, 1_000);
        connection.send(START, vec![0; 1_000]).expect("an empty queue takes any");
        let before = (waiting(&mut connection), connection.buffered_amount());
        let error = connection.send(START, "come back").expect_err("it's full");
        assert_eq!(error.unsent, Message::from("come back"));
        let fragment = connection.send_fragment(START, Some(Kind::Text), "come", false);
        let error = fragment.expect_err("it's full");
        assert_eq!((error.reason, &error.unsent[..]), (SendErrorReason::Full, &b"come"[..]));
        let error = connection.ping(START, b"back").expect_err("it's full");
        assert_eq!((error.reason, &error.unsent[..]), (SendErrorReason::Full, &b"back"[..]));
        let error = connection.send_prepared(START, &Prepared::new("")).expect_err("full");
        assert_eq!(error.reason, SendErrorReason::Full);
        assert_eq!((waiting(&mut connection), connection.buffered_amount()), before);
        write_all(&mut connection, START);
        let fragment = connection.send_fragment(START, None, "back", true);
        let error = fragment.expect_err("the first part wasn't taken");
        assert_eq!(error.reason, SendErrorReason::NoFragmentsInProgress);
    }
}

#[test]
fn makes_room_as_bytes_are_written() {
    for role in ROLES {
        let mut connection = limited(role, 1_000);
        let longest = longest_behind(role, 1_000);
        connection.send(START, &[0; 100]).expect("an empty queue takes any");
        assert!(connection.send(START, vec![0; longest + 1]).is_err());
        write(&mut connection, START, 1);
        connection.send(START, vec![0; longest + 1]).expect("a byte of room");
    }
}

#[test]
fn counts_what_was_taken_out_and_is_not_written() {
    for role in ROLES {
        let mut connection = limited(role, 1_000);
        connection.send(START, &[0; 990]).expect("an empty queue takes any");
        let len = connection.take_transmit(5_000).expect("something waits").remaining();
        assert!(connection.send(START, &[0; 100]).is_err());
        connection.handle_written(START, len - 1);
        connection.send(START, &[0; 100]).expect("room");
        write_all(&mut connection, START);
    }
}

/// A flood of empty messages costs headers, which count.
#[test]
fn bounds_the_number_of_empty_messages_too() {
    for role in ROLES {
        let mut connection = limited(role, 10_000);
        while connection.send(START, "").is_ok() {}
        let len = waiting(&mut connection).len();
        assert!((10_000..10_000 + 14).contains(&len), "the limit and one header: {len}");
    }
}

/// What must be said of the connection itself always fits.
#[test]
fn does_not_keep_pongs_heartbeats_or_close_back() {
    for role in ROLES {
        let mut connection = limited(role, 10);
        connection.send(START, vec![0; 100]).expect("an empty queue takes any");
        ping_from_peer(&mut connection, b"p");
        connection.handle_timeout(START + secs(20));
        connection.close(START + secs(20), None).expect("no code");
        let sent = plain(&write_all(&mut connection, START + secs(20)));
        let order: Vec<u8> = sent.iter().map(|(first, _)| *first).collect();
        assert_eq!(order, [PONG, PING, BINARY, CLOSE]);
    }
}
