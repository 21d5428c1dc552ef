//! Deadlines hold although reads and writes block. What ends a connection is asserted, never when.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::cell::Cell;
use std::io::{self, IoSlice, Read};
use std::net::Shutdown;
use std::sync::mpsc;
use std::time::Duration;

use support::{
    Raw, connect_with, do_nothing_for, heartbeat, patient, patient_heartbeat, quick_heartbeat,
    raw_client, serve_raw, serve_tcp,
};
use wirebeat_std::{
    AcceptError, Client, CloseCode, Closed, Config, ConnectError, Event, Message, OriginPolicy,
    Phase, Reason, Response, Socket, Step, accept_with,
};

const MOMENT: Duration = Duration::from_millis(50);

/// Receives until the end, and says how it ended.
fn closed_after_recv(socket: &mut wirebeat_std::WebSocket<std::net::TcpStream>) -> Closed {
    while socket.recv().is_some() {}
    socket.closed().unwrap().clone()
}

/// A bare server that keeps its connection open, and does nothing with it until the test ends.
fn silent_server(stop: mpsc::Receiver<()>) -> (String, std::thread::JoinHandle<()>) {
    serve_raw(move |raw| {
        let _ = stop.recv();
        drop(raw);
    })
}

#[test]
fn a_peer_that_falls_silent_is_found_by_the_heartbeat() {
    let (stop, stopped) = mpsc::channel();
    let (url, server) = silent_server(stopped);
    let mut socket = connect_with(&url, quick_heartbeat());
    let closed = closed_after_recv(&mut socket);
    assert_eq!(closed.cause.reason, Reason::HeartbeatTimeout);
    assert_eq!((closed.code, closed.was_clean), (CloseCode::ABNORMAL, false));
    assert!(closed.is_retryable());
    drop(stop);
    server.join().unwrap();
}

#[test]
fn a_server_finds_a_silent_client_too() {
    let (raw, server) = raw_client(quick_heartbeat(), |mut socket| closed_after_recv(&mut socket));
    assert_eq!(server.join().unwrap().cause.reason, Reason::HeartbeatTimeout);
    drop(raw);
}

#[test]
fn a_peer_that_answers_pings_stays_connected_and_is_measured() {
    let (url, server) = support::serve(patient(), |mut socket| socket.recv());
    let mut socket = connect_with(&url, patient_heartbeat());
    let mut latencies = 0;
    while latencies < 3 {
        match socket.recv_event() {
            Some(Event::Pong { latency: Some(latency), .. }) => {
                assert_eq!(socket.latency(), Some(latency));
                latencies += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(socket.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap(), None);
}

/// The answer to the ping is there when the application comes back, however long that took.
#[test]
fn an_application_that_was_away_while_a_pong_was_due_finds_the_connection_open() {
    let (pinged, ping) = mpsc::channel();
    let (url, server) = support::serve(patient(), move |mut socket| {
        while !matches!(socket.recv_event(), Some(Event::Ping(_))) {}
        pinged.send(()).unwrap();
        while socket.recv().is_some_and(|message| message != Message::from("back")) {}
        socket.send("still here").unwrap();
        socket.recv()
    });
    let mut socket = connect_with(&url, heartbeat(MOMENT * 8));
    // It only sends, and so leaves with its ping unanswered.
    while ping.try_recv().is_err() {
        socket.send("tick").unwrap();
    }
    do_nothing_for(MOMENT * 16);
    socket.send("back").unwrap();
    assert_eq!(socket.recv(), Some(Message::from("still here")));
    assert!(socket.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap(), None);
}

#[test]
fn a_server_that_never_answers_runs_into_the_open_timeout() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve_tcp(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let config = Config { open_timeout: Some(MOMENT), ..Config::default() };
    let result = Client::new(&url).unwrap().config(config).connect();
    assert!(matches!(result, Err(ConnectError::Timeout(Step::Handshake))), "{result:?}");
    drop(stop);
    server.join().unwrap();
}

/// The deadline is for the whole handshake, so bytes that drip in don't put it off.
#[test]
fn a_server_whose_answer_drips_runs_into_the_open_timeout() {
    let (url, server) = serve_tcp(|stream| {
        use std::io::Write;
        let mut stream = stream;
        let mut answer = b"HTTP/1.1 101 Switching Protocols\r\nX: ".to_vec();
        answer.resize(16_000, b'x');
        answer.iter().all(|byte| {
            do_nothing_for(Duration::from_millis(2));
            stream.write_all(&[*byte]).is_ok()
        })
    });
    let config = Config { open_timeout: Some(MOMENT), ..Config::default() };
    let result = Client::new(&url).unwrap().config(config).connect();
    assert!(matches!(result, Err(ConnectError::Timeout(Step::Handshake))), "{result:?}");
    assert!(!server.join().unwrap(), "the client went before the answer's end");
}

#[test]
fn a_client_that_asks_for_nothing_runs_into_the_open_timeout() {
    let (url, server) = serve_tcp(|stream| {
        let config = Config { open_timeout: Some(MOMENT), ..Config::default() };
        accept_with(stream, OriginPolicy::SameHost, &config).map(drop)
    });
    let raw = Raw::dial(&url);
    let result = server.join().unwrap();
    assert!(matches!(result, Err(AcceptError::Timeout)), "{result:?}");
    drop(raw);
}

#[test]
fn a_decision_that_takes_too_long_comes_too_late() {
    for respond in [false, true] {
        let (url, server) = serve_tcp(move |stream| {
            let config = Config { open_timeout: Some(MOMENT), ..Config::default() };
            let pending = accept_with(stream, OriginPolicy::SameHost, &config).unwrap();
            do_nothing_for(MOMENT * 2);
            match respond {
                false => pending.accept().map(drop),
                true => pending.respond(&Response::new(403).unwrap()),
            }
        });
        let result = Client::new(&url).unwrap().connect();
        assert!(matches!(result, Err(ConnectError::Handshake(_))), "{result:?}");
        let result = server.join().unwrap();
        assert!(matches!(result, Err(AcceptError::Timeout)), "{result:?}");
    }
}

#[test]
fn a_peer_that_reads_nothing_runs_into_the_write_stall() {
    let (stop, stopped) = mpsc::channel();
    let (url, server) = silent_server(stopped);
    let config = Config { write_stall_timeout: Some(MOMENT), heartbeat: None, ..Config::default() };
    let mut socket = connect_with(&url, config);
    let message = vec![0; 1 << 20];
    while socket.send(&message).is_ok() {}
    let closed = closed_after_recv(&mut socket);
    assert_eq!(closed.cause.reason, Reason::WriteStall);
    assert!(closed.messages_lost > 0);
    drop(stop);
    server.join().unwrap();
}

/// The ping can't even leave, and no byte of it is taken: nothing but time tells.
#[test]
fn a_peer_that_reads_nothing_is_found_by_the_heartbeat_while_sending() {
    let (stop, stopped) = mpsc::channel();
    let (url, server) = silent_server(stopped);
    let config = Config { write_stall_timeout: None, ..quick_heartbeat() };
    let mut socket = connect_with(&url, config);
    let message = vec![0; 1 << 20];
    while socket.send(&message).is_ok() {}
    assert_eq!(closed_after_recv(&mut socket).cause.reason, Reason::HeartbeatTimeout);
    drop(stop);
    server.join().unwrap();
}

#[test]
fn a_close_that_isnt_answered_runs_into_the_close_timeout() {
    let (stop, stopped) = mpsc::channel();
    let (url, server) = silent_server(stopped);
    let config = Config { close_timeout: MOMENT, ..patient() };
    let mut socket = connect_with(&url, config);
    let closed = socket.close(None).unwrap();
    assert_eq!(closed.cause.phase, Phase::LocalClosing);
    assert_eq!((closed.cause.reason, closed.was_clean), (Reason::CloseTimeout, false));
    drop(stop);
    server.join().unwrap();
}

/// A transport that always has another message: it takes what is written and never lets a read wait.
struct Flood {
    request: Cell<Option<&'static [u8]>>,
}

impl Socket for Flood {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let empty_message = support::masked(0x82, b"");
        let bytes = self.request.take().unwrap_or(&empty_message);
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }

    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_vectored(slices)
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        Ok(())
    }
}

/// Input comes before time, but it can't put it off for ever.
#[test]
fn a_close_that_is_answered_with_a_flood_runs_into_the_close_timeout() {
    let config = Config { close_timeout: MOMENT, ..patient() };
    let flood = Flood { request: Cell::new(Some(support::REQUEST)) };
    let pending = accept_with(flood, OriginPolicy::SameHost, &config).unwrap();
    let mut socket = pending.accept().unwrap();
    assert_eq!(socket.close(None).unwrap().cause.reason, Reason::CloseTimeout);
}

#[test]
fn a_refused_client_that_stays_is_dropped_after_the_linger() {
    let (url, server) = serve_tcp(|stream| {
        let config = Config { linger: MOMENT, ..Config::default() };
        let pending = accept_with(stream, OriginPolicy::SameHost, &config).unwrap();
        pending.respond(&Response::new(403).unwrap())
    });
    let mut raw = Raw::dial(&url);
    raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    server.join().unwrap().unwrap();
    let mut answer = String::new();
    raw.0.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}
