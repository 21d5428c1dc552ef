//! The README's client and servers, run as they stand there, against each other and against other
//! libraries.
#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use wirebeat_std::{Config, Event, Message};
use wirebeat_tests::content::{messages, summary, summary_of};
use wirebeat_tests::endpoint::{connect, serve, watch};
use wirebeat_tests::peers::{Client, Library, Server, Transport, each};

/// The README's servers: a thread for each client, and a task.
const SERVERS: [&str; 2] =
    [env!("CARGO_BIN_EXE_readme_server"), env!("CARGO_BIN_EXE_readme_tokio_server")];

/// One of the README's programs.
struct Program {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(path: &str, arguments: &[&str]) -> Program {
        let mut child =
            Command::new(path).args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("its output")).lines();
        Program { child, output }
    }

    fn client(url: &str) -> Program {
        Program::start(env!("CARGO_BIN_EXE_readme_client"), &[url])
    }

    /// A server and its URL.
    fn server(path: &str) -> (Program, String) {
        let mut server = Program::start(path, &[]);
        let address = server.next_line();
        (server, format!("ws://{address}/"))
    }

    fn next_line(&mut self) -> String {
        self.output.next().expect("a line").expect("its output can be read")
    }

    /// All that it still prints, and how it ends.
    fn finish(mut self) -> (Vec<String>, ExitStatus) {
        let lines =
            self.output.by_ref().collect::<io::Result<_>>().expect("its output can be read");
        (lines, self.child.wait().expect("it was started"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_client_hears_from_each_server_what_it_said() {
    for path in SERVERS {
        let (_server, url) = Program::server(path);
        // One after the other: the first goes without a word, and the server stays for the second.
        for _ in 0..2 {
            assert_eq!(Program::client(&url).next_line(), r#"Some("hello")"#);
        }
    }
}

#[test]
fn the_client_closes_when_it_is_told_bye() {
    let (url, ours) = serve(Transport::Tcp, Config::default(), |mut socket| {
        assert_eq!(socket.recv(), Some(Message::from("hello")));
        socket.send("bye").unwrap();
        watch(&mut socket)
    });
    let (lines, status) = Program::client(&url).finish();
    assert!(status.success());
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], r#"Some("bye")"#);
    assert!(lines[1].contains("was_clean: true"), "{lines:?}");

    let (events, closed) = ours.join().unwrap();
    assert!(matches!(&events[..], [Event::Closing(Some(_))]), "{events:?}");
    assert_eq!((closed.code.get(), &*closed.reason, closed.was_clean), (1000, "done", true));
}

#[test]
fn the_client_speaks_with_the_servers_of_others() {
    each(Library::SERVERS, |library| {
        let mut server = Server::start(library, Transport::Tcp).unwrap();
        let url = server.url("/close?after=1&code=1000&reason=that+is+all");
        let (lines, status) = Program::client(&url).finish();
        assert!(status.success());
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0], r#"Some("hello")"#);
        assert!(lines[1].contains("was_clean: true"), "{lines:?}");
        assert!(lines[1].contains("that is all"), "{lines:?}");
        let heard = server.wait_for("message").unwrap();
        assert_eq!(summary_of(&heard), summary(&"hello".into()));
        assert_eq!(server.wait_for("close").unwrap()["clean"], true);
    });
}

#[test]
fn each_server_serves_the_clients_of_others_at_the_same_time() {
    for path in SERVERS {
        let (_server, url) = Program::server(path);
        let mut waiting = connect(&url, Config::default());
        each(Library::CLIENTS, |library| serve_client_of(library, &url));
        // That it has served others changes nothing for the one that was there before.
        for message in messages(&[5]) {
            waiting.send(message.borrow()).unwrap();
            assert_eq!(waiting.recv(), Some(message));
        }
    }
}

fn serve_client_of(library: Library, url: &str) {
    let fragmented = library.sends_fragments().then_some("fragmented");
    let ping = library.sends_pings().then_some("ping");
    for scenario in ["echo"].into_iter().chain(fragmented).chain(ping) {
        let client = Client::start(library, url, scenario, &[]).expect("the client starts");
        let events = client.finish().expect("the client tells how it ended");
        assert_eq!(events.last().expect("a client tells of its end")["clean"], true);
    }
}

#[test]
fn each_server_keeps_pages_of_other_sites_out() {
    for path in SERVERS {
        let (_server, url) = Program::server(path);
        each(Library::CLIENTS, |library| {
            let arguments = ["--header", "Origin: https://evil.example"];
            let client = Client::start(library, &url, "reject", &arguments).unwrap();
            let events = client.finish().unwrap();
            assert_eq!(events.last().unwrap()["status"], 403);
        });
    }
}
