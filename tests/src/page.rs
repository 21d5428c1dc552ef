//! The core's `WebSocket` on a real socket, driven in one thread until it's over.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Buf;
use wirebeat::session::{Attempt, Wanted};
use wirebeat::websocket::WebSocket;
use wirebeat::{DialError, Input, Timestamp, Transport};

/// Drives a WebSocket, and calls its handlers, until it wants nothing any more.
pub fn drive(socket: &mut WebSocket) {
    let mut driver = Driver { began: Instant::now(), held: None };
    while driver.turn(socket) {}
}

struct Driver {
    began: Instant,
    held: Option<(Attempt, TcpStream)>,
}

impl Driver {
    fn now(&self) -> Timestamp {
        Timestamp::ZERO + self.began.elapsed()
    }

    /// Calls handlers, then does what is wanted, and waits. `false` if nothing will come.
    fn turn(&mut self, socket: &mut WebSocket) -> bool {
        while socket.dispatch(self.now()) {}
        match socket.wanted() {
            Wanted::Dial(attempt) => self.dial(socket, attempt),
            Wanted::Hold(attempt, transport) => self.hold(socket, attempt, transport),
            Wanted::Nothing => {
                self.held = None;
                let Some(wait) = self.time_to(socket) else { return false };
                // Nothing sends: this waits for the time to pass.
                let (_sender, nothing) = mpsc::channel::<()>();
                let _ = nothing.recv_timeout(wait);
            }
        }
        socket.handle_timeout(self.now());
        true
    }

    fn time_to(&self, socket: &WebSocket) -> Option<Duration> {
        socket.poll_timeout().map(|at| at.since(self.now()).max(Duration::from_millis(1)))
    }

    fn dial(&mut self, socket: &mut WebSocket, attempt: Attempt) {
        let target = socket.target().map(|target| (target.host().to_owned(), target.port()));
        let Some((host, port)) = target else { return };
        match TcpStream::connect((&*host, port)) {
            Ok(stream) => {
                self.held = Some((attempt, stream));
                socket.handle_dialed(self.now(), attempt);
            }
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::ConnectionRefused => DialError::Refused,
                    _ => DialError::Other,
                };
                socket.handle_dial_failed(self.now(), attempt, why);
            }
        }
    }

    fn hold(&mut self, socket: &mut WebSocket, attempt: Attempt, transport: Transport) {
        let now = self.now();
        let wait = self.time_to(socket);
        let Some((_, stream)) = self.held.as_mut().filter(|(held, _)| *held == attempt) else {
            return socket.handle_lost(now, attempt);
        };
        while let Some(transmit) = socket.poll_transmit(attempt) {
            match stream.write(transmit.chunk()) {
                Ok(written) => socket.handle_written(now, attempt, written),
                Err(_) => return socket.handle_lost(now, attempt),
            }
        }
        if transport == Transport::ShutdownWrite {
            // It fails if the peer has ended the connection, which the next read tells too.
            let _ = stream.shutdown(Shutdown::Write);
        }
        let mut chunk = [0; 64 * 1024];
        stream.set_read_timeout(wait).expect("a time that isn't zero");
        match stream.read(&mut chunk) {
            Ok(0) => socket.handle_eof(now, attempt),
            Ok(len) => {
                let mut input = Input::new(&mut chunk[..len]);
                while !input.is_empty() {
                    let now = self.now();
                    socket.receive(now, attempt, &mut input);
                    while socket.dispatch(now) {}
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => socket.handle_lost(now, attempt),
        }
    }
}
