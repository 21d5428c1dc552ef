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
    slices: Slices<'q>,
}

#[derive(Clone)]
enum Slices<'q> {
    /// Small messages, one behind another.
    One(&'q [u8]),
    /// A large message, and what is before it: its header at least.
    Two(&'q [u8], &'q [u8]),
    /// Anything else.
    Lanes(Lanes<'q>),
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
        let slices = if !control.is_empty() {
            Slices::Lanes(Lanes::new(data, control))
        } else if let Some(slice) = data.as_slice() {
            if slice.is_empty() {
                return None;
            }
            Slices::One(slice)
        } else if let Some((before, segment)) = data.as_pair() {
            Slices::Two(before, segment)
        } else {
            Slices::Lanes(Lanes::new(data, control))
        };
        Some(Transmit { slices })
    }

    /// All the bytes, if they stand in one slice, as small messages do: these need no vectored write.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> Option<&'q [u8]> {
        match self.slices {
            Slices::One(slice) => Some(slice),
            Slices::Two(..) | Slices::Lanes(_) => None,
        }
    }

    /// All the bytes, if they stand in two slices at the most, as a large message behind its header
    /// does. The second is empty if one is enough.
    #[must_use]
    #[inline]
    pub fn as_slices(&self) -> Option<[&'q [u8]; 2]> {
        match self.slices {
            Slices::One(slice) => Some([slice, &[]]),
            Slices::Two(before, segment) => Some([before, segment]),
            Slices::Lanes(_) => None,
        }
    }
}

impl<'q> Lanes<'q> {
    #[inline]
    fn new(data: &'q DataLane, control: &'q ControlLane) -> Lanes<'q> {
        Lanes { data, control, offset: 0, len: data.len() + control.len() }
    }

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
        match &self.slices {
            Slices::One(slice) => slice.len(),
            Slices::Two(first, second) => first.len() + second.len(),
            Slices::Lanes(lanes) => lanes.len - lanes.offset,
        }
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        match &self.slices {
            Slices::One(slice) | Slices::Two(slice, _) => slice,
            Slices::Lanes(lanes) => lanes.slice_at(lanes.offset),
        }
    }

    /// Moves past `cnt` bytes, or to the end if there are fewer.
    #[inline]
    fn advance(&mut self, cnt: usize) {
        match &mut self.slices {
            Slices::One(slice) => *slice = slice.get(cnt..).unwrap_or_default(),
            Slices::Two(first, second) => match cnt.checked_sub(first.len()) {
                None => *first = &first[cnt..],
                Some(cnt) => self.slices = Slices::One(second.get(cnt..).unwrap_or_default()),
            },
            Slices::Lanes(lanes) => lanes.offset = lanes.offset.saturating_add(cnt).min(lanes.len),
        }
    }

    #[cfg(feature = "std")]
    #[inline]
    fn chunks_vectored<'a>(&'a self, dst: &mut [IoSlice<'a>]) -> usize {
        match (&self.slices, dst) {
            (_, []) | (Slices::One([]), _) => 0,
            (Slices::One(slice) | Slices::Two(slice, _), [slot])
            | (Slices::One(slice), [slot, ..]) => {
                *slot = IoSlice::new(slice);
                1
            }
            (Slices::Two(first, second), [first_slot, second_slot, ..]) => {
                *first_slot = IoSlice::new(first);
                *second_slot = IoSlice::new(second);
                2
            }
            (Slices::Lanes(lanes), dst) => lanes.fill(dst),
        }
    }
}

impl fmt::Debug for Transmit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmit").field("remaining", &self.remaining()).finish_non_exhaustive()
    }
}
