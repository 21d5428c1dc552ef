use core::time::Duration;

use super::error::RecordingErrorReason;

/// A value of a record that can't be.
pub(super) type Decoded<T> = Result<T, RecordingErrorReason>;

/// Appends a number: seven bits a byte, the lowest first.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(0x80 | u8::try_from(number & 0x7F).unwrap_or(0));
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn put_option<T>(
    out: &mut Vec<u8>,
    value: Option<T>,
    put: impl FnOnce(&mut Vec<u8>, T),
) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

pub(super) fn put_time(out: &mut Vec<u8>, time: Duration) {
    put_number(out, u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
}

/// What is left of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<'b>(pub(super) &'b [u8]);

impl<'b> Body<'b> {
    pub(super) fn byte(&mut self) -> Decoded<u8> {
        let (byte, rest) = self.0.split_first().ok_or(RecordingErrorReason::Short)?;
        self.0 = rest;
        Ok(*byte)
    }

    pub(super) fn number(&mut self) -> Decoded<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                return Err(RecordingErrorReason::Number);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(RecordingErrorReason::Number)
    }

    pub(super) fn len(&mut self) -> Decoded<usize> {
        usize::try_from(self.number()?).map_err(|_| RecordingErrorReason::Number)
    }

    pub(super) fn bytes(&mut self) -> Decoded<&'b [u8]> {
        let len = self.len()?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(RecordingErrorReason::Short)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Decoded<&'b str> {
        core::str::from_utf8(self.bytes()?).map_err(|_| RecordingErrorReason::Text)
    }

    pub(super) fn flag(&mut self) -> Decoded<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(RecordingErrorReason::Tag(other)),
        }
    }

    pub(super) fn option<T>(
        &mut self,
        get: impl FnOnce(&mut Body<'b>) -> Decoded<T>,
    ) -> Decoded<Option<T>> {
        Ok(if self.flag()? { Some(get(self)?) } else { None })
    }

    pub(super) fn time(&mut self) -> Decoded<Duration> {
        self.number().map(Duration::from_nanos)
    }

    pub(super) fn end(self) -> Decoded<()> {
        if self.0.is_empty() { Ok(()) } else { Err(RecordingErrorReason::Trailing) }
    }
}
