//! A WebSocket in the hands of a driver without a network, and a server that is written down byte by
//! byte.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use bytes::Buf;
use wirebeat::handshake::accept_key;
use wirebeat::session::{Attempt, Wanted};
use wirebeat::websocket::{BinaryType, Event, EventType, MessageData, Scope, WebSocket};
use wirebeat::{Input, ReadyState, Seed, Timestamp};

pub(crate) const URL: &str = "ws://example.com/";

/// The cases of properties that once failed.
pub(crate) const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/websocket.txt");

pub(crate) fn seed() -> Seed {
    Seed::new([7; 32])
}

fn new_socket() -> WebSocket {
    WebSocket::new(URL, &[], seed(), Timestamp::ZERO).expect("the URL is good")
}

/// What handlers noted, a line each. Its clones are one log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, line: impl Into<String>) {
        self.0.lock().expect("no panic held it").push(line.into());
    }

    /// Takes what was noted.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic held it"))
    }
}

/// A line for an event, with the state that its handlers see.
pub(crate) fn line(scope: &Scope<'_>, event: &Event) -> String {
    let rs = scope.ready_state() as u8;
    match event {
        Event::Open => format!("open {rs}"),
        Event::Message(message) => match &message.data {
            MessageData::Text(text) => format!("message {rs} {text:?}"),
            MessageData::Blob(blob) => format!("message {rs} Blob {:?}", blob.as_bytes()),
            MessageData::ArrayBuffer(buffer) => format!("message {rs} ArrayBuffer {:?}", &**buffer),
        },
        Event::Error => format!("error {rs}"),
        Event::Close(close) => {
            let clean = if close.was_clean { "clean" } else { "not clean" };
            format!("close {rs} {} {:?} {clean}", close.code.get(), &*close.reason)
        }
    }
}

/// A WebSocket, its driver, and a log of all events.
pub(crate) struct Rig {
    pub(crate) socket: WebSocket,
    pub(crate) now: Timestamp,
    pub(crate) log: Log,
    /// What was written and not yet looked at.
    pub(crate) written: Vec<u8>,
}

impl Rig {
    pub(crate) fn new(mut socket: WebSocket) -> Rig {
        let log = Log::default();
        for event_type in EventType::ALL {
            let log = log.clone();
            socket.add_event_listener(event_type, move |scope, event| log.note(line(scope, event)));
        }
        Rig { socket, now: Timestamp::ZERO, log, written: Vec::new() }
    }

    /// One that connects to a server without subprotocols.
    pub(crate) fn plain() -> Rig {
        Rig::new(new_socket())
    }

    /// One that is open; nothing of it is in the log.
    pub(crate) fn open() -> Rig {
        let mut rig = Rig::plain();
        rig.accept("");
        assert_eq!(rig.events(), ["open 1"]);
        rig
    }

    /// Dials, if that's wanted, and takes what is to be written.
    pub(crate) fn transmit(&mut self) {
        if let Wanted::Dial(attempt) = self.socket.wanted() {
            self.socket.handle_dialed(self.now, attempt);
        }
        let attempt = self.attempt();
        while let Some(transmit) = self.socket.poll_transmit(attempt) {
            let chunk = transmit.chunk().to_vec();
            self.socket.handle_written(self.now, attempt, chunk.len());
            self.written.extend_from_slice(&chunk);
        }
    }

    /// The attempt whose transport is held, or one that is over.
    pub(crate) fn attempt(&self) -> Attempt {
        match self.socket.wanted() {
            Wanted::Hold(attempt, _) | Wanted::Dial(attempt) => attempt,
            Wanted::Nothing => {
                // Any attempt will do, as none has a transport.
                match new_socket().wanted() {
                    Wanted::Dial(attempt) => attempt,
                    other => unreachable!("{other:?}"),
                }
            }
        }
    }

    /// What was written since, unmasked: opcode and payload of each frame, without the request.
    pub(crate) fn frames(&mut self) -> Vec<(u8, Vec<u8>)> {
        self.transmit();
        if self.written.starts_with(b"GET ") {
            let end = self.written.windows(4).position(|four| four == b"\r\n\r\n");
            let end = end.expect("the whole of the request was written");
            self.written.drain(..end + 4);
        }
        let mut frames = Vec::new();
        let mut rest = &self.written[..];
        while let [first, second, behind @ ..] = rest {
            let (len, behind) = match second & 0x7f {
                126 => (usize::from(u16::from_be_bytes([behind[0], behind[1]])), &behind[2..]),
                127 => unreachable!("the tests send no such frames"),
                len => (usize::from(len), behind),
            };
            let (key, behind) = behind.split_at(4);
            let (payload, behind) = behind.split_at(len);
            let unmasked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
            frames.push((first & 0x0f, unmasked.collect()));
            rest = behind;
        }
        self.written.clear();
        frames
    }

    /// The server's yes, with more header lines (each with its end), and what comes in the same
    /// segment.
    pub(crate) fn accept_with(&mut self, lines: &str, behind: &[u8]) {
        let mut answer = self.answer(lines);
        answer.extend_from_slice(behind);
        self.receive(&answer);
    }

    pub(crate) fn accept(&mut self, lines: &str) {
        self.accept_with(lines, &[]);
    }

    /// A yes to the request that was written.
    pub(crate) fn answer(&mut self, lines: &str) -> Vec<u8> {
        self.transmit();
        let request =
            String::from_utf8(std::mem::take(&mut self.written)).expect("a request alone");
        let key = request.split_once("Sec-WebSocket-Key: ").expect("a request was written").1;
        let accept = accept_key(&key[..24]);
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{lines}\r\n"
        )
        .into_bytes()
    }

    /// Receives bytes in one chunk, and dispatches all that comes of them.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        let attempt = self.attempt();
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(&mut bytes);
        while !input.is_empty() {
            self.socket.receive(self.now, attempt, &mut input);
            self.dispatch();
        }
    }

    /// Calls handlers as long as there's an event, whatever they do.
    pub(crate) fn dispatch(&mut self) {
        let now = self.now;
        while catch_unwind(AssertUnwindSafe(|| self.socket.dispatch(now))).unwrap_or(true) {}
    }

    pub(crate) fn eof(&mut self) {
        let attempt = self.attempt();
        self.socket.handle_eof(self.now, attempt);
    }

    pub(crate) fn lost(&mut self) {
        let attempt = self.attempt();
        self.socket.handle_lost(self.now, attempt);
    }

    /// Lets time pass up to the next timer.
    pub(crate) fn time_out(&mut self) {
        self.now = self.socket.poll_timeout().expect("a timer runs");
        self.socket.handle_timeout(self.now);
    }

    /// Dispatches, and takes the log.
    pub(crate) fn events(&mut self) -> Vec<String> {
        self.dispatch();
        self.log.take()
    }

    pub(crate) fn ready_state(&self) -> u8 {
        self.socket.ready_state() as u8
    }
}

/// A server's frame: its first byte, and a short payload.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("a short payload");
    assert!(len < 126);
    [&[first, len], payload].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

pub(crate) fn binary(bytes: &[u8]) -> Vec<u8> {
    frame(0x82, bytes)
}

pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// The frame that ours sends for a Close.
pub(crate) fn close_frame(code: u16, reason: &str) -> (u8, Vec<u8>) {
    (8, [&code.to_be_bytes(), reason.as_bytes()].concat())
}

pub(crate) const CONNECTING: ReadyState = ReadyState::Connecting;
pub(crate) const ARRAY_BUFFER: BinaryType = BinaryType::ArrayBuffer;
