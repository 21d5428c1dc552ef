//! A driver that holds a session in its hands, by virtual time. It stands on `behaviour.rs`.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fmt::Write;

use bytes::Buf;
use wirebeat::handshake::Request;
use wirebeat::session::{
    Attempt, Next, Session, SessionClosed, SessionConfig, SessionEvent, Target, Wanted,
};
use wirebeat::{DialError, Input, Role, Seed, Timestamp, Transport};

use crate::behaviour::{CLOSE, TEXT, close_body, from_peer_of, plain, response_to};

pub(crate) fn target() -> Target {
    Target::new(Request::new("example.com", None, "/").expect("a valid request"), false)
}

pub(crate) fn session(config: SessionConfig, now: Timestamp) -> Session {
    Session::new(target(), config, Seed::new([7; 32]), now)
}

/// All events that wait.
pub(crate) fn poll(session: &mut Session) -> Vec<SessionEvent<'static>> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

/// The attempt that the driver is to dial for.
pub(crate) fn to_dial(session: &Session) -> Attempt {
    match session.wanted() {
        Wanted::Dial(attempt) => attempt,
        other => unreachable!("{other:?}, not to dial"),
    }
}

/// Brings a transport.
pub(crate) fn dial(session: &mut Session, now: Timestamp) -> Attempt {
    let attempt = to_dial(session);
    session.handle_dialed(now, attempt);
    assert_eq!(session.wanted(), Wanted::Hold(attempt, Transport::Keep));
    attempt
}

/// All bytes that wait, which stay where they are.
pub(crate) fn waiting(session: &mut Session, attempt: Attempt) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut transmit) = session.poll_transmit(attempt) {
        while transmit.has_remaining() {
            let chunk = transmit.chunk();
            bytes.extend_from_slice(chunk);
            let len = chunk.len();
            transmit.advance(len);
        }
    }
    bytes
}

/// Writes at most `len` bytes of what waits.
pub(crate) fn write(
    session: &mut Session,
    now: Timestamp,
    attempt: Attempt,
    len: usize,
) -> Vec<u8> {
    let mut bytes = waiting(session, attempt);
    bytes.truncate(len);
    session.handle_written(now, attempt, bytes.len());
    bytes
}

pub(crate) fn write_all(session: &mut Session, now: Timestamp, attempt: Attempt) -> Vec<u8> {
    write(session, now, attempt, usize::MAX)
}

/// The messages among the frames that were sent: all are text here.
pub(crate) fn texts(wire: &[u8]) -> Vec<String> {
    let text = |(first, payload): (u8, Vec<u8>)| {
        (first == TEXT).then(|| String::from_utf8(payload).expect("text is UTF-8"))
    };
    plain(wire).into_iter().filter_map(text).collect()
}

/// Gives bytes to the session, and collects all events.
pub(crate) fn receive(
    session: &mut Session,
    now: Timestamp,
    attempt: Attempt,
    bytes: &[u8],
) -> Vec<SessionEvent<'static>> {
    let mut chunk = bytes.to_vec();
    let mut input = Input::new(&mut chunk);
    let mut events = Vec::new();
    while let Some(event) = session.receive(now, attempt, &mut input) {
        events.push(event.into_owned());
    }
    assert!(input.is_empty(), "what yields no event is used up");
    events
}

/// Dials, writes the request, and gives the server's 101. The events are those of that answer.
pub(crate) fn open_with_events(
    session: &mut Session,
    now: Timestamp,
) -> (Attempt, Vec<SessionEvent<'static>>) {
    let attempt = dial(session, now);
    poll(session);
    let response = response_to(&write_all(session, now, attempt));
    (attempt, receive(session, now, attempt, &response))
}

/// As far as [`SessionEvent::Open`], with nothing written behind the request.
pub(crate) fn open(session: &mut Session, now: Timestamp) -> Attempt {
    let (attempt, events) = open_with_events(session, now);
    assert!(matches!(events[..], [SessionEvent::Open(_)]), "{events:?}");
    attempt
}

/// The session's answer to an attempt, or a connection, that is over.
pub(crate) fn closed(events: &[SessionEvent<'_>]) -> SessionClosed {
    let closed: Vec<&SessionClosed> = events
        .iter()
        .filter_map(|event| match event {
            SessionEvent::Closed(closed) => Some(closed),
            _ => None,
        })
        .collect();
    match closed[..] {
        [closed] => closed.clone(),
        _ => unreachable!("{} ends in {events:?}", closed.len()),
    }
}

/// The transport is lost.
pub(crate) fn lose(session: &mut Session, now: Timestamp, attempt: Attempt) -> SessionClosed {
    session.handle_lost(now, attempt);
    closed(&poll(session))
}

/// No transport is to be had.
pub(crate) fn fail(session: &mut Session, now: Timestamp, why: DialError) -> SessionClosed {
    let attempt = to_dial(session);
    session.handle_dial_failed(now, attempt, why);
    closed(&poll(session))
}

/// The peer closes with a code, and then its transport.
pub(crate) fn peer_closes(
    session: &mut Session,
    now: Timestamp,
    attempt: Attempt,
    code: u16,
) -> SessionClosed {
    let frame = from_peer_of(Role::Client, CLOSE, &close_body(code, "so it is"));
    let mut events = receive(session, now, attempt, &frame);
    write_all(session, now, attempt);
    session.handle_eof(now, attempt);
    events.extend(poll(session));
    closed(&events)
}

/// When the next attempt comes.
pub(crate) fn retry_at(closed: &SessionClosed) -> Timestamp {
    match closed.next {
        Next::At(at) => at,
        other => unreachable!("{other}"),
    }
}

/// Lets the time pass until the next attempt begins.
pub(crate) fn wait_for_retry(session: &mut Session, closed: &SessionClosed) -> Timestamp {
    let at = retry_at(closed);
    assert_eq!(session.wanted(), Wanted::Nothing);
    session.handle_timeout(Timestamp::from_nanos(at.as_nanos() - 1));
    assert_eq!(session.wanted(), Wanted::Nothing, "not before its time");
    session.handle_timeout(at);
    at
}

/// An answer to the handshake other than 101.
pub(crate) fn refusal(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The server answers the handshake with something else.
pub(crate) fn refuse(
    session: &mut Session,
    now: Timestamp,
    status: u16,
    headers: &[(&str, &str)],
) -> SessionClosed {
    let attempt = dial(session, now);
    write_all(session, now, attempt);
    let events = receive(session, now, attempt, &refusal(status, headers));
    closed(&events)
}

/// What a line of a test's story says of an event.
pub(crate) fn tell(event: &SessionEvent<'_>) -> String {
    match event {
        SessionEvent::Dialing(attempt) => format!("dialing {}", attempt.number()),
        SessionEvent::Rejected(response) => format!("rejected {}", response.status()),
        SessionEvent::Open(_) => "open".into(),
        SessionEvent::Message(message) => format!("message {:?}", message.as_text()),
        SessionEvent::Fragment(_) => "fragment".into(),
        SessionEvent::Ping(_) => "ping".into(),
        SessionEvent::Pong { .. } => "pong".into(),
        SessionEvent::Closing(_) => "closing".into(),
        SessionEvent::Dropped(dropped) => {
            format!("dropped {} {:?}", dropped.id.number(), dropped.reason)
        }
        SessionEvent::Error(_) => "error".into(),
        SessionEvent::Closed(closed) => {
            let next = match closed.next {
                Next::Never => "never",
                Next::At(_) => "retry",
                Next::WhenOnline => "when online",
            };
            format!("closed {} {} {next}", closed.attempt.number(), closed.closed.code.get())
        }
    }
}

pub(crate) fn story(events: &[SessionEvent<'_>]) -> Vec<String> {
    events.iter().map(tell).collect()
}

/// The session is over: it wants nothing, no timer runs, and nothing is left to hear.
pub(crate) fn assert_stopped(session: &mut Session) {
    assert_eq!(session.wanted(), Wanted::Nothing);
    assert_eq!(session.poll_timeout(), None);
    assert_eq!(session.ready_state(), wirebeat::ReadyState::Closed);
    assert_eq!(poll(session), []);
}
