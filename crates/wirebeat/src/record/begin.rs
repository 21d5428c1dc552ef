use alloc::boxed::Box;

use crate::handshake::{OriginPolicy, Request};
use crate::{Config, Connection, Endpoint, Seed, Timestamp};

/// What a connection begins with.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Which end, and what it begins by.
    pub role: Role,
    /// Limits and times.
    pub config: Config,
    /// When.
    pub now: Timestamp,
}

/// Which end a connection is.
#[derive(Clone, Debug)]
pub enum Role {
    /// A client, with its request and seed.
    Client(Box<Request>, [u8; 32]),
    /// A server.
    Server(OriginPolicy),
    /// A client whose handshake was done elsewhere, with its seed.
    EstablishedClient([u8; 32]),
    /// A server whose handshake was done elsewhere.
    EstablishedServer,
}

impl Begin {
    /// Makes the connection.
    #[must_use]
    pub fn connection(&self) -> Connection {
        let (config, now) = (&self.config, self.now);
        match &self.role {
            Role::Client(request, seed) => {
                Connection::client((**request).clone(), config, &Seed::new(*seed), now)
            }
            Role::Server(origins) => Connection::server(origins.clone(), config, now),
            Role::EstablishedClient(seed) => {
                Connection::established(Endpoint::Client(Seed::new(*seed)), config, now)
            }
            Role::EstablishedServer => Connection::established(Endpoint::Server, config, now),
        }
    }

    /// Whether it's a client, which masks.
    #[must_use]
    pub const fn is_client(&self) -> bool {
        matches!(self.role, Role::Client(..) | Role::EstablishedClient(_))
    }

    /// Whether the handshake is part of it.
    #[must_use]
    pub const fn has_handshake(&self) -> bool {
        matches!(self.role, Role::Client(..) | Role::Server(_))
    }
}
