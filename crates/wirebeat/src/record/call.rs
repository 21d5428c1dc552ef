use alloc::vec::Vec;

use crate::handshake::{Acceptance, Response};
use crate::{CloseFrame, Kind, Message};

/// Something that goes into a connection: a call of a [`Connection`](crate::Connection)'s.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Bytes that came, as far as one call of `receive` ate them.
    Receive(Vec<u8>),
    /// The transport took so many bytes.
    Written(usize),
    /// At most so many bytes were taken out to be written.
    Take(usize),
    /// The transport takes none.
    WriteBlocked,
    /// Whether the application reads.
    Reading(bool),
    /// The peer ended its side.
    Eof,
    /// The transport failed.
    Lost,
    /// Time passed.
    Timeout,
    /// A sign of life was asked for.
    Probe,
    /// A server accepted.
    Accept(Acceptance),
    /// A server answered with something else.
    Respond(Response),
    /// A message was sent.
    Send(Message<'static>),
    /// A message was sent as it is, on a connection that may compress.
    SendUncompressed(Message<'static>),
    /// A message was sent that is [prepared](crate::Prepared) for any number of connections, and
    /// whether it may be compressed.
    SendPrepared(Message<'static>, bool),
    /// A part of one was: with its kind if it's the first, and whether it's the last.
    SendFragment(Option<Kind>, Vec<u8>, bool),
    /// A ping was.
    Ping(Vec<u8>),
    /// The closing handshake was begun.
    Close(Option<CloseFrame>),
}
