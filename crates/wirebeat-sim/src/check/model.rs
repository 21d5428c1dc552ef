use core::hash::Hasher;
use std::collections::VecDeque;

use siphasher::sip::SipHasher13;
use wirebeat::{CloseFrame, Kind, Message};

use super::violation::Violation;
use super::wire::Spoken;
use crate::net::Socket;
use crate::world::World;

/// The rule that both ends of a connection are held to.
const AGREEMENT: &str = "invariant 13, both ends agree";

/// What is known of a faulty network for sure: what an endpoint hears is what the other said, in
/// order, whole, once, and perhaps not all of it.
#[derive(Debug)]
pub(crate) struct Model {
    /// Whether the network leaves bytes as they are.
    pub(crate) is_trusted: bool,
}

impl Default for Model {
    fn default() -> Model {
        Model { is_trusted: true }
    }
}

/// What one end of a transport has said and the other hasn't heard.
#[derive(Debug, Default)]
pub(crate) struct Said {
    messages: VecDeque<(u64, Option<u64>)>,
    close: Option<u16>,
}

impl World {
    /// An endpoint said something.
    pub(crate) fn say(&mut self, socket: Socket, spoken: Spoken) {
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let said = &mut wire.end_mut(socket.side).said;
        match spoken {
            Spoken::Message(_, len, digest) => said.messages.push_back((len, digest)),
            Spoken::Close(code) => said.close = Some(code),
            Spoken::Ping | Spoken::Pong => {}
        }
    }

    /// An endpoint heard a message.
    pub(crate) fn hear(&mut self, socket: Socket, message: &Message<'_>) -> Result<(), Violation> {
        let Some(wire) = self.wires.get_mut(socket) else { return Ok(()) };
        let said = wire.end_mut(socket.peer().side).said.messages.pop_front();
        if !self.model.is_trusted {
            return Ok(());
        }
        let heard = digest(message.kind(), message.as_bytes());
        match said {
            // A compressed message has another length on the way.
            Some((_, None)) => Ok(()),
            Some((len, Some(digest))) if digest == heard && len == message.len() as u64 => Ok(()),
            Some((len, _)) => {
                let what = format!("{} bytes were heard, and {len} others said", message.len());
                Err(Violation::new(AGREEMENT, what))
            }
            None => {
                let what = format!("{} bytes were heard that nobody said", message.len());
                Err(Violation::new(AGREEMENT, what))
            }
        }
    }

    /// An endpoint heard a Close.
    pub(crate) fn hear_close(
        &mut self,
        socket: Socket,
        frame: Option<&CloseFrame>,
    ) -> Result<(), Violation> {
        let Some(wire) = self.wires.get(socket) else { return Ok(()) };
        let said = wire.end(socket.peer().side).said.close;
        let heard = frame.map_or(1005, |frame| frame.code().get());
        if said == Some(heard) || !self.model.is_trusted {
            return Ok(());
        }
        let what = format!("Close {heard} was heard, and {said:?} said");
        Err(Violation::new(AGREEMENT, what))
    }
}

/// A number that two messages have in common if they're the same, and as good as never otherwise.
pub(crate) fn digest(kind: Kind, bytes: &[u8]) -> u64 {
    let mut digest = digest_begin(kind);
    digest.write(bytes);
    digest.finish()
}

/// The digest of a message that is to come.
pub(super) fn digest_begin(kind: Kind) -> SipHasher13 {
    let mut digest = SipHasher13::new();
    digest.write(match kind {
        Kind::Text => b"t",
        Kind::Binary => b"b",
    });
    digest
}
