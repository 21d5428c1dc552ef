use alloc::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::control::ControlLane;
use super::data::DataLane;
use super::{Lost, Part};

/// Bytes that were taken out of the send queue, to be written without holding the connection.
///
/// They belong to whoever took them: a writer needs no lock while its socket blocks, and
/// completion-based IO can own them. The queue learns of what was written by
/// [`handle_written`](crate::Connection::handle_written), as ever, and hands out no more until all
/// of it was.
#[derive(Debug)]
pub struct Outgoing {
    segments: VecDeque<Bytes>,
    len: usize,
}

/// What the queue keeps of an [`Outgoing`]: how to account for it.
#[derive(Debug)]
pub(super) struct Outstanding {
    parts: VecDeque<Part>,
    /// All bytes that the transport hasn't taken.
    len: usize,
    /// Of these, the bytes up to the end of a heartbeat; 0 if none ends among them.
    heartbeat_left: usize,
}

/// Takes at most `max` bytes out of the lanes, in the order in which they go out.
pub(super) fn take(
    data: &mut DataLane,
    control: &mut ControlLane,
    max: usize,
) -> Option<(Outgoing, Outstanding)> {
    let len = max.min(data.len() + control.len());
    if len == 0 {
        return None;
    }
    let mut outgoing = Outgoing { segments: VecDeque::new(), len };
    // In at most three steps: the rest of a frame, the control frames, the other data.
    let first = if control.is_empty() { len } else { data.in_progress_len().min(len) };
    let heartbeat_left = heartbeat_end(data, control, first).filter(|end| *end <= len).unwrap_or(0);
    let mut outstanding = Outstanding { parts: VecDeque::new(), len, heartbeat_left };
    take_data(data, first, &mut outgoing, &mut outstanding);
    let middle = control.len().min(len - first);
    if middle > 0 {
        outgoing.segments.push_back(Bytes::copy_from_slice(&control.slice_at(0)[..middle]));
        outstanding.parts.push_back(Part::of_no_message(middle));
        control.advance(middle);
    }
    take_data(data, len - first - middle, &mut outgoing, &mut outstanding);
    Some((outgoing, outstanding))
}

/// Where a heartbeat ends among all that waits, if there is one, when `first` bytes of data go out
/// before the control frames.
fn heartbeat_end(data: &DataLane, control: &ControlLane, first: usize) -> Option<usize> {
    match (control.ping_end(), data.heartbeat_left()) {
        (Some(end), _) => Some(first + end),
        (None, 0) => None,
        (None, end) if end <= first => Some(end),
        (None, end) => Some(end + control.len()),
    }
}

fn take_data(
    data: &mut DataLane,
    len: usize,
    outgoing: &mut Outgoing,
    outstanding: &mut Outstanding,
) {
    if len > 0 {
        data.take(len, &mut outgoing.segments, &mut |part| outstanding.parts.push_back(part));
    }
}

impl Outstanding {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn heartbeat_left(&self) -> usize {
        self.heartbeat_left
    }

    /// The application's bytes that wait, and the messages of which not all has gone out.
    pub(super) fn waiting(&self) -> Lost {
        self.parts.iter().fold(Lost::default(), |sum, part| Lost {
            app_len: sum.app_len + part.app_len,
            messages: sum.messages + u64::from(part.ends_message),
            untouched: 0,
        })
    }

    /// Moves past `len` bytes, or all there are.
    pub(super) fn advance(&mut self, mut len: usize) {
        self.len = self.len.saturating_sub(len);
        self.heartbeat_left = self.heartbeat_left.saturating_sub(len);
        while let Some(part) = self.parts.front_mut() {
            if part.len() > len {
                return part.advance(len);
            }
            len -= part.len();
            self.parts.pop_front();
        }
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.segments.front().map_or(&[], |segment| segment)
    }

    /// Moves past `cnt` bytes, or to the end if there are fewer.
    fn advance(&mut self, cnt: usize) {
        let mut left = cnt.min(self.len);
        self.len -= left;
        while let Some(segment) = self.segments.front_mut() {
            if segment.len() > left {
                return segment.advance(left);
            }
            left -= segment.len();
            self.segments.pop_front();
        }
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, dst: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slot, segment) in dst.iter_mut().zip(&self.segments) {
            *slot = std::io::IoSlice::new(segment);
            count += 1;
        }
        count
    }
}
