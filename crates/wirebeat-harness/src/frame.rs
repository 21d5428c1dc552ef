//! Frames as a peer may send them, also broken ones; a reader for what we send.

use wirebeat::Role;

use crate::source::Source;

/// A frame as it's written, right or wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// FIN, the reserved bits and the opcode.
    pub first: u8,
    /// The masking key; none for an unmasked frame.
    pub key: Option<[u8; 4]>,
    /// The payload, before masking.
    pub payload: Vec<u8>,
    /// How the length is written.
    pub length: Length,
}

/// How a frame's length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// In the fewest bytes, as it must be.
    Minimal,
    /// In two bytes.
    Medium,
    /// In eight bytes.
    Long,
    /// In eight bytes, and not what it is.
    Claimed(u64),
}

impl Frame {
    /// A frame as it must be, with FIN, for the end with `role` to receive.
    #[must_use]
    pub fn new(role: Role, opcode: u8, payload: impl Into<Vec<u8>>) -> Frame {
        let key = match role {
            Role::Server => Some([0x37, 0xFA, 0x21, 0x3D]),
            Role::Client => None,
        };
        Frame { first: 0x80 | opcode, key, payload: payload.into(), length: Length::Minimal }
    }

    /// Appends the frame to `wire`.
    pub fn write(&self, wire: &mut Vec<u8>) {
        let mask_bit = if self.key.is_some() { 0x80 } else { 0 };
        let len = self.payload.len();
        match self.length {
            Length::Minimal if len < 126 => {
                wire.extend_from_slice(&[self.first, mask_bit | len as u8]);
            }
            Length::Minimal | Length::Medium if len < 65_536 => {
                wire.extend_from_slice(&[self.first, mask_bit | 126]);
                wire.extend_from_slice(&(len as u16).to_be_bytes());
            }
            Length::Minimal | Length::Medium | Length::Long => {
                wire.extend_from_slice(&[self.first, mask_bit | 127]);
                wire.extend_from_slice(&(len as u64).to_be_bytes());
            }
            Length::Claimed(len) => {
                wire.extend_from_slice(&[self.first, mask_bit | 127]);
                wire.extend_from_slice(&len.to_be_bytes());
            }
        }
        match self.key {
            Some(key) => {
                wire.extend_from_slice(&key);
                wire.extend(self.payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
            }
            None => wire.extend_from_slice(&self.payload),
        }
    }

    /// A frame of a fuzzer's choice: well-formed, and as a rule in its place, which `in_message`
    /// keeps track of.
    pub fn draw(source: &mut Source<'_>, role: Role, in_message: &mut bool) -> Frame {
        let first = match (source.below(32), *in_message) {
            (0, _) => source.byte(),
            (1, _) => 0x88,
            (2..=9, _) => 0x89,
            (10..=13, _) => 0x8A,
            (14..=19, true) => 0x80,
            (20.., true) => 0x00,
            (14..=19, false) => 0x81,
            (20..=25, false) => 0x82,
            (26..=28, false) => 0x01,
            (29.., false) => 0x02,
        };
        let opcode = first & 0x0F;
        if opcode < 8 {
            *in_message = first & 0x80 == 0;
        }
        let len = if opcode >= 8 { source.len() % 126 } else { source.len() };
        let payload = match opcode {
            8 if len >= 2 => {
                let code = 1000 + u16::from(source.below(16));
                let mut body = code.to_be_bytes().to_vec();
                body.resize(len, b'r');
                body
            }
            _ => ascii(len, source.byte()),
        };
        Frame { first, ..Frame::new(role, opcode, payload) }
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = &self.payload[..self.payload.len().min(16)];
        write!(f, "Frame({:#04x}, {} bytes", self.first, self.payload.len())?;
        write!(f, " {shown:02x?}, key {:02x?}, {:?})", self.key, self.length)
    }
}

/// `len` letters, different from one start to another.
#[must_use]
pub fn ascii(len: usize, start: u8) -> Vec<u8> {
    (0..len).map(|i| b'a' + ((i + usize::from(start)) % 26) as u8).collect()
}

/// A text of at most `len` bytes with code points of every length, different from one start to
/// another.
#[must_use]
pub fn text(len: usize, start: u8) -> Vec<u8> {
    let points = "aé€😀".chars().cycle().skip(usize::from(start % 4));
    let mut text = String::new();
    for point in points {
        if text.len() + point.len_utf8() > len {
            break;
        }
        text.push(point);
    }
    text.into_bytes()
}

/// A frame in what one end has sent, or as much of it as there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentFrame {
    /// FIN, the reserved bits and the opcode.
    pub first: u8,
    /// Where the frame begins.
    pub start: usize,
    /// Where its payload begins.
    pub payload_start: usize,
    /// The payload's length as it's declared.
    pub payload_len: usize,
}

impl SentFrame {
    /// The opcode.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.first & 0x0F
    }

    /// Where the frame ends.
    #[must_use]
    pub fn end(&self) -> usize {
        self.payload_start + self.payload_len
    }

    /// How much of its payload is in the first `len` bytes.
    #[must_use]
    pub fn payload_within(&self, len: usize) -> usize {
        len.saturating_sub(self.payload_start).min(self.payload_len)
    }
}

/// The frames in what an end with `role` has sent, from `start` on. The last may be incomplete.
///
/// # Panics
///
/// If a header isn't what an endpoint of this role must send.
#[must_use]
pub fn sent_frames(wire: &[u8], start: usize, role: Role) -> Vec<SentFrame> {
    let mut frames = Vec::new();
    let mut at = start;
    while let Some(&[first, second]) = wire.get(at..at + 2) {
        assert_eq!(first & 0x70, 0, "§5.2: a reserved bit is set in {first:#x}");
        assert_eq!(second & 0x80 != 0, role == Role::Client, "§5.1: who masks");
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let key_len = if role == Role::Client { 4 } else { 0 };
        let Some(digits) = wire.get(at + 2..at + 2 + extended) else { break };
        let payload_len = match extended {
            0 => usize::from(second & 0x7F),
            _ => digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit)),
        };
        assert!(
            extended == 0
                || extended == 2 && payload_len > 125
                || extended == 8 && payload_len > 65_535,
            "§5.2: a length that isn't minimal"
        );
        let payload_start = at + 2 + extended + key_len;
        let frame = SentFrame { first, start: at, payload_start, payload_len };
        frames.push(frame);
        at = frame.end();
    }
    frames
}
