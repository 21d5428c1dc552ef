use std::error::Error;
use std::fmt;
use std::str::FromStr;

use wirebeat::Role;

use crate::{CHUNK_LEN_MAX, Compressed, Content};

/// How many messages are queued before they're written, in the second of the two ways to send.
pub const BATCH_MESSAGES: usize = 64;

/// One thing to measure. Its name is a path, like `receive/server/binary/1024`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Messages that come in.
    Receive(Receive),
    /// Messages that go out.
    Send(Send),
    /// Messages that are compressed.
    Compressed(Compressed),
}

/// `receive/ROLE/CONTENT/LEN`, then `/chunks-LEN` or `/fragments-LEN` for a pathological one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    /// Of the receiver: what a server receives is masked.
    pub role: Role,
    /// What the messages consist of.
    pub content: Content,
    /// The length of a message, in bytes.
    pub payload_len: usize,
    /// The most that one read yields, in bytes.
    pub chunk_len: usize,
    /// The length of a message's frames, in bytes of payload, if it's more than one.
    pub fragment_len: Option<usize>,
}

/// `send/ROLE/LEN/OWNERSHIP`, then `/batch-1` or `/batch-64`, or neither for as many in each way.
/// The messages are binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send {
    /// Of the sender: what a client sends is masked.
    pub role: Role,
    /// The length of a message, in bytes.
    pub payload_len: usize,
    /// In what form the application has the payload.
    pub ownership: Ownership,
    /// How many messages are queued before they're written; both ways in turn if `None`.
    pub batch: Option<usize>,
}

/// In what form an application has what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// A slice. Libraries that take `Bytes` alone get a clone.
    Borrowed,
    /// `Bytes` that the application holds on to.
    Shared,
    /// `Bytes` of which there is no clone.
    Unique,
}

/// A name that is no workload's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadError(String);

impl Workload {
    /// How many messages make a run long enough to time, and short enough to repeat.
    #[must_use]
    pub fn messages_to_time(&self) -> usize {
        if self.is_pathological() {
            return 1;
        }
        match self.payload_len() {
            0..=16 => 60_000,
            17..=200 => 40_000,
            201..=2_000 => 6_000,
            2_001..=20_000 => 512,
            len => (16 << 20) / len.min(16 << 20),
        }
    }

    /// How many messages are enough to count a message's instructions.
    #[must_use]
    pub fn messages_to_count(&self) -> usize {
        if self.is_pathological() {
            return 1;
        }
        if let Workload::Compressed(compressed) = self {
            return compressed.messages_to_count();
        }
        match self.payload_len() {
            0..=200 => 6_400,
            201..=2_000 => 1_280,
            2_001..=20_000 => 256,
            _ => 8,
        }
    }

    /// The length of a message, in bytes.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        match self {
            Workload::Receive(receive) => receive.payload_len,
            Workload::Send(send) => send.payload_len,
            Workload::Compressed(compressed) => compressed.payload_len,
        }
    }

    /// Whether it's of the kind that an implementation may take quadratic time for.
    #[must_use]
    pub fn is_pathological(&self) -> bool {
        match self {
            Workload::Receive(receive) => {
                receive.chunk_len != CHUNK_LEN_MAX || receive.fragment_len.is_some()
            }
            Workload::Send(_) | Workload::Compressed(_) => false,
        }
    }
}

impl Receive {
    fn parse(parts: &[&str]) -> Option<Receive> {
        let (&[role, content, payload_len], rest) = parts.split_first_chunk()?;
        let (chunk_len, fragment_len) = match rest {
            [] => (CHUNK_LEN_MAX, None),
            [how] => match how.split_once('-')? {
                ("chunks", len) => (parse_len(len)?, None),
                ("fragments", len) => (CHUNK_LEN_MAX, Some(parse_len(len)?)),
                _ => return None,
            },
            _ => return None,
        };
        Some(Receive {
            role: parse_role(role)?,
            content: content.parse().ok()?,
            payload_len: payload_len.parse().ok()?,
            chunk_len,
            fragment_len,
        })
    }
}

impl Send {
    fn parse(parts: &[&str]) -> Option<Send> {
        let (&[role, payload_len, ownership], rest) = parts.split_first_chunk()?;
        Some(Send {
            role: parse_role(role)?,
            payload_len: payload_len.parse().ok()?,
            ownership: match ownership {
                "borrowed" => Ownership::Borrowed,
                "shared" => Ownership::Shared,
                "unique" => Ownership::Unique,
                _ => return None,
            },
            batch: match rest {
                [] => None,
                ["batch-1"] => Some(1),
                ["batch-64"] => Some(BATCH_MESSAGES),
                _ => return None,
            },
        })
    }
}

/// A length by which something is cut, so at least one.
fn parse_len(len: &str) -> Option<usize> {
    len.parse().ok().filter(|len| *len > 0)
}

fn parse_role(name: &str) -> Option<Role> {
    match name {
        "client" => Some(Role::Client),
        "server" => Some(Role::Server),
        _ => None,
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Client => "client",
        Role::Server => "server",
    }
}

impl FromStr for Workload {
    type Err = WorkloadError;

    fn from_str(name: &str) -> Result<Workload, WorkloadError> {
        let parts: Vec<&str> = name.split('/').collect();
        let workload = match parts.split_first() {
            Some((&"receive", rest)) => Receive::parse(rest).map(Workload::Receive),
            Some((&"send", rest)) => Send::parse(rest).map(Workload::Send),
            _ => Compressed::parse(name).map(Workload::Compressed),
        };
        workload.ok_or_else(|| WorkloadError::new(name))
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Workload::Receive(receive) => receive.fmt(f),
            Workload::Send(send) => send.fmt(f),
            Workload::Compressed(compressed) => compressed.fmt(f),
        }
    }
}

impl fmt::Display for Receive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = role_name(self.role);
        write!(f, "receive/{role}/{}/{}", self.content, self.payload_len)?;
        if self.chunk_len != CHUNK_LEN_MAX {
            write!(f, "/chunks-{}", self.chunk_len)?;
        }
        match self.fragment_len {
            Some(len) => write!(f, "/fragments-{len}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Send {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ownership = match self.ownership {
            Ownership::Borrowed => "borrowed",
            Ownership::Shared => "shared",
            Ownership::Unique => "unique",
        };
        write!(f, "send/{}/{}/{ownership}", role_name(self.role), self.payload_len)?;
        match self.batch {
            Some(messages) => write!(f, "/batch-{messages}"),
            None => Ok(()),
        }
    }
}

impl WorkloadError {
    pub(crate) fn new(name: &str) -> WorkloadError {
        WorkloadError(name.to_owned())
    }
}

impl fmt::Display for WorkloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no workload", self.0)
    }
}

impl Error for WorkloadError {}
