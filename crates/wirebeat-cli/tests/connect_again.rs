//! `wirebeat connect --reconnect`. What happened is asserted, and never when.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a program that can't be run fails the test")]

mod support;

use std::io::Write;
use std::net::TcpListener;

use support::{Running, failure, run};
use wirebeat_std::{CloseFrame, OriginPolicy, Response, WebSocket, accept};

fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (format!("ws://{}/", listener.local_addr().unwrap()), listener)
}

fn accept_one(listener: &TcpListener) -> WebSocket<std::net::TcpStream> {
    accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap().accept().unwrap()
}

fn until(program: &mut Running, part: &str) -> String {
    loop {
        let line = program.error_line();
        assert!(!line.is_empty(), "{part:?} was never said");
        if line.contains(part) {
            return line;
        }
    }
}

#[test]
fn a_lost_connection_is_made_anew_and_what_was_typed_meanwhile_arrives() {
    let (url, listener) = listen();
    let address = listener.local_addr().unwrap();
    let mut program = Running::start(&["connect", "--reconnect", "--wait", "forever", &url]);
    let mut input = program.take_input();
    writeln!(input, "one").unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some("one".into()));
    until(&mut program, "connected to");
    drop(listener);
    drop(server);
    until(&mut program, "the next attempt begins in");
    // Nobody listens any more.
    let line = until(&mut program, "check the port");
    assert!(line.contains("the next attempt begins in"), "{line}");
    writeln!(input, "two").unwrap();
    let listener = TcpListener::bind(address).unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some("two".into()));
    server.send("two again").unwrap();
    assert_eq!(program.line(), "two again");
    server.close(Some(CloseFrame::new(1000, "").unwrap())).unwrap();
    let (_, errors, code) = program.finish();
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn what_is_meant_for_good_is_not_tried_again() {
    let (url, listener) = listen();
    let server = std::thread::spawn(move || {
        let pending = accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap();
        pending.respond(&Response::new(401).unwrap()).unwrap();
    });
    let output = run(&["connect", "--reconnect", &url], b"");
    let (error, code) = failure(&output);
    assert!(error.contains("401") && error.contains("--user"), "{error}");
    assert_eq!(code, 5);
    server.join().unwrap();
    let (error, code) = failure(&run(&["connect", "--reconnect", "ftp://localhost/"], b""));
    assert!(error.contains("scheme"), "{error}");
    assert_eq!(code, 2);
    let output = run(&["connect", "--reconnect", "--binary", &url], b"");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn json_tells_of_each_connection_and_when_the_next_attempt_follows() {
    let (url, listener) = listen();
    let mut program = Running::start(&["connect", "--reconnect", "--json", &url]);
    let _input = program.take_input();
    let server = accept_one(&listener);
    assert!(program.line().contains(r#""event":"open""#));
    drop(server);
    let mut line = program.line();
    while !line.contains(r#""event":"closed""#) {
        line = program.line();
    }
    assert!(line.contains(r#""retry_in_ms":"#), "{line}");
    let mut server = accept_one(&listener);
    assert!(program.line().contains(r#""event":"open""#));
    server.close(Some(CloseFrame::new(4001, "enough").unwrap())).unwrap();
    let line = program.line();
    assert!(line.contains("4001"), "{line}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_it_waits_to_retry_ends_it() {
    let (url, listener) = listen();
    drop(listener);
    let mut program = Running::start(&["connect", "--reconnect", &url]);
    let _input = program.take_input();
    until(&mut program, "the next attempt begins in");
    program.signal("INT");
    let (_, errors, code) = program.finish();
    assert!(errors.contains("closed while there was no connection"), "{errors}");
    assert_eq!(code, Some(6), "{errors}");
}

#[test]
fn piped_lines_wait_for_a_server_that_comes_late() {
    let (url, listener) = listen();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut program = Running::start(&["connect", "--reconnect", "--wait", "0", &url]);
    let mut input = program.take_input();
    writeln!(input, "early").unwrap();
    drop(input);
    until(&mut program, "the next attempt begins in");
    let listener = TcpListener::bind(address).unwrap();
    let mut server = accept_one(&listener);
    assert_eq!(server.recv(), Some("early".into()));
    while server.recv().is_some() {}
    let (_, errors, code) = program.finish();
    assert_eq!(code, Some(0), "{errors}");
}
