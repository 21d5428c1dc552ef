//! `wirebeat serve`: what clients and browsers get, what is logged, and how it ends.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use support::{Running, failure, run, text};
use wirebeat_std::{Client, ConnectError, Message, WebSocket};

/// A server on a free port, and its address.
fn serve(arguments: &[&str]) -> (Running, String) {
    listening(Running::start(&[&["serve", "127.0.0.1:0"], arguments].concat()))
}

fn listening(mut server: Running) -> (Running, String) {
    let listening = server.line();
    let address = listening.split("://").nth(1).and_then(|rest| rest.split('/').next());
    let address = address.unwrap_or_else(|| panic!("{listening}")).to_owned();
    assert!(server.line().starts_with("to try it in a browser: http"));
    (server, address)
}

fn client(address: &str) -> Client {
    Client::new(&format!("ws://{address}/path")).unwrap()
}

fn connect(address: &str) -> WebSocket<TcpStream> {
    client(address).connect().unwrap()
}

/// What a plain HTTP request gets: head and body.
fn http(address: &str, method: &str, target: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.into(), body.into())
}

#[test]
fn messages_come_back_as_they_were_sent() {
    let (mut server, address) = serve(&[]);
    let mut socket = connect(&address);
    for message in [Message::from("tëxt"), Message::from(vec![0, 255]), Message::from("")] {
        socket.send(message.borrow()).unwrap();
        assert_eq!(socket.recv(), Some(message));
    }
    assert!(server.line().ends_with(" open /path"));
    socket.close(None).unwrap();
    let closed = server.line();
    assert!(closed.contains("closed 1005 (no status received), clean"), "{closed}");
    assert!(closed.ends_with("; 3 in, 3 out"), "{closed}");
}

/// What `text` says of a direction: bytes, how many they were on the wire, and what that saved.
fn saved(text: &str) -> (u64, u64, u64) {
    let number = |word: Option<&str>| word.and_then(|word| word.parse().ok());
    let (len, rest) = text.split_once(" bytes as ").unwrap_or_else(|| panic!("{text}"));
    let (on_wire, rest) = rest.split_once(" (").unwrap_or_else(|| panic!("{text}"));
    let percent = rest.split_once(" % saved").map(|(percent, _)| percent);
    let numbers = (number(Some(len)), number(Some(on_wire)), number(percent));
    let (Some(len), Some(on_wire), Some(percent)) = numbers else { panic!("{text}") };
    assert_eq!(percent, (len - on_wire) * 100 / len);
    (len, on_wire, percent)
}

/// What each end says at its end of `compression: sent …, received …`.
fn savings(line: &str) -> [(u64, u64, u64); 2] {
    let (_, sent) = line.split_once("compression: sent ").unwrap_or_else(|| panic!("{line}"));
    let (sent, received) = sent.split_once(", received ").unwrap_or_else(|| panic!("{line}"));
    [saved(sent), saved(received)]
}

#[test]
fn both_ends_say_what_compression_saved() {
    let (mut server, address) = serve(&["--compress"]);
    let line = "{\"id\":48151,\"side\":\"buy\",\"price\":\"1623.42\"}".repeat(100);
    let url = format!("ws://{address}/");
    let mut client = Running::start(&["connect", "--compress", "--wait", "0", &url]);
    let mut input = client.take_input();
    for _ in 0..2 {
        writeln!(input, "{line}").unwrap();
        assert_eq!(client.line(), line);
    }
    drop(input);
    let (rest, notes, code) = client.finish();
    assert_eq!((rest, code), (String::new(), Some(0)));
    assert!(notes.contains("· messages are compressed"), "{notes}");
    let said = notes.lines().find(|line| line.contains("compression: "));
    let [sent, received] = savings(said.unwrap_or_else(|| panic!("{notes}")));
    let len = 2 * line.len() as u64;
    for (content_len, _, percent) in [sent, received] {
        assert_eq!(content_len, len);
        assert!(percent > 90, "{notes}");
    }
    assert!(server.line().contains(" open "));
    let closed = server.line();
    assert!(closed.contains("; 2 in, 2 out; "), "{closed}");
    assert_eq!(savings(&closed), [received, sent]);
}

#[test]
fn what_compression_saved_is_said_of_all_connections_together() {
    let (server, address) = serve(&["--compress"]);
    let line = "{\"id\":48151,\"side\":\"buy\",\"price\":\"1623.42\"}".repeat(100);
    let url = format!("ws://{address}/");
    let mut client = Running::start(&["connect", "--compress", "--reconnect", "--wait", "0", &url]);
    let mut input = client.take_input();
    writeln!(input, "{line}").unwrap();
    assert_eq!(client.line(), line);
    drop(server);
    let mut notes = String::new();
    while !notes.contains("the next attempt begins in") {
        let note = client.error_line();
        assert!(!note.is_empty(), "{notes}");
        notes = notes + &note + "\n";
    }
    let mut server = Running::start(&["serve", &address, "--compress"]);
    server.line();
    writeln!(input, "{line}").unwrap();
    assert_eq!(client.line(), line);
    drop(input);
    let (_, rest, code) = client.finish();
    notes.push_str(&rest);
    assert_eq!(code, Some(0), "{notes}");
    let lines = |part: &str| notes.lines().filter(|line| line.contains(part)).count();
    assert_eq!((lines("· messages are compressed"), lines("compression: ")), (2, 1), "{notes}");
    let said = notes.lines().find(|line| line.contains("compression: "));
    for (len, _, percent) in savings(said.unwrap_or_default()) {
        assert_eq!(len, 2 * line.len() as u64);
        assert!(percent > 90, "{notes}");
    }
}

#[test]
fn without_compression_at_both_ends_there_is_none_and_the_client_says_so() {
    let (_server, address) = serve(&[]);
    let url = format!("ws://{address}/");
    let output = run(&["connect", "--compress", "--wait", "0", &url], b"");
    let notes = text(&output.stderr);
    assert!(notes.contains("· the server doesn't compress messages"), "{notes}");
    assert!(!notes.contains("compression: "), "{notes}");
}

#[test]
fn with_broadcast_a_message_goes_to_all() {
    let (_server, address) = serve(&["--broadcast"]);
    let mut sockets: Vec<_> = (0..3).map(|_| connect(&address)).collect();
    let sees = |socket: &mut WebSocket<TcpStream>, text: String| {
        let expected = Message::from(text);
        while socket.recv().expect("the connection is open") != expected {}
    };
    // Each is known to be there when its own message has come back.
    for (number, socket) in sockets.iter_mut().enumerate() {
        socket.send(format!("here is {number}")).unwrap();
        sees(socket, format!("here is {number}"));
    }
    sockets[2].send("to all").unwrap();
    for socket in &mut sockets {
        sees(socket, "to all".into());
    }
    sockets.remove(0).close(None).unwrap();
    sockets[0].send("to those who stay").unwrap();
    for socket in &mut sockets {
        sees(socket, "to those who stay".into());
    }
}

#[test]
fn a_client_that_reads_nothing_holds_no_broadcast_up() {
    let (_server, address) = serve(&["--broadcast"]);
    let stuck = connect(&address);
    let mut socket = connect(&address);
    let message = Message::from("x".repeat(64 * 1024));
    for _ in 0..1000 {
        socket.send(message.borrow()).unwrap();
        assert_eq!(socket.recv().as_ref(), Some(&message));
    }
    drop(stuck);
}

#[test]
fn of_messages_that_come_in_one_piece_none_is_lost_and_nobody_is_put_out() {
    let (_server, address) = serve(&["--broadcast"]);
    let mut sockets = [connect(&address), connect(&address)];
    // Both are there when both have heard of the second.
    for (number, socket) in sockets.iter_mut().enumerate() {
        socket.send(format!("here is {number}")).unwrap();
        while socket.recv() != Some(Message::from(format!("here is {number}"))) {}
    }
    assert_eq!(sockets[0].recv(), Some(Message::from("here is 1")));
    let mut frames = Vec::new();
    for number in 0..4000_u32 {
        // Masked with zeroes, which change nothing (RFC 6455 §5.3).
        frames.extend([0x82, 0x84, 0, 0, 0, 0]);
        frames.extend(number.to_be_bytes());
    }
    sockets[0].get_ref().write_all(&frames).unwrap();
    for socket in &mut sockets {
        for number in 0..4000_u32 {
            assert_eq!(socket.recv(), Some(Message::from(number.to_be_bytes().to_vec())));
        }
    }
}

#[test]
fn a_log_that_nobody_reads_holds_nobody_up() {
    let (_server, address) = serve(&[]);
    // The lines are more than a pipe holds.
    for _ in 0..1000 {
        let mut socket = connect(&address);
        socket.send("hello").unwrap();
        assert_eq!(socket.recv(), Some(Message::from("hello")));
    }
}

#[test]
fn a_browser_gets_a_page() {
    let (_server, address) = serve(&[]);
    let (head, body) = http(&address, "GET", "/");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("Content-Type: text/html; charset=utf-8"), "{head}");
    assert!(head.contains("Content-Security-Policy: default-src 'none'"), "{head}");
    assert!(body.starts_with("<!doctype html>") && body.trim_end().ends_with("</html>"));
    assert_eq!(http(&address, "GET", "/?query").1, body);
    let (head, body) = http(&address, "HEAD", "/");
    assert!(head.starts_with("HTTP/1.1 200 ") && body.is_empty());
    assert!(http(&address, "GET", "/favicon.ico").0.starts_with("HTTP/1.1 404 "));
    let (head, _) = http(&address, "DELETE", "/");
    assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("Allow: GET, HEAD"), "{head}");
}

#[test]
fn the_clients_first_choice_among_our_subprotocols_is_chosen() {
    let (_server, address) = serve(&["--subprotocol", "a", "-s", "b"]);
    for (offered, chosen) in
        [(&["x", "b", "a"][..], Some("b")), (&["a"], Some("a")), (&["x"], None), (&[], None)]
    {
        let mut client = client(&address);
        for name in offered {
            client = client.subprotocol(name).unwrap();
        }
        assert_eq!(client.connect().unwrap().subprotocol(), chosen, "{offered:?}");
    }
}

/// RFC 6455 §10.2.
#[test]
fn pages_of_other_sites_are_kept_out_unless_they_are_let_in() {
    let evil = "https://evil.example";
    for (arguments, origin, may_connect) in [
        (&[][..], None, true),
        (&[], Some(evil), false),
        (&["--origin", "https://good.example"], Some(evil), false),
        (&["--origin", "https://good.example", "--origin", evil], Some(evil), true),
        (&["--any-origin"], Some(evil), true),
    ] {
        let (mut server, address) = serve(arguments);
        let mut client = client(&address);
        if let Some(origin) = origin {
            client = client.origin(origin).unwrap();
        }
        match client.connect() {
            Ok(_) => assert!(may_connect, "{arguments:?}"),
            Err(ConnectError::Rejected(response)) => {
                assert!(!may_connect && response.status() == 403, "{arguments:?}");
                assert!(server.line().contains("--origin"));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn limits_are_what_the_command_line_says() {
    let (_server, address) = serve(&["--max-message", "4", "--max-connections", "1"]);
    let mut socket = connect(&address);
    socket.send("1234").unwrap();
    assert_eq!(socket.recv(), Some(Message::from("1234")));

    // A second client is there only when the first has gone.
    let mut second = TcpStream::connect(&address).unwrap();
    write!(second, "GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    socket.send("12345").unwrap();
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().code.get(), 1009);
    drop(socket);
    let mut answer = String::new();
    second.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[test]
fn where_the_system_has_no_more_files_clients_wait_and_it_is_said() {
    let server = Running::start_with_files(40, &["serve", "127.0.0.1:0"]);
    let (mut server, address) = listening(server);
    let mut sockets = Vec::new();
    let mut waiting = loop {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET /path HTTP/1.1\r\nHost: {address}\r\n").unwrap();
        write!(stream, "Connection: Upgrade\r\nUpgrade: websocket\r\n").unwrap();
        write!(stream, "Sec-WebSocket-Version: 13\r\n").unwrap();
        write!(stream, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").unwrap();
        let line = server.line();
        if !line.contains(" open /path") {
            assert!(line.contains("clients have to wait"), "{line}");
            assert!(line.ends_with("raise their limit or lower --max-connections"), "{line}");
            break stream;
        }
        sockets.push(stream);
    };
    sockets.clear();
    let mut answer = [0; 12];
    waiting.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
}

#[test]
fn ctrl_c_closes_all_connections_with_1001() {
    for arguments in [&[][..], &["--broadcast"]] {
        let (server, address) = serve(arguments);
        let mut sockets = [connect(&address), connect(&address)];
        for socket in &mut sockets {
            socket.send("here").unwrap();
            assert!(socket.recv().is_some());
        }
        server.signal("INT");
        for mut socket in sockets {
            while socket.recv().is_some() {}
            let closed = socket.closed().unwrap();
            assert_eq!((closed.code.get(), closed.was_clean), (1001, true));
        }
        let (log, errors, code) = server.finish();
        assert_eq!((&*errors, code), ("", Some(0)));
        assert!(log.contains("stopping") && log.trim_end().ends_with("stopped"), "{log}");
        assert!(TcpStream::connect(&address).is_err());
    }
}

#[test]
fn a_second_ctrl_c_waits_for_nobody() {
    let (mut server, address) = serve(&[]);
    // It answers no Close frame.
    let socket = connect(&address);
    assert!(server.line().contains("open /path"));
    server.signal("INT");
    assert!(server.line().contains("stopping"));
    server.signal("INT");
    assert_eq!(server.finish().2, Some(130));
    drop(socket);
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let (_server, address) = serve(&[]);
    let (line, code) = failure(&run(&["serve", &address], b""));
    assert_eq!(code, 1);
    assert!(line.contains(&address) && line.contains("name another port"), "{line}");
}

#[test]
fn quiet_says_nothing() {
    let server = Running::start(&["serve", "--quiet", "127.0.0.1:0"]);
    // It stops only if it has started to serve; before, a signal ends it.
    while !server.catches("INT") {}
    server.signal("INT");
    assert_eq!(server.finish(), (String::new(), String::new(), Some(0)));
}
