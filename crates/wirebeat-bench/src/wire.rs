//! What a peer sends, and how long frames are.

use bytes::Bytes;
use wirebeat::frame::{self, Header, Opcode, Rsv};
use wirebeat::{Kind, Role};

use crate::{Content, Receive};

/// What a peer sends in a receiving workload, as it arrives.
///
/// It's encoded here frame by frame, with masking keys from a generator of its own, so that it's the
/// same bytes for every library and in every run.
#[must_use]
pub fn incoming(workload: &Receive, messages: usize) -> Bytes {
    let Receive { role, content, payload_len, fragment_len, .. } = *workload;
    let payload = content.payload(payload_len);
    let mut keys = Keys(0x2545_F491_4F6C_DD1D);
    let mut wire = Vec::new();
    for _ in 0..messages {
        let mut rest = &payload[..];
        let mut opcode = opcode(content);
        loop {
            let (fragment, after) =
                rest.split_at(fragment_len.map_or(rest.len(), |len| len.min(rest.len())));
            let header = Header {
                fin: after.is_empty(),
                rsv: Rsv::NONE,
                opcode,
                masking_key: (role == Role::Server).then(|| keys.next()),
                payload_len: fragment.len() as u64,
            };
            push_frame(&mut wire, &header, fragment);
            if after.is_empty() {
                break;
            }
            (rest, opcode) = (after, Opcode::Continuation);
        }
    }
    wire.into()
}

/// The length of a message's only frame.
#[must_use]
pub fn frame_len(sender: Role, payload_len: usize) -> usize {
    let extended_len = match payload_len {
        0..=125 => 0,
        126..=0xFFFF => 2,
        _ => 8,
    };
    let key_len = match sender {
        Role::Client => 4,
        Role::Server => 0,
    };
    2 + extended_len + key_len + payload_len
}

fn push_frame(wire: &mut Vec<u8>, header: &Header, payload: &[u8]) {
    header.encode(wire);
    let start = wire.len();
    wire.extend_from_slice(payload);
    if let Some(key) = header.masking_key {
        frame::mask(&mut wire[start..], key);
    }
}

fn opcode(content: Content) -> Opcode {
    match content.kind() {
        Kind::Text => Opcode::Text,
        Kind::Binary => Opcode::Binary,
    }
}

/// Masking keys by xorshift: any will do here, as long as they differ.
struct Keys(u64);

impl Keys {
    fn next(&mut self) -> [u8; 4] {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [key @ .., _, _, _, _] = self.0.to_le_bytes();
        key
    }
}
