//! Of what waited, a copy is kept until it's out whole: it may have to wait again, so it takes room.

use super::outbox::{limited, refusal_of};
use super::*;

/// Four messages of ten bytes were waiting when it opened, and the server closes when it has the
/// first and half of the second.
fn closing_in_the_second_message(config: SessionConfig) -> (Session, wirebeat::session::Attempt) {
    let mut session = session(config, START);
    for _ in 0..4 {
        session.send(START, "1234567890").expect("there's room");
    }
    let attempt = open(&mut session, START);
    const FRAME_LEN: usize = 2 + 4 + 10;
    write(&mut session, START, attempt, FRAME_LEN + 2 + 4 + 5);
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1001, ""));
    receive(&mut session, START, attempt, &close);
    (session, attempt)
}

#[test]
fn what_may_have_to_wait_again_takes_room() {
    let (mut session, _) = closing_in_the_second_message(limited(40, 100));
    // The second is kept until it's out whole, though it's lost with this connection.
    assert_eq!(refusal_of(&mut session, "12345678901"), SendErrorReason::Full);
    session.send(START, "1234567890").expect("there's room for this");
    let (mut session, _) = closing_in_the_second_message(limited(1000, 4));
    session.send(START, "1").expect("the first doesn't wait any more");
    assert_eq!(refusal_of(&mut session, "1"), SendErrorReason::Full);
}

#[test]
fn neither_what_waits_again_nor_what_waits_for_the_first_time_falls_out_of_the_buffered_amount() {
    let (mut session, attempt) = closing_in_the_second_message(fixed());
    session.send(START, "12345678").expect("it waits for the next connection");
    assert_eq!(session.buffered_amount(), 5 + 10 + 10 + 8);
    lose(&mut session, START, attempt);
    assert_eq!(session.buffered_amount(), 5 + 10 + 10 + 8);
}

/// Its copy takes no room any more, whatever was sent behind it.
#[test]
fn what_is_out_is_out_while_a_part_of_another_message_waits() {
    let mut session = session(limited(1000, 1), START);
    session.send(START, "12345").expect("there's room");
    let attempt = open(&mut session, START);
    let kind = Some(wirebeat::Kind::Text);
    session.send_fragment(START, kind, "a part of a long message", false).expect("it's open");
    write(&mut session, START, attempt, 2 + 4 + 5);
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1001, ""));
    receive(&mut session, START, attempt, &close);
    session.send(START, "later").expect("it may wait");
    assert_eq!(refusal_of(&mut session, "later"), SendErrorReason::Full);
}

/// It isn't seen to be out before something behind it is.
#[test]
fn an_empty_message_is_out_when_what_follows_it_is() {
    let mut session = session(limited(1000, 2), START);
    for message in ["", "12345"] {
        session.send(START, message).expect("there's room");
    }
    let attempt = open(&mut session, START);
    write(&mut session, START, attempt, 2 + 4 + 2 + 4 + 3);
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1001, ""));
    receive(&mut session, START, attempt, &close);
    session.send(START, "later").expect("only one may have to wait again");
    assert_eq!(refusal_of(&mut session, "later"), SendErrorReason::Full);
}
