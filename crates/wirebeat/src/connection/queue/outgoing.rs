use alloc::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::control::ControlLane;
use super::data::DataLane;
use super::{Lost, Record};
use crate::frame::Opcode;

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
    records: VecDeque<Record>,
    pub(super) holds_ping: bool,
}

/// Takes at most `max` bytes out of the lanes, in the order in which they go out.
pub(super) fn take(
    data: &mut DataLane,
    control: &mut ControlLane,
    max: usize,
) -> Option<(Outgoing, Outstanding)> {
    let in_progress = if control.is_empty() { data.len() } else { data.in_progress_len() };
    let len = max.min(data.len() + control.len());
    if len == 0 {
        return None;
    }
    let holds_ping = control.holds(Opcode::Ping);
    let mut segments = VecDeque::new();
    let mut records = VecDeque::new();
    let mut left = len;
    // In at most three parts: the rest of a frame, the control frames, the other data.
    let first = in_progress.min(left);
    take_data(data, first, &mut segments, &mut records);
    left -= first;
    let middle = control.len().min(left);
    if middle > 0 {
        segments.push_back(Bytes::copy_from_slice(&control.slice_at(0)[..middle]));
        control.advance(middle);
        records.push_back(control_record(middle));
        left -= middle;
    }
    take_data(data, left, &mut segments, &mut records);
    Some((Outgoing { segments, len }, Outstanding { records, holds_ping }))
}

fn take_data(
    data: &mut DataLane,
    len: usize,
    segments: &mut VecDeque<Bytes>,
    records: &mut VecDeque<Record>,
) {
    if len > 0 {
        data.share_front(len, segments);
        data.advance(len, &mut |taken| records.push_back(*taken));
    }
}

fn control_record(len: usize) -> Record {
    Record { header_left: 0, is_begun: true, ends_message: false, payload_left: len, app_left: 0 }
}

impl Outstanding {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Moves past `len` bytes, or all there are, and says what they stood for.
    pub(super) fn advance(&mut self, mut len: usize) -> Lost {
        let mut taken = Lost::default();
        while let Some(record) = self.records.front_mut() {
            if record.len() > len {
                taken.app_len += record.split(len).app_left as u64;
                break;
            }
            len -= record.len();
            taken.app_len += record.app_left as u64;
            taken.messages += u64::from(record.ends_message);
            self.records.pop_front();
        }
        taken
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
