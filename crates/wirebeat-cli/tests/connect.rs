//! `wirebeat connect` between pipes: what is sent, what is printed where, and how it ends.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

mod support;

use std::io::Write;

use serde_json::Value;
use support::{Running, echo, echo_and_close, http_server, run, server, text};
use wirebeat_std::{Acceptance, CloseFrame, Event, Kind, Message};

/// The JSON Lines of an output, without their times, which are checked.
fn events(output: &str) -> Vec<Value> {
    let parse = |line| -> Value {
        let mut event: Value = serde_json::from_str(line).unwrap();
        let time = event.as_object_mut().unwrap().remove("time").unwrap();
        let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
        assert!(time.as_second() > 0);
        event
    };
    output.lines().map(parse).collect()
}

#[test]
fn each_line_is_a_message_and_messages_are_printed_alone() {
    let (url, server) = server(|socket| echo_and_close(socket, 4));
    let output =
        run(&["connect", "-w", "forever", &url], "hello\n\nwörld\r\nno newline".as_bytes());
    assert_eq!(text(&output.stdout), "hello\n\nwörld\nno newline\n");
    assert_eq!(output.status.code(), Some(0));
    let notes = text(&output.stderr);
    let notes: Vec<&str> = notes.lines().collect();
    assert!(notes[0].ends_with(&format!("· connected to {url}")), "{notes:?}");
    assert!(
        notes[1].ends_with("· closed: 1000 (normal closure) “done”, closed by the peer"),
        "{notes:?}"
    );
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(!notes[0].contains('\u{1b}'), "there are no colours outside a terminal");
    assert!(server.join().unwrap().was_clean);
}

#[test]
fn quiet_says_nothing_but_messages() {
    let (url, server) = server(|socket| echo_and_close(socket, 1));
    let output = run(&["connect", "--quiet", "--wait", "forever", &url], b"hello\n");
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("hello\n".into(), String::new()));
    assert_eq!(output.status.code(), Some(0));
    server.join().unwrap();
}

#[test]
fn binary_sends_all_of_the_input_as_one_message_and_prints_bytes_as_they_are() {
    for len in [0_usize, 1, 65_536, 65_537, 3_000_000] {
        let (url, server) = server(move |mut socket| {
            let message = socket.recv();
            if let Some(message) = &message {
                socket.send(message.borrow()).unwrap();
                socket.close(None).unwrap();
            }
            message
        });
        let input: Vec<u8> = (0..251_u8).cycle().take(len).collect();
        let wait = if len == 0 { "0" } else { "forever" };
        let output = run(&["connect", "--binary", "--quiet", "--wait", wait, &url], &input);
        assert!(output.stdout == input, "{len}: {} B came back", output.stdout.len());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let message = server.join().unwrap();
        let expected = (len > 0).then(|| Message::from(input));
        assert!(message == expected, "{len}: no input is no message");
    }
}

#[test]
fn json_has_every_event_in_a_line() {
    let (url, server) = http_server(|pending| {
        let offered: Vec<String> = pending.request().subprotocols().map(Into::into).collect();
        let acceptance = Acceptance::new().subprotocol("chat").header("X-Server", "test").unwrap();
        let mut socket = pending.accept_with(&acceptance).unwrap();
        socket.ping(&b"beat"[..]).unwrap();
        socket.send("tëxt\n").unwrap();
        socket.send(vec![0, 1, 255]).unwrap();
        assert_eq!(socket.recv(), Some(Message::from("hello")));
        socket.close(Some(CloseFrame::new(1000, "bye").unwrap())).unwrap();
        offered
    });
    let arguments = ["connect", "--json", "-s", "superchat", "--subprotocol", "chat", &url];
    let output = run(&[&arguments[..], &["-w", "forever"]].concat(), b"hello\n");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    assert_eq!(server.join().unwrap(), ["superchat", "chat"]);

    let events = events(&text(&output.stdout));
    let of = |name: &str| -> Vec<Value> {
        events.iter().filter(|event| event["event"] == name).cloned().collect()
    };
    let open = &of("open")[0];
    assert_eq!((&open["url"], &open["subprotocol"]), (&url.as_str().into(), &"chat".into()));
    let header: Value = serde_json::json!(["X-Server", "test"]);
    assert!(open["headers"].as_array().unwrap().contains(&header), "{open}");
    assert_eq!(of("ping"), [serde_json::json!({"event": "ping", "len": 4, "base64": "YmVhdA=="})]);
    assert_eq!(
        of("message"),
        [
            serde_json::json!({"event": "message", "kind": "text", "len": 6, "text": "tëxt\n"}),
            serde_json::json!({"event": "message", "kind": "binary", "len": 3, "base64": "AAH/"}),
        ]
    );
    assert_eq!(
        of("closing"),
        [serde_json::json!({"event": "closing", "code": 1000, "reason": "bye"})]
    );
    assert_eq!(
        events.last().unwrap(),
        &serde_json::json!({
            "event": "closed", "code": 1000, "reason": "bye", "was_clean": true, "by": "server",
            "cause": "closed by the peer", "messages_lost": 0
        })
    );
}

#[test]
fn the_answer_to_the_heartbeat_is_an_event_with_its_latency() {
    let (url, server) = server(echo);
    let arguments = ["connect", "--json", "--heartbeat", "0.02", "--wait", "forever", &url];
    let mut client = Running::start(&arguments);
    let pong = loop {
        let event: Value = serde_json::from_str(&client.line()).unwrap();
        if event["event"] == "pong" {
            break event;
        }
    };
    assert!(pong["latency_ms"].as_f64().unwrap() > 0.0, "{pong}");
    client.signal("INT");
    assert_eq!(client.finish().2, Some(0));
    server.join().unwrap();
}

#[test]
fn once_sends_one_message_waits_for_one_and_closes() {
    let (url, server) = server(|mut socket| {
        let first = socket.recv().unwrap();
        for answer in ["first", "second"] {
            socket.send(answer).unwrap();
        }
        (first, socket.recv(), socket.closed().unwrap().code.get())
    });
    let output = run(&["connect", "-1", "-q", &url], b"question\nanother\n");
    assert_eq!(text(&output.stdout), "first\n");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(server.join().unwrap(), (Message::from("question"), None, 1000));
}

#[test]
fn once_without_input_waits_for_one_message() {
    let (url, server) = server(|mut socket| {
        socket.send("hello").unwrap();
        socket.recv()
    });
    let output = run(&["connect", "--once", "--quiet", "--wait", "0", &url], b"");
    assert_eq!(text(&output.stdout), "hello\n");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(server.join().unwrap(), None);
}

#[test]
fn at_the_end_of_the_input_the_connection_is_closed_when_nothing_has_come_for_a_while() {
    for wait in [&["-w", "0.05"][..], &["-w", "0"], &[]] {
        let (url, server) = server(echo);
        let output = run(&[&["connect", &*url], wait].concat(), b"");
        assert_eq!(output.status.code(), Some(0));
        let closed = server.join().unwrap();
        assert_eq!((closed.code.get(), closed.was_clean), (1000, true));
    }
}

#[test]
fn with_wait_forever_the_server_closes() {
    let (url, server) = server(|mut socket| {
        assert_eq!(socket.recv(), Some(Message::from("go")));
        for number in 0..100 {
            socket.send(format!("{number}")).unwrap();
        }
        socket.close(None).unwrap()
    });
    let output = run(&["connect", "-q", "-w", "forever", &url], b"go\n");
    let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(0), "a server may close without a code");
    assert!(server.join().unwrap().was_clean);
}

#[test]
fn the_request_carries_what_the_command_line_says() {
    let (url, server) = http_server(|pending| {
        let request = pending.request();
        let header = |name| request.headers().get_str(name).map(str::to_owned);
        let headers =
            ["X-Token", "User-Agent", "Authorization", "Origin", "Sec-WebSocket-Protocol"]
                .map(header);
        let seen = (request.target().to_owned(), headers);
        drop(pending.accept());
        seen
    });
    let url = format!("{}path?query", url.replacen("ws:", "http:", 1));
    let arguments = [
        "connect",
        &url,
        "-H",
        "X-Token: a:b",
        "--user",
        "me:secret",
        "--origin",
        "https://example.com",
        "-s",
        "a",
        "-s",
        "b",
    ];
    run(&arguments, b"");
    let (target, [token, agent, authorization, origin, subprotocols]) = server.join().unwrap();
    assert_eq!(target, "/path?query");
    assert_eq!(token.unwrap(), "a:b");
    assert_eq!(agent.unwrap(), concat!("wirebeat/", env!("CARGO_PKG_VERSION")));
    assert_eq!(authorization.unwrap(), "Basic bWU6c2VjcmV0");
    assert_eq!(origin.unwrap(), "https://example.com");
    assert_eq!(subprotocols.unwrap(), "a, b");
}

#[test]
fn ctrl_c_closes_with_a_close_frame() {
    for signal in ["INT", "TERM"] {
        let (url, server) = server(|mut socket| {
            socket.send("you are connected").unwrap();
            while socket.recv().is_some() {}
            socket.closed().unwrap().clone()
        });
        let mut client = Running::start(&["connect", &url]);
        let _input = client.take_input();
        assert_eq!(client.line(), "you are connected");
        client.signal(signal);
        let (rest, errors, code) = client.finish();
        assert_eq!((&*rest, code), ("", Some(0)), "{errors}");
        assert!(errors.contains("closed: 1000 (normal closure), closed by us"), "{errors}");
        let closed = server.join().unwrap();
        assert_eq!((closed.code.get(), closed.was_clean), (1000, true));
    }
}

#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (url, server) = server(move |mut socket| {
        socket.send("you are connected").unwrap();
        // It reads nothing more, so it never answers the Close frame.
        let _ = ended.recv();
    });
    let mut client = Running::start(&["connect", "--json", &url]);
    let _input = client.take_input();
    assert!(client.line().contains("open") && client.line().contains("you are connected"));
    client.signal("INT");
    // The first has been dealt with when it's told of.
    let note = client.error_line();
    assert!(note.contains("closing"), "{note}");
    client.signal("INT");
    assert_eq!(client.finish().2, Some(130));
    drop(end);
    server.join().unwrap();
}

#[test]
fn an_output_that_nobody_reads_ends_the_run_without_a_word() {
    let (url, server) = server(|mut socket| {
        while socket.send("more").is_ok() {}
        while socket.recv().is_some() {}
    });
    let mut client = Running::start(&["connect", "-q", "-w", "forever", &url]);
    assert_eq!(client.line(), "more");
    client.close_output();
    let (_, errors, code) = client.finish();
    assert_eq!((&*errors, code), ("", Some(0)));
    server.join().unwrap();
}

#[test]
fn pings_are_answered_while_nobody_reads_the_output() {
    let message = "x".repeat(100_000);
    let (read, reads) = std::sync::mpsc::channel();
    let (url, server) = server({
        let message = message.clone();
        move |mut socket| {
            // More than a pipe holds.
            for _ in 0..5 {
                socket.send(&*message).unwrap();
            }
            for number in 0..5_u8 {
                socket.ping(vec![number]).unwrap();
                loop {
                    match socket.recv_event().unwrap() {
                        Event::Pong { payload, .. } if payload[..] == [number] => break,
                        _ => {}
                    }
                }
            }
            read.send(()).unwrap();
            socket.close(None).unwrap()
        }
    });
    let mut client = Running::start(&["connect", "-q", "-w", "forever", &url]);
    let _input = client.take_input();
    reads.recv().unwrap();
    for _ in 0..5 {
        assert!(client.line() == message);
    }
    assert_eq!(client.finish().2, Some(0));
    assert!(server.join().unwrap().was_clean);
}

#[test]
fn a_flood_both_ways_comes_back_whole() {
    let (url, server) = server(|socket| echo_and_close(socket, 2_000));
    let line = "x".repeat(10_000) + "\n";
    let input = line.repeat(2_000);
    let output = run(&["connect", "-q", "-w", "forever", &url], input.as_bytes());
    assert!(output.stdout == input.as_bytes(), "{} of {} B", output.stdout.len(), input.len());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    server.join().unwrap();
}

#[test]
fn a_message_that_is_typed_in_parts_is_sent_when_its_line_ends() {
    let (url, server) = server(echo);
    let mut client = Running::start(&["connect", "-q", &url]);
    let mut input = client.take_input();
    for part in ["par", "ts\n"] {
        input.write_all(part.as_bytes()).unwrap();
        input.flush().unwrap();
    }
    assert_eq!(client.line(), "parts");
    drop(input);
    assert_eq!(client.finish().2, Some(0));
    server.join().unwrap();
}

#[test]
fn lines_are_text_and_bytes_are_binary() {
    for (arguments, kind) in
        [(&["connect", "-q"][..], Kind::Text), (&["connect", "-qb"], Kind::Binary)]
    {
        let (url, server) = server(|mut socket| {
            let message = socket.recv().unwrap();
            while socket.recv().is_some() {}
            message.kind()
        });
        run(&[arguments, &[&*url]].concat(), b"message\n");
        assert_eq!(server.join().unwrap(), kind);
    }
}
