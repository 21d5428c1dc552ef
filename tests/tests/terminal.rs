//! The program on a pseudo-terminal: what is typed, what is printed, and how it ends.
#![forbid(unsafe_code)]
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};
use wirebeat_std::{CloseFrame, Config, Event, Message, ReadyState, Text};
use wirebeat_tests::endpoint::{echo, serve};
use wirebeat_tests::peers::{EVENT_WAIT_MAX, Library, Server, Transport, each};
use wirebeat_tests::program;

/// The keys that a terminal sends.
const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const ENTER: &str = "\r";
const BACKSPACE: &str = "\x7f";
const LEFT: &str = "\x1b[D";
const UP: &str = "\x1b[A";

/// The program, run by a shell that tells how it ended, and in which state the terminal is then.
struct Session(PtySession);

impl Session {
    fn start(arguments: &[&str]) -> Session {
        Session::start_with("NO_COLOR=1", arguments)
    }

    fn start_with(environment: &str, arguments: &[&str]) -> Session {
        let script = format!(
            "before=$(stty -g); {environment} {} {}; code=$?; \
             [ \"$before\" = \"$(stty -g)\" ] && left=same || left=changed; \
             echo \"<ended $code, terminal $left>\"",
            program::path().display(),
            arguments.join(" ")
        );
        let mut command = Command::new("bash");
        command.args(["-c", &script]).env("TERM", "xterm").env_remove("NO_COLOR");
        let wait_ms = u64::try_from(EVENT_WAIT_MAX.as_millis()).unwrap();
        Session(spawn_command(command, Some(wait_ms)).unwrap())
    }

    fn connect(url: &str) -> Session {
        let mut session = Session::start(&["connect", url]);
        session.sees(&format!("connected to {url}"));
        session.sees("> ");
        session
    }

    /// Waits until this is printed, and returns what was printed before it.
    fn sees(&mut self, text: &str) -> String {
        // What is printed is read byte by byte, each taken for a character.
        let bytes: String = text.bytes().map(char::from).collect();
        let before = self.0.exp_string(&bytes).unwrap();
        let before: Vec<u8> = before.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        String::from_utf8(before).unwrap()
    }

    /// Presses keys, all at once.
    fn types(&mut self, keys: &[&str]) {
        self.0.send(&keys.concat()).unwrap();
        self.0.flush().unwrap();
    }

    /// Waits for the end. Returns what was printed before it, and the exit code. The terminal is
    /// left as it was.
    fn ends(mut self) -> (String, String) {
        let before = self.sees("<ended ");
        let code = self.sees(", terminal ");
        assert_eq!(self.sees(">"), "same", "{before}");
        (before, code)
    }
}

#[test]
fn a_typed_line_is_sent_and_what_comes_is_printed_with_kind_and_size() {
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tcp).unwrap();
        let mut session = Session::connect(&server.url("/echo"));
        session.types(&["hello", ENTER]);
        session.sees("← text 5 B  hello");
        session.types(&["wörld", ENTER]);
        session.sees("← text 6 B  wörld");
        session.types(&[CTRL_D]);
        let (before, code) = session.ends();
        assert!(before.contains("closed: 1000 (normal closure), closed by us"), "{before}");
        assert_eq!(code, "0");
    });
}

#[test]
fn a_line_is_edited_and_history_has_those_before() {
    let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| echo(&mut socket));
    let mut session = Session::connect(&url);
    session.types(&["wxrld", LEFT, LEFT, LEFT, BACKSPACE, "o", CTRL_A, "hello ", ENTER]);
    session.sees("← text 11 B  hello world");
    session.types(&[UP, "!", ENTER]);
    session.sees("← text 12 B  hello world!");
    session.types(&[UP, UP, "?", ENTER]);
    session.sees("← text 12 B  hello world?");
    // Enter alone is no message.
    session.types(&[ENTER, CTRL_D]);
    assert_eq!(session.ends().1, "0");
    let sent = server.join().unwrap();
    let expected = ["hello world", "hello world!", "hello world?"].map(Message::from);
    assert_eq!(sent, expected);
}

#[test]
fn a_message_that_comes_while_a_line_is_edited_leaves_the_line_whole() {
    let (go, goes) = std::sync::mpsc::channel();
    let (url, server) = serve(Transport::Tcp, Config::default(), move |mut socket| {
        goes.recv().unwrap();
        for number in 0..50 {
            socket.send(format!("number {number}")).unwrap();
        }
        let line = socket.recv();
        while socket.recv().is_some() {}
        line
    });
    let mut session = Session::connect(&url);
    session.types(&["half a "]);
    session.sees("half a ");
    go.send(()).unwrap();
    session.sees("number 49");
    // The line stands again behind the message.
    session.sees("> half a ");
    session.types(&["line", ENTER, CTRL_D]);
    assert_eq!(session.ends().1, "0");
    assert_eq!(server.join().unwrap(), Some(Message::from("half a line")));
}

#[test]
fn pings_are_printed_and_no_message_steers_the_terminal() {
    let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| {
        socket.ping(&b"beat"[..]).unwrap();
        socket.send("\u{1b}]0;title\u{7}two\nlines").unwrap();
        socket.send(vec![0, 1, 255]).unwrap();
        while socket.recv().is_some() {}
    });
    let mut session = Session::start(&["connect", &url]);
    session.sees("← ping 4 B  beat");
    session.sees("← text 19 B  \\u{1b}]0;title\\u{7}two");
    session.sees("lines");
    session.sees("← binary 3 B  00 01 ff");
    session.types(&[CTRL_D]);
    assert_eq!(session.ends().1, "0");
    server.join().unwrap();
}

#[test]
fn a_flood_is_printed_to_its_end_whatever_is_typed_into_it() {
    for (keys, code) in
        [(&[CTRL_D][..], "0"), (&[CTRL_C], "0"), (&[ENTER, "line", ENTER, CTRL_D], "0")]
    {
        let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| {
            // It begins when there's a line to type into.
            assert_eq!(socket.recv(), Some(Message::from("go")));
            let mut sent = 0;
            while socket.ready_state() == ReadyState::Open && sent < 5_000 {
                // Refused when the client has closed.
                if socket.send(format!("number {sent}")).is_err() {
                    break;
                }
                sent += 1;
            }
            while socket.recv().is_some() {}
            sent
        });
        let mut session = Session::connect(&url);
        session.types(&["go", ENTER]);
        session.sees("number 100\r");
        session.types(keys);
        let (before, ended) = session.ends();
        let last: Vec<&str> = before.lines().rev().take(5).collect();
        assert_eq!(ended, code, "{keys:?}: {last:?}");
        assert!(before.contains("closed: 1000 (normal closure)"), "{keys:?}");
        assert!(server.join().unwrap() > 100);
    }
}

#[test]
fn ctrl_c_closes_with_a_close_frame() {
    let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| {
        let events: Vec<Event<'static>> = std::iter::from_fn(|| socket.recv_event()).collect();
        (events, socket.closed().unwrap().clone())
    });
    let mut session = Session::connect(&url);
    session.types(&["not sent", CTRL_C]);
    let (before, code) = session.ends();
    assert!(before.contains("closing; Ctrl-C ends it at once"), "{before}");
    assert_eq!(code, "0");
    let (events, closed) = server.join().unwrap();
    assert_eq!((closed.code.get(), closed.was_clean), (1000, true));
    assert!(!events.iter().any(|event| matches!(event, Event::Message(_))), "{events:?}");
}

#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tcp).unwrap();
        let mut session = Session::connect(&server.url("/echo"));
        server.stop().unwrap();
        session.types(&[CTRL_C]);
        session.sees("closing; Ctrl-C ends it at once");
        session.types(&[CTRL_C]);
        assert_eq!(session.ends().1, "130");
    });
}

#[test]
fn the_servers_close_is_told_with_all_that_came_before_it_and_ends_the_line() {
    let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| {
        socket.recv();
        for number in 0..20 {
            socket.send(format!("number {number}")).unwrap();
        }
        socket.close(Some(CloseFrame::new(4001, "enough").unwrap())).unwrap();
    });
    let mut session = Session::connect(&url);
    session.types(&["go", ENTER, "half a line"]);
    let (before, code) = session.ends();
    for number in 0..20 {
        assert!(
            before
                .contains(&format!("text {} B  number {number}", 7 + usize::from(number > 9) + 1))
        );
    }
    assert!(before.contains("error: the server closed: 4001 “enough”"), "{before}");
    assert_eq!(code, "7");
    server.join().unwrap();
}

#[test]
fn a_server_that_is_killed_ends_the_line_and_leaves_the_terminal_as_it_was() {
    each(Library::SERVERS, |library| {
        let mut server = Server::start(library, Transport::Tcp).unwrap();
        let mut session = Session::connect(&server.url("/echo"));
        session.types(&["half a line"]);
        session.sees("half a line");
        server.kill().unwrap();
        let (before, code) = session.ends();
        assert!(before.contains("error: the server ended the connection"), "{before}");
        assert_eq!(code, "6");
    });
}

#[test]
fn a_server_that_hangs_is_found_by_the_heartbeat() {
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tcp).unwrap();
        let url = server.url("/echo");
        let mut session = Session::start(&["connect", "--heartbeat", "0.2", &url]);
        session.sees("♥ pong");
        server.stop().unwrap();
        let (before, code) = session.ends();
        assert!(before.contains("error: no sign of life"), "{before}");
        assert_eq!(code, "6");
    });
}

#[test]
fn there_are_colours_on_a_terminal_unless_no_color_is_set() {
    for (environment, has_colors) in [("", true), ("NO_COLOR=1", false)] {
        let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| {
            socket.send(Text::from("hello")).unwrap();
            while socket.recv().is_some() {}
        });
        let mut session = Session::start_with(environment, &["connect", &url]);
        let before = session.sees("hello");
        // The editor moves the cursor, and colours nothing.
        assert_eq!(before.contains("\u{1b}[32m"), has_colors, "{before:?}");
        session.types(&[CTRL_D]);
        assert_eq!(session.ends().1, "0");
        server.join().unwrap();
    }
}

#[test]
fn ctrl_c_stops_a_server() {
    let mut session = Session::start(&["serve", "127.0.0.1:0"]);
    session.sees("listening on ws://127.0.0.1:");
    session.sees("to try it in a browser: http://127.0.0.1:");
    session.types(&[CTRL_C]);
    let (before, code) = session.ends();
    assert!(before.contains("stopping: every client is told"), "{before}");
    assert!(before.trim_end().ends_with("stopped"), "{before}");
    assert_eq!(code, "0");
}

#[test]
fn once_ends_after_the_answer() {
    let (url, server) = serve(Transport::Tcp, Config::default(), |mut socket| echo(&mut socket));
    let mut session = Session::start(&["connect", "--once", &url]);
    session.sees("> ");
    session.types(&["question", ENTER]);
    session.sees("← text 8 B  question");
    assert_eq!(session.ends().1, "0");
    assert_eq!(server.join().unwrap(), [Message::from("question")]);
}
