//! A transport that shuttle knows of.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::net::Shutdown;
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::{Arc, Condvar, Mutex};
use shuttle::thread;

use crate::Socket;

/// How many bytes a direction of the transport holds: less than a message.
const PIPE_LEN: usize = 24;

/// One direction of a transport.
struct Pipe {
    bytes: Mutex<Bytes>,
    changed: Condvar,
}

struct Bytes {
    queue: VecDeque<u8>,
    is_ended: bool,
}

/// One end of a transport, whose reads are cut anywhere. What is to wait for a moment gives others
/// their turns; what is to wait for longer waits for ever.
pub(super) struct End {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
    waits_for_a_moment: Mutex<bool>,
}

pub(super) fn transport() -> (End, End) {
    let pipe = || {
        let bytes = Bytes { queue: VecDeque::new(), is_ended: false };
        Arc::new(Pipe { bytes: Mutex::new(bytes), changed: Condvar::new() })
    };
    let (one, other) = (pipe(), pipe());
    let end = |incoming: &Arc<Pipe>, outgoing: &Arc<Pipe>| End {
        incoming: Arc::clone(incoming),
        outgoing: Arc::clone(outgoing),
        waits_for_a_moment: Mutex::new(false),
    };
    (end(&one, &other), end(&other, &one))
}

impl Pipe {
    fn take(&self, bytes: &mut Bytes, buffer: &mut [u8]) -> io::Result<usize> {
        if bytes.queue.is_empty() {
            return if bytes.is_ended { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let len = thread_rng().gen_range(1..=bytes.queue.len().min(buffer.len()));
        for (to, from) in buffer.iter_mut().zip(bytes.queue.drain(..len)) {
            *to = from;
        }
        self.changed.notify_all();
        Ok(len)
    }

    fn end(&self) {
        self.bytes.lock().unwrap().is_ended = true;
        self.changed.notify_all();
    }
}

impl Socket for End {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let pipe = &self.incoming;
        if *self.waits_for_a_moment.lock().unwrap() {
            let read = self.read_now(buffer);
            if read.is_err() {
                thread::yield_now();
                return self.read_now(buffer);
            }
            return read;
        }
        let mut bytes = pipe.bytes.lock().unwrap();
        while bytes.queue.is_empty() && !bytes.is_ended {
            bytes = pipe.changed.wait(bytes).unwrap();
        }
        pipe.take(&mut bytes, buffer)
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.incoming.take(&mut self.incoming.bytes.lock().unwrap(), buffer)
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.write_now(slices);
        if written.is_err() {
            // It waits for a moment, in which others have their turns.
            thread::yield_now();
            return self.write_now(slices);
        }
        written
    }

    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut bytes = self.outgoing.bytes.lock().unwrap();
        if bytes.is_ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let room = PIPE_LEN - bytes.queue.len();
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let before = bytes.queue.len();
        bytes.queue.extend(slices.iter().flat_map(|slice| slice.iter()).take(room));
        self.outgoing.changed.notify_all();
        Ok(bytes.queue.len() - before)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        let is_moment = timeout.is_some_and(|timeout| timeout < Duration::from_secs(1));
        *self.waits_for_a_moment.lock().unwrap() = is_moment;
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.outgoing.end();
        if how == Shutdown::Both {
            self.incoming.end();
        }
        Ok(())
    }
}
