//! An exchange of a fuzzer's choice.

use wirebeat::{Kind, Role};

use super::{Exchange, Pace, Sending, messages};
use crate::frame::text;
use crate::model::{self, Heard};
use crate::rules::Rules;
use crate::source::Source;

/// The harness of the target `roundtrip`: invariant 2, what one end sends the other receives, in
/// every form of message, cut anywhere on its way.
///
/// # Panics
///
/// If it doesn't, or if the naive decoder hears something else in what was sent.
pub fn roundtrip(data: &[u8]) {
    let exchange = Exchange::draw(data);
    let outcome = exchange.check();
    for (role, sent, wire) in [
        (Role::Client, &exchange.client, &outcome.client_wire),
        (Role::Server, &exchange.server, &outcome.server_wire),
    ] {
        let head = wire.windows(4).position(|window| window == b"\r\n\r\n");
        let frames = &wire[head.expect("a handshake comes first") + 4..];
        let decoded = model::decode(frames, &Rules::of_peer(role));
        assert_eq!(decoded.failed_at, None, "{:?}", decoded.heard.last());
        let heard = model::whole(&decoded.heard).into_iter().filter_map(|heard| match heard {
            Heard::Message(kind, bytes) => Some((kind, bytes)),
            _ => None,
        });
        assert_eq!(heard.collect::<Vec<_>>(), messages(sent));
    }
}

impl Exchange {
    /// The exchange that the bytes stand for. Every slice is one.
    #[must_use]
    pub fn draw(data: &[u8]) -> Exchange {
        let mut source = Source::new(data);
        let mut seed = [0; 32];
        seed[..2].copy_from_slice(&source.number().to_be_bytes());
        let choice = source.byte();
        let pace = |source: &mut Source<'_>| Pace { len: 1 + source.len(), how: source.byte() };
        let pace = (0..1 + choice / 2 % 4).map(|_| pace(&mut source)).collect();
        let (mut client, mut server) = (Vec::new(), Vec::new());
        while !source.is_empty() && client.len() + server.len() < 24 {
            let from = if source.is_odd() { &mut client } else { &mut server };
            from.push(Sending::draw(&mut source));
        }
        Exchange { client, server, pace, pieces: choice & 1 == 1, seed }
    }
}

impl Sending {
    pub(crate) fn draw(source: &mut Source<'_>) -> Sending {
        let (form, how) = (source.below(8), source.byte());
        let kind = if how & 4 == 0 { Kind::Text } else { Kind::Binary };
        match form {
            0 => {
                let len = usize::from(source.below(126));
                Sending::Ping(source.slice(len).to_vec())
            }
            1..=3 => {
                let mut rest = payload(source, kind);
                let mut parts = Vec::new();
                for _ in 0..how >> 3 & 3 {
                    let behind = rest.split_off(source.len().min(rest.len()));
                    parts.push(std::mem::replace(&mut rest, behind));
                }
                parts.push(rest);
                Sending::Fragments(kind, parts)
            }
            _ => Sending::message(kind, payload(source, kind), how),
        }
    }
}

/// Made up, as the fuzzer's bytes are for what matters more: but of texts, where code points lie.
fn payload(source: &mut Source<'_>, kind: Kind) -> Vec<u8> {
    let (len, start) = (source.len(), source.byte());
    match kind {
        Kind::Text => text(len, start),
        Kind::Binary => (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add(start)).collect(),
    }
}
