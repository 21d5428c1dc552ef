//! What waits to be sent: one order of frames, in two lanes.
//!
//! Data frames, and whatever must keep its place among them, wait in the data lane. Pongs and the
//! heartbeat's pings wait in the control lane, and go out behind the frame in progress, before
//! data that hasn't begun ([RFC 6455 §5.5]).
//!
//! [RFC 6455 §5.5]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5

mod control;
mod data;
mod outgoing;
mod transmit;

use alloc::boxed::Box;

use bytes::Bytes;

use crate::Payload;
use crate::frame::{MaskingKey, Opcode, Rsv};
use control::ControlLane;
use data::DataLane;
use outgoing::Outstanding;

pub use outgoing::Outgoing;
pub use transmit::Transmit;

/// The send queue of a connection.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    data: DataLane,
    control: ControlLane,
    /// What [`take`](SendQueue::take) handed out and the transport hasn't taken yet.
    outstanding: Option<Box<Outstanding>>,
    /// Application bytes that wait, in either place.
    app_len: u64,
    /// Messages that wait to be taken whole, in either place.
    messages: u64,
}

/// The head of a data frame that is to be queued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameHead {
    pub(crate) fin: bool,
    pub(crate) rsv: Rsv,
    pub(crate) opcode: Opcode,
    pub(crate) key: Option<MaskingKey>,
}

/// One frame in the queue, or what is left of it.
#[derive(Clone, Copy, Debug)]
struct Record {
    header_left: u32,
    /// Whether the transport has taken a part of the frame already.
    is_begun: bool,
    /// Whether an accepted message ends with this frame.
    ends_message: bool,
    payload_left: usize,
    /// The application's bytes that the payload stands for.
    app_left: usize,
}

/// What was given up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    pub(crate) app_len: u64,
    pub(crate) messages: u64,
}

impl SendQueue {
    /// Bytes of the application's that the transport hasn't taken.
    #[inline]
    pub(crate) fn app_len(&self) -> u64 {
        self.app_len
    }

    /// Whether nothing at all waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty() && self.control.is_empty() && self.outstanding.is_none()
    }

    /// Whether the transport has taken everything but pongs and pings.
    #[inline]
    pub(crate) fn is_data_taken(&self) -> bool {
        self.data.is_empty() && self.outstanding.is_none()
    }

    /// Whether a heartbeat's ping still waits.
    pub(crate) fn holds_ping(&self) -> bool {
        self.control.holds(Opcode::Ping)
            || self.outstanding.as_ref().is_some_and(|outstanding| outstanding.holds_ping)
    }

    /// Whether a frame of this payload fits, in a queue of at most `len_max` bytes. An empty one
    /// takes any.
    #[inline]
    pub(crate) fn has_room(&self, payload_len: usize, len_max: usize) -> bool {
        self.data.cost().saturating_add(payload_len) < len_max || self.data.is_empty()
    }

    /// Queues a frame that carries a part of a message, the last if it has FIN.
    #[inline]
    pub(crate) fn push_message(&mut self, head: FrameHead, payload: Payload<'_>) {
        let app_len = payload.len();
        self.app_len += app_len as u64;
        self.messages += u64::from(head.fin);
        self.data.push(head, payload, app_len, head.fin);
    }

    /// Queues a control frame that keeps its place among the data.
    pub(crate) fn push_in_order(&mut self, head: FrameHead, payload: &[u8]) {
        self.data.push(head, Payload::Borrowed(payload), 0, false);
    }

    /// Queues a message that was encoded before.
    pub(crate) fn push_prepared(&mut self, wire: Bytes, header_len: usize) {
        let app_len = wire.len() - header_len;
        self.app_len += app_len as u64;
        self.messages += 1;
        self.data.push_encoded(wire, header_len, app_len, true);
    }

    /// Queues bytes that are no frame: a handshake.
    pub(crate) fn push_head(&mut self, wire: Bytes) {
        let len = wire.len();
        self.data.push_encoded(wire, len, 0, false);
    }

    /// Queues a pong. At most 16 wait; the newest replaces the last beyond that: §5.5.3 lets an
    /// endpoint "elect to send a Pong frame for only the most recently processed Ping frame".
    pub(crate) fn push_pong(&mut self, payload: &[u8], key: Option<MaskingKey>) {
        self.control.push_pong(payload, key);
    }

    /// Queues a heartbeat's ping.
    pub(crate) fn push_ping(&mut self, payload: &[u8], key: Option<MaskingKey>) {
        self.control.push(Opcode::Ping, payload, key);
    }

    /// Gives up every frame of which the transport has nothing.
    pub(crate) fn drop_not_begun(&mut self) -> Lost {
        let lost = self.data.drop_not_begun();
        self.control.drop_not_begun();
        self.app_len -= lost.app_len;
        self.messages -= lost.messages;
        lost
    }

    /// Gives up everything.
    pub(crate) fn clear(&mut self) -> Lost {
        let lost = Lost { app_len: self.app_len, messages: self.messages };
        *self = SendQueue::default();
        lost
    }

    /// Hands buffers back that an idle connection doesn't need.
    pub(crate) fn release(&mut self) {
        self.data.release();
        self.control.release();
    }

    /// The bytes at the front, to be written; `None` if there are none, or if they were taken out.
    #[inline]
    pub(crate) fn transmit(&self) -> Option<Transmit<'_>> {
        if self.outstanding.is_some() {
            return None;
        }
        Transmit::new(&self.data, &self.control)
    }

    /// Takes out at most `max` bytes from the front.
    pub(crate) fn take(&mut self, max: usize) -> Option<Outgoing> {
        if self.outstanding.is_some() || max == 0 {
            return None;
        }
        let (outgoing, outstanding) = outgoing::take(&mut self.data, &mut self.control, max)?;
        self.outstanding = Some(Box::new(outstanding));
        Some(outgoing)
    }

    /// Moves past `len` bytes that the transport has taken, or past all there are if that's less.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        if self.outstanding.is_some() {
            return self.advance_outstanding(len);
        }
        if self.control.is_empty() && len >= self.data.len() {
            // Everything went out at once, as it usually does.
            self.data.clear();
            self.app_len = 0;
            self.messages = 0;
            return;
        }
        self.advance_lanes(len);
    }

    fn advance_lanes(&mut self, len: usize) {
        let (app_len, messages) = (&mut self.app_len, &mut self.messages);
        let mut account = |taken: &Record| {
            *app_len -= taken.app_left as u64;
            *messages -= u64::from(taken.ends_message);
        };
        advance_lanes(&mut self.data, &mut self.control, len, &mut account);
    }

    fn advance_outstanding(&mut self, len: usize) {
        let Some(outstanding) = &mut self.outstanding else { return };
        let taken = outstanding.advance(len);
        self.app_len -= taken.app_len;
        self.messages -= taken.messages;
        if outstanding.is_empty() {
            self.outstanding = None;
        }
    }
}

/// Moves past `len` bytes in the order in which they go out: the rest of the data frame in
/// progress, the control frames, the other data. Tells of each part of a data frame.
fn advance_lanes(
    data: &mut DataLane,
    control: &mut ControlLane,
    len: usize,
    taken: &mut impl FnMut(&Record),
) {
    let in_progress = if control.is_empty() { len } else { data.in_progress_len().min(len) };
    data.advance(in_progress, taken);
    let control_len = (len - in_progress).min(control.len());
    if control_len > 0 {
        control.advance(control_len);
    }
    data.advance(len - in_progress - control_len, taken);
}

impl Record {
    fn len(&self) -> usize {
        self.header_left as usize + self.payload_left
    }

    /// Splits off the first `len` bytes, fewer than there are.
    fn split(&mut self, len: usize) -> Record {
        // A header has at most 14 bytes, a handshake at most some KiB.
        let header = u32::try_from(len).map_or(self.header_left, |len| len.min(self.header_left));
        let payload = len - header as usize;
        let app = payload.min(self.app_left);
        self.header_left -= header;
        self.payload_left -= payload;
        self.app_left -= app;
        self.is_begun = true;
        Record {
            header_left: header,
            is_begun: true,
            ends_message: false,
            payload_left: payload,
            app_left: app,
        }
    }
}
