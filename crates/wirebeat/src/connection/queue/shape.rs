use super::Part;
use super::segment::SEGMENT_LEN_MIN;
use crate::frame::Header;

/// What a frame's header says of it.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) header_len: usize,
    pub(super) payload_len: usize,
    /// Whether its payload is the application's, rather than a Close's or a ping's.
    pub(super) is_data: bool,
    pub(super) fin: bool,
}

impl Shape {
    /// Reads the header at the front of `bytes`; `None` at the end of the queue.
    pub(super) fn read(bytes: &[u8]) -> Option<Shape> {
        let (header, header_len) = Header::parse(bytes).ok()??;
        let payload_len = usize::try_from(header.payload_len).ok()?;
        let is_data = !header.opcode.is_control();
        Some(Shape { header_len, payload_len, is_data, fin: header.fin })
    }

    pub(super) fn len(self) -> usize {
        self.header_len + self.payload_len
    }

    /// How much of the frame stands in `tail`.
    pub(super) fn len_in_tail(self) -> usize {
        if self.payload_len < SEGMENT_LEN_MIN { self.len() } else { self.header_len }
    }

    /// The `len` bytes of the frame that follow its first `from`.
    pub(super) fn part(self, from: usize, len: usize) -> Part {
        let header_len = self.header_len.saturating_sub(from).min(len);
        let (is_data, ends) = (self.is_data, from + len == self.len());
        let ends_message = is_data && self.fin && ends;
        Part { header_len, payload_len: len - header_len, is_data, ends_message }
    }
}
