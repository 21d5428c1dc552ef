use wirebeat::Timestamp;
use wirebeat::record::{Begin, Call};

use super::begin::get_begin;
use super::call::get_call;
use super::code::Body;
use super::error::{RecordingError, RecordingErrorReason};

/// What every recording begins with.
pub(super) const MAGIC: &[u8; 5] = b"WBREC";
/// The version that is written here. Those before it are read too.
pub(super) const VERSION: u8 = 2;
const VERSION_MIN: u8 = 1;
/// How long a record's length and checksum are.
const LEN_LEN: usize = 4;
const CHECKSUM_LEN: usize = 4;

/// Reads a recording, record by record. The first thing that is wrong is the last that it gives.
#[derive(Debug)]
pub struct Reader<'r> {
    bytes: &'r [u8],
    offset: usize,
    last: Timestamp,
    is_over: bool,
}

/// A record: when something went in, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When, by the driver's clock.
    pub at: Timestamp,
    /// What.
    pub call: Call,
    /// Where it stands, in bytes from the recording's begin.
    pub offset: usize,
}

impl<'r> Reader<'r> {
    /// Reads what the connection began with.
    ///
    /// # Errors
    ///
    /// [`RecordingError`]: it's no recording, of another version, or broken.
    pub fn new(bytes: &'r [u8]) -> Result<(Begin, Reader<'r>), RecordingError> {
        let at_begin = |reason| RecordingError { offset: 0, reason };
        let head = bytes.split_at_checked(MAGIC.len());
        let Some((_, rest)) = head.filter(|(magic, _)| magic == MAGIC) else {
            return Err(at_begin(RecordingErrorReason::NoRecording));
        };
        let offset = MAGIC.len();
        let version = *rest
            .first()
            .ok_or(RecordingError { offset, reason: RecordingErrorReason::Truncated })?;
        if !(VERSION_MIN..=VERSION).contains(&version) {
            return Err(RecordingError { offset, reason: RecordingErrorReason::Version(version) });
        }
        let mut reader =
            Reader { bytes, offset: offset + 1, last: Timestamp::ZERO, is_over: false };
        let offset = reader.offset;
        let mut body = Body(reader.body()?);
        let begin = get_begin(&mut body, version)
            .and_then(|begin| body.end().map(|()| begin))
            .map_err(|reason| RecordingError { offset, reason })?;
        reader.last = begin.now;
        Ok((begin, reader))
    }

    /// The body of the next record.
    fn body(&mut self) -> Result<&'r [u8], RecordingError> {
        let offset = self.offset;
        let wrong = |reason| RecordingError { offset, reason };
        let rest = &self.bytes[offset..];
        let truncated = || wrong(RecordingErrorReason::Truncated);
        let (len, rest) = rest.split_first_chunk::<LEN_LEN>().ok_or_else(truncated)?;
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let (body, rest) = rest.split_at_checked(len).ok_or_else(truncated)?;
        let checksum = rest.first_chunk::<CHECKSUM_LEN>().ok_or_else(truncated)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
            return Err(wrong(RecordingErrorReason::Checksum));
        }
        self.offset += LEN_LEN + len + CHECKSUM_LEN;
        Ok(body)
    }

    fn record(&mut self) -> Result<Record, RecordingError> {
        let offset = self.offset;
        let wrong = |reason| RecordingError { offset, reason };
        let mut body = Body(self.body()?);
        // The time since the record before, and whether it went backwards.
        let is_back = body.flag().map_err(wrong)?;
        let step = body.number().map_err(wrong)?;
        let at = match is_back {
            true => self.last.as_nanos().checked_sub(step),
            false => self.last.as_nanos().checked_add(step),
        };
        let at = Timestamp::from_nanos(at.ok_or(wrong(RecordingErrorReason::Number))?);
        let call = get_call(&mut body).map_err(wrong)?;
        body.end().map_err(wrong)?;
        self.last = at;
        Ok(Record { at, call, offset })
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Record, RecordingError>;

    fn next(&mut self) -> Option<Result<Record, RecordingError>> {
        if self.is_over || self.offset == self.bytes.len() {
            return None;
        }
        let record = self.record();
        self.is_over = record.is_err();
        Some(record)
    }
}

/// Appends a record.
pub(super) fn put_record(out: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend_from_slice(&[0; LEN_LEN]);
    put(out);
    let body = &out[begin + LEN_LEN..];
    let (len, checksum) = (u32::try_from(body.len()).unwrap_or(u32::MAX), crc32fast::hash(body));
    out[begin..begin + LEN_LEN].copy_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&checksum.to_le_bytes());
}
