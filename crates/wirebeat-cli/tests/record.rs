//! `--record` of `connect` and `serve`, and `wirebeat replay` of what they wrote.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a program that can't be run fails the test")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Running, echo_and_close, failure, run, server, text};
use wirebeat_std::{Client, CloseFrame, Message};

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("wirebeat-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn replay(file: &str) -> String {
    let output = run(&["replay", "--bytes", file], b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_client_that_is_recorded_is_shown_again() {
    let folder = folder("record-connect");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for (file, redacts) in [(path("plain"), false), (path("redacted"), true)] {
        let (url, server) = server(|socket| echo_and_close(socket, 1));
        let mut arguments = vec!["connect", &url, "--record", &file, "-H", "Cookie: id=secret"];
        arguments.extend(redacts.then_some("--redact"));
        let output = run(&arguments, b"a secret line\n");
        assert!(output.status.success(), "{}", text(&output.stderr));
        server.join().unwrap();

        let recording = fs::read(&file).unwrap();
        let secrets = recording.windows(6).filter(|window| *window == b"secret").count();
        let shown = replay(&file);
        assert_eq!((secrets > 0, shown.contains("a secret line")), (!redacts, !redacts));
        assert!(shown.contains("send Text, 13 bytes") && shown.contains("Closed"), "{shown}");
    }
    let (error, code) = failure(&run(&["connect", "ws://x/", "--record", &path("no/such")], b""));
    assert!(code == 1 && error.contains("no/such can't be written"), "{error}");
    let output = run(&["connect", "ws://x/", "--reconnect", "--record", "x"], b"");
    assert_eq!(output.status.code(), Some(2));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_client_of_a_server_that_records_has_a_file() {
    let folder = folder("record-serve");
    fs::write(folder.join("1.wbrec"), "from another time").unwrap();
    let mut server =
        Running::start(&["serve", "127.0.0.1:0", "--record", folder.to_str().unwrap()]);
    let listening = server.line();
    let url = listening.split(' ').find(|word| word.starts_with("ws://")).unwrap();
    for message in ["first", "second"] {
        let mut socket = Client::new(url).unwrap().connect().unwrap();
        socket.send(message).unwrap();
        assert_eq!(socket.recv(), Some(Message::from(message)));
        socket.close(Some(CloseFrame::new(4000, message).unwrap())).unwrap();
    }
    server.signal("INT");
    let (_, errors, code) = server.finish();
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(fs::read(folder.join("1.wbrec")).unwrap(), b"from another time");
    for (file, message) in [("2.wbrec", "first"), ("3.wbrec", "second")] {
        let shown = replay(folder.join(file).to_str().unwrap());
        assert!(shown.contains("the request is accepted"), "{shown}");
        assert!(shown.contains(message) && shown.contains("Closed"), "{shown}");
    }
    fs::remove_dir_all(folder).unwrap();
}
