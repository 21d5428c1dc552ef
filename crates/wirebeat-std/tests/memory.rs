//! What a connection holds, beyond the stack of the thread that looks after it.
//!
//! The counter is a global allocator that counts each thread by itself.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::net::{TcpListener, TcpStream};
use std::thread;

use allocation_counter::measure;
use wirebeat_std::{Client, Message, OriginPolicy, WebSocket, accept};

/// What it may hold, in bytes.
const HELD_MAX: i64 = 20 * 1024;

/// What a connection holds on the heap after `talk`, besides what it is itself.
fn held_after(talk: impl FnOnce(&mut WebSocket<TcpStream>)) -> i64 {
    let (ours, theirs) = pair();
    let client = thread::spawn(move || {
        let client = Client::new("ws://localhost/").unwrap();
        let mut socket = client.connect_over(ours).unwrap();
        while let Some(message) = socket.recv() {
            socket.send(message).unwrap();
        }
    });
    let mut socket = None;
    let info = measure(|| {
        let pending = accept(theirs, OriginPolicy::SameHost).unwrap();
        let socket = socket.insert(pending.accept().unwrap());
        talk(socket);
    });
    drop(socket);
    client.join().unwrap();
    info.bytes_current
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (stream, listener.accept().unwrap().0)
}

fn exchange(socket: &mut WebSocket<TcpStream>, len: usize) {
    socket.send(vec![7; len]).unwrap();
    assert_eq!(socket.recv().map(|message: Message<'_>| message.len()), Some(len));
}

#[test]
fn a_connection_holds_20_kib() {
    let itself = i64::try_from(size_of::<WebSocket<TcpStream>>()).unwrap();
    let held = held_after(|socket| exchange(socket, 100));
    assert!(held + itself <= HELD_MAX, "{held} and {itself} bytes");
}

/// A chunk that grew while much came is given back when little comes.
#[test]
fn a_connection_that_was_busy_holds_20_kib_again() {
    let held = held_after(|socket| {
        for _ in 0..8 {
            exchange(socket, 1 << 20);
        }
        for _ in 0..100 {
            exchange(socket, 100);
        }
    });
    assert!(held <= HELD_MAX, "{held} bytes");
}
