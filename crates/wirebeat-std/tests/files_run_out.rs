//! A server whose process may open no more files. Alone in its process, whose limit it lowers.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::Raw;
use wirebeat_std::{OriginPolicy, ServeError, Server};

#[test]
fn a_server_without_files_to_open_goes_on_when_there_are_some_again() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(100), ..limit }).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, errors) = mpsc::channel();
    let serving = Server::new(listener, OriginPolicy::SameHost)
        .on_error(move |error| sender.send(error).unwrap())
        .start(|pending| {
            let mut socket = pending.accept().unwrap();
            while let Some(message) = socket.recv() {
                socket.send(message).unwrap();
            }
        })
        .unwrap();

    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.pop();
    // The client has the last one, and the system connects it to the listener.
    let mut client = Raw(TcpStream::connect(address).unwrap());
    client.write(support::REQUEST);
    // It's tried again and again.
    for _ in 0..3 {
        let error = errors.recv().unwrap();
        assert!(matches!(error, ServeError::Accept(_)), "{error:?}");
        assert!(error.to_string().contains("raise their limit"), "{error}");
    }
    drop(files);
    assert!(client.read_head().starts_with("HTTP/1.1 101 "));
    client.write(&support::masked(0x81, b"still there"));
    let mut echo = [0; 13];
    std::io::Read::read_exact(&mut client.0, &mut echo).unwrap();
    assert_eq!(&echo, b"\x81\x0Bstill there");
    drop(client);
    assert_eq!(serving.shutdown().dropped, 0);
}
