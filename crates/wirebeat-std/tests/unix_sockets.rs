//! Servers that are reached by a path.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, io, process, thread};

use wirebeat_std::{Client, Config, ConnectError, Message, OriginPolicy, Step, accept};

/// A path for one test's socket, which is removed at its end.
struct SocketPath(PathBuf);

impl SocketPath {
    fn new(test: &str) -> SocketPath {
        SocketPath(env::temp_dir().join(format!("wirebeat-{}-{test}.sock", process::id())))
    }

    fn listen(&self) -> UnixListener {
        UnixListener::bind(&self.0).unwrap()
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn client() -> Client {
    Client::new("ws://localhost/events?since=7").unwrap()
}

#[test]
fn a_server_is_reached_by_its_path_and_asked_for_what_the_url_says() {
    let path = SocketPath::new("reached");
    let listener = path.listen();
    let server = thread::spawn(move || {
        let pending = accept(listener.accept().unwrap().0, OriginPolicy::SameHost).unwrap();
        let asked = (pending.request().host().to_owned(), pending.request().target().to_owned());
        let mut socket = pending.accept().unwrap();
        let message = socket.recv().unwrap();
        socket.send(message).unwrap();
        assert_eq!(socket.recv(), None);
        asked
    });
    let mut socket = client().connect_unix(&path.0).unwrap();
    socket.send("there and back").unwrap();
    assert_eq!(socket.recv(), Some(Message::from("there and back")));
    assert!(socket.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap(), ("localhost".into(), "/events?since=7".into()));
}

#[test]
fn a_path_that_nobody_listens_at_is_named_with_what_to_do() {
    let path = SocketPath::new("nobody");
    let kind_and_text = || match client().connect_unix(&path.0) {
        Err(error @ ConnectError::UnixSocket { .. }) => {
            let text = error.to_string();
            assert!(text.contains(path.0.to_str().unwrap()), "{text}");
            let ConnectError::UnixSocket { source, .. } = error else { unreachable!() };
            (source.kind(), text)
        }
        other => panic!("{other:?}"),
    };
    let (kind, text) = kind_and_text();
    assert_eq!(kind, io::ErrorKind::NotFound);
    assert!(text.ends_with("check the path and that the server runs"), "{text}");
    // A server that has ended leaves its socket behind.
    drop(path.listen());
    assert_eq!(kind_and_text().0, io::ErrorKind::ConnectionRefused);
}

/// A server that doesn't accept lets its backlog fill, and then nobody gets in.
#[test]
fn a_server_that_accepts_nobody_runs_into_the_open_timeout() {
    let path = SocketPath::new("busy");
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    socket.bind(&socket2::SockAddr::unix(&path.0).unwrap()).unwrap();
    socket.listen(0).unwrap();
    let config = Config { open_timeout: Some(Duration::from_millis(20)), ..Config::default() };
    // At first, those that got in wait for an answer.
    loop {
        match client().config(config.clone()).connect_unix(&path.0) {
            Err(ConnectError::Timeout(Step::Handshake)) => {}
            Err(ConnectError::Timeout(Step::Connecting)) => break,
            #[cfg(not(target_os = "linux"))]
            Err(ConnectError::UnixSocket { .. }) => break,
            other => panic!("{other:?}"),
        }
    }
}
