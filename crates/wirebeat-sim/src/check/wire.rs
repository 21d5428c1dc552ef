use core::hash::Hasher;

use siphasher::sip::SipHasher13;
use wirebeat::frame::{HEADER_LEN_MAX, Header, MaskingKey, Opcode, Rsv, mask};
use wirebeat::{Kind, Role};

use super::model::digest_begin;

/// What an endpoint has written, as far as its peer will understand it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// A whole message: its kind, length, and digest; `None` if it's compressed.
    Message(Kind, u64, Option<u64>),
    /// A ping.
    Ping,
    /// A pong.
    Pong,
    /// A Close with this code; 1005 if it has none.
    Close(u16),
}

/// Reads what an endpoint writes, frame by frame, as its peer would, and holds none of it.
#[derive(Debug)]
pub(crate) struct Reader {
    role: Role,
    part: Part,
    /// A message that goes on.
    message: Option<Message>,
    is_closed: bool,
}

/// What comes next.
#[derive(Debug)]
enum Part {
    /// The handshake's head: its first bytes, how many there are, and how much of the empty line was
    /// seen.
    Head([u8; 12], usize, usize),
    /// The body of an answer that opens no connection.
    Body,
    /// A frame's header, of which this much is there.
    Header([u8; HEADER_LEN_MAX], usize),
    /// A frame's payload.
    Payload(Payload),
}

#[derive(Debug)]
struct Payload {
    header: Header,
    read: u64,
    /// The first two bytes: a Close's code.
    first: [u8; 2],
}

#[derive(Debug)]
struct Message {
    kind: Kind,
    len: u64,
    is_compressed: bool,
    digest: SipHasher13,
}

impl Reader {
    /// A reader of what an endpoint of this role writes.
    pub(crate) fn new(role: Role) -> Reader {
        Reader { role, part: Part::Head([0; 12], 0, 0), message: None, is_closed: false }
    }

    /// Reads bytes. `heard` is told of all that is whole with them.
    ///
    /// # Errors
    ///
    /// What a correct endpoint never writes.
    pub(crate) fn read(
        &mut self,
        mut bytes: &[u8],
        mut heard: impl FnMut(Spoken),
    ) -> Result<(), String> {
        while !bytes.is_empty() {
            bytes = match &mut self.part {
                Part::Head(first, len, seen) => {
                    if let Some(place) = first.get_mut(*len) {
                        *place = bytes[0];
                        *len += 1;
                    }
                    *seen = match (*seen, bytes[0]) {
                        (0 | 2, b'\r') | (1 | 3, b'\n') => *seen + 1,
                        (_, b'\r') => 1,
                        _ => 0,
                    };
                    if *seen == 4 {
                        let opens = self.role == Role::Client || first.ends_with(b" 101");
                        self.part = match opens {
                            true => Part::Header([0; HEADER_LEN_MAX], 0),
                            false => Part::Body,
                        };
                    }
                    &bytes[1..]
                }
                Part::Body => return Ok(()),
                Part::Header(..) => self.read_header(bytes)?,
                Part::Payload(_) => self.read_payload(bytes),
            };
            self.finish_frame(&mut heard)?;
        }
        Ok(())
    }

    fn read_header<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], String> {
        let Part::Header(buffer, filled) = &mut self.part else { return Ok(bytes) };
        let before = *filled;
        let added = bytes.len().min(HEADER_LEN_MAX - before);
        buffer[before..before + added].copy_from_slice(&bytes[..added]);
        *filled += added;
        let parsed = Header::parse(&buffer[..before + added])
            .map_err(|error| format!("a frame that nobody may send: {error}"))?;
        let Some((header, len)) = parsed else { return Ok(&bytes[added..]) };
        self.check(&header)?;
        self.part = Part::Payload(Payload { header, read: 0, first: [0; 2] });
        Ok(&bytes[len - before..])
    }

    /// What holds for each frame: §5.1, §5.4, §5.5.1.
    fn check(&mut self, header: &Header) -> Result<(), String> {
        let is_masked = header.masking_key.is_some();
        if is_masked != (self.role == Role::Client) {
            return Err(format!("a frame of a {:?} is masked: {is_masked}", self.role));
        }
        // A Close that isn't answered yet may be followed by pongs.
        if self.is_closed && !matches!(header.opcode, Opcode::Ping | Opcode::Pong) {
            return Err(format!("{:?} behind a Close", header.opcode));
        }
        let kind = match header.opcode {
            Opcode::Text => Kind::Text,
            Opcode::Binary => Kind::Binary,
            Opcode::Continuation if self.message.is_none() => {
                return Err("a continuation of nothing".into());
            }
            Opcode::Continuation | Opcode::Ping | Opcode::Pong | Opcode::Close => return Ok(()),
        };
        if self.message.is_some() {
            return Err("a message inside a message".into());
        }
        let is_compressed = header.rsv == Rsv::RSV1;
        self.message = Some(Message { kind, len: 0, is_compressed, digest: digest_begin(kind) });
        Ok(())
    }

    fn read_payload<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Part::Payload(payload) = &mut self.part else { return bytes };
        let left = payload.header.payload_len - payload.read;
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (taken, rest) = bytes.split_at(len);
        let mut at = payload.read;
        for piece in taken.chunks(256) {
            let mut plain = [0; 256];
            let plain = &mut plain[..piece.len()];
            plain.copy_from_slice(piece);
            if let Some(key) = payload.header.masking_key {
                mask(plain, turned(key, at));
            }
            for (byte, index) in plain.iter().zip(at..2) {
                payload.first[usize::from(index == 1)] = *byte;
            }
            if !payload.header.opcode.is_control()
                && let Some(message) = &mut self.message
            {
                message.digest.write(plain);
                message.len += plain.len() as u64;
            }
            at += piece.len() as u64;
        }
        payload.read = at;
        rest
    }

    fn finish_frame(&mut self, heard: &mut impl FnMut(Spoken)) -> Result<(), String> {
        let Part::Payload(payload) = &self.part else { return Ok(()) };
        if payload.read < payload.header.payload_len {
            return Ok(());
        }
        match payload.header.opcode {
            Opcode::Ping => heard(Spoken::Ping),
            Opcode::Pong => heard(Spoken::Pong),
            Opcode::Close => {
                self.is_closed = true;
                heard(Spoken::Close(match payload.read {
                    0 => 1005,
                    _ => u16::from_be_bytes(payload.first),
                }));
            }
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                if payload.header.fin
                    && let Some(message) = self.message.take()
                {
                    let digest = (!message.is_compressed).then(|| message.digest.finish());
                    heard(Spoken::Message(message.kind, message.len, digest));
                }
            }
        }
        self.part = Part::Header([0; HEADER_LEN_MAX], 0);
        Ok(())
    }
}

/// The key for what comes `at` bytes into the payload.
fn turned(mut key: MaskingKey, at: u64) -> MaskingKey {
    key.rotate_left(usize::try_from(at % 4).unwrap_or(0));
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::model::digest;

    fn spoken(role: Role, bytes: &[u8], step: usize) -> Result<Vec<Spoken>, String> {
        let mut reader = Reader::new(role);
        let mut all = Vec::new();
        for piece in bytes.chunks(step) {
            reader.read(piece, |one| all.push(one))?;
        }
        Ok(all)
    }

    #[test]
    fn messages_are_read_however_they_are_cut() {
        // RFC 6455 §5.7: "Hello" masked, then in two fragments around a ping, behind a head.
        let masked = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\
            \x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        let hello = Spoken::Message(Kind::Text, 5, Some(digest(Kind::Text, b"Hello")));
        let pieces = b"HTTP/1.1 101 x\r\n\r\n\x01\x03Hel\x89\x00\x80\x02lo\x88\x02\x03\xe8";
        for step in 1..40 {
            assert_eq!(spoken(Role::Client, masked, step).unwrap(), [hello]);
            assert_eq!(
                spoken(Role::Server, pieces, step).unwrap(),
                [Spoken::Ping, hello, Spoken::Close(1000)]
            );
        }
    }

    #[test]
    fn what_no_endpoint_may_write_is_found() {
        for (role, frames) in [
            (Role::Client, &b"\x81\x00"[..]),
            (Role::Server, b"\x81\x80\0\0\0\0"),
            (Role::Server, b"\x88\x00\x81\x00"),
            (Role::Server, b"\x88\x00\x88\x00"),
            (Role::Server, b"\x80\x00"),
            (Role::Server, b"\x01\x00\x81\x00"),
            (Role::Server, b"\x83\x00"),
        ] {
            let bytes = [b"HTTP/1.1 101 x\r\n\r\n", frames].concat();
            assert!(spoken(role, &bytes, 3).is_err(), "{frames:?}");
        }
    }
}
