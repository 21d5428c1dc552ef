use core::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use wirebeat::Timestamp;
use wirebeat::record::{Begin, Call, Recorder, Recording};

use super::begin::put_begin;
use super::call::put_call;
use super::code::put_number;
use super::read::{MAGIC, VERSION, put_record};
use super::redact::Redactor;

/// Where a connection is written down: in memory, or wherever bytes can be written.
///
/// Clones are the same log. A connection that is recorded doesn't fail because its log can't be
/// written: what is missing shows as [`Log::error`], and the recording ends there.
#[derive(Clone)]
pub struct Log(Arc<Mutex<Inner>>);

struct Inner {
    /// What was written, unless there's a writer.
    bytes: Vec<u8>,
    writer: Option<Box<dyn Write + Send>>,
    error: Option<std::io::Error>,
    has_gap: bool,
    has_begun: bool,
    last: Timestamp,
    is_redacted: bool,
    redactor: Option<Redactor>,
}

impl Log {
    /// A log in memory.
    #[must_use]
    pub fn new() -> Log {
        Log::with(None)
    }

    /// A log that goes to a writer: a file, perhaps behind a buffer, which is flushed when the
    /// connection is over.
    #[must_use]
    pub fn to(writer: impl Write + Send + 'static) -> Log {
        Log::with(Some(Box::new(writer)))
    }

    fn with(writer: Option<Box<dyn Write + Send>>) -> Log {
        Log(Arc::new(Mutex::new(Inner {
            bytes: Vec::new(),
            writer,
            error: None,
            has_gap: false,
            has_begun: false,
            last: Timestamp::ZERO,
            is_redacted: false,
            redactor: None,
        })))
    }

    /// The same, without payloads, reasons, credentials, cookies and queries. It must be said before
    /// the connection begins.
    #[must_use]
    pub fn redacted(self) -> Log {
        self.lock().is_redacted = true;
        self
    }

    /// What was written; empty if it goes to a writer.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Why nothing more is written, if something kept it from that. It's told once.
    #[must_use]
    pub fn error(&self) -> Option<std::io::Error> {
        self.lock().error.take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It records one connection; those that begin later stay unrecorded.
impl Recorder for Log {
    fn record(&self, begin: &Begin) -> Option<Box<dyn Recording>> {
        let mut inner = self.lock();
        if std::mem::replace(&mut inner.has_begun, true) {
            return None;
        }
        let mut begin = begin.clone();
        if inner.is_redacted {
            inner.redactor = Some(Redactor::new(&begin));
            begin = Redactor::begin(begin);
        }
        inner.last = begin.now;
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        put_record(&mut out, |out| put_begin(out, &begin));
        inner.write(&out);
        drop(inner);
        Some(Box::new(self.clone()))
    }

    /// What is redacted would be compressed to another length, so it isn't compressed.
    fn takes_compressed(&self) -> bool {
        !self.lock().is_redacted
    }
}

impl Recording for Log {
    fn call(&mut self, at: Timestamp, mut call: Call) {
        let mut inner = self.lock();
        if let Some(redactor) = &mut inner.redactor {
            call = redactor.call(call);
        }
        let (last, now) = (inner.last.as_nanos(), at.as_nanos());
        inner.last = at;
        let mut out = Vec::new();
        put_record(&mut out, |out| {
            out.push(u8::from(now < last));
            put_number(out, now.abs_diff(last));
            put_call(out, &call);
        });
        inner.write(&out);
    }

    /// Writes all that waits in the writer.
    fn end(&mut self) {
        let mut inner = self.lock();
        let flushed = inner.writer.as_mut().map_or(Ok(()), Write::flush);
        inner.error = flushed.err().or(inner.error.take());
    }
}

impl Inner {
    fn write(&mut self, bytes: &[u8]) {
        match &mut self.writer {
            None => self.bytes.extend_from_slice(bytes),
            // Behind a gap nothing could be read.
            Some(_) if self.has_gap => {}
            Some(writer) => {
                self.error = writer.write_all(bytes).err();
                self.has_gap = self.error.is_some();
            }
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log::new()
    }
}

/// Shows nothing of what was written.
impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log(..)")
    }
}
