//! Peers on the loopback interface, ours and bare TCP ones.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use wirebeat::handshake::accept_key;
use wirebeat_std::{Client, Config, Event, Heartbeat, OriginPolicy, WebSocket, accept_with};

/// A client's request.
pub(crate) const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A bare TCP peer that has finished its opening handshake, or hasn't begun one.
pub(crate) struct Raw(pub(crate) TcpStream);

/// A server of ours for one connection. Returns its URL, and what `serve` returns.
pub(crate) fn serve<T: Send + 'static>(
    config: Config,
    serve: impl FnOnce(WebSocket<TcpStream>) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    serve_tcp(move |stream| {
        let pending = accept_with(stream, OriginPolicy::SameHost, &config).unwrap();
        serve(pending.accept().unwrap())
    })
}

/// A server for one connection, whatever it does with it.
pub(crate) fn serve_tcp<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (url, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// A bare server for one connection that answers the handshake as it should.
pub(crate) fn serve_raw<T: Send + 'static>(
    serve: impl FnOnce(Raw) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    serve_tcp(move |stream| {
        let mut raw = Raw(stream);
        raw.answer_handshake();
        serve(raw)
    })
}

/// A server of ours, and a bare client that's through its handshake.
pub(crate) fn raw_client<T: Send + 'static>(
    config: Config,
    serve_one: impl FnOnce(WebSocket<TcpStream>) -> T + Send + 'static,
) -> (Raw, JoinHandle<T>) {
    let (url, server) = serve(config, serve_one);
    let mut raw = Raw::dial(&url);
    raw.ask_handshake();
    (raw, server)
}

pub(crate) fn connect_with(url: &str, config: Config) -> WebSocket<TcpStream> {
    Client::new(url).unwrap().config(config).connect().unwrap()
}

/// A heartbeat that finds a dead peer within a moment.
pub(crate) fn quick_heartbeat() -> Config {
    heartbeat(Duration::from_millis(50))
}

/// A heartbeat that asks within a moment, and waits long enough for a live peer on a busy machine.
pub(crate) fn patient_heartbeat() -> Config {
    heartbeat(Duration::from_secs(30))
}

/// A heartbeat that asks within a moment.
pub(crate) fn heartbeat(timeout: Duration) -> Config {
    let interval = Duration::from_millis(50);
    Config { heartbeat: Some(Heartbeat::pings(interval, timeout)), ..Config::default() }
}

/// Neither heartbeat nor write stall: whatever ends the connection is something else.
pub(crate) fn patient() -> Config {
    Config { heartbeat: None, write_stall_timeout: None, ..Config::default() }
}

/// A TCP connection whose buffers take 4 KiB each, and its segments less: otherwise the kernel waits
/// for its timers before it says that there is room.
pub(crate) fn narrow_pair() -> (TcpStream, TcpStream) {
    let narrow = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_send_buffer_size(4096).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.set_tcp_mss(536).unwrap();
        socket
    };
    let listener = narrow();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(1).unwrap();
    let stream = narrow();
    stream.connect(&listener.local_addr().unwrap()).unwrap();
    (stream.into(), listener.accept().unwrap().0.into())
}

/// Makes the socket's own buffers small: still smaller ones make the kernel wait for its timers.
pub(crate) fn shrink_buffers(stream: &TcpStream) {
    SockRef::from(stream).set_send_buffer_size(16 * 1024).unwrap();
    SockRef::from(stream).set_recv_buffer_size(16 * 1024).unwrap();
}

/// Receives until the peer has answered so many pings of the heartbeat. What it says is passed over.
pub(crate) fn hear_pongs<S: wirebeat_std::Socket>(socket: &mut WebSocket<S>, count: usize) {
    let mut heard = 0;
    while heard < count {
        let event = socket.recv_event();
        let is_pong = matches!(event, Some(Event::Pong { latency: Some(_), .. }));
        assert!(is_pong || matches!(event, Some(Event::Message(_))), "{event:?}");
        heard += usize::from(is_pong);
    }
}

/// Lets time pass, where that an application does nothing for a while is what is tested.
#[expect(clippy::disallowed_methods, reason = "there is nothing to wait for but the time")]
pub(crate) fn do_nothing_for(duration: Duration) {
    thread::sleep(duration);
}

impl Raw {
    pub(crate) fn dial(url: &str) -> Raw {
        let address = url.trim_start_matches("ws://").trim_end_matches('/');
        Raw(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn ask_handshake(&mut self) {
        self.write(REQUEST);
        let answer = self.read_head();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    }

    pub(crate) fn answer_handshake(&mut self) {
        let request = self.read_head();
        self.write(answer_to(&request).as_bytes());
    }

    /// Everything up to the empty line, and nothing behind it.
    pub(crate) fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// All that still comes, until the peer ends its side.
    pub(crate) fn read_to_end(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).map(|_| rest)
    }

    /// Ends the connection with a reset, as a peer that crashes does.
    pub(crate) fn reset(self) {
        SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// A server's answer to a client's request.
pub(crate) fn answer_to(request: &str) -> String {
    let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().lines().next().unwrap();
    let accept = accept_key(key);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// A client's frame with a mask of zeros, which leaves the payload as it is.
pub(crate) fn masked(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}
