//! What `wirebeat connect` says when it doesn't go well: one line with what to do, and an exit code.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};

use support::{Running, failure, http_server, run, server, tcp_server, text};
use wirebeat_std::{CloseFrame, Response};

/// Fails, with this exit code and all of these words.
fn assert_fails(arguments: &[&str], input: &[u8], code: i32, words: &[&str]) {
    let output = run(&[&["connect"], arguments].concat(), input);
    let (line, exit_code) = failure(&output);
    assert_eq!(exit_code, code, "{line}");
    for word in words {
        assert!(line.contains(word), "{word:?} isn't in: {line}");
    }
}

#[test]
fn where_nobody_listens_the_port_is_in_doubt() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", unused.local_addr().unwrap());
    drop(unused);
    assert_fails(&[&url], b"", 3, &["nothing answers at 127.0.0.1", "check the port"]);
}

/// RFC 6761 §6.4: "invalid" is never a name.
#[test]
fn a_name_that_is_none_is_named() {
    let words = ["the name no-such-host.invalid can't be resolved", "check its spelling"];
    assert_fails(&["ws://no-such-host.invalid/"], b"", 3, &words);
}

#[test]
fn a_command_line_that_cannot_be_followed_is_told_from_a_failure() {
    for (arguments, word) in [
        (&["ftp://localhost/"][..], "its scheme must be ws or wss"),
        (&["ws://localhost/#top"], "no #fragment"),
        (&["ws://me:secret@localhost/"], "--user NAME:PASSWORD"),
        (&["ws://localhost/", "-H", "Upgrade: h2c"], "-H Upgrade"),
        (&["ws://localhost/", "--user", "me"], "NAME:PASSWORD"),
        (&["ws://localhost/", "--subprotocol", "a b"], "--subprotocol a b"),
        (&["ws://localhost/", "--origin", "example"], "--origin example"),
    ] {
        assert_fails(arguments, b"", 2, &[word]);
    }
    for wrong in [&["ws://localhost/", "-H", "no colon"][..], &["--nonsense"], &[], &["a", "b"]] {
        assert_eq!(run(&[&["connect"], wrong].concat(), b"").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn an_answer_that_opens_nothing_is_told_with_what_to_do() {
    for (status, header, body, words) in [
        (401, None, "no entry", &["401 “no entry”", "--user"][..]),
        (403, None, "", &["403 and", "--origin"]),
        (404, None, "nothing\nhere", &["404 “nothing”", "check the URL"]),
        (302, Some(("Location", "wss://elsewhere.example/")), "", &["wss://elsewhere.example/"]),
        (429, Some(("Retry-After", "7")), "", &["after 7 s"]),
        (503, None, "busy\u{1b}[2J", &["503 “busy\\u{1b}[2J”", "try again later"]),
        (200, Some(("Content-Type", "text/html")), "<p>", &["200 and", "no WebSocket"]),
        (418, None, "", &["418", "check the URL"]),
    ] {
        let (url, server) = http_server(move |pending| {
            let mut response = Response::new(status).unwrap().body(body);
            if let Some((name, value)) = header {
                response = response.header(name, value).unwrap();
            }
            pending.respond(&response)
        });
        assert_fails(&[&url], b"", 5, words);
        server.join().unwrap().unwrap();
    }
}

#[test]
fn what_is_no_web_socket_server_is_told_so() {
    const ACCEPT: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    for (answer, words) in [
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", &["isn't a WebSocket server", "wss://"][..]),
        ("\x15\x03\x01\x00\x02\x02\x46", &["perhaps TLS", "wss://"]),
        ("", &["ended the connection without an answer", "wss://"]),
        (ACCEPT, &["isn't a proper WebSocket server", "Sec-WebSocket-Accept"]),
    ] {
        let (url, server) = tcp_server(move |mut stream| {
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap();
            assert!(head[..read].ends_with(b"\r\n\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let _ = stream.read(&mut head);
        });
        assert_fails(&[&url], b"", 5, words);
        server.join().unwrap();
    }
}

#[test]
fn a_close_code_is_told_with_its_meaning() {
    for (code, reason, words) in [
        (1001, "", &["1001 (going away)", "connect again later"][..]),
        (1008, "no", &["1008 (policy violation) “no”", "credentials"]),
        (1009, "", &["1009 (message too big)", "of this size"]),
        (1011, "", &["1011 (internal error)", "its log"]),
        (1013, "", &["1013 (try again later)"]),
        (3000, "", &["3000", "--user"]),
        (4242, "why", &["4242 “why”", "documentation of this server"]),
    ] {
        let (url, server) = server(move |mut socket| {
            socket.close(Some(CloseFrame::new(code, reason).unwrap())).unwrap()
        });
        assert_fails(&["-w", "forever", &url], b"", 7, words);
        assert!(server.join().unwrap().was_clean);
    }
}

#[test]
fn a_connection_that_is_lost_is_told_from_one_that_is_closed() {
    let (url, server) = server(|socket| socket.get_ref().shutdown(Shutdown::Both).unwrap());
    assert_fails(&["-w", "forever", &url], b"", 6, &["without a Close frame"]);
    server.join().unwrap();
}

#[test]
fn a_server_that_breaks_the_protocol_is_told_so() {
    let (url, server) = server(|socket| {
        // A text frame whose payload isn't UTF-8.
        socket.get_ref().write_all(b"\x81\x01\xff").unwrap();
        let mut rest = Vec::new();
        let _ = socket.get_ref().read_to_end(&mut rest);
        rest
    });
    assert_fails(&["-w", "forever", &url], b"", 6, &["broke the protocol", "UTF-8"]);
    // A Close frame, masked, as a client's is.
    assert_eq!(server.join().unwrap()[..2], [0x88, 0x82]);
}

#[test]
fn a_server_that_hangs_is_found_by_the_heartbeat() {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (url, server) = server(move |_socket| ended.recv().is_err());
    assert_fails(&["--heartbeat", "0.1", "-w", "forever", &url], b"", 6, &["no sign of life"]);
    drop(end);
    server.join().unwrap();
}

#[test]
fn a_message_that_is_too_long_for_us_is_the_limit_of_an_option() {
    let (url, server) = server(|mut socket| {
        socket.send("12345").unwrap();
        while socket.recv().is_some() {}
        socket.closed().unwrap().code.get()
    });
    let words = ["--max-message"];
    assert_fails(&["--max-message", "4", "-w", "forever", &url], b"", 6, &words);
    assert_eq!(server.join().unwrap(), 1009);
}

#[test]
fn a_message_that_could_not_be_sent_is_a_failure() {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (url, server) = server(move |socket| {
        // Close, 1000: the client answers, and waits for the end of the transport.
        socket.get_ref().write_all(b"\x88\x02\x03\xe8").unwrap();
        let _ = ended.recv();
    });
    let mut client = Running::start(&["connect", "--json", &url]);
    let mut input = client.take_input();
    while !client.line().contains(r#""closing""#) {}
    input.write_all(b"too late\n").unwrap();
    let (_, errors, code) = client.finish();
    assert_eq!(code, Some(6), "{errors}");
    assert!(errors.contains("before everything was sent: 1 message didn't leave"), "{errors}");
    drop(end);
    server.join().unwrap();
}

#[test]
fn input_that_is_no_text_is_told_with_its_line_and_the_connection_is_closed() {
    let (url, server) = server(support::echo);
    let words = ["line 2 of the input isn't text", "--binary"];
    assert_fails(&[&url], b"text\n\xff\xfe\nmore\n", 1, &words);
    assert!(server.join().unwrap().was_clean);
}

#[test]
fn json_tells_a_failure_too() {
    let (url, server) = http_server(|pending| pending.respond(&Response::new(401).unwrap()));
    let output = run(&["connect", "--json", &url], b"");
    let (line, code) = failure(&output);
    let event: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!((&event["event"], &event["exit_code"]), (&"failed".into(), &code.into()));
    assert_eq!(event["error"], line.trim_start_matches("error: "));
    server.join().unwrap().unwrap();
}
