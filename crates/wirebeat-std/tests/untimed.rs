//! Streams that can be read and written, and nothing else.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;

use support::{narrow_pair, patient, quick_heartbeat};
use wirebeat_std::{Client, Message, OriginPolicy, Untimed, accept_with};

/// Reads and writes, and keeps what is written until it's flushed.
struct Stream {
    socket: TcpStream,
    unflushed: Vec<u8>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unflushed.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.write_all(&std::mem::take(&mut self.unflushed))
    }
}

#[test]
fn a_stream_that_reads_and_writes_carries_a_websocket() {
    let (ours, theirs) = narrow_pair();
    let server = thread::spawn(move || {
        let pending = accept_with(theirs, OriginPolicy::SameHost, &patient()).unwrap();
        let mut socket = pending.accept().unwrap();
        while let Some(message) = socket.recv() {
            socket.send(message).unwrap();
        }
        socket.closed().unwrap().was_clean
    });
    let stream = Untimed::new(Stream { socket: ours, unflushed: Vec::new() });
    // A heartbeat that it can't keep doesn't end it.
    let client = Client::new("ws://localhost/").unwrap().config(quick_heartbeat());
    let mut socket = client.connect_over(stream).unwrap();
    for len in [0, 1, 70_000] {
        socket.send(vec![7; len]).unwrap();
        assert_eq!(socket.recv(), Some(Message::from(vec![7; len])));
    }
    support::do_nothing_for(std::time::Duration::from_millis(200));
    socket.send("after the heartbeat would have ended it").unwrap();
    assert!(socket.recv().is_some());
    assert!(socket.close(None).unwrap().was_clean);
    assert!(server.join().unwrap());
}
