use alloc::sync::Arc;
use core::time::Duration;

use super::config::{Heartbeat, HeartbeatMessage};
use crate::{Nanos, Timestamp};

/// Whether the peer is alive ([RFC 6455 §5.5.2]).
///
/// Any byte that arrives is a sign of life. After an interval of silence something is sent that
/// the peer must answer; what happens then is the connection's to decide.
///
/// Where messages are the heartbeat, silence is the lack of them: a peer, or a proxy before it, that
/// pings by itself says nothing of the application there. The answer may still be any byte.
///
/// [RFC 6455 §5.5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2
#[derive(Debug)]
pub(super) struct Liveness {
    heartbeat: Option<Settings>,
    /// When the silence began: when a byte last came, or a message or the last heartbeat.
    heard_at: Timestamp,
    /// Since when the answer is awaited, if it is.
    waiting_since: Option<Timestamp>,
    /// When the last heartbeat was sent, if nothing has answered it.
    sent_at: Option<Timestamp>,
    /// How many heartbeats were sent, which is the nonce of the last. The peer gains nothing by
    /// guessing it.
    count: u32,
}

#[derive(Debug)]
struct Settings {
    interval: Nanos,
    timeout: Nanos,
    message: Option<Arc<HeartbeatMessage>>,
}

/// What the heartbeat wants.
#[derive(Debug)]
pub(super) enum Due {
    /// A sign of life has to be asked for.
    Heartbeat,
    /// None came in time.
    Dead,
}

impl Liveness {
    pub(super) fn new(heartbeat: Option<&Heartbeat>, now: Timestamp) -> Liveness {
        let heartbeat = heartbeat.map(|heartbeat| Settings {
            interval: heartbeat.interval.into(),
            timeout: heartbeat.timeout.into(),
            message: heartbeat.message.clone(),
        });
        Liveness { heartbeat, heard_at: now, waiting_since: None, sent_at: None, count: 0 }
    }

    /// A byte came.
    #[inline]
    pub(super) fn heard_bytes(&mut self, now: Timestamp) {
        if !self.has_messages() {
            self.heard_at = now;
        }
        self.waiting_since = None;
    }

    /// A message came, or a piece of one.
    #[inline]
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.heard_at = now;
        self.waiting_since = None;
    }

    /// The transport took a byte while the heartbeat was on its way: the wait begins anew.
    pub(super) fn progressed(&mut self, now: Timestamp) {
        if let Some(since) = &mut self.waiting_since {
            *since = now;
        }
    }

    /// Whether there's a heartbeat at all.
    pub(super) fn is_on(&self) -> bool {
        self.heartbeat.is_some()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting_since.is_some()
    }

    /// When [`due`](Liveness::due) has something to say. While our application doesn't read, the
    /// answer may be there, so the wait has no end.
    pub(super) fn deadline(&self, is_reading: bool) -> Option<Timestamp> {
        let heartbeat = self.heartbeat.as_ref()?;
        match self.waiting_since {
            Some(since) => is_reading.then(|| since + heartbeat.timeout),
            None => Some(self.heard_at + heartbeat.interval),
        }
    }

    /// What has to be done at `now`, if anything.
    pub(super) fn due(&self, now: Timestamp, is_reading: bool) -> Option<Due> {
        self.deadline(is_reading).filter(|deadline| *deadline <= now)?;
        Some(if self.is_waiting() { Due::Dead } else { Due::Heartbeat })
    }

    /// What an application-level heartbeat sends.
    pub(super) fn message(&self) -> Option<Arc<HeartbeatMessage>> {
        self.heartbeat.as_ref()?.message.clone()
    }

    /// Whether heartbeats are messages.
    #[inline]
    fn has_messages(&self) -> bool {
        matches!(self.heartbeat, Some(Settings { message: Some(_), .. }))
    }

    /// Whether some messages are replies to the heartbeat.
    #[inline]
    pub(super) fn has_matcher(&self) -> bool {
        match &self.heartbeat {
            Some(Settings { message: Some(message), .. }) => message.is_reply.is_some(),
            _ => false,
        }
    }

    /// Waits for the answer from now on. Returns the nonce to send.
    pub(super) fn begin_wait(&mut self, now: Timestamp) -> [u8; 4] {
        self.count = self.count.wrapping_add(1);
        self.sent_at = Some(now);
        self.wait_on(now);
        self.count.to_be_bytes()
    }

    /// Waits for the answer to a heartbeat that was queued earlier and hasn't gone out.
    pub(super) fn wait_on(&mut self, now: Timestamp) {
        self.heard_at = now;
        self.waiting_since = Some(now);
    }

    /// The latency that a pong measures: only one with the last nonce does.
    pub(super) fn pong(&mut self, payload: &[u8], now: Timestamp) -> Option<Duration> {
        let sent_at = self.sent_at.take_if(|_| payload == self.count.to_be_bytes())?;
        Some(now.since(sent_at))
    }

    /// The latency that a reply to an application-level heartbeat measures.
    pub(super) fn reply(&mut self, now: Timestamp) -> Option<Duration> {
        Some(now.since(self.sent_at.take()?))
    }
}
