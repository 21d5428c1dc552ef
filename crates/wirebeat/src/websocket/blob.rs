use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;

use crate::{Message, Payload};

/// Immutable bytes with a media type: what a binary message is handed over as by default, and what
/// can be sent ([File API §3]).
///
/// Slices share the bytes. Nothing is awaited: the bytes are here.
///
/// ```
/// use wirebeat::websocket::Blob;
///
/// let blob = Blob::new(&b"hello, world"[..]).with_type("text/Plain");
/// assert_eq!((blob.size(), blob.media_type()), (12, "text/plain"));
///
/// let world = blob.slice(Some(-5), None, None);
/// assert_eq!(world.text(), "world");
/// ```
///
/// [File API §3]: https://www.w3.org/TR/FileAPI/#blob-section
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Blob {
    bytes: Bytes,
    media_type: ByteString,
}

impl Blob {
    /// A blob of these bytes, without a type.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Blob {
        Blob { bytes: bytes.into(), media_type: ByteString::new() }
    }

    /// The same bytes with this media type, in lower case; without one if a character of it lies
    /// outside U+0020 to U+007E ([File API §3.1]).
    ///
    /// [File API §3.1]: https://www.w3.org/TR/FileAPI/#constructorBlob
    #[must_use]
    pub fn with_type(self, media_type: &str) -> Blob {
        Blob { bytes: self.bytes, media_type: normalized(media_type) }
    }

    /// The length in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The media type (`type` in the browser), in lower case; empty if it has none.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The bytes from `start` up to and without `end`, with the given type ([File API §3.3.1]).
    ///
    /// A negative position counts from the end, and one that lies outside is the nearest inside;
    /// `None` is the blob's start or end. The slice has no type unless one is given.
    ///
    /// [File API §3.3.1]: https://www.w3.org/TR/FileAPI/#slice-method-algo
    #[must_use]
    pub fn slice(&self, start: Option<i64>, end: Option<i64>, media_type: Option<&str>) -> Blob {
        let bytes = slice(&self.bytes, start.unwrap_or(0), end);
        Blob { bytes, media_type: media_type.map(normalized).unwrap_or_default() }
    }

    /// The bytes as text, by the standard's UTF-8 decode: a byte order mark is cut off, and what
    /// isn't UTF-8 becomes U+FFFD ([File API §3.3.3]).
    ///
    /// [File API §3.3.3]: https://www.w3.org/TR/FileAPI/#text-method-algo
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes);
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The bytes, shared.
    #[must_use]
    pub fn array_buffer(&self) -> ArrayBuffer {
        ArrayBuffer(self.bytes.clone())
    }

    /// The bytes, to look at.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Shows size and type.
impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("size", &self.size())
            .field("type", &self.media_type())
            .finish()
    }
}

impl From<Blob> for Message<'_> {
    fn from(blob: Blob) -> Self {
        Message::Binary(Payload::Owned(blob.bytes))
    }
}

/// Bytes that were received, or are to be sent ([ECMAScript, "ArrayBuffer objects"]).
///
/// They can't be changed, and slices share them.
///
/// ```
/// use wirebeat::websocket::ArrayBuffer;
///
/// let buffer = ArrayBuffer::new(vec![1, 2, 3, 4]);
/// assert_eq!(buffer.byte_length(), 4);
/// assert_eq!(*buffer.slice(1, Some(-1)), [2, 3]);
/// ```
///
/// [ECMAScript, "ArrayBuffer objects"]: https://tc39.es/ecma262/#sec-arraybuffer-objects
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ArrayBuffer(Bytes);

impl ArrayBuffer {
    /// A buffer of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> ArrayBuffer {
        ArrayBuffer(bytes.into())
    }

    /// The length in bytes.
    #[must_use]
    pub fn byte_length(&self) -> usize {
        self.0.len()
    }

    /// The bytes from `begin` up to and without `end`, or up to the buffer's end. A negative
    /// position counts from the end, and one that lies outside is the nearest inside.
    #[must_use]
    pub fn slice(&self, begin: i64, end: Option<i64>) -> ArrayBuffer {
        ArrayBuffer(slice(&self.0, begin, end))
    }

    /// The bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for ArrayBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Shows the length.
impl fmt::Debug for ArrayBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayBuffer").field("byte_length", &self.byte_length()).finish()
    }
}

impl From<Vec<u8>> for ArrayBuffer {
    fn from(bytes: Vec<u8>) -> ArrayBuffer {
        ArrayBuffer(bytes.into())
    }
}

impl From<ArrayBuffer> for Message<'_> {
    fn from(buffer: ArrayBuffer) -> Self {
        Message::Binary(Payload::Owned(buffer.0))
    }
}

fn normalized(media_type: &str) -> ByteString {
    if media_type.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        let mut media_type = media_type.to_owned();
        media_type.make_ascii_lowercase();
        media_type.into()
    } else {
        ByteString::new()
    }
}

/// The part that `Blob.slice` and `ArrayBuffer.slice` take, which agree but for the default start.
fn slice(bytes: &Bytes, start: i64, end: Option<i64>) -> Bytes {
    let start = position(start, bytes.len());
    let end = end.map_or(bytes.len(), |end| position(end, bytes.len()));
    bytes.slice(start..end.max(start))
}

/// A position counted from the start, or from the end if it's negative, within the bytes.
fn position(relative: i64, len: usize) -> usize {
    let distance = usize::try_from(relative.unsigned_abs()).unwrap_or(usize::MAX);
    if relative < 0 { len.saturating_sub(distance) } else { distance.min(len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_counts_from_either_end_and_stays_inside() {
        let blob = Blob::new(&b"0123456789"[..]).with_type("a/b");
        for (start, end, expected) in [
            (None, None, "0123456789"),
            (Some(3), None, "3456789"),
            (None, Some(3), "012"),
            (Some(2), Some(5), "234"),
            (Some(-3), None, "789"),
            (Some(-5), Some(-2), "567"),
            (Some(5), Some(2), ""),
            (Some(10), Some(10), ""),
            (Some(11), Some(20), ""),
            (Some(-11), Some(1), "0"),
            (Some(i64::MIN), Some(i64::MAX), "0123456789"),
            (Some(i64::MAX), Some(i64::MIN), ""),
        ] {
            let slice = blob.slice(start, end, None);
            assert_eq!(slice.text(), expected, "{start:?}..{end:?}");
            assert_eq!(slice.media_type(), "", "a slice has no type of its own");
            let buffer = blob.array_buffer().slice(start.unwrap_or(0), end);
            assert_eq!(*buffer, *expected.as_bytes(), "{start:?}..{end:?}");
        }
    }

    #[test]
    fn a_slice_shares_the_bytes() {
        let bytes = Bytes::from(alloc::vec![7; 100]);
        let slice = Blob::new(bytes.clone()).slice(Some(10), Some(20), None);
        assert_eq!(slice.as_bytes().as_ptr(), bytes[10..].as_ptr());
    }

    #[test]
    fn a_type_is_lower_case_and_printable_ascii_or_none() {
        for (given, expected) in [
            ("text/HTML; Charset=UTF-8", "text/html; charset=utf-8"),
            ("", ""),
            (" ~", " ~"),
            ("text/\u{7f}", ""),
            ("text/\t", ""),
            ("text/é", ""),
        ] {
            assert_eq!(Blob::default().with_type(given).media_type(), expected, "{given:?}");
            let slice = Blob::default().slice(None, None, Some(given));
            assert_eq!(slice.media_type(), expected, "{given:?}");
        }
    }

    #[test]
    fn text_loses_its_byte_order_mark_and_bad_sequences() {
        for (bytes, expected) in [
            (&b"\xef\xbb\xbfx"[..], "x"),
            (b"\xef\xbb\xbf\xef\xbb\xbfx", "\u{feff}x"),
            (b"a\xffb", "a\u{fffd}b"),
            // The longest start of a sequence counts as one mistake.
            (b"\xf0\x9f\x98x\xed\xa0\x80", "\u{fffd}x\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(Blob::new(bytes).text(), expected);
        }
    }
}
