use wirebeat::frame::{HEADER_LEN_MAX, Header, MaskingKey, Opcode, Rsv};
use wirebeat::handshake::{Acceptance, Headers, Request, Response};
use wirebeat::record::{Begin, Call, Role};
use wirebeat::{CloseFrame, Heartbeat, Message};

/// What takes the place of a byte that nobody is to read.
const HIDDEN: u8 = b'x';

/// Headers whose values are secrets, in lower case.
const SECRETS: [&str; 5] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"];

/// Pings and pongs of at most so many bytes are heartbeats, which tell nothing.
const HEARTBEAT_LEN_MAX: u64 = 8;

/// Hides what a connection carries, and keeps how it was carried: lengths, frames, keys, codes.
#[derive(Debug)]
pub(super) struct Redactor {
    part: Part,
}

/// What comes next of what is received.
#[derive(Debug)]
enum Part {
    /// The handshake's head.
    Head(Head),
    /// A frame's header, of which this much has passed.
    Header([u8; HEADER_LEN_MAX], usize),
    /// A frame's payload.
    Payload { opcode: Opcode, key: Option<MaskingKey>, len: u64, at: u64 },
}

/// How far a head has come.
#[derive(Debug, Default)]
struct Head {
    /// The name of the header, or the beginning of the first line, in lower case.
    name: String,
    /// Whether it's still the first line.
    is_behind_first: bool,
    /// Whether what comes is hidden.
    hides: bool,
    /// Whether the name is over.
    is_value: bool,
}

impl Redactor {
    pub(super) fn new(begin: &Begin) -> Redactor {
        let part = match begin.has_handshake() {
            true => Part::Head(Head::default()),
            false => Part::Header([0; HEADER_LEN_MAX], 0),
        };
        Redactor { part }
    }

    /// What the connection began with.
    pub(super) fn begin(mut begin: Begin) -> Begin {
        begin.role = match begin.role {
            Role::Client(request, seed) => Role::Client(Box::new(hide_request(&request)), seed),
            other => other,
        };
        if let Some(heartbeat) = &begin.config.heartbeat
            && let Some(message) = heartbeat.message()
        {
            let (interval, timeout) = (heartbeat.interval(), heartbeat.timeout());
            let hidden = Heartbeat::messages(interval, timeout, hide_message(message), None);
            begin.config.heartbeat = Some(hidden);
        }
        begin
    }

    /// What goes in.
    pub(super) fn call(&mut self, call: Call) -> Call {
        match call {
            Call::Receive(mut bytes) => {
                self.received(&mut bytes);
                Call::Receive(bytes)
            }
            Call::Accept(acceptance) => Call::Accept(hide_acceptance(&acceptance)),
            Call::Respond(response) => Call::Respond(hide_response(&response)),
            Call::Send(message) => Call::Send(hide_message(&message)),
            Call::SendUncompressed(message) => Call::SendUncompressed(hide_message(&message)),
            Call::SendPrepared(message, compress) => {
                Call::SendPrepared(hide_message(&message), compress)
            }
            Call::SendFragment(first, payload, fin) => {
                Call::SendFragment(first, hidden(payload.len()), fin)
            }
            Call::Ping(payload) => Call::Ping(hidden(payload.len())),
            Call::Close(frame) => Call::Close(frame.map(|frame| hide_close(&frame))),
            Call::Written(_)
            | Call::Take(_)
            | Call::WriteBlocked
            | Call::Reading(_)
            | Call::Eof
            | Call::Lost
            | Call::Timeout
            | Call::Probe => call,
        }
    }

    fn received(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = match &mut self.part {
                Part::Head(head) => head.pass(byte).then_some(Part::Header([0; HEADER_LEN_MAX], 0)),
                Part::Header(buffer, filled) => pass_header(buffer, filled, byte),
                Part::Payload { opcode, key, len, at } => {
                    let is_kept = match opcode {
                        Opcode::Close => *at < 2,
                        Opcode::Ping | Opcode::Pong => *len <= HEARTBEAT_LEN_MAX,
                        Opcode::Text | Opcode::Binary | Opcode::Continuation => false,
                    };
                    if !is_kept {
                        let index = usize::try_from(*at % 4).unwrap_or(0);
                        *byte = HIDDEN ^ key.map_or(0, |key| key[index]);
                    }
                    *at += 1;
                    (*at == *len).then_some(Part::Header([0; HEADER_LEN_MAX], 0))
                }
            };
            if let Some(next) = next {
                self.part = next;
            }
        }
    }
}

/// A byte of a frame's header passes. What is compressed becomes a frame that isn't: it couldn't be
/// inflated any more.
fn pass_header(
    buffer: &mut [u8; HEADER_LEN_MAX],
    filled: &mut usize,
    byte: &mut u8,
) -> Option<Part> {
    if *filled == 0 && Rsv::from_bits(*byte) == Rsv::RSV1 {
        *byte &= !Rsv::RSV1.bits();
    }
    if let Some(place) = buffer.get_mut(*filled) {
        *place = *byte;
        *filled += 1;
    }
    // What is no frame fails the connection, and what follows it isn't looked at.
    let (header, _) = Header::parse(&buffer[..*filled]).ok().flatten()?;
    Some(match header.payload_len {
        0 => Part::Header([0; HEADER_LEN_MAX], 0),
        len => Part::Payload { opcode: header.opcode, key: header.masking_key, len, at: 0 },
    })
}

impl Head {
    /// A byte of the head passes. Returns whether it was the last.
    fn pass(&mut self, byte: &mut u8) -> bool {
        match *byte {
            b'\n' => {
                let is_over = self.is_behind_first && self.name.is_empty();
                *self = Head { is_behind_first: true, ..Head::default() };
                return is_over;
            }
            b'\r' => {}
            b':' if self.is_behind_first && !self.is_value => {
                self.is_value = true;
                self.hides = SECRETS.contains(&&*self.name);
            }
            // The query of a request's target.
            b'?' if !self.is_behind_first => self.hides = true,
            b' ' if !self.is_behind_first => self.hides = false,
            b' ' | b'\t' if self.is_value => {}
            _ if self.hides => *byte = HIDDEN,
            other if !self.is_value && self.name.len() < 64 => {
                self.name.push(other.to_ascii_lowercase().into());
            }
            _ => {}
        }
        false
    }
}

fn hidden(len: usize) -> Vec<u8> {
    vec![HIDDEN; len]
}

fn hidden_text(len: usize) -> String {
    "x".repeat(len)
}

fn hide_message(message: &Message<'_>) -> Message<'static> {
    match message.is_text() {
        true => Message::from(hidden_text(message.len())),
        false => Message::from(hidden(message.len())),
    }
}

fn hide_close(frame: &CloseFrame) -> CloseFrame {
    CloseFrame::new(frame.code(), hidden_text(frame.reason().len()))
        .unwrap_or_else(|_| frame.clone())
}

/// A header's value, unless it's a secret.
fn hide_value(name: &str, value: &[u8]) -> Vec<u8> {
    match SECRETS.contains(&&*name.to_ascii_lowercase()) {
        true => hidden(value.len()),
        false => value.to_vec(),
    }
}

fn hide_request(request: &Request) -> Request {
    let target = match request.target().split_once('?') {
        Some((path, query)) => format!("{path}?{}", hidden_text(query.len())),
        None => request.target().to_owned(),
    };
    // Rather less than too much, should it ever not be possible.
    let bare = || Request::new("redacted.invalid", None, "/").ok();
    rebuild_request(request, &target).or_else(bare).unwrap_or_else(|| request.clone())
}

fn rebuild_request(request: &Request, target: &str) -> Option<Request> {
    let mut hidden = Request::new(request.host(), request.port(), target).ok()?;
    for name in request.subprotocols() {
        hidden = hidden.subprotocol(name).ok()?;
    }
    if request.is_subprotocol_required() {
        hidden = hidden.require_subprotocol();
    }
    for (name, value) in request.headers().iter() {
        hidden = match name.eq_ignore_ascii_case("Origin") {
            true => hidden.origin(core::str::from_utf8(value).ok()?),
            false => hidden.header(name, hide_value(name, value)),
        }
        .ok()?;
    }
    Some(hidden)
}

fn hide_acceptance(acceptance: &Acceptance) -> Acceptance {
    let mut hidden = Acceptance::new();
    if let Some(name) = acceptance.subprotocol_name() {
        hidden = hidden.subprotocol(name);
    }
    with_headers(acceptance.headers(), hidden, Acceptance::header).unwrap_or_default()
}

fn hide_response(response: &Response) -> Response {
    let body = hidden(response.content().len());
    let with = |empty| with_headers(response.headers(), empty, Response::header);
    let bare = || Response::new(response.status()).ok();
    let found = bare().and_then(with).or_else(bare);
    found.map_or_else(|| response.clone(), |response| response.body(body))
}

fn with_headers<T, E>(
    headers: &Headers,
    mut to: T,
    add: impl Fn(T, &str, Vec<u8>) -> Result<T, E>,
) -> Option<T> {
    for (name, value) in headers.iter() {
        to = add(to, name, hide_value(name, value)).ok()?;
    }
    Some(to)
}
