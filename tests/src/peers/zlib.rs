//! Python's zlib, which compresses and decompresses messages: `tests/peers/zlib_streams.py`.

use std::io::{self, Write};
use std::process::Stdio;
use std::thread;

use super::library::python;

/// Messages that share a window, or that don't.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// How they were compressed, or are to be decompressed.
    pub name: String,
    /// What is in them.
    pub messages: Vec<Deflated>,
}

/// A message, and what is sent of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deflated {
    /// What it is.
    pub content: Vec<u8>,
    /// The same, compressed, without the tail.
    pub wire: Vec<u8>,
}

/// Streams that zlib has compressed in every way that it has; the same for the same seed.
///
/// # Errors
///
/// The script fails.
pub fn deflated(seed: u64) -> io::Result<Vec<Stream>> {
    let output = run(&["deflate", &seed.to_string()], Vec::new())?;
    let mut rest = &output[..];
    let mut streams = Vec::new();
    while !rest.is_empty() {
        let name = String::from_utf8(take(&mut rest)?).map_err(io::Error::other)?;
        let count = String::from_utf8(take(&mut rest)?).map_err(io::Error::other)?;
        let messages = (0..count.parse().map_err(io::Error::other)?)
            .map(|_| Ok(Deflated { content: take(&mut rest)?, wire: take(&mut rest)? }))
            .collect::<io::Result<_>>()?;
        streams.push(Stream { name, messages });
    }
    Ok(streams)
}

/// What zlib makes of the messages of each stream, whose name says with which window.
///
/// # Errors
///
/// The script fails: something isn't compressed data, or reaches back beyond the window.
pub fn inflated(streams: &[Stream]) -> io::Result<Vec<Vec<Vec<u8>>>> {
    let mut input = Vec::new();
    for Stream { name, messages } in streams {
        put(&mut input, name.as_bytes())?;
        put(&mut input, messages.len().to_string().as_bytes())?;
        for message in messages {
            put(&mut input, &message.wire)?;
        }
    }
    let output = run(&["inflate"], input)?;
    let mut rest = &output[..];
    streams.iter().map(|stream| stream.messages.iter().map(|_| take(&mut rest)).collect()).collect()
}

fn run(arguments: &[&str], input: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut child = python("zlib_streams.py")?
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take();
    // It writes while it reads.
    let writer = thread::spawn(move || stdin.map_or(Ok(()), |mut stdin| stdin.write_all(&input)));
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("zlib_streams.py: {}", output.status)));
    }
    writer.join().map_err(|_| io::Error::other("the input can't be written"))??;
    Ok(output.stdout)
}

fn put(to: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.extend_from_slice(&len.to_be_bytes());
    to.extend_from_slice(bytes);
    Ok(())
}

fn take(from: &mut &[u8]) -> io::Result<Vec<u8>> {
    let cut_off = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (len, rest) = from.split_first_chunk().ok_or_else(cut_off)?;
    let len = usize::try_from(u32::from_be_bytes(*len)).map_err(io::Error::other)?;
    let (bytes, rest) = rest.split_at_checked(len).ok_or_else(cut_off)?;
    *from = rest;
    Ok(bytes.to_vec())
}
