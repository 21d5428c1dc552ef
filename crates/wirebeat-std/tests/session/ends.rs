use wirebeat_std::{
    CloseCode, CloseFrame, ConnectError, ReadyState, Reason, Reconnect, SendErrorReason, Session,
    SessionEvent, TargetError,
};

use crate::rig::{
    accept_one, after_a_day, builder, listen, silent, until_closed, until_open, url_of,
};

#[test]
fn a_close_while_it_waits_to_retry_ends_it_at_once() {
    let (url, listener) = listen();
    drop(listener);
    let (session, mut events) = builder(&url).reconnect(Some(after_a_day())).connect().unwrap();
    session.send("for nobody").unwrap();
    assert!(!until_closed(&mut events).is_final());
    session.close(None);
    let Some(SessionEvent::Dropped(dropped)) = events.recv_event() else { panic!() };
    assert_eq!(dropped.message, "for nobody".into());
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Aborted);
    assert!(closed.is_final());
    assert_eq!(events.recv_event(), None);
    assert_eq!(session.ready_state(), ReadyState::Closed);
}

#[test]
#[cfg(target_os = "linux")]
fn a_close_while_it_dials_waits_for_no_answer() {
    let (_silence, address) = silent();
    let (session, mut events) = builder(&url_of(address)).connect().unwrap();
    assert!(matches!(events.recv_event(), Some(SessionEvent::Dialing(_))));
    session.close(None);
    assert_eq!(until_closed(&mut events).closed.cause.reason, Reason::Aborted);
    assert_eq!(events.recv_event(), None);
}

#[test]
fn a_close_before_the_servers_answer_drops_the_transport() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = crate::support::Raw(listener.accept().unwrap().0);
    server.read_head();
    session.close(Some(CloseFrame::new(CloseCode::NORMAL, "").unwrap()));
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Aborted);
    // No frame is sent that the server couldn't understand yet.
    assert_eq!(server.read_to_end().unwrap_or_default(), b"");
}

#[test]
fn a_close_of_an_open_connection_comes_behind_what_was_sent() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    for number in 0..100 {
        session.send(format!("message {number}")).unwrap();
    }
    session.close(Some(CloseFrame::new(CloseCode::NORMAL, "done").unwrap()));
    let error = session.send("too late").unwrap_err();
    assert!(matches!(error.reason, SendErrorReason::NotOpen(_)), "{error:?}");
    for number in 0..100 {
        assert_eq!(server.recv(), Some(format!("message {number}").into()));
    }
    assert_eq!(server.recv(), None);
    assert_eq!(server.closed().unwrap().reason, "done");
    let closed = until_closed(&mut events);
    assert!(closed.closed.was_clean && closed.is_final());
    assert_eq!(events.recv_event(), None);
}

#[test]
fn a_policy_that_panics_ends_the_session_and_hangs_nobody() {
    let (url, listener) = listen();
    drop(listener);
    let policy = Reconnect::default().should_reconnect(|_| panic!("the policy's own fault"));
    let (session, mut events) = builder(&url).reconnect(Some(policy)).connect().unwrap();
    while events.recv_event().is_some() {}
    assert_eq!(session.ready_state(), ReadyState::Closed);
    assert!(session.send("too late").is_err());
    session.reconnect(None);
    assert_eq!(events.recv_event(), None);
}

#[test]
fn a_url_that_leads_nowhere_is_refused_at_once() {
    let error = Session::connect("ftp://example.com/").unwrap_err();
    assert!(matches!(error, ConnectError::Target(TargetError::Scheme)), "{error:?}");
    assert!(error.to_string().contains("scheme"), "{error}");
    #[cfg(not(feature = "tls"))]
    assert!(matches!(Session::connect("wss://h/"), Err(ConnectError::TlsNotBuiltIn)));
}
