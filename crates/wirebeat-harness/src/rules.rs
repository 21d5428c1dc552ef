//! Role, delivery and limits of the connection under test.

use wirebeat::{Config, Connection, Delivery, Endpoint, Role, Seed, Timestamp};

use crate::source::Source;

/// What decides how a stream of frames is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The role of the end that receives.
    pub role: Role,
    /// Whether messages are handed over in pieces.
    pub pieces: bool,
    /// The longest frame, in bytes of payload, inclusive.
    pub frame_len_max: u64,
    /// The longest message, in bytes, inclusive.
    pub message_len_max: u64,
}

impl Rules {
    /// Whole messages within the default limits.
    #[must_use]
    pub fn new(role: Role) -> Rules {
        Rules { role, pieces: false, frame_len_max: u64::MAX, message_len_max: 16 * 1024 * 1024 }
    }

    /// Rules of a fuzzer's choice.
    pub fn draw(source: &mut Source<'_>) -> Rules {
        let choice = source.byte();
        let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
        let limits = match choice >> 2 & 3 {
            0 => (u64::MAX, 16 * 1024 * 1024),
            1 => (u64::MAX, 200),
            2 => (125, 300),
            _ => (u64::MAX, u64::MAX),
        };
        let pieces = choice & 2 != 0;
        Rules { role, pieces, frame_len_max: limits.0, message_len_max: limits.1 }
    }

    /// The rules of the peer, who takes everything.
    #[must_use]
    pub fn of_peer(role: Role) -> Rules {
        Rules { message_len_max: u64::MAX, ..Rules::new(role.peer()) }
    }

    /// A connection under these rules, open, without a heartbeat.
    #[must_use]
    pub fn connection(&self) -> Connection {
        let delivery = if self.pieces {
            Delivery::Pieces {
                message_len_max: Some(self.message_len_max),
                frame_len_max: Some(self.frame_len_max),
            }
        } else {
            Delivery::Whole
        };
        let config = Config {
            message_len_max: self.message_len_max,
            frame_len_max: self.frame_len_max,
            delivery,
            heartbeat: None,
            ..Config::default()
        };
        Connection::established(endpoint(self.role), &config, Timestamp::ZERO)
    }
}

/// An endpoint whose seed, if it's a client, is always the same.
#[must_use]
pub fn endpoint(role: Role) -> Endpoint {
    match role {
        Role::Client => Endpoint::Client(seed()),
        Role::Server => Endpoint::Server,
    }
}

/// The seed of every client under test.
#[must_use]
pub fn seed() -> Seed {
    Seed::new([7; 32])
}
