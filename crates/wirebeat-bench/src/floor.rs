use std::io::IoSlice;

use wirebeat::{Kind, Role};

use crate::zlib::ZLIB;
use crate::{
    CHUNK_LEN_MAX, Content, Delivered, Memory, Payloads, Rank, ReceiveJob, SendJob, Subject,
};

/// The floor: a loop that does what no implementation can do without, and nothing else.
///
/// It parses, unmasks and checks messages in place in one buffer. It knows no control frames, no
/// limits, no states and no errors, so a library that comes near it has little left to lose. From
/// some KiB a message on, the best libraries are below it: they read into the message itself, and
/// mask with wider vectors.
pub const FLOOR: Subject =
    Subject { name: "(floor)", rank: Rank::Floor, receive, send, codec: Some(ZLIB) };

/// From this length on a server writes a payload from where it is.
const COPIED_LEN_MAX: usize = 4096;

fn receive(job: ReceiveJob) -> Delivered {
    let messages = job.messages;
    let mut floor = Receiver::new(job);
    while floor.delivered.messages < messages {
        if !floor.next_frame() && !floor.read() {
            break;
        }
    }
    floor.delivered
}

struct Receiver {
    transport: Memory,
    role: Role,
    is_text: bool,
    /// What was read and not used yet is at `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The fragments of a message that hasn't ended.
    message: Vec<u8>,
    delivered: Delivered,
}

impl Receiver {
    fn new(job: ReceiveJob) -> Receiver {
        Receiver {
            transport: job.transport,
            role: job.role,
            is_text: is_text(job.content),
            buffer: job.scratch,
            start: 0,
            end: 0,
            message: Vec::new(),
            delivered: Delivered::default(),
        }
    }

    /// Takes a frame from the front of the buffer, if all of it is there.
    #[inline]
    fn next_frame(&mut self) -> bool {
        let bytes = &mut self.buffer[self.start..self.end];
        let Some((header_len, payload_len)) = measure(bytes, self.role) else { return false };
        if bytes.len() < header_len + payload_len {
            self.make_room(header_len + payload_len);
            return false;
        }
        let (header, payload) = bytes[..header_len + payload_len].split_at_mut(header_len);
        if let (Role::Server, Some(key)) = (self.role, header.last_chunk::<4>()) {
            mask(payload, *key);
        }
        self.start += header_len + payload_len;
        let is_last = header[0] & 0x80 != 0;
        if is_last && self.message.is_empty() {
            deliver(payload, self.is_text, &mut self.delivered);
        } else {
            self.message.extend_from_slice(payload);
            if is_last {
                deliver(&self.message, self.is_text, &mut self.delivered);
                self.message.clear();
            }
        }
        true
    }

    /// Makes the buffer fit for a frame of `len` bytes.
    fn make_room(&mut self, len: usize) {
        if self.buffer.len() < len {
            self.buffer.resize((len + CHUNK_LEN_MAX).next_power_of_two(), 0);
        }
    }

    fn read(&mut self) -> bool {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.buffer.len() - self.end < CHUNK_LEN_MAX / 4 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let len = self.transport.read_to(&mut self.buffer[self.end..]);
        self.end += len;
        len > 0
    }
}

/// How long the header at the front is, and the payload behind it, if the header is there.
#[inline]
fn measure(bytes: &[u8], role: Role) -> Option<(usize, usize)> {
    let &[_, second, ref rest @ ..] = bytes else { return None };
    let (len_len, payload_len) = match second & 0x7F {
        126 => (2, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        127 => (8, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
        len => (0, usize::from(len)),
    };
    let key_len = match role {
        Role::Server => 4,
        Role::Client => 0,
    };
    let header_len = 2 + len_len + key_len;
    (bytes.len() >= header_len).then_some((header_len, payload_len))
}

#[inline]
fn deliver(payload: &[u8], is_text: bool, delivered: &mut Delivered) {
    // Text that isn't UTF-8 is not delivered, so the job isn't done.
    if !is_text || simdutf8::basic::from_utf8(payload).is_ok() {
        delivered.count(payload);
    }
}

fn is_text(content: Content) -> bool {
    content.kind() == Kind::Text
}

/// Vectors as wide as any CPU of the architecture has.
#[inline]
fn mask(payload: &mut [u8], key: [u8; 4]) {
    let half = u64::from(u32::from_ne_bytes(key));
    let word = half << 32 | half;
    let (words, rest) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(word.to_ne_bytes()) {
        *byte ^= key;
    }
}

fn send(job: SendJob) {
    let SendJob { transport, role, payloads, messages, batch } = job;
    match payloads {
        Payloads::Borrowed(payload) | Payloads::Shared(payload) => {
            send_all(&transport, role, batch, (0..messages).map(|_| &payload));
        }
        Payloads::Unique(payloads) => send_all(&transport, role, batch, payloads.into_iter()),
    }
}

#[inline]
fn send_all(
    transport: &Memory,
    role: Role,
    batch: usize,
    payloads: impl Iterator<Item = impl AsRef<[u8]>>,
) {
    let (mut wire, mut waiting, mut keys) = (Vec::new(), 0, 1_u32);
    for payload in payloads {
        let payload = payload.as_ref();
        match role {
            Role::Client => {
                keys = keys.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
                push_header(&mut wire, 0x80, payload.len());
                wire.extend_from_slice(&keys.to_ne_bytes());
                let start = wire.len();
                wire.extend_from_slice(payload);
                mask(&mut wire[start..], keys.to_ne_bytes());
            }
            Role::Server if payload.len() < COPIED_LEN_MAX => {
                push_header(&mut wire, 0, payload.len());
                wire.extend_from_slice(payload);
            }
            Role::Server => {
                push_header(&mut wire, 0, payload.len());
                transport.write_from_all(&[IoSlice::new(&wire), IoSlice::new(payload)]);
                wire.clear();
            }
        }
        waiting += 1;
        if waiting == batch {
            transport.write_from(&wire);
            wire.clear();
            waiting = 0;
        }
    }
    transport.write_from(&wire);
}

#[inline(always)]
fn push_header(wire: &mut Vec<u8>, mask_bit: u8, payload_len: usize) {
    match (u8::try_from(payload_len), u16::try_from(payload_len)) {
        (Ok(len @ 0..=125), _) => wire.extend_from_slice(&[0x82, mask_bit | len]),
        (_, Ok(len)) => {
            let [high, low] = len.to_be_bytes();
            wire.extend_from_slice(&[0x82, mask_bit | 126, high, low]);
        }
        _ => {
            wire.extend_from_slice(&[0x82, mask_bit | 127]);
            wire.extend_from_slice(&(payload_len as u64).to_be_bytes());
        }
    }
}
