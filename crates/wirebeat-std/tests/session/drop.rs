use std::sync::Mutex;
use std::sync::mpsc::{self, TryRecvError};

use wirebeat_std::{CloseCode, Message, Reason, Reconnect, SessionEvent};

use crate::rig::{
    accept_one, after_a_day, builder, listen, silent, until_closed, until_open, url_of,
};
use crate::support::Raw;

#[test]
fn the_last_handle_of_an_open_connection_closes_it_with_1001_behind_what_was_sent() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    let other = session.clone();
    drop(session);
    other.send("from the other handle").unwrap();
    drop(other);
    assert_eq!(server.recv(), Some(Message::from("from the other handle")));
    assert_eq!(server.recv(), None);
    assert_eq!(server.closed().unwrap().code, CloseCode::GOING_AWAY);
    assert!(until_closed(&mut events).is_final());
    assert_eq!(events.recv_event(), None);
}

#[test]
fn the_last_handle_gives_up_what_waits_to_retry() {
    let (url, listener) = listen();
    drop(listener);
    let (session, mut events) = builder(&url).reconnect(Some(after_a_day())).connect().unwrap();
    assert!(!until_closed(&mut events).is_final());
    drop(session);
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Aborted);
    assert_eq!(events.recv_event(), None);
}

#[test]
#[cfg(target_os = "linux")]
fn the_last_handle_gives_up_what_is_being_dialed() {
    let (_silence, address) = silent();
    let (session, mut events) = builder(&url_of(address)).connect().unwrap();
    assert!(matches!(events.recv_event(), Some(SessionEvent::Dialing(_))));
    drop(session);
    assert_eq!(until_closed(&mut events).closed.cause.reason, Reason::Aborted);
    assert_eq!(events.recv_event(), None);
}

#[test]
fn the_last_handle_fails_a_connection_that_is_not_open_yet() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = Raw(listener.accept().unwrap().0);
    server.read_head();
    drop(session);
    assert_eq!(until_closed(&mut events).closed.cause.reason, Reason::Aborted);
    assert_eq!(server.read_to_end().unwrap_or_default(), b"");
    assert_eq!(events.recv_event(), None);
}

#[test]
fn the_last_handle_of_what_is_over_changes_nothing() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    session.close(None);
    assert_eq!(server.recv(), None);
    assert!(until_closed(&mut events).is_final());
    drop(session);
    assert_eq!(events.recv_event(), None);
}

#[test]
fn without_a_receiver_pings_are_answered_and_messages_thrown_away() {
    let (url, listener) = listen();
    let (session, events) = builder(&url).connect().unwrap();
    drop(events);
    let mut server = accept_one(&listener);
    for _ in 0..1000 {
        server.send(vec![0; 1024]).unwrap();
    }
    server.ping("are you there?").unwrap();
    let Some(wirebeat_std::Event::Pong { payload, .. }) = server.recv_event() else { panic!() };
    assert_eq!(payload.as_ref(), b"are you there?");
    drop(session);
    assert_eq!(server.recv(), None);
}

/// What the policy holds is dropped with the session, when neither a handle nor the receiver nor the
/// thread has it any more.
#[test]
fn the_thread_ends_when_nobody_holds_the_session_and_it_is_over() {
    let (url, listener) = listen();
    let (held, gone) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let policy = Reconnect::default().should_reconnect(move |_| held.lock().is_ok());
    let (session, mut events) = builder(&url).reconnect(Some(policy)).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    drop(events);
    assert_eq!(gone.try_recv(), Err(TryRecvError::Empty));
    drop(session);
    assert_eq!(server.recv(), None);
    drop(server);
    assert_eq!(gone.recv(), Err(mpsc::RecvError));
}
