//! Messages that vanish, or come twice.

use super::*;

/// ezsockets discards what is sent while connecting; a browser's wrapper throws.
#[test]
fn messages_discarded_while_connecting() {
    let mut session = Session::asking(fixed(), Seed::new([7; 32]), START);
    let mut ids = Vec::new();
    let mut sent = Vec::new();
    let mut send = |session: &mut Session, text: &str| {
        ids.push(session.send(START, text).expect("it waits"));
        sent.push(text.to_owned());
    };
    send(&mut session, "while it asks");
    let attempt = session.attempt();
    session.dial(START, attempt, target());
    send(&mut session, "while dialing");
    session.handle_dialed(START, attempt);
    send(&mut session, "while opening");
    session.handle_lost(START, attempt);
    send(&mut session, "while it waits");
    session.handle_timeout(START + secs(3));
    session.dial(START + secs(3), session.attempt(), target());
    let attempt = open(&mut session, START + secs(3));
    send(&mut session, "while open");
    assert_eq!(texts(&write_all(&mut session, START + secs(3), attempt)), sent);
    assert!(ids.iter().all(|id| session.fate(*id) == Some(Fate::HandedOver)));
}

/// A queue that is kept whole for the next connection: the server gets the orders again, twice, a
/// third time.
#[test]
fn a_queue_replayed_twice() {
    let mut session = session(fixed(), START);
    let orders: Vec<String> = (0..20).map(|n| format!("order {n}")).collect();
    for order in &orders {
        session.send(START, order.as_str()).unwrap();
    }
    let mut now = START;
    let mut arrived = Vec::new();
    let mut lost = 0;
    // Each connection is lost in the middle of the third message.
    while session.outbox_messages() > 0 {
        let attempt = open(&mut session, now);
        arrived.extend(texts(&write(&mut session, now, attempt, 2 * (6 + "order 1".len()))));
        write(&mut session, now, attempt, 3);
        let closed = lose(&mut session, now, attempt);
        lost += closed.lost.len();
        for id in &closed.lost {
            assert_eq!(session.fate(*id), Some(Fate::Lost));
        }
        if arrived.len() + lost >= 9 {
            // From here on they have two digits; let the rest through.
            now = wait_for_retry(&mut session, &closed);
            let attempt = open(&mut session, now);
            arrived.extend(texts(&write_all(&mut session, now, attempt)));
            break;
        }
        now = wait_for_retry(&mut session, &closed);
    }
    assert_eq!((arrived.len(), lost), (17, 3));
    let expected = orders.iter().filter(|order| arrived.contains(order));
    assert!(arrived.iter().eq(expected), "each once, in order: {arrived:?}");
}

/// pladaria/reconnecting-websocket#147: when the queue is full, messages fall out without a word.
#[test]
fn a_full_queue_that_drops_without_a_word() {
    let config = SessionConfig { outbox_messages_max: 2, ..fixed() };
    let mut session = session(config, START);
    session.send(START, "1").unwrap();
    session.send(START, "2").unwrap();
    let refused = session.send(START, "3").expect_err("it's full");
    assert_eq!(refused.unsent, "3".into());
    let attempt = open(&mut session, START);
    assert_eq!(texts(&write_all(&mut session, START, attempt)), ["1", "2"]);
}

/// Marfusios/websocket-client#142: what waited for hours is sent at once, and the account is banned.
#[test]
fn a_stale_queue_that_is_sent_after_hours() {
    let mut session = session(fixed(), START);
    session.handle_offline(START);
    fail(&mut session, START, DialError::Unreachable);
    let id = session.send_with_ttl(START, "buy at 17", secs(30)).unwrap();
    session.handle_online(START + secs(7200));
    session.handle_timeout(START + secs(7203));
    let attempt = open(&mut session, START + secs(7203));
    assert_eq!(texts(&write_all(&mut session, START + secs(7203), attempt)), [""; 0]);
    assert_eq!(session.fate(id), Some(Fate::Dropped));
}

/// websocat#304: the login is lost with the first connection.
#[test]
fn a_login_that_is_sent_on_the_first_connection_alone() {
    let config = SessionConfig { greeting: vec!["login".into()], ..fixed() };
    let mut session = session(config, START);
    let attempt = open(&mut session, START);
    write_all(&mut session, START, attempt);
    let closed = lose(&mut session, START, attempt);
    let now = wait_for_retry(&mut session, &closed);
    session.send(now, "order").unwrap();
    let attempt = open(&mut session, now);
    assert_eq!(texts(&write_all(&mut session, now, attempt)), ["login", "order"]);
}
