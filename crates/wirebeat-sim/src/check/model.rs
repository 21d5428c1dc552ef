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
    waiting: VecDeque<Waiting>,
    close: Option<u16>,
}

/// Something that was said and not heard.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    /// A message: its length and digest.
    Message(u64, u64),
    /// A message of which only the compressed bytes are known.
    Compressed,
    Pong,
}

impl World {
    /// An endpoint said something.
    pub(crate) fn say(&mut self, socket: Socket, spoken: Spoken) {
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let said = &mut wire.end_mut(socket.side).said;
        match spoken {
            Spoken::Message(_, len, Some(digest)) => {
                said.waiting.push_back(Waiting::Message(len, digest));
            }
            Spoken::Message(_, _, None) => said.waiting.push_back(Waiting::Compressed),
            Spoken::Pong => said.waiting.push_back(Waiting::Pong),
            Spoken::Close(code) => said.close = Some(code),
            Spoken::Ping => {}
        }
    }

    /// An endpoint heard a message.
    pub(crate) fn hear(&mut self, socket: Socket, message: &Message<'_>) -> Result<(), Violation> {
        let heard = digest(message.kind(), message.as_bytes());
        self.hear_payload(socket, message.len(), |waiting| match waiting {
            Waiting::Message(_, said) => said == heard,
            // A compressed message has another length on the way.
            Waiting::Compressed => true,
            Waiting::Pong => false,
        })
    }

    /// An endpoint heard a pong, which may be a message that its heartbeat takes for an answer.
    pub(crate) fn hear_pong(&mut self, socket: Socket, payload: &[u8]) -> Result<(), Violation> {
        self.hear_payload(socket, payload.len(), |waiting| match waiting {
            Waiting::Message(_, said) => {
                [Kind::Text, Kind::Binary].iter().any(|kind| said == digest(*kind, payload))
            }
            Waiting::Compressed | Waiting::Pong => true,
        })
    }

    fn hear_payload(
        &mut self,
        socket: Socket,
        heard_len: usize,
        is_heard: impl FnOnce(Waiting) -> bool,
    ) -> Result<(), Violation> {
        let Some(wire) = self.wires.get_mut(socket) else { return Ok(()) };
        let said = wire.end_mut(socket.peer().side).said.waiting.pop_front();
        if !self.model.is_trusted || said.is_some_and(is_heard) {
            return Ok(());
        }
        let said = match said {
            Some(Waiting::Message(len, _)) => format!("{len} others said"),
            Some(Waiting::Compressed) => "a compressed message said".into(),
            Some(Waiting::Pong) => "a pong said".into(),
            None => "nothing said".into(),
        };
        let what = format!("{heard_len} bytes were heard, and {said}");
        Err(Violation::new(AGREEMENT, what))
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
