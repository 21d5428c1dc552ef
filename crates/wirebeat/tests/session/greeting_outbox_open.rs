//! On every connection, in this order: the greeting, the outbox, then `Open` is announced; in every
//! interleaving with a loss.

use super::*;

const GREETING: [&str; 2] = ["login", "subscribe"];

fn greeting() -> SessionConfig {
    SessionConfig { greeting: GREETING.map(Message::from).into(), ..fixed() }
}

#[test]
fn the_greeting_comes_first_on_every_connection() {
    let mut session = session(greeting(), START);
    let mut now = START;
    for _ in 0..3 {
        let attempt = open(&mut session, now);
        assert_eq!(texts(&write_all(&mut session, now, attempt)), GREETING);
        let closed = lose(&mut session, now, attempt);
        now = wait_for_retry(&mut session, &closed);
    }
}

#[test]
fn the_greeting_may_change() {
    let mut session = session(greeting(), START);
    let attempt = open(&mut session, START);
    session.set_greeting(["login".into(), "subscribe to more".into()]);
    assert_eq!(texts(&write_all(&mut session, START, attempt)), GREETING);
    let closed = lose(&mut session, START, attempt);
    let now = wait_for_retry(&mut session, &closed);
    let attempt = open(&mut session, now);
    let wire = write_all(&mut session, now, attempt);
    assert_eq!(texts(&wire), ["login", "subscribe to more"]);
}

/// It may be a login.
#[test]
fn the_greeting_stays_out_of_logs() {
    let reconnect = Reconnect::default().should_reconnect(|_| true);
    let config = SessionConfig {
        greeting: vec!["secret".into()],
        reconnect: Some(reconnect),
        outbox_messages_max: 321,
        ..usual()
    };
    let shown = format!("{config:?}");
    for part in ["SessionConfig", "greeting: 1", "ShouldReconnect(..)", "outbox_messages_max: 321"]
    {
        assert!(shown.contains(part), "{shown}");
    }
    let shown = format!("{shown} {:?}", session(config, START));
    assert!(!shown.contains("secret"), "{shown}");
}

/// At the moment of `Open` all of it stands in the queue, so that nothing the application does then
/// comes before it; and what the server answers comes after it.
#[test]
fn open_is_announced_behind_both() {
    let mut session = session(greeting(), START);
    session.send(START, "waited").unwrap();
    let attempt = dial(&mut session, START);
    poll(&mut session);
    let mut answer = response_to(&write_all(&mut session, START, attempt));
    answer.extend(from_peer_of(Role::Client, 0x81, b"news"));
    let mut input = wirebeat::Input::new(&mut answer);
    let opened = session.receive(START, attempt, &mut input);
    assert!(matches!(opened, Some(SessionEvent::Open(_))));
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.send(START, "at open").unwrap();
    let expected = ["login", "subscribe", "waited", "at open"];
    assert_eq!(texts(&waiting(&mut session, attempt)), expected);
    let next = session.receive(START, attempt, &mut input);
    assert_eq!(next, Some(SessionEvent::Message("news".into())));
}

/// Frames in `wire`, the last of which may be cut short.
fn whole_texts(mut wire: Vec<u8>) -> Vec<String> {
    // All frames here are short: 2 bytes, a key of 4, the payload.
    let mut end = 0;
    while let Some(second) = wire.get(end + 1) {
        let len = 6 + usize::from(second & 0x7F);
        if wire.len() < end + len {
            break;
        }
        end += len;
    }
    wire.truncate(end);
    texts(&wire)
}

/// The transport is lost after every number of bytes: of the handshake's answer, and of what is
/// written behind the request. Whatever was out by then, on the next connection the greeting comes
/// first, then what hadn't begun, in order, then what was sent since; nothing comes twice.
#[test]
fn in_every_interleaving_with_a_loss() {
    const WAITED: [&str; 3] = ["first", "", "third"];
    let mut cut = 0;
    loop {
        let mut session = session(greeting(), START);
        let ids = WAITED.map(|text| session.send(START, text).unwrap());
        let attempt = dial(&mut session, START);
        poll(&mut session);
        let answer = response_to(&write_all(&mut session, START, attempt));
        let (now, is_opened) = (START + secs(1), cut >= answer.len());
        let received = &answer[..cut.min(answer.len())];
        let events = receive(&mut session, now, attempt, received);
        assert_eq!(story(&events), if is_opened { vec!["open"] } else { vec![] });
        let written = write(&mut session, now, attempt, cut.saturating_sub(answer.len()));
        let closed = lose(&mut session, now, attempt);
        let waited = session.send(now, "since").unwrap();

        let out = whole_texts(written.clone());
        assert!(GREETING.iter().chain(&WAITED).zip(&out).all(|(sent, out)| sent == out));
        let out_count = out.len().saturating_sub(GREETING.len());
        // A frame of which a part is out is lost, if it isn't of the greeting.
        let begun = written.len() > out.iter().map(|text| 6 + text.len()).sum();
        let lost_count = usize::from(begun && out.len() >= GREETING.len());
        assert_eq!(closed.lost, ids[out_count..out_count + lost_count], "at {cut}");

        let at = wait_for_retry(&mut session, &closed);
        let (attempt, events) = {
            poll(&mut session);
            open_with_events(&mut session, at)
        };
        assert_eq!(story(&events), ["open"]);
        let mut expected: Vec<&str> = GREETING.into();
        expected.extend(&WAITED[out_count + lost_count..]);
        expected.push("since");
        let written_again = write_all(&mut session, at, attempt);
        assert_eq!(texts(&written_again), expected, "at {cut}");

        for (index, id) in ids.into_iter().enumerate() {
            let was_lost = (out_count..out_count + lost_count).contains(&index);
            let fate = if was_lost { Fate::Lost } else { Fate::HandedOver };
            assert_eq!(session.fate(id), Some(fate), "at {cut}");
        }
        assert_eq!(session.fate(waited), Some(Fate::HandedOver));
        if out.len() == GREETING.len() + WAITED.len() {
            break;
        }
        cut += 1;
    }
    assert!(cut > 150, "every byte of the answer was the last once");
}
