//! What an end sends, and how it's passed to a connection.

use wirebeat::{Connection, Kind, Message, Prepared, SendErrorReason, Timestamp};

/// One thing that an end sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// A message in one frame.
    Message {
        /// The kind.
        kind: Kind,
        /// The payload.
        bytes: Vec<u8>,
        /// Who owns the payload.
        ownership: Ownership,
    },
    /// A message in fragments, one frame each.
    Fragments(Kind, Vec<Vec<u8>>),
    /// The fragments that are left of a message that has begun.
    Rest(Vec<Vec<u8>>),
    /// A ping.
    Ping(Vec<u8>),
}

/// Who owns a payload that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The application.
    Borrowed,
    /// The connection alone.
    Owned,
    /// Both.
    Shared,
    /// It was encoded before.
    Prepared,
}

impl Sending {
    /// A message, sent in one of four ways.
    ///
    /// # Panics
    ///
    /// If a text isn't UTF-8.
    #[must_use]
    pub fn message(kind: Kind, bytes: Vec<u8>, how: u8) -> Sending {
        let ownership = match how & 3 {
            0 => Ownership::Borrowed,
            1 => Ownership::Owned,
            2 => Ownership::Shared,
            _ => Ownership::Prepared,
        };
        assert!(kind == Kind::Binary || std::str::from_utf8(&bytes).is_ok());
        Sending::Message { kind, bytes, ownership }
    }

    /// Passes it to a connection; what is left of it if the queue is full.
    ///
    /// # Panics
    ///
    /// If it's refused for another reason.
    pub fn pass(self, connection: &mut Connection, now: Timestamp) -> Option<Sending> {
        match self {
            Sending::Message { kind, bytes, ownership } => {
                send(connection, now, kind, &bytes, ownership)
                    .err()
                    .map(expect_full)
                    .map(|()| Sending::Message { kind, bytes, ownership })
            }
            Sending::Fragments(kind, parts) => {
                match connection.send_fragment(now, Some(kind), &parts[0][..], parts.len() == 1) {
                    Ok(()) => Sending::Rest(parts[1..].to_vec()).pass(connection, now),
                    Err(error) => {
                        expect_full(error.reason);
                        Some(Sending::Fragments(kind, parts))
                    }
                }
            }
            Sending::Rest(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let fin = index + 1 == parts.len();
                    if let Err(error) = connection.send_fragment(now, None, &part[..], fin) {
                        expect_full(error.reason);
                        return Some(Sending::Rest(parts[index..].to_vec()));
                    }
                }
                None
            }
            Sending::Ping(payload) => match connection.ping(now, &payload[..]) {
                Ok(()) => None,
                Err(error) => {
                    expect_full(error.reason);
                    Some(Sending::Ping(payload))
                }
            },
        }
    }
}

fn expect_full(reason: SendErrorReason) {
    assert_eq!(reason, SendErrorReason::Full);
}

/// Sends a message in one of four ways.
///
/// # Errors
///
/// As [`Connection::send`].
pub fn send(
    connection: &mut Connection,
    now: Timestamp,
    kind: Kind,
    bytes: &[u8],
    ownership: Ownership,
) -> Result<(), SendErrorReason> {
    let borrowed = match kind {
        Kind::Text => Message::from(std::str::from_utf8(bytes).expect("text is UTF-8")),
        Kind::Binary => Message::from(bytes),
    };
    let unsent = match ownership {
        Ownership::Borrowed => connection.send(now, borrowed).map_err(|e| (e.reason, e.unsent)),
        Ownership::Owned => {
            let owned = borrowed.into_owned();
            connection.send(now, owned).map_err(|e| (e.reason, e.unsent))
        }
        Ownership::Shared => {
            let owned = borrowed.into_owned();
            let shared = owned.clone();
            let sent = connection.send(now, owned).map_err(|e| (e.reason, e.unsent));
            assert_eq!(shared.as_bytes(), bytes, "what others hold was changed");
            sent
        }
        Ownership::Prepared => {
            let prepared = Prepared::new(borrowed);
            let sent = connection.send_prepared(now, &prepared);
            return sent.map_err(|error| error.reason);
        }
    };
    unsent.map_err(|(reason, message)| {
        assert_eq!((message.kind(), message.as_bytes()), (kind, bytes), "given back otherwise");
        reason
    })
}
