use super::*;

pub(super) fn limited(outbox_len_max: usize, outbox_messages_max: usize) -> SessionConfig {
    SessionConfig { outbox_len_max, outbox_messages_max, ..fixed() }
}

pub(super) fn refusal_of(session: &mut Session, message: &str) -> SendErrorReason {
    let error = session.send(START, message).expect_err("there's no room");
    assert_eq!(error.unsent, Message::from(message));
    error.reason
}

#[test]
fn holds_as_many_messages_as_it_may() {
    let mut session = session(limited(1000, 3), START);
    for _ in 0..3 {
        session.send(START, "a").expect("there's room");
    }
    assert_eq!(refusal_of(&mut session, "a"), SendErrorReason::Full);
    assert_eq!((session.outbox_messages(), session.buffered_amount()), (3, 3));
}

#[test]
fn holds_as_many_bytes_as_it_may() {
    let mut session = session(limited(10, 1000), START);
    session.send(START, "12345").expect("there's room");
    assert_eq!(refusal_of(&mut session, "123456"), SendErrorReason::Full);
    session.send(START, "12345").expect("the limit is inclusive");
    session.send(START, "").expect("it takes no room");
    assert_eq!(refusal_of(&mut session, "1"), SendErrorReason::Full);
}

#[test]
fn takes_one_message_of_any_length_while_empty() {
    let mut session = session(limited(10, 1000), START);
    session.send(START, "12345678901234567890").expect("it's empty");
    assert_eq!(refusal_of(&mut session, "1"), SendErrorReason::Full);
}

#[test]
fn of_no_message_takes_none() {
    let mut session = session(limited(10, 0), START);
    let reason = refusal_of(&mut session, "now or never");
    assert_eq!(reason, SendErrorReason::NotOpen(ReadyState::Connecting));
    assert_eq!(session.buffered_amount(), 0);
    open(&mut session, START);
    session.send(START, "now").expect("it's open");
}

#[test]
fn goes_out_in_order_before_what_is_sent_later() {
    let mut session = session(fixed(), START);
    for message in ["1", "2", "3"] {
        session.send(START, message).unwrap();
    }
    let attempt = open(&mut session, START);
    session.send(START, "4").unwrap();
    assert_eq!(session.outbox_messages(), 0);
    assert_eq!(texts(&write_all(&mut session, START, attempt)), ["1", "2", "3", "4"]);
}

/// What the outbox may hold and the send queue may not goes out all the same.
#[test]
fn may_be_longer_than_the_send_queue() {
    let connection = Config { send_queue_len_max: 10, ..Config::default() };
    let mut session = session(SessionConfig { connection, ..fixed() }, START);
    let messages: Vec<String> = (0..20).map(|n| format!("message {n}")).collect();
    for message in &messages {
        session.send(START, message.as_str()).unwrap();
    }
    let attempt = open(&mut session, START);
    assert_eq!(refusal_of(&mut session, "later"), SendErrorReason::Full);
    assert_eq!(texts(&write_all(&mut session, START, attempt)), messages);
    session.send(START, "later").expect("there's room again");
}

#[test]
fn keeps_messages_over_any_number_of_attempts() {
    let mut session = session(fixed(), START);
    let id = session.send(START, "patient").unwrap();
    let mut now = START;
    for _ in 0..5 {
        let closed = fail(&mut session, now, DialError::Refused);
        now = wait_for_retry(&mut session, &closed);
        assert_eq!(session.fate(id), Some(Fate::Queued));
    }
    let attempt = open(&mut session, now);
    assert_eq!(session.fate(id), Some(Fate::Queued), "the transport has nothing of it");
    assert_eq!(texts(&write_all(&mut session, now, attempt)), ["patient"]);
    assert_eq!(session.fate(id), Some(Fate::HandedOver));
}

/// A message of which a part is out is lost: whether the peer has it can't be known. What hadn't
/// begun of what had waited waits again; what was sent while it was open doesn't.
#[test]
fn what_had_not_begun_waits_again_after_a_loss() {
    let mut session = session(fixed(), START);
    let ids: Vec<_> = ["one", "two", "three"].map(|text| session.send(START, text).unwrap()).into();
    let attempt = open(&mut session, START);
    let direct = session.send(START, "direct").unwrap();
    // The first frame is 2 + 4 + 3 bytes long, so this is all of it and a byte of the second.
    write(&mut session, START, attempt, 10);
    let fates = |session: &Session| ids.iter().map(|id| session.fate(*id)).collect::<Vec<_>>();
    let queued = Some(Fate::Queued);
    assert_eq!(fates(&session), [Some(Fate::HandedOver), queued, queued]);

    let closed = lose(&mut session, START, attempt);
    assert_eq!(closed.lost, [ids[1], direct]);
    assert_eq!(closed.closed.messages_lost, 2);
    assert_eq!(fates(&session), [Some(Fate::HandedOver), Some(Fate::Lost), queued]);
    assert_eq!(session.fate(direct), Some(Fate::Lost));

    let now = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, now);
    assert_eq!(texts(&write_all(&mut session, now, attempt)), ["three"]);
    assert_eq!(session.fate(ids[2]), Some(Fate::HandedOver));
}

/// What a writer took out may be in its socket, whatever it has said of it.
#[test]
fn what_was_taken_out_has_begun() {
    let mut session = session(fixed(), START);
    let ids: Vec<_> = ["one", "two"].map(|text| session.send(START, text).unwrap()).into();
    let attempt = open(&mut session, START);
    let outgoing = session.take_transmit(attempt, 9).expect("two messages wait");
    assert_eq!(session.fate(ids[0]), Some(Fate::Queued), "the transport hasn't said so");
    let closed = lose(&mut session, START, attempt);
    drop(outgoing);
    assert_eq!(closed.lost, [ids[0]]);
    assert_eq!(session.fate(ids[1]), Some(Fate::Queued));
}

/// RFC 6455 §5.5.1: what hasn't begun isn't sent once the peer's Close has come.
#[test]
fn what_the_peers_close_cuts_off_waits_again() {
    let mut session = session(fixed(), START);
    let id = session.send(START, "waits").unwrap();
    let attempt = open(&mut session, START);
    let closed = peer_closes(&mut session, START, attempt, 1012);
    assert_eq!(closed.lost, []);
    assert_eq!(session.fate(id), Some(Fate::Queued));
    let at = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, at);
    assert_eq!(texts(&write_all(&mut session, at, attempt)), ["waits"]);
}

#[test]
fn what_is_sent_while_the_peer_closes_waits() {
    let mut session = session(fixed(), START);
    let attempt = open(&mut session, START);
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1012, ""));
    receive(&mut session, START, attempt, &close);
    let id = session.send(START, "for the next").expect("another follows");
    write_all(&mut session, START, attempt);
    session.handle_eof(START, attempt);
    let closed = closed(&poll(&mut session));
    let at = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, at);
    assert_eq!(texts(&write_all(&mut session, at, attempt)), ["for the next"]);
    assert_eq!(session.fate(id), Some(Fate::HandedOver));
}

/// Together they may not hold more than the outbox alone.
#[test]
fn copies_of_what_has_not_gone_out_count_as_waiting() {
    let mut session = session(limited(1000, 2), START);
    session.send(START, "one").unwrap();
    session.send(START, "two").unwrap();
    let attempt = open(&mut session, START);
    session.reconnect(START, None);
    assert_eq!(refusal_of(&mut session, "three"), SendErrorReason::Full);
    write(&mut session, START, attempt, 9);
    session.send(START, "three").expect("one is out");
}

/// An empty message is out when its header is.
#[test]
fn empty_messages_are_counted_exactly() {
    let mut session = session(fixed(), START);
    let ids: Vec<_> = ["a", "", ""].map(|text| session.send(START, text).unwrap()).into();
    let attempt = open(&mut session, START);
    write(&mut session, START, attempt, 7);
    let fates: Vec<_> = ids.iter().map(|id| session.fate(*id)).collect();
    assert_eq!(fates, [Some(Fate::HandedOver), Some(Fate::Queued), Some(Fate::Queued)]);
    write(&mut session, START, attempt, 6);
    let closed = lose(&mut session, START, attempt);
    assert_eq!(closed.lost, []);
    assert_eq!(session.fate(ids[1]), Some(Fate::HandedOver));
    let at = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, at);
    assert_eq!(texts(&write_all(&mut session, at, attempt)), [""]);
}

#[test]
fn the_greeting_has_no_number_and_is_never_lost_by_name() {
    let config = SessionConfig { greeting: vec!["hello".into(), "again".into()], ..fixed() };
    let mut session = session(config, START);
    let attempt = open(&mut session, START);
    let id = session.send(START, "one").unwrap();
    assert_eq!(id.number(), 1);
    write(&mut session, START, attempt, 12);
    assert_eq!(session.fate(id), Some(Fate::Queued));
    assert_eq!(lose(&mut session, START, attempt).lost, [id]);
}

#[test]
fn a_message_whose_time_ran_out_is_given_back() {
    let mut session = session(fixed(), START);
    session.send(START, "stays").unwrap();
    let id = session.send_with_ttl(START, "quote", secs(2)).unwrap();
    session.send_with_ttl(START, "later", secs(4)).unwrap();
    fail(&mut session, START, DialError::Refused);
    assert_eq!(session.poll_timeout(), Some(START + secs(2)));
    session.handle_timeout(START + secs(2));
    let [SessionEvent::Dropped(dropped)] = &poll(&mut session)[..] else {
        unreachable!("it has run out")
    };
    assert_eq!((dropped.id, dropped.reason), (id, DropReason::Expired));
    assert_eq!(dropped.message, Message::from("quote"));
    assert_eq!(session.fate(id), Some(Fate::Dropped));
    assert_eq!(session.poll_timeout(), Some(START + secs(3)));
    session.handle_timeout(START + secs(3));
    let attempt = open(&mut session, START + secs(3));
    assert_eq!(texts(&write_all(&mut session, START + secs(3), attempt)), ["stays", "later"]);
}

/// Also if nobody called `handle_timeout` before the connection opened.
#[test]
fn nothing_is_sent_whose_time_has_run_out() {
    let mut session = session(fixed(), START);
    session.send_with_ttl(START, "quote", secs(2)).unwrap();
    let (attempt, events) = open_with_events(&mut session, START + secs(2));
    assert_eq!(story(&events), ["dropped 1 Expired", "open"]);
    assert_eq!(texts(&write_all(&mut session, START + secs(2), attempt)), [""; 0]);
}

#[test]
fn on_an_open_connection_time_to_live_means_nothing() {
    let mut session = session(fixed(), START);
    let attempt = open(&mut session, START);
    session.send_with_ttl(START, "quote", secs(0)).unwrap();
    session.handle_timeout(START + secs(1));
    assert_eq!(texts(&write_all(&mut session, START + secs(1), attempt)), ["quote"]);
}

#[test]
fn what_waits_when_it_is_over_is_given_back() {
    let mut session = session(fixed(), START);
    session.send(START, "one").unwrap();
    session.send(START, "two").unwrap();
    poll(&mut session);
    session.close(START, None);
    assert_eq!(
        story(&poll(&mut session)),
        ["dropped 1 Stopped", "dropped 2 Stopped", "error", "closed 1 1006 never"]
    );
    assert_eq!(session.outbox_messages(), 0);
    assert_eq!(session.buffered_amount(), 6, "as WHATWG WebSockets has it, it doesn't reset");
    session.reconnect(START, None);
    assert_eq!(session.buffered_amount(), 0);
    let attempt = open(&mut session, START);
    assert_eq!(texts(&write_all(&mut session, START, attempt)), [""; 0]);
}

#[test]
fn what_goes_back_to_it_counts_once() {
    let mut session = session(fixed(), START);
    session.send(START, "one").unwrap();
    session.send(START, "second").unwrap();
    let attempt = open(&mut session, START);
    write(&mut session, START, attempt, 1);
    assert_eq!(session.buffered_amount(), 9);
    session.handle_lost(START, attempt);
    poll(&mut session);
    assert_eq!(session.outbox_messages(), 1);
    assert_eq!(session.buffered_amount(), 9, "what was lost counts too, until the next connection");
    session.handle_timeout(START + secs(3));
    let attempt = open(&mut session, START + secs(3));
    assert_eq!(session.buffered_amount(), 6);
    write_all(&mut session, START + secs(3), attempt);
    assert_eq!(session.buffered_amount(), 0);
}

/// Also what had been given to a connection, when that was the last.
#[test]
fn what_had_not_begun_is_given_back_if_no_connection_follows() {
    let mut session = session(never(), START);
    let ids: Vec<_> = ["one", "two"].map(|text| session.send(START, text).unwrap()).into();
    let attempt = open(&mut session, START);
    write(&mut session, START, attempt, 1);
    session.handle_lost(START, attempt);
    let events = poll(&mut session);
    assert_eq!(story(&events), ["dropped 2 Stopped", "error", "closed 1 1006 never"]);
    assert_eq!(closed(&events).lost, [ids[0]]);
    assert_eq!(session.fate(ids[1]), Some(Fate::Dropped));
}

#[test]
fn what_is_sent_too_late_is_refused_and_counts_as_buffered() {
    let mut session = session(fixed(), START);
    let attempt = open(&mut session, START);
    session.close(START, None);
    let reason = refusal_of(&mut session, "late");
    assert_eq!(reason, SendErrorReason::NotOpen(ReadyState::Closing));
    assert_eq!(session.buffered_amount(), 4);
    write_all(&mut session, START, attempt);
    lose(&mut session, START, attempt);
    let reason = refusal_of(&mut session, "later");
    assert_eq!(reason, SendErrorReason::NotOpen(ReadyState::Closed));
    assert_eq!(session.buffered_amount(), 9);
}

#[test]
fn without_a_policy_nothing_waits_for_the_next_connection() {
    let mut session = session(never(), START);
    let attempt = open(&mut session, START);
    let close = from_peer_of(Role::Client, 0x88, &behaviour::close_body(1000, ""));
    receive(&mut session, START, attempt, &close);
    let reason = refusal_of(&mut session, "late");
    assert_eq!(reason, SendErrorReason::NotOpen(ReadyState::Closing));
}

#[test]
fn fragments_do_not_wait() {
    let mut session = session(fixed(), START);
    let early = session.send_fragment(START, Some(wirebeat::Kind::Text), "a", true);
    assert_eq!(
        early.expect_err("it isn't open").reason,
        SendErrorReason::NotOpen(ReadyState::Connecting)
    );
    assert!(session.ping(START, "").is_err());
    let attempt = open(&mut session, START);
    let kind = Some(wirebeat::Kind::Text);
    assert_eq!(session.send_fragment(START, kind, "a", false), Ok(None));
    let error = session.send(START, "between").expect_err("it would stand inside");
    assert_eq!(error.reason, SendErrorReason::FragmentsInProgress);
    let id = session.send_fragment(START, None, "b", true).unwrap().expect("it's the last");
    let next = session.send(START, "next").unwrap();
    assert!(next > id);
    write(&mut session, START, attempt, 14);
    assert_eq!(session.fate(id), Some(Fate::HandedOver));
    assert_eq!(lose(&mut session, START, attempt).lost, [next]);
}

#[test]
fn nothing_is_known_of_messages_that_there_never_were() {
    let mut first = session(fixed(), START);
    let id = first.send(START, "one").unwrap();
    let other = session(fixed(), START);
    assert_eq!(other.fate(id), None);
}

#[test]
fn fates_are_remembered_over_connections() {
    let mut session = session(fixed(), START);
    let mut now = START;
    let mut ids = Vec::new();
    for _ in 0..10 {
        let attempt = open(&mut session, now);
        let out = session.send(now, "out").unwrap();
        write_all(&mut session, now, attempt);
        let lost = session.send(now, "lost").unwrap();
        ids.push((out, lost));
        let closed = lose(&mut session, now, attempt);
        now = wait_for_retry(&mut session, &closed);
    }
    for (out, lost) in ids {
        assert_eq!(session.fate(out), Some(Fate::HandedOver));
        assert_eq!(session.fate(lost), Some(Fate::Lost));
    }
}

#[test]
fn the_fate_of_many_is_remembered_as_long_as_it_is_one() {
    let mut session = session(fixed(), START);
    let mut ids: Vec<_> = (0..100).map(|_| session.send(START, "waits").unwrap()).collect();
    session.close(START, None);
    poll(&mut session);
    ids.retain(|id| session.fate(*id) != Some(Fate::Dropped));
    assert_eq!(ids, []);
}
