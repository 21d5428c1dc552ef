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
mod pieces;
mod segment;
mod shape;
mod tail;
mod transmit;

use alloc::boxed::Box;

use crate::Payload;
use crate::frame::{MaskingKey, Opcode};
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
}

/// A part of a frame, or of a handshake.
#[derive(Clone, Copy, Debug)]
struct Part {
    header_len: usize,
    payload_len: usize,
    /// The bytes of the application's that the payload stands for.
    app_len: u64,
    /// Whether a message ends with this part.
    ends_message: bool,
}

/// What was given up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    pub(crate) app_len: u64,
    pub(crate) messages: u64,
    /// Of these, the last so many of which nothing has gone out.
    pub(crate) untouched: u64,
}

impl SendQueue {
    /// Bytes of the application's that the transport hasn't taken.
    #[inline]
    pub(crate) fn app_len(&self) -> u64 {
        self.data.app_len() + self.outstanding.as_ref().map_or(0, |taken| taken.waiting().app_len)
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

    /// Whether a heartbeat still waits, or its last bytes.
    pub(crate) fn holds_heartbeat(&self) -> bool {
        self.control.ping_end().is_some()
            || self.data.heartbeat_left() > 0
            || self.outstanding.as_ref().is_some_and(|taken| taken.heartbeat_left() > 0)
    }

    /// Whether a payload fits, in a queue of at most `len_max` bytes. An empty one takes any. What
    /// was taken out waits too, until the transport has it.
    #[inline]
    pub(crate) fn has_room(&self, payload_len: usize, len_max: usize) -> bool {
        let waiting = match &self.outstanding {
            None => self.data.len(),
            Some(outstanding) => self.data.len().saturating_add(outstanding.len()),
        };
        waiting == 0 || waiting.checked_add(payload_len).is_some_and(|len| len <= len_max)
    }

    /// Queues a frame that carries a part of a message.
    #[inline(always)]
    pub(crate) fn push_message(
        &mut self,
        first_byte: u8,
        payload: Payload<'_>,
        key: Option<MaskingKey>,
    ) {
        let app_len = payload.len();
        match payload {
            Payload::Borrowed(payload) => self.data.push(first_byte, payload, key, app_len),
            Payload::Owned(payload) => self.data.push_owned(first_byte, payload, key, app_len),
        }
    }

    /// Queues a frame where messages are compressed, be it this one or not: its payload stands for
    /// `app_len` bytes of the application's.
    pub(crate) fn push_packed(
        &mut self,
        first_byte: u8,
        payload: Payload<'_>,
        key: Option<MaskingKey>,
        app_len: usize,
    ) {
        match payload {
            Payload::Borrowed(payload) => self.data.push(first_byte, payload, key, app_len),
            Payload::Owned(payload) => self.data.push_owned(first_byte, payload, key, app_len),
        }
        self.data.note_app_len(app_len);
    }

    /// Queues a heartbeat that is a message.
    pub(crate) fn push_heartbeat(
        &mut self,
        first_byte: u8,
        payload: &[u8],
        key: Option<MaskingKey>,
    ) {
        self.push_in_order(first_byte, payload, key);
        self.data.mark_heartbeat();
    }

    /// Queues a control frame, or whatever isn't the application's, that keeps its place among the
    /// data.
    pub(crate) fn push_in_order(
        &mut self,
        first_byte: u8,
        payload: &[u8],
        key: Option<MaskingKey>,
    ) {
        self.data.push(first_byte, payload, key, 0);
    }

    /// Queues a handshake, before any frame.
    pub(crate) fn push_head(&mut self, head: &[u8]) {
        self.data.push_head(head);
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
        self.control.drop_not_begun();
        self.data.drop_not_begun()
    }

    /// What waits of the application's. What was taken out may have gone out in part.
    pub(crate) fn waiting(&self) -> Lost {
        let mut waiting = self.data.waiting();
        if let Some(outstanding) = &self.outstanding {
            let taken = outstanding.waiting();
            waiting.app_len += taken.app_len;
            waiting.messages += taken.messages;
        }
        waiting
    }

    /// Gives up everything.
    pub(crate) fn clear(&mut self) -> Lost {
        let lost = self.waiting();
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

    /// Whether [`transmit`](SendQueue::transmit) has bytes.
    #[inline]
    pub(crate) fn has_transmit(&self) -> bool {
        self.outstanding.is_none() && !(self.data.is_empty() && self.control.is_empty())
    }

    /// Takes out at most `max` bytes from the front.
    pub(crate) fn take(&mut self, max: usize) -> Option<Outgoing> {
        if self.outstanding.is_some() {
            return None;
        }
        let (outgoing, outstanding) = outgoing::take(&mut self.data, &mut self.control, max)?;
        self.outstanding = Some(Box::new(outstanding));
        Some(outgoing)
    }

    /// Whether data waits, no more than `len` bytes of it, and nothing else.
    #[inline]
    pub(crate) fn is_data_of(&self, len: usize) -> bool {
        self.data.len() <= len && self.control.is_empty() && self.outstanding.is_none()
    }

    /// All data has gone out at once, as it usually does.
    #[inline]
    pub(crate) fn clear_data(&mut self) {
        self.data.clear();
    }

    /// Moves past `len` bytes that the transport has taken, or past all there are if that's less.
    pub(crate) fn advance(&mut self, len: usize) {
        match &mut self.outstanding {
            None => self.advance_lanes(len),
            Some(outstanding) => {
                outstanding.advance(len);
                if outstanding.is_empty() {
                    self.outstanding = None;
                }
            }
        }
    }

    /// In the order in which they go out: the rest of the data frame in progress, the control
    /// frames, the other data.
    fn advance_lanes(&mut self, len: usize) {
        let SendQueue { data, control, .. } = self;
        let in_progress = if control.is_empty() { len } else { data.in_progress_len().min(len) };
        data.advance(in_progress);
        let control_len = (len - in_progress).min(control.len());
        if control_len > 0 {
            control.advance(control_len);
        }
        data.advance(len - in_progress - control_len);
    }
}

impl Part {
    /// A part of a handshake or a control frame.
    fn of_no_message(len: usize) -> Part {
        Part { header_len: len, payload_len: 0, app_len: 0, ends_message: false }
    }

    fn len(&self) -> usize {
        self.header_len + self.payload_len
    }

    /// Moves past `len` bytes, fewer than there are.
    fn advance(&mut self, len: usize) {
        let header_len = self.header_len.min(len);
        let taken = len - header_len;
        self.app_len -= share(self.app_len, taken, self.payload_len);
        self.header_len -= header_len;
        self.payload_len -= taken;
    }
}

/// What `taken` bytes of a payload stand for, if all of it stands for `app_len`.
fn share(app_len: u64, taken: usize, payload_len: usize) -> u64 {
    if app_len == payload_len as u64 {
        return taken as u64;
    }
    let share = u128::from(app_len) * taken as u128 / (payload_len as u128).max(1);
    u64::try_from(share).unwrap_or(app_len)
}
