//! The scripted server, at its end of a network without latency.

use std::collections::VecDeque;

use wirebeat::handshake::accept_key;

use super::bytes::{from_hex, from_template};
use super::scenario::{Awaited, Op};
use super::wire::{self, WireFrame};

/// How many bytes the network holds for a server that doesn't read.
const LINK_LEN: usize = 4 * 1024 * 1024;

const NANOS_PER_MS: u64 = 1_000_000;

/// What the server does to the client's end.
#[derive(Debug)]
pub(super) enum Sent {
    /// Bytes, in one segment.
    Bytes(Vec<u8>),
    /// The end of its side.
    Fin,
    /// A reset.
    Rst,
}

/// A server that follows its script.
#[derive(Debug)]
pub(super) struct Server {
    script: VecDeque<Op>,
    /// When the operation that waits gives up, once it has begun to wait.
    deadline: Option<u64>,
    /// What has come and wasn't read.
    link: Vec<u8>,
    is_reading: bool,
    /// Whether the client has ended its side.
    client_ended: bool,
    has_ended: bool,
    request: Option<Vec<u8>>,
    /// What was read and isn't a whole frame yet.
    unparsed: Vec<u8>,
    frames: Vec<WireFrame>,
    /// How many frames the script has looked at.
    looked_at: usize,
    accept: String,
    /// What is left of bytes that are sent one by one.
    slow: Option<VecDeque<u8>>,
    sent: VecDeque<Sent>,
}

impl Server {
    /// A server at the beginning of its script.
    pub(super) fn new(script: &[Op]) -> Server {
        Server {
            script: script.iter().cloned().collect(),
            deadline: None,
            link: Vec::new(),
            is_reading: true,
            client_ended: false,
            has_ended: false,
            request: None,
            unparsed: Vec::new(),
            frames: Vec::new(),
            looked_at: 0,
            accept: String::new(),
            slow: None,
            sent: VecDeque::new(),
        }
    }

    /// Takes what there's room for of the client's bytes, and says how much that was.
    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        let room = if self.is_reading { bytes.len() } else { LINK_LEN - self.link.len() };
        let taken = room.min(bytes.len());
        self.link.extend_from_slice(&bytes[..taken]);
        taken
    }

    /// The client ends its side.
    pub(super) fn end(&mut self) {
        self.client_ended = true;
    }

    /// The next thing that the server did.
    pub(super) fn take_sent(&mut self) -> Option<Sent> {
        self.sent.pop_front()
    }

    /// When the script goes on by itself.
    pub(super) fn wakes_at(&self) -> Option<u64> {
        self.deadline
    }

    /// The request's head, if one came.
    pub(super) fn request(&self) -> Option<&[u8]> {
        self.request.as_deref()
    }

    /// The frames that were read.
    pub(super) fn frames(&self) -> &[WireFrame] {
        &self.frames
    }

    /// Follows the script as far as it goes at this time. Returns whether anything happened.
    pub(super) fn run(&mut self, now: u64) -> bool {
        let mut has_run = self.read();
        while let Some(op) = self.script.front().cloned() {
            if !self.follow(&op, now) {
                return has_run;
            }
            self.script.pop_front();
            self.deadline = None;
            self.read();
            has_run = true;
        }
        if !self.has_ended {
            self.fin();
            return true;
        }
        has_run
    }

    /// Does an operation; `false` if it has to wait.
    fn follow(&mut self, op: &Op, now: u64) -> bool {
        match op {
            Op::ReadRequest => return self.request.is_some() || self.client_ended,
            Op::Send { template, hex } => {
                let bytes = self.bytes(template.as_deref(), hex.as_deref());
                self.sent.push_back(Sent::Bytes(bytes));
            }
            Op::SendSlow { template, hex, gap_ms } => {
                if self.slow.is_none() {
                    self.slow = Some(self.bytes(template.as_deref(), hex.as_deref()).into());
                }
                return self.send_slowly(*gap_ms, now);
            }
            Op::Sleep { ms } => return self.is_over(*ms, now),
            Op::ReadUntil { what, timeout_ms } => {
                let found = self.look_for(*what).is_some();
                return found || self.client_ended || self.is_over(*timeout_ms, now);
            }
            Op::EchoClose => match self.look_for(Awaited::Close) {
                Some(frame) => {
                    let echo = wire::unmasked(&frame);
                    self.sent.push_back(Sent::Bytes(echo));
                }
                None => return self.client_ended,
            },
            Op::Drain { ms } => {
                self.looked_at = self.frames.len();
                return self.client_ended || self.is_over(*ms, now);
            }
            Op::NoRead => self.is_reading = false,
            Op::Resume => self.is_reading = true,
            Op::Fin | Op::Close => self.fin(),
            Op::Rst => {
                self.has_ended = true;
                self.sent.push_back(Sent::Rst);
            }
        }
        true
    }

    /// Sends the next byte if its time has come; `true` when the last has gone.
    fn send_slowly(&mut self, gap_ms: u64, now: u64) -> bool {
        if self.deadline.is_some_and(|deadline| now < deadline) {
            return false;
        }
        self.deadline = Some(now + gap_ms * NANOS_PER_MS);
        match self.slow.as_mut().and_then(VecDeque::pop_front) {
            Some(byte) => self.sent.push_back(Sent::Bytes(vec![byte])),
            None => self.slow = None,
        }
        self.slow.is_none()
    }

    fn fin(&mut self) {
        if !self.has_ended {
            self.has_ended = true;
            self.sent.push_back(Sent::Fin);
        }
    }

    fn is_over(&mut self, ms: u64, now: u64) -> bool {
        let deadline = *self.deadline.get_or_insert(now + ms * NANOS_PER_MS);
        now >= deadline
    }

    fn bytes(&self, template: Option<&str>, hex: Option<&str>) -> Vec<u8> {
        let mut bytes = from_template(template.unwrap_or_default(), &self.accept);
        bytes.extend(from_hex(hex.unwrap_or_default()).expect("hex that was checked"));
        bytes
    }

    /// Looks at the frames that weren't looked at, up to one of the kind.
    fn look_for(&mut self, what: Awaited) -> Option<WireFrame> {
        while let Some(frame) = self.frames.get(self.looked_at) {
            self.looked_at += 1;
            let is_it = match what {
                Awaited::Close => frame.opcode == 8,
                Awaited::Pong => frame.opcode == 10,
                Awaited::Message => frame.opcode < 8 && frame.fin,
            };
            if is_it {
                return Some(frame.clone());
            }
        }
        None
    }

    /// Reads what the network holds. Returns whether that was anything.
    fn read(&mut self) -> bool {
        if !self.is_reading || self.link.is_empty() {
            return false;
        }
        self.unparsed.append(&mut self.link);
        if self.request.is_none() {
            let Some(end) = find(&self.unparsed, b"\r\n\r\n") else { return true };
            let behind = self.unparsed.split_off(end + 4);
            let request = std::mem::replace(&mut self.unparsed, behind);
            self.accept = accept_key(&wire::header(&request, "sec-websocket-key"));
            self.request = Some(request);
        }
        while let Some((frame, len)) = WireFrame::parse(&self.unparsed) {
            self.unparsed.drain(..len);
            self.frames.push(frame);
        }
        true
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
