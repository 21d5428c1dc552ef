use super::segment::Segment;
use super::{Part, share};
use crate::frame::Header;

/// What a frame's header says of it.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) header_len: usize,
    pub(super) payload_len: usize,
    /// Whether its payload is the application's, rather than a Close's or a ping's.
    pub(super) is_data: bool,
    pub(super) fin: bool,
    /// Whether its payload is a segment.
    pub(super) is_segment: bool,
}

/// Reads the frames that wait, one after the other.
pub(super) struct Frames<'q> {
    tail: &'q [u8],
    /// Where in `tail` the next header is.
    at: usize,
    /// The segments from there on.
    segments: &'q [Segment],
}

impl<'q> Frames<'q> {
    /// The frames from the header at `at` on. The first segment is of one of them.
    pub(super) fn new(tail: &'q [u8], at: usize, segments: &'q [Segment]) -> Frames<'q> {
        Frames { tail, at, segments }
    }
}

impl Iterator for Frames<'_> {
    type Item = Shape;

    fn next(&mut self) -> Option<Shape> {
        let (header, header_len) = Header::parse(self.tail.get(self.at..)?).ok()??;
        let payload_len = usize::try_from(header.payload_len).ok()?;
        let is_data = !header.opcode.is_control();
        // A segment's header ends where the segment stands, and no other does.
        let is_segment = match self.segments.split_first() {
            Some((first, rest)) if first.at == self.at + header_len => {
                self.segments = rest;
                true
            }
            _ => false,
        };
        let shape = Shape { header_len, payload_len, is_data, fin: header.fin, is_segment };
        self.at += shape.len_in_tail();
        Some(shape)
    }
}

impl Shape {
    pub(super) fn len(self) -> usize {
        self.header_len + self.payload_len
    }

    /// How much of the frame stands in `tail`.
    pub(super) fn len_in_tail(self) -> usize {
        if self.is_segment { self.header_len } else { self.len() }
    }

    /// The `len` bytes of the frame that follow its first `from`, when all of it stands for `app_len`
    /// bytes of the application's.
    pub(super) fn part(self, from: usize, len: usize, app_len: u64) -> Part {
        let header_len = self.header_len.saturating_sub(from).min(len);
        let payload_len = len - header_len;
        let before = from.saturating_sub(self.header_len);
        let app_len = share(app_len, before + payload_len, self.payload_len)
            - share(app_len, before, self.payload_len);
        let ends_message = self.is_data && self.fin && from + len == self.len();
        Part { header_len, payload_len, app_len, ends_message }
    }
}
