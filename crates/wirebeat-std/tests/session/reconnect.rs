use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use wirebeat_std::{
    CloseCode, CloseFrame, ConnectError, DialError, Heartbeat, Message, Next, ReadyState, Reason,
    Session, SessionEvent, Target,
};

use crate::rig::{accept_one, builder, listen, until_closed, until_open};
use crate::support::Raw;

#[test]
fn a_server_that_dies_and_comes_back_gets_what_was_sent_meanwhile_behind_the_greeting() {
    let (url, listener) = listen();
    let address = listener.local_addr().unwrap();
    let (session, mut events) = builder(&url).greeting("login").connect().unwrap();
    let mut first = accept_one(&listener);
    until_open(&mut events);
    session.send("to the first").unwrap();
    assert_eq!(first.recv(), Some(Message::from("login")));
    assert_eq!(first.recv(), Some(Message::from("to the first")));
    drop(listener);
    first.close(Some(CloseFrame::new(CloseCode::SERVICE_RESTART.get(), "").unwrap())).unwrap();
    // The policy of the test waits for a moment, whatever the server asks for.
    until_closed(&mut events);
    let refused = until_closed(&mut events);
    assert_eq!(refused.closed.cause.reason, Reason::Dial(DialError::Refused));
    assert!(matches!(events.failure(), Some(ConnectError::Unreachable { .. })));
    assert!(matches!(refused.next, Next::At(_)));

    let ids = [session.send("one").unwrap(), session.send("two").unwrap()];
    assert!(ids[0] < ids[1]);
    assert_eq!(session.ready_state(), ReadyState::Connecting);
    assert_eq!(session.outbox_messages(), 2);
    let listener = TcpListener::bind(address).unwrap();
    let mut second = accept_one(&listener);
    until_open(&mut events);
    let received: Vec<_> = (0..3).map(|_| second.recv().unwrap()).collect();
    assert_eq!(received, ["login", "one", "two"].map(Message::from));
    second.send("answer").unwrap();
    assert_eq!(events.recv(), Some(Message::from("answer")));
}

#[test]
fn a_peer_that_falls_silent_is_found_by_the_heartbeat_and_dialed_again() {
    let (url, listener) = listen();
    let moment = Duration::from_millis(20);
    let (session, mut events) =
        builder(&url).heartbeat(Some(Heartbeat::pings(moment, moment))).connect().unwrap();
    let mut hole = Raw(listener.accept().unwrap().0);
    hole.answer_handshake();
    until_open(&mut events);
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::HeartbeatTimeout);
    assert_eq!(closed.closed.code, CloseCode::ABNORMAL);
    assert!(!closed.is_final());
    // One that answers is kept, if only long enough: on a busy machine it's dialed again as well.
    session.send("for whoever answers").unwrap();
    loop {
        let mut socket = accept_one(&listener);
        if socket.recv() == Some(Message::from("for whoever answers")) {
            break;
        }
    }
}

#[test]
fn what_a_lost_connection_had_is_named() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).reconnect(None).connect().unwrap();
    let server = accept_one(&listener);
    until_open(&mut events);
    // More than the socket takes, which nobody reads.
    let id = session.send(vec![0; 8 * 1024 * 1024]).unwrap();
    let stuck = session.send("behind it").unwrap();
    drop(server);
    let closed = until_closed(&mut events);
    assert_eq!(closed.lost, [id, stuck]);
    assert!(closed.is_final());
    assert_eq!(events.recv_event(), None);
    assert!(session.send("too late").is_err());
}

#[test]
fn a_session_that_asks_is_told_where_each_attempt_leads() {
    let (url, listener) = listen();
    let (session, mut events) = Session::asking().connect().unwrap();
    let Some(SessionEvent::Dialing(first)) = events.recv_event() else { panic!() };
    session.dial_failed(first, DialError::Other);
    let failed = until_closed(&mut events);
    assert_eq!(failed.closed.cause.reason, Reason::Dial(DialError::Other));
    let Some(SessionEvent::Dialing(second)) = events.recv_event() else { panic!() };
    assert!(first < second);
    let target = Target::parse(&url).unwrap().header("X-Token", "fresh").unwrap();
    session.dial(second, target);
    let server = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let pending = wirebeat_std::accept(stream, wirebeat_std::OriginPolicy::SameHost).unwrap();
        let token = pending.request().headers().get_str("X-Token").map(String::from);
        (token, pending.accept().unwrap())
    });
    until_open(&mut events);
    assert_eq!(server.join().unwrap().0.as_deref(), Some("fresh"));
}

#[test]
fn a_session_that_is_over_connects_again_when_it_is_told_to() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    session.close(None);
    assert!(server.recv().is_none());
    assert!(until_closed(&mut events).is_final());
    assert_eq!(events.recv_event(), None);
    session.reconnect(None);
    let mut server = accept_one(&listener);
    until_open(&mut events);
    session.send("again").unwrap();
    assert_eq!(server.recv(), Some(Message::from("again")));
}

#[test]
fn an_open_connection_is_replaced_when_it_is_told_to() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    session.reconnect(Some(CloseFrame::new(4000, "another, please").unwrap()));
    assert_eq!(server.recv(), None);
    assert_eq!(server.closed().unwrap().code.get(), 4000);
    let _server = accept_one(&listener);
    let ends = until_open(&mut events);
    assert_eq!(ends.len(), 1);
    assert!(ends[0].closed.was_clean);
}

#[test]
fn a_name_that_leads_nowhere_is_told_as_such() {
    let (session, mut events) = builder("ws://name.invalid/").connect().unwrap();
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Name));
    assert!(matches!(events.failure(), Some(ConnectError::Dns { .. })), "{:?}", events.failure());
    session.close(None);
    while events.recv_event().is_some() {}
}
