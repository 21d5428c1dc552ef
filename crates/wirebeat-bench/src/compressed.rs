//! Messages that are compressed by permessage-deflate.

use std::fmt;

use bytes::Bytes;
use wirebeat::Role;
use wirebeat::frame::{self, Header, Opcode, Rsv};
use zlib_rs::{DeflateConfig, DeflateFlush};

use crate::{CHUNK_LEN_MAX, Content, Delivered, Memory, Payloads, ReceiveJob, SendJob};

/// What ends a compressed message and isn't sent (RFC 7692 §7.2.1).
pub(crate) const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The lengths of message that are measured, in bytes.
pub(crate) const PAYLOAD_LENS: [usize; 2] = [1024, 16 * 1024];

/// `inflate/LEN` or `deflate/LEN`: what a server receives or sends. The messages are JSON, each another;
/// the level is 6, with windows of 32 KiB that are taken over from one message to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compressed {
    /// Whether they come or go.
    pub way: Way,
    /// The length of a message, in bytes, before it's compressed.
    pub payload_len: usize,
}

/// Whether compressed messages come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They come.
    Inflate,
    /// They go.
    Deflate,
}

/// How a library does [`Compressed`] workloads.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// Receives what a job holds.
    pub inflate: fn(ReceiveJob) -> Delivered,
    /// Sends what a job holds.
    pub deflate: fn(SendJob),
}

impl Compressed {
    pub(crate) fn parse(name: &str) -> Option<Compressed> {
        let (way, payload_len) = name.split_once('/')?;
        let way = match way {
            "inflate" => Way::Inflate,
            "deflate" => Way::Deflate,
            _ => return None,
        };
        Some(Compressed { way, payload_len: payload_len.parse().ok()? })
    }

    /// How many messages are enough to count a message's instructions, once windows are full.
    pub(crate) fn messages_to_count(self) -> usize {
        if self.payload_len > 2_000 { 64 } else { 320 }
    }

    pub(crate) fn payloads(self, messages: usize) -> Vec<String> {
        let mut numbers = Numbers(7);
        (0..messages).map(|_| json(self.payload_len, &mut numbers)).collect()
    }

    pub(crate) fn inflate_job(self, messages: usize) -> (ReceiveJob, Delivered) {
        let wire = wire(&self.payloads(messages));
        let job = ReceiveJob {
            transport: Memory::new(wire.into(), CHUNK_LEN_MAX),
            role: Role::Server,
            content: Content::Ascii,
            messages,
            scratch: vec![0; CHUNK_LEN_MAX],
        };
        let payload_len = (messages * self.payload_len) as u64;
        (job, Delivered { messages, payload_len })
    }

    /// The job, and about how many bytes it writes.
    pub(crate) fn deflate_job(self, messages: usize) -> (SendJob, u64) {
        let payloads = self.payloads(messages);
        let written = wire(&payloads).len() as u64;
        let job = SendJob {
            transport: Memory::new(Bytes::new(), CHUNK_LEN_MAX),
            role: Role::Server,
            payloads: Payloads::Unique(payloads.into_iter().map(Bytes::from).collect()),
            messages,
            batch: 1,
        };
        (job, written)
    }
}

/// A compressor as all libraries have it here.
pub(crate) fn compressor() -> zlib_rs::Deflate {
    let config = DeflateConfig { level: 6, window_bits: -15, ..DeflateConfig::default() };
    zlib_rs::Deflate::new_with_config(config)
}

/// Compresses a message to the front of `output`, and says how long it is.
pub(crate) fn compress(
    deflate: &mut zlib_rs::Deflate,
    payload: &[u8],
    output: &mut [u8],
) -> Option<usize> {
    let before = deflate.total_out();
    deflate.compress(payload, output, DeflateFlush::SyncFlush).ok()?;
    let made = usize::try_from(deflate.total_out() - before).ok()?;
    made.checked_sub(TAIL.len())
}

/// What a client sends, as it arrives.
fn wire(payloads: &[String]) -> Vec<u8> {
    let mut deflate = compressor();
    let (mut wire, mut numbers) = (Vec::new(), Numbers(11));
    for payload in payloads {
        let mut output = vec![0; payload.len() + 1024];
        let len = compress(&mut deflate, payload.as_bytes(), &mut output).unwrap_or_default();
        let key = numbers.next().to_le_bytes();
        let header = Header {
            fin: true,
            rsv: Rsv::RSV1,
            opcode: Opcode::Text,
            masking_key: Some([key[4], key[5], key[6], key[7]]),
            payload_len: len as u64,
        };
        header.encode(&mut wire);
        let start = wire.len();
        wire.extend_from_slice(&output[..len]);
        if let Some(key) = header.masking_key {
            frame::mask(&mut wire[start..], key);
        }
    }
    wire
}

/// Records as an exchange sends them: about a fifth is left of them.
fn json(len: usize, numbers: &mut Numbers) -> String {
    let mut text = String::from("[");
    while text.len() < len {
        let number = numbers.next();
        let (id, price) = ((number >> 40) % 10_000, (number >> 20) % 1_000_000);
        text.push_str(&format!(
            "{{\"id\":{id},\"symbol\":\"WIRE\",\"price\":{price},\"ok\":true}},"
        ));
    }
    text.truncate(len);
    text
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }
}

impl fmt::Display for Compressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Inflate => "inflate",
            Way::Deflate => "deflate",
        };
        write!(f, "{way}/{}", self.payload_len)
    }
}
