//! The floor of compressed messages: zlib-rs, and frames about it.

use std::hint::black_box;
use std::io::IoSlice;

use wirebeat::frame::{self, Header, Opcode, Rsv};
use zlib_rs::{Inflate, InflateFlush};

use crate::compressed::{Codec, TAIL, compress, compressor};
use crate::{Delivered, ReceiveJob, SendJob};

pub(crate) const ZLIB: Codec = Codec { inflate, deflate };

/// The longest message, and what keeps zlib on its fast path.
const OUTPUT_LEN: usize = 64 * 1024;

fn inflate(job: ReceiveJob) -> Delivered {
    let ReceiveJob { mut transport, messages, mut scratch, .. } = job;
    let (mut inflate, mut output) = (Inflate::new(false, 15), vec![0; OUTPUT_LEN]);
    let mut delivered = Delivered::default();
    let mut buffer = Vec::new();
    while delivered.messages < messages {
        let read = transport.read_to(&mut scratch);
        if read == 0 {
            break;
        }
        buffer.extend_from_slice(&scratch[..read]);
        let mut used = 0;
        while let Some((frame_len, payload)) = next_payload(&mut buffer[used..]) {
            let Some(len) = decompress(&mut inflate, payload, &mut output) else {
                return delivered;
            };
            delivered.count(&output[..len]);
            used += frame_len;
        }
        buffer.drain(..used);
    }
    delivered
}

/// The length of the frame at the front, and its payload, unmasked, if it's all there.
fn next_payload(bytes: &mut [u8]) -> Option<(usize, &[u8])> {
    let (header, header_len) = Header::parse(bytes).ok()??;
    let payload_len = usize::try_from(header.payload_len).ok()?;
    let payload = bytes.get_mut(header_len..header_len + payload_len)?;
    if let Some(key) = header.masking_key {
        frame::mask(payload, key);
    }
    Some((header_len + payload_len, payload))
}

/// Decompresses a message to the front of `output`, and says how long it is.
fn decompress(inflate: &mut Inflate, payload: &[u8], output: &mut [u8]) -> Option<usize> {
    let before = inflate.total_out();
    inflate.decompress(payload, output, InflateFlush::NoFlush).ok()?;
    let made = usize::try_from(inflate.total_out() - before).ok()?;
    inflate.decompress(&TAIL, &mut output[made..], InflateFlush::NoFlush).ok()?;
    Some(made)
}

fn deflate(job: SendJob) {
    let SendJob { transport, mut payloads, messages, .. } = job;
    let (mut deflate, mut output) = (compressor(), vec![0; OUTPUT_LEN]);
    let mut header = Vec::new();
    for _ in 0..messages {
        let payload = payloads.next_bytes();
        let Some(len) = compress(&mut deflate, &payload, &mut output) else { return };
        header.clear();
        let parts = Header {
            fin: true,
            rsv: Rsv::RSV1,
            opcode: Opcode::Text,
            masking_key: None,
            payload_len: len as u64,
        };
        parts.encode(&mut header);
        let slices = [IoSlice::new(&header), IoSlice::new(&output[..len])];
        transport.write_from_all(black_box(&slices));
    }
}
