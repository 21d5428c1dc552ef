//! What became of every message: invariant 11.

use wirebeat::Role;
use wirebeat::session::{Fate, MessageId, Session};

use crate::frame::sent_frames;

/// What was sent, what the transports took, and what the session reported.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What comes first on every connection.
    pub(super) greetings: Vec<String>,
    /// What each transport took that is gone.
    pub(super) wires: Vec<Vec<u8>>,
    /// Messages that were taken, with their text.
    pub(super) accepted: Vec<(MessageId, String)>,
    pub(super) lost: Vec<MessageId>,
    pub(super) dropped: Vec<MessageId>,
}

impl Account {
    /// Each message was handed over whole, once and in order, or reported as lost or dropped.
    pub(super) fn check(&self, session: &Session) {
        let mut handed_over = Vec::new();
        for wire in &self.wires {
            let texts = whole_texts(wire);
            let greeted = texts.len().min(self.greetings.len());
            assert_eq!(texts[..greeted], self.greetings[..greeted], "the greeting comes first");
            let is_ours = |text: &String| text.starts_with("message ");
            handed_over.extend(texts[greeted..].iter().filter(|text| is_ours(text)).cloned());
        }
        let mut sent = handed_over.iter();
        for (id, text) in &self.accepted {
            let is_lost = self.lost.contains(id);
            let is_dropped = self.dropped.contains(id);
            assert!(!(is_lost && is_dropped), "{id} is lost and dropped");
            if is_lost || is_dropped {
                assert!(!handed_over.contains(text), "{id} is reported, and was handed over");
            } else {
                assert_eq!(sent.next(), Some(text), "{id} is gone, or out of order");
            }
            let expected = match (is_lost, is_dropped) {
                (true, _) => Fate::Lost,
                (_, true) => Fate::Dropped,
                _ => Fate::HandedOver,
            };
            let fate = session.fate(*id);
            assert!(fate.is_none() || fate == Some(expected), "{id}: {fate:?}, not {expected:?}");
        }
        assert_eq!(sent.next(), None, "a message was sent twice");
        let all = self.lost.iter().chain(&self.dropped);
        assert!(all.into_iter().all(|id| self.accepted.iter().any(|(taken, _)| taken == id)));
    }
}

/// The text messages in what a transport took: of the last frame it may have a part.
fn whole_texts(wire: &[u8]) -> Vec<String> {
    let head = wire.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(head) = head else { return Vec::new() };
    let mut texts = Vec::new();
    let mut fragments = Vec::new();
    for frame in sent_frames(wire, head + 4, Role::Client) {
        let Some(payload) = wire.get(frame.payload_start..frame.end()) else { break };
        let key = &wire[frame.payload_start - 4..frame.payload_start];
        let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        match frame.first {
            0x81 => texts.push(payload.collect()),
            0x01 => fragments = payload.collect(),
            0x80 => {
                fragments.extend(payload);
                texts.push(core::mem::take(&mut fragments));
            }
            _ => {}
        }
    }
    texts.into_iter().map(|text| String::from_utf8(text).expect("text is UTF-8")).collect()
}
