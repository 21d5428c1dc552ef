use std::io::{self, IoSlice};

use bytes::Buf;
use wirebeat::Outgoing;
use wirebeat::record::Recorded;

use crate::Socket;
#[cfg(feature = "tls")]
use crate::tls::Encrypted;

/// How many pieces of the send queue are written at once.
const SLICES_MAX: usize = 16;

/// The right to write to the socket, and what is to be written. There is one at a time.
#[derive(Debug)]
pub(crate) enum Output {
    /// The front of the connection's queue, where it is.
    Front,
    /// What was taken out of the queue, so that the connection needn't be held meanwhile.
    Taken(Outgoing),
    /// What was taken out and encrypted.
    #[cfg(feature = "tls")]
    Encrypted(Encrypted),
}

/// Whether a write waits for room in the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// For a moment: as long as the socket's write timeout.
    Some,
    /// Not at all.
    None,
}

/// What a write was given, and how much of it the socket took.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) offered: usize,
    pub(crate) taken: io::Result<usize>,
}

impl Output {
    /// Writes once what doesn't need the connection.
    pub(crate) fn write(&self, socket: &impl Socket, patience: Patience) -> Attempt {
        match self {
            Output::Front => Attempt { offered: 0, taken: Ok(0) },
            Output::Taken(outgoing) => write(outgoing, socket, patience),
            #[cfg(feature = "tls")]
            Output::Encrypted(encrypted) => write(&encrypted.rest(), socket, patience),
        }
    }

    /// Moves past what the socket took. Returns how much of the connection's queue that is.
    pub(crate) fn advance(&mut self, taken: usize) -> usize {
        match self {
            Output::Front => taken,
            Output::Taken(outgoing) => {
                outgoing.advance(taken);
                taken
            }
            #[cfg(feature = "tls")]
            Output::Encrypted(encrypted) => encrypted.advance(taken),
        }
    }

    /// Whether there is something left that belongs to nobody else.
    pub(crate) fn has_rest(&self) -> bool {
        match self {
            Output::Front => false,
            Output::Taken(outgoing) => outgoing.has_remaining(),
            #[cfg(feature = "tls")]
            Output::Encrypted(encrypted) => !encrypted.rest().is_empty(),
        }
    }
}

/// Writes once from the front of the connection's queue, which isn't empty.
pub(crate) fn write_front(
    connection: &mut Recorded,
    socket: &impl Socket,
    patience: Patience,
) -> Attempt {
    match connection.poll_transmit() {
        Some(transmit) => write(&transmit, socket, patience),
        None => Attempt { offered: 0, taken: Ok(0) },
    }
}

/// Writes once.
pub(crate) fn write(bytes: &impl Buf, socket: &impl Socket, patience: Patience) -> Attempt {
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let count = bytes.chunks_vectored(&mut slices);
    let slices = &slices[..count];
    Attempt {
        offered: slices.iter().map(|slice| slice.len()).sum(),
        taken: match patience {
            Patience::Some => socket.write_vectored(slices),
            Patience::None => socket.write_now(slices),
        },
    }
}
