//! A load on an echo server: `echo_load PORT CONNECTIONS LEN DEPTH SECONDS [raw]` sends frames that
//! were encoded before, `DEPTH` at once on each connection, waits for all of them to come back, and
//! begins anew. The first echo on each connection is compared byte by byte. Prints `ready` when it has
//! come back on all, begins to count when a line comes in, prints how many came back, and in how many
//! seconds, and keeps the connections until its input ends: so neither opening nor closing them is
//! measured.
//!
//! With 0 seconds it opens the connections, has one message echoed on each if `DEPTH` isn't 0, prints
//! `ready`, and keeps them until its input ends.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

struct Load {
    batch: Vec<u8>,
    expected: Vec<u8>,
    is_raw: bool,
}

struct Client {
    stream: mio::net::TcpStream,
    written: usize,
    missing: usize,
    /// What has come of the first echo, until it's compared.
    first: Option<Vec<u8>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize| words.get(at).ok_or("an argument is missing")?.parse().map_err(|_| "?");
    let (port, count, len, depth) = (number(0)?, number(1)?, number(2)?, number(3)?);
    let seconds: f64 = words.get(4).ok_or("for how long?")?.parse()?;
    let is_raw = words.get(5).is_some_and(|word| word == "raw");
    let load = Load::new(len, depth, is_raw);
    let port = u16::try_from(port)?;
    if seconds == 0.0 { hold(port, count, &load) } else { run(port, count, depth, seconds, &load) }
}

impl Load {
    fn new(len: usize, depth: usize, is_raw: bool) -> Load {
        let payload: Vec<u8> = (0..len).map(|at| b'a' + (at * 7 % 26) as u8).collect();
        let mut frame = header(len, true);
        frame.extend(KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        let echo = if is_raw { frame.clone() } else { [header(len, false), payload].concat() };
        Load { batch: frame.repeat(depth), expected: echo.repeat(depth), is_raw }
    }

    fn connect(&self, port: u16) -> Result<TcpStream, Box<dyn Error>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        if self.is_raw {
            return Ok(stream);
        }
        let request = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        if head.starts_with(b"HTTP/1.1 101 ") { Ok(stream) } else { Err("no upgrade".into()) }
    }
}

fn header(len: usize, is_masked: bool) -> Vec<u8> {
    let bit = u8::from(is_masked) << 7;
    let mut header = vec![0x82];
    match len {
        0..126 => header.push(bit | len as u8),
        126..0x1_0000 => {
            header.push(bit | 126);
            header.extend((len as u16).to_be_bytes());
        }
        _ => {
            header.push(bit | 127);
            header.extend((len as u64).to_be_bytes());
        }
    }
    header
}

fn hold(port: u16, count: usize, load: &Load) -> Result<(), Box<dyn Error>> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = load.connect(port)?;
        stream.write_all(&load.batch)?;
        let mut echo = vec![0; load.expected.len()];
        stream.read_exact(&mut echo)?;
        assert!(echo == load.expected, "a bad echo");
        streams.push(stream);
    }
    println!("ready");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn run(
    port: u16,
    count: usize,
    depth: usize,
    seconds: f64,
    load: &Load,
) -> Result<(), Box<dyn Error>> {
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    for at in 0..count {
        let stream = load.connect(port)?;
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(
            &mut stream,
            Token(at),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        // Nothing is to be written before it begins.
        let written = load.batch.len();
        clients.push(Client { stream, written, missing: 0, first: Some(Vec::new()) });
    }
    // Buffers are allocated and touched with the first message.
    exchange(&mut poll, &mut clients, 0.0, load)?;
    println!("ready");
    io::stdin().read_line(&mut String::new())?;
    let start = Instant::now();
    let rounds = exchange(&mut poll, &mut clients, seconds, load)?;
    println!("{} {}", rounds * depth as u64, start.elapsed().as_secs_f64());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Returns how many batches have come back when the time is over, at least one on each connection.
fn exchange(
    poll: &mut Poll,
    clients: &mut [Client],
    seconds: f64,
    load: &Load,
) -> Result<u64, Box<dyn Error>> {
    let start = Instant::now();
    for client in &mut *clients {
        client.begin(load)?;
    }
    let (mut events, mut buffer) = (Events::with_capacity(1024), vec![0; 1 << 20]);
    let (mut rounds, mut active) = (0, clients.len());
    while active > 0 {
        poll.poll(&mut events, Some(Duration::from_secs(20)))?;
        if events.is_empty() {
            return Err("nothing came back for 20 s".into());
        }
        let is_over = start.elapsed().as_secs_f64() > seconds;
        for event in &events {
            let client = &mut clients[event.token().0];
            if event.is_writable() {
                client.write(load)?;
            }
            if event.is_readable() {
                let (ended, done) = client.read(load, &mut buffer, is_over)?;
                rounds += done;
                active -= usize::from(ended);
            }
        }
    }
    Ok(rounds)
}

impl Client {
    fn begin(&mut self, load: &Load) -> io::Result<()> {
        (self.missing, self.written) = (load.expected.len(), 0);
        self.write(load)
    }

    fn write(&mut self, load: &Load) -> io::Result<()> {
        while self.written < load.batch.len() {
            match self.stream.write(&load.batch[self.written..]) {
                Ok(len) => self.written += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns whether it has ended, and how many batches have come back.
    fn read(&mut self, load: &Load, buffer: &mut [u8], is_over: bool) -> io::Result<(bool, u64)> {
        let mut done = 0;
        loop {
            let len = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok((false, done)),
                Err(error) => return Err(error),
            };
            if let Some(first) = &mut self.first {
                first.extend_from_slice(&buffer[..len]);
            }
            // One batch is on its way at a time.
            self.missing -= len;
            if self.missing == 0 {
                if let Some(first) = self.first.take() {
                    assert!(first == load.expected, "a bad echo");
                }
                done += 1;
                if is_over {
                    return Ok((true, done));
                }
                self.begin(load)?;
            }
            if len < buffer.len() {
                return Ok((false, done));
            }
        }
    }
}
