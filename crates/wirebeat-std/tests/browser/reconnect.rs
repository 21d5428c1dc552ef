use std::net::TcpListener;
use std::time::Duration;

use wirebeat_std::browser::{Event, SendErrorReason, WebSocket};
use wirebeat_std::{Backoff, Message, Next, ReadyState, Reconnect, SessionConfig};

use crate::rig::{accept_one, listen, tell, until_close};

fn within_a_moment() -> Reconnect {
    Reconnect::with(Backoff::fixed(Duration::from_millis(1)))
}

#[test]
fn one_object_lives_through_many_connections_and_keeps_what_it_is_given() {
    let (url, listener) = listen();
    let address = listener.local_addr().unwrap();
    let mut seen = None;
    let socket = WebSocket::builder(&url)
        .reconnect(within_a_moment())
        .connect(|scope| seen = Some(tell(scope)))
        .unwrap();
    let seen = seen.unwrap();
    socket.send("sent while CONNECTING").unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some(Message::from("sent while CONNECTING")));
    assert_eq!(seen.recv().unwrap(), (ReadyState::Open, Event::Open));
    drop(listener);
    drop(server);
    assert!(matches!(until_close(&seen).next, Next::At(_)));
    // Nobody's there, and so on.
    until_close(&seen);
    socket.send("sent while nobody was there").unwrap();
    let listener = TcpListener::bind(address).unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some(Message::from("sent while nobody was there")));
    while seen.recv().unwrap().1 != Event::Open {}
    socket.close(Some((1000, ""))).unwrap();
    assert_eq!(server.recv(), None);
    assert_eq!(until_close(&seen).next, Next::Never);
}

#[test]
fn what_waits_is_bounded_and_what_does_not_fit_comes_back() {
    let (url, listener) = listen();
    drop(listener);
    let config = SessionConfig {
        outbox_len_max: 10,
        ..SessionConfig::reconnecting(Reconnect::with(Backoff::fixed(Duration::from_secs(86_400))))
    };
    let socket = WebSocket::builder(&url).config(config).connect(|_| ()).unwrap();
    socket.send("12345").unwrap();
    socket.send("67890").unwrap();
    assert_eq!(socket.buffered_amount(), 10);
    let error = socket.send("x").unwrap_err();
    assert_eq!((error.reason, error.unsent), (SendErrorReason::Full, Message::from("x")));
}

#[test]
fn it_connects_anew_when_it_is_told_to() {
    let (url, listener) = listen();
    let mut seen = None;
    let socket = WebSocket::new(&url, |scope| seen = Some(tell(scope))).unwrap();
    let seen = seen.unwrap();
    let mut server = accept_one(&listener);
    seen.recv().unwrap();
    socket.reconnect();
    assert_eq!(server.recv(), None);
    let _server = accept_one(&listener);
    until_close(&seen);
    assert_eq!(seen.recv().unwrap(), (ReadyState::Open, Event::Open));
    assert_eq!(socket.url(), url);
}
