use alloc::string::String;
use alloc::vec::Vec;

use super::budget::Budget;
use crate::extension::{Block, Decompressor, SPARE_LEN};
use crate::message::Utf8Checker;
use crate::{Message, Payload, ProtocolError, Text};

/// How much is decompressed at once into a binary message. Room for it is filled with zeros before.
const STEP_LEN: usize = 64 * 1024;

/// The least room that is made for a binary message.
const ROOM_LEN_MIN: usize = 512;

/// How much text is checked and moved at once, in bytes: so little that it's at hand for both.
const TEXT_STEP_LEN: usize = 2 * 1024;

/// A message that is put together from what comes out of a decompressor.
#[derive(Debug)]
pub(super) enum Output {
    /// Text comes through a block, and is checked there.
    Text(String, Utf8Checker),
    /// Binary data comes straight to its place: so much of the vector is the message's.
    Binary(Vec<u8>, usize),
}

impl Output {
    /// Takes all that comes of `input`.
    pub(super) fn inflate(
        &mut self,
        decompressor: &mut Decompressor,
        input: &[u8],
        budget: &mut Budget,
        block: impl FnOnce() -> Block,
        last_len: usize,
    ) -> Result<Option<Block>, ProtocolError> {
        match self {
            Output::Text(text, checker) => {
                let mut block = block();
                inflate_text(decompressor, input, budget, &mut *block, text, checker)?;
                Ok(Some(block))
            }
            Output::Binary(bytes, len) => {
                let mut room = last_len.max(input.len().saturating_mul(4)).max(ROOM_LEN_MIN);
                room = room.saturating_add(SPARE_LEN);
                inflate_binary(decompressor, input, budget, bytes, len, room)?;
                Ok(None)
            }
        }
    }

    /// The message, now that it has ended.
    pub(super) fn finish(self) -> Result<Message<'static>, ProtocolError> {
        match self {
            Output::Text(text, checker) if checker.is_complete() => {
                Ok(Message::Text(Text::from(text)))
            }
            Output::Text(..) => Err(ProtocolError::TextNotUtf8),
            Output::Binary(mut bytes, len) => {
                bytes.truncate(len);
                if bytes.capacity() > len + len / 2 + 2 * SPARE_LEN {
                    bytes.shrink_to_fit();
                }
                Ok(Message::Binary(Payload::from(bytes)))
            }
        }
    }
}

fn inflate_text(
    decompressor: &mut Decompressor,
    mut input: &[u8],
    budget: &mut Budget,
    block: &mut [u8],
    text: &mut String,
    checker: &mut Utf8Checker,
) -> Result<(), ProtocolError> {
    loop {
        let room = budget.room().min(block.len());
        let (made_in_all, is_all) = budget.inflate(decompressor, &mut input, &mut block[..room])?;
        let made = made_in_all.min(budget.left());
        // A short message gets just the room that it needs; a long one gets it doubled, up to what
        // it may have.
        let wanted = if text.is_empty() && is_all { made } else { text.len().max(made) };
        if text.capacity() - text.len() < made {
            text.reserve_exact(wanted.min(budget.left()));
        }
        for step in block[..made].chunks(TEXT_STEP_LEN) {
            checker.push(step, text).map_err(|_| ProtocolError::TextNotUtf8)?;
        }
        budget.spend(made_in_all)?;
        if is_all {
            return Ok(());
        }
    }
}

fn inflate_binary(
    decompressor: &mut Decompressor,
    mut input: &[u8],
    budget: &mut Budget,
    bytes: &mut Vec<u8>,
    len: &mut usize,
    first_room: usize,
) -> Result<(), ProtocolError> {
    loop {
        if bytes.len() == *len {
            make_room(bytes, budget.room(), first_room);
        }
        let room = &mut bytes[*len..];
        let (made, is_all) = budget.inflate(decompressor, &mut input, room)?;
        budget.spend(made)?;
        *len += made;
        if is_all {
            return Ok(());
        }
    }
}

/// Makes room for the next step. It doubles, but never exceeds what the message may still get.
#[inline]
fn make_room(bytes: &mut Vec<u8>, budget: usize, first_room: usize) {
    let len = bytes.len();
    if bytes.capacity() == len {
        bytes.reserve_exact(len.max(first_room.min(STEP_LEN)).min(budget));
    }
    let step = (bytes.capacity() - len).min(STEP_LEN).min(budget);
    bytes.resize(len + step, 0);
}
