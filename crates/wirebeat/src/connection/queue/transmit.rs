use core::fmt;
#[cfg(feature = "std")]
use std::io::IoSlice;

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
    /// All there is, in the usual case that it's in one slice.
    slice: &'q [u8],
    /// All there is otherwise.
    lanes: Option<Lanes<'q>>,
}

#[derive(Clone)]
struct Lanes<'q> {
    data: &'q DataLane,
    control: &'q ControlLane,
    offset: usize,
    len: usize,
}

impl<'q> Transmit<'q> {
    #[inline]
    pub(super) fn new(data: &'q DataLane, control: &'q ControlLane) -> Option<Transmit<'q>> {
        if control.is_empty()
            && let Some(slice) = data.as_slice()
        {
            return if slice.is_empty() { None } else { Some(Transmit { slice, lanes: None }) };
        }
        let len = data.len() + control.len();
        Some(Transmit { slice: &[], lanes: Some(Lanes { data, control, offset: 0, len }) })
    }

    /// All the bytes, if they stand in one slice, as they usually do: these need no vectored write.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> Option<&'q [u8]> {
        if self.lanes.is_none() { Some(self.slice) } else { None }
    }
}

impl<'q> Lanes<'q> {
    /// The slice at `offset`, as long as it goes; empty at the end. First comes the rest of the
    /// data frame in progress, then the control frames, then the other data.
    fn slice_at(&self, offset: usize) -> &'q [u8] {
        if self.control.is_empty() {
            return self.data.slice_at(offset);
        }
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

    #[cfg(feature = "std")]
    #[inline]
    fn fill<'a>(&'a self, slots: &mut [IoSlice<'a>]) -> usize {
        if self.offset == 0 && self.control.is_empty() {
            return self.data.fill(slots);
        }
        let (mut offset, mut count) = (self.offset, 0);
        for slot in slots {
            let slice = self.slice_at(offset);
            if slice.is_empty() {
                break;
            }
            offset += slice.len();
            *slot = IoSlice::new(slice);
            count += 1;
        }
        count
    }
}

impl Buf for Transmit<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        self.lanes.as_ref().map_or(self.slice.len(), |lanes| lanes.len - lanes.offset)
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.lanes.as_ref().map_or(self.slice, |lanes| lanes.slice_at(lanes.offset))
    }

    /// Moves past `cnt` bytes, or to the end if there are fewer.
    #[inline]
    fn advance(&mut self, cnt: usize) {
        match &mut self.lanes {
            None => self.slice = self.slice.get(cnt..).unwrap_or_default(),
            Some(lanes) => lanes.offset = lanes.offset.saturating_add(cnt).min(lanes.len),
        }
    }

    #[cfg(feature = "std")]
    #[inline]
    fn chunks_vectored<'a>(&'a self, dst: &mut [IoSlice<'a>]) -> usize {
        match (&self.lanes, self.slice, dst) {
            (None, [], _) | (None, _, []) => 0,
            (None, slice, [slot, ..]) => {
                *slot = IoSlice::new(slice);
                1
            }
            (Some(lanes), _, dst) => lanes.fill(dst),
        }
    }
}

impl fmt::Debug for Transmit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmit").field("remaining", &self.remaining()).finish_non_exhaustive()
    }
}
