use core::fmt;

use bytes::Buf;

use super::control::ControlLane;
use super::data::DataLane;

/// The bytes at the front of the send queue, as a [`Buf`] to write from.
///
/// Reading from it moves nothing: the queue moves when
/// [`handle_written`](crate::Connection::handle_written) says what the transport took. With the
/// `std` feature, `chunks_vectored` gives every part of it at once.
#[derive(Clone)]
pub struct Transmit<'q> {
    data: &'q DataLane,
    control: &'q ControlLane,
    offset: usize,
    len: usize,
}

impl<'q> Transmit<'q> {
    #[inline]
    pub(super) fn new(data: &'q DataLane, control: &'q ControlLane) -> Option<Transmit<'q>> {
        let len = data.len() + control.len();
        (len > 0).then_some(Transmit { data, control, offset: 0, len })
    }

    /// The slice at `offset`, as long as it goes; empty at the end.
    #[inline]
    fn slice_at(&self, offset: usize) -> &'q [u8] {
        if self.control.is_empty() {
            self.data.slice_at(offset)
        } else {
            self.slice_of_both_at(offset)
        }
    }

    /// The rest of the data frame in progress, the control frames, the other data.
    fn slice_of_both_at(&self, offset: usize) -> &'q [u8] {
        let (in_progress_len, control_len) = (self.data.in_progress_len(), self.control.len());
        match offset.checked_sub(in_progress_len) {
            None => {
                let slice = self.data.slice_at(offset);
                &slice[..slice.len().min(in_progress_len - offset)]
            }
            Some(offset) if offset < control_len => self.control.slice_at(offset),
            Some(_) => self.data.slice_at(offset - control_len),
        }
    }
}

impl Buf for Transmit<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        self.len - self.offset
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.slice_at(self.offset)
    }

    /// Moves past `cnt` bytes, or to the end if there are fewer.
    #[inline]
    fn advance(&mut self, cnt: usize) {
        self.offset = self.offset.saturating_add(cnt).min(self.len);
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, dst: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut count = 0;
        if self.offset == 0 && self.control.is_empty() {
            for (slot, slice) in dst.iter_mut().zip(self.data.slices()) {
                *slot = std::io::IoSlice::new(slice);
                count += 1;
            }
            return count;
        }
        let mut offset = self.offset;
        for slot in dst {
            let slice = self.slice_at(offset);
            if slice.is_empty() {
                break;
            }
            offset += slice.len();
            *slot = std::io::IoSlice::new(slice);
            count += 1;
        }
        count
    }
}

impl fmt::Debug for Transmit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmit").field("remaining", &self.remaining()).finish_non_exhaustive()
    }
}
