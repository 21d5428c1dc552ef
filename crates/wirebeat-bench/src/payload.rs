use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use wirebeat::Kind;

use crate::WorkloadError;

/// What the messages of a workload consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A binary message of bytes without a pattern.
    Binary,
    /// A text message of ASCII alone.
    Ascii,
    /// A text message in scripts of one to four bytes a character.
    Mixed,
}

impl Content {
    /// The kind of message that carries it.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Content::Binary => Kind::Binary,
            Content::Ascii | Content::Mixed => Kind::Text,
        }
    }

    /// A payload of exactly `len` bytes, the same each time.
    #[must_use]
    pub fn payload(self, len: usize) -> Bytes {
        match self {
            Content::Binary => (0..len).map(scrambled).collect(),
            Content::Ascii => {
                text(r#"{"id":48151,"side":"buy","price":"1623.42"} and prose. "#, len)
            }
            Content::Mixed => {
                text("Größe: 3 m². Добрый день! 你好，世界。 🦀🚀 mostly plain, though; ", len)
            }
        }
    }
}

/// One byte of a sequence that no vector could guess.
fn scrambled(index: usize) -> u8 {
    let [.., last] = (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    last
}

/// The sample over and over, whole characters only, filled up with full stops.
fn text(sample: &str, len: usize) -> Bytes {
    let mut text = String::with_capacity(len);
    for character in sample.chars().cycle() {
        if text.len() + character.len_utf8() > len {
            break;
        }
        text.push(character);
    }
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text.into()
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Content::Binary => "binary",
            Content::Ascii => "ascii",
            Content::Mixed => "mixed",
        })
    }
}

impl FromStr for Content {
    type Err = WorkloadError;

    fn from_str(name: &str) -> Result<Content, WorkloadError> {
        match name {
            "binary" => Ok(Content::Binary),
            "ascii" => Ok(Content::Ascii),
            "mixed" => Ok(Content::Mixed),
            _ => Err(WorkloadError::new(name)),
        }
    }
}
