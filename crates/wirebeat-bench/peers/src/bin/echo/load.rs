use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::servers::Server;
use wirebeat::frame::{Header, Opcode, Rsv, mask};

/// How many messages are on their way at once when there are many.
const IN_FLIGHT: usize = 64;

/// How long a write is at most, as if messages came one by one from an application that writes them
/// together while it can.
const WRITE_LEN_MAX: usize = 64 * 1024;

/// What a server has to do.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    message_len: usize,
    in_flight: usize,
    messages: usize,
}

/// The nanoseconds for a message.
#[derive(Clone, Copy, Default)]
pub(crate) struct Times {
    /// From when the first is sent until the last is back.
    pub(crate) elapsed: f64,
    /// The server's on the processor.
    pub(crate) used: f64,
}

impl Load {
    /// Every length, one at a time and many.
    pub(crate) fn all() -> impl Iterator<Item = Load> {
        let lens = [
            (16, 6000, 100_000),
            (1024, 6000, 60_000),
            (16 << 10, 3000, 6000),
            (1 << 20, 100, 192),
        ];
        lens.into_iter().flat_map(|(message_len, one_by_one, many)| {
            [
                Load { message_len, in_flight: 1, messages: one_by_one },
                Load { message_len, in_flight: IN_FLIGHT, messages: many },
            ]
        })
    }

    /// Does it with a connection of its own.
    pub(crate) fn run(self, server: &Server) -> io::Result<Times> {
        let mut stream = connect(server.address)?;
        let frame = frame(self.message_len);
        let echo_len = frame.len() - 4;
        let start = Instant::now();
        if self.in_flight == 1 {
            let mut echo = vec![0; echo_len];
            for _ in 0..self.messages {
                stream.write_all(&frame)?;
                stream.read_exact(&mut echo)?;
            }
        } else {
            self.keep_in_flight(&stream, &frame, echo_len)?;
        }
        let elapsed = start.elapsed().as_secs_f64() * 1e9 / self.messages as f64;
        drop(stream);
        let used = server.nanoseconds.recv().map_err(io::Error::other)?;
        Ok(Times { elapsed, used: used / self.messages as f64 })
    }

    /// One thread writes what may be on its way, and another takes in what comes back.
    fn keep_in_flight(self, stream: &TcpStream, frame: &[u8], echo_len: usize) -> io::Result<()> {
        let credits = Credits { left: Mutex::new(self.in_flight), more: Condvar::new() };
        let per_write = (WRITE_LEN_MAX / frame.len()).clamp(1, self.in_flight);
        let frames = frame.repeat(per_write);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut written = 0;
                while written < self.messages {
                    let count = credits.take(per_write.min(self.messages - written));
                    (&mut &*stream).write_all(&frames[..count * frame.len()])?;
                    written += count;
                }
                Ok(())
            });
            let mut buffer = vec![0; 256 * 1024];
            let (mut received, mut given) = (0, 0);
            while given < self.messages {
                let len = (&mut &*stream).read(&mut buffer)?;
                if len == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                received += len;
                let whole = received / echo_len - given;
                if whole > 0 {
                    given += whole;
                    credits.give(whole);
                }
            }
            writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer panicked")))
        })
    }
}

/// How many more messages may be on their way.
struct Credits {
    left: Mutex<usize>,
    more: Condvar,
}

impl Credits {
    /// Takes at most `max`, and at least one.
    fn take(&self, max: usize) -> usize {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left =
            self.more.wait_while(left, |left| *left == 0).unwrap_or_else(PoisonError::into_inner);
        let taken = max.min(*left);
        *left -= taken;
        taken
    }

    fn give(&self, count: usize) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) += count;
        self.more.notify_one();
    }
}

fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(stream)
}

/// A client's binary message.
fn frame(len: usize) -> Vec<u8> {
    let masking_key = [0x37, 0xFA, 0x21, 0x3D];
    let header = Header {
        fin: true,
        rsv: Rsv::NONE,
        opcode: Opcode::Binary,
        masking_key: Some(masking_key),
        payload_len: len as u64,
    };
    let mut frame = Vec::new();
    header.encode(&mut frame);
    let payload = frame.len();
    frame.resize(payload + len, 0x5A);
    mask(&mut frame[payload..], masking_key);
    frame
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = match self.message_len {
            len if len >= 1 << 20 => format!("{} MiB", len >> 20),
            len if len >= 1 << 10 => format!("{} KiB", len >> 10),
            len => format!("{len} B"),
        };
        match self.in_flight {
            1 => write!(f, "{len}, ping-pong"),
            count => write!(f, "{len}, {count} in flight"),
        }
    }
}
