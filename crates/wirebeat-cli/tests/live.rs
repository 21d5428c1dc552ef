//! The program, run as its users run it. What happened is asserted, and never when.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a program that can't be run fails the test")]

use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};

use wirebeat_std::{OriginPolicy, Response, accept};

/// Runs `wirebeat live`, with a heartbeat that makes it short.
fn live(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirebeat"));
    command.args(["live", "--heartbeat", "250"]).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every one of `parts` stands behind the one before.
fn assert_in_order(output: &str, parts: &[&str]) {
    let mut rest = output;
    for part in parts {
        let found = rest.split_once(part);
        assert!(found.is_some(), "{part:?} isn't in its place in:\n{output}");
        rest = found.map_or("", |(_, behind)| behind);
    }
}

/// Echoes on `connections` connections, one after the other. Returns the Host that each asked for.
fn echo_server(connections: usize) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut sockets = Vec::new();
        for _ in 0..connections {
            let pending = accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap();
            let host = pending.request().host().to_owned();
            let mut socket = pending.accept().unwrap();
            let echo = thread::spawn(move || {
                while let Some(message) = socket.recv() {
                    socket.send(message).unwrap();
                }
            });
            sockets.push((host, echo));
        }
        sockets.into_iter().map(|(host, _)| host).collect()
    });
    (format!("ws://{address}/echo"), server)
}

#[test]
fn a_silent_link_is_found_by_the_heartbeat_and_a_new_connection_ends_cleanly() {
    let output = live(&[]);
    let timeline = text(&output.stdout);
    assert!(output.status.success(), "{timeline}\n{}", text(&output.stderr));
    assert_in_order(
        &timeline,
        &[
            "CONNECTING  attempt 1: asking the server",
            "OPEN        connection 1: the handshake took",
            "→ text           5 B",
            "← text           5 B  back after",
            "← binary     1,024 B  back after",
            "♥ ping and pong, latency",
            "← binary 1,048,576 B  back after",
            "✂ the link goes silent",
            "into the silence",
            "CLOSED      1006 (abnormal closure), not clean",
            "cause: no answer to the heartbeat",
            "after the cut",
            "the next attempt begins in",
            "it isn't sent again",
            "→ text         120 B  waits for a connection",
            "CONNECTING  attempt 2",
            "CLOSED      1006 (abnormal closure), not clean",
            "cause: ",
            "the next attempt begins in",
            "the link is whole again",
            "CONNECTING  attempt 3",
            "OPEN        connection 2: the handshake took",
            "→ text         120 B  which has waited",
            "← text         120 B  back after",
            "← text           5 B  back after",
            "♥ ping and pong, latency",
            "CLOSING     Close sent: 1000",
            "CLOSED      1000 (normal closure), clean",
            "summary               connection 1                 connection 2",
            "sent                  7 messages, 1,131,650 B      4 messages, 1,269 B",
            "echoed                6 messages, 1,131,645 B      4 messages, 1,269 B",
            "closed with           1006 (abnormal closure)      1000 (normal closure)",
            "because               no answer to the heartbeat   closed by us",
        ],
    );
    assert_eq!(text(&output.stderr), "");
    assert!(!timeline.contains('\u{1b}'), "there are no colours outside a terminal");
    let widest = timeline.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "a line of {widest:?} characters:\n{timeline}");
}

#[test]
fn a_server_of_the_users_own_is_asked_by_its_own_name() {
    let (url, server) = echo_server(2);
    let output = live(&["--url", &url]);
    let timeline = text(&output.stdout);
    assert!(output.status.success(), "{timeline}\n{}", text(&output.stderr));
    assert_in_order(
        &timeline,
        &["cause: no answer to the heartbeat", "1000 (normal closure), clean"],
    );
    let host = url.trim_start_matches("ws://").trim_end_matches("/echo");
    assert_eq!(server.join().unwrap(), [host, host]);
}

#[test]
fn a_server_that_closes_early_fails_the_run_with_what_it_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let pending = accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap();
        let mut socket = pending.accept().unwrap();
        socket.recv();
        socket.close(Some(wirebeat_std::CloseFrame::new(1013, "too many").unwrap())).unwrap()
    });
    let output = live(&["--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert_in_order(&text(&output.stdout), &["CLOSED      1013 (try again later)", "summary"]);
    let error = text(&output.stderr);
    assert_in_order(&error, &["error: connection 1 ended before its time", "1013", "too many"]);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(server.join().unwrap().was_clean);
}

#[test]
fn what_keeps_a_connection_from_being_made_is_said_in_one_line() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("ws://{}/", unused.local_addr().unwrap());
    drop(unused);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_to_us = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let pending = accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap();
        pending.respond(&Response::new(401).unwrap())
    });
    for (url, what, code) in [
        (&*nobody, "check the port and that the server runs", 3),
        (&*closed_to_us, "the server answered 401", 5),
        ("http://127.0.0.1/", "its scheme must be ws", 2),
    ] {
        let output = live(&["--url", url]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert_in_order(&error, &["error: ", what]);
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    server.join().unwrap().unwrap();
}

#[test]
fn a_wrong_command_line_is_told_from_a_failure() {
    assert_eq!(live(&["--nonsense"]).status.code(), Some(2));
    let help = text(&live(&["--help"]).stdout);
    assert_in_order(&help, &["--url", "--heartbeat", "Exit codes:"]);
}
