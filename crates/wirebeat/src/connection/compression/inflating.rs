use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

use super::Compression;
use super::budget::{Budget, INVALID};
use super::output::Output;
use crate::connection::event::Fragment;
use crate::connection::receiver::{DeliveryMode, Inflation};
use crate::extension::{BLOCK_LEN, Decompressor};
use crate::message::Utf8Checker;
use crate::{Kind, Payload, ProtocolError};

/// The longest piece of a message that is handed over in pieces, in bytes.
const PIECE_LEN: usize = 16 * 1024;

const _: () = assert!(PIECE_LEN <= BLOCK_LEN);

/// A decompressor, and the message that comes out of it.
#[derive(Debug)]
pub(super) struct Inflating {
    decompressor: Decompressor,
    message: Option<Incoming>,
    /// How long the last message was: what the next may be trusted to be.
    last_len: usize,
}

/// The compressed message in progress.
#[derive(Debug)]
struct Incoming {
    budget: Budget,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Whole(Output),
    Pieces(Pieces),
}

/// A message that is handed over in pieces.
#[derive(Debug)]
struct Pieces {
    kind: Kind,
    checker: Utf8Checker,
    is_begun: bool,
    waiting: Option<Waiting>,
}

/// What came and wasn't decompressed yet, because a piece was full.
#[derive(Debug)]
struct Waiting {
    input: Vec<u8>,
    taken: usize,
    ends_message: bool,
}

impl Compression {
    /// A compressed message begins.
    pub(in crate::connection) fn begin(
        &mut self,
        kind: Kind,
        delivery: DeliveryMode,
        message_len_max: u64,
    ) {
        let Compression { inflating, deflate, .. } = self;
        let inflating = inflating.get_or_insert_with(|| {
            let decompressor = deflate.pool().decompressor();
            Box::new(Inflating { decompressor, message: None, last_len: 0 })
        });
        let body = match (delivery, kind) {
            (DeliveryMode::Whole, Kind::Binary) => Body::Whole(Output::Binary(Vec::new(), 0)),
            (DeliveryMode::Whole, Kind::Text) => {
                Body::Whole(Output::Text(Default::default(), Utf8Checker::default()))
            }
            (DeliveryMode::Pieces, kind) => Body::Pieces(Pieces {
                kind,
                checker: Utf8Checker::default(),
                is_begun: false,
                waiting: None,
            }),
        };
        let budget = Budget::new(message_len_max, deflate.settings().ratio_max);
        inflating.message = Some(Incoming { budget, body });
    }

    /// Takes a piece of the message in progress, unmasked. Nothing may wait in it.
    pub(in crate::connection) fn inflate(
        &mut self,
        piece: &[u8],
        ends_message: bool,
    ) -> Result<Inflation, ProtocolError> {
        let Compression { inflating: Some(inflating), deflate, .. } = self else {
            return Ok(Inflation::Nothing);
        };
        let Inflating { decompressor, message: Some(Incoming { budget, body }), last_len } =
            &mut **inflating
        else {
            return Ok(Inflation::Nothing);
        };
        let inflation = match body {
            Body::Pieces(pieces) => {
                let mut block = deflate.pool().block();
                let mut rest = piece;
                let inflation =
                    pieces.inflate(decompressor, budget, &mut block, &mut rest, ends_message)?;
                deflate.pool().keep_block(block);
                if inflation.is_more() {
                    let input = rest.to_vec();
                    pieces.waiting = Some(Waiting { input, taken: 0, ends_message });
                }
                inflation
            }
            Body::Whole(output) => {
                let pool = deflate.pool();
                let block =
                    output.inflate(decompressor, piece, budget, || pool.block(), *last_len)?;
                if let Some(block) = block {
                    pool.keep_block(block);
                }
                if !ends_message {
                    return Ok(Inflation::Nothing);
                }
                decompressor.finish().map_err(INVALID)?;
                budget.end()?;
                *last_len = usize::try_from(budget.len()).unwrap_or(usize::MAX);
                let output = mem::replace(output, Output::Binary(Vec::new(), 0));
                Inflation::Message(output.finish()?)
            }
        };
        self.note_end(&inflation);
        Ok(inflation)
    }

    /// Goes on with what waits of the message in progress.
    pub(in crate::connection) fn inflate_waiting(&mut self) -> Result<Inflation, ProtocolError> {
        let Compression { inflating: Some(inflating), deflate, .. } = self else {
            return Ok(Inflation::Nothing);
        };
        let Inflating {
            decompressor,
            message: Some(Incoming { budget, body: Body::Pieces(pieces) }),
            ..
        } = &mut **inflating
        else {
            return Ok(Inflation::Nothing);
        };
        let Some(mut waiting) = pieces.waiting.take() else { return Ok(Inflation::Nothing) };
        let mut block = deflate.pool().block();
        let mut rest = &waiting.input[waiting.taken..];
        let inflation =
            pieces.inflate(decompressor, budget, &mut block, &mut rest, waiting.ends_message)?;
        deflate.pool().keep_block(block);
        if inflation.is_more() {
            waiting.taken = waiting.input.len() - rest.len();
            pieces.waiting = Some(waiting);
        }
        self.note_end(&inflation);
        Ok(inflation)
    }

    /// If the message has ended, counts it, and gives back what isn't needed until the next.
    fn note_end(&mut self, inflation: &Inflation) {
        let has_ended = match inflation {
            Inflation::Nothing => false,
            Inflation::Message(_) => true,
            Inflation::Fragment { fragment, .. } => fragment.last,
        };
        if !has_ended {
            return;
        }
        let Some(mut inflating) = self.inflating.take() else { return };
        if let Some(Incoming { budget, .. }) = inflating.message.take() {
            let savings = self.savings_mut();
            savings.received += budget.len();
            savings.received_on_wire += budget.on_wire();
        }
        if self.takes_peer_context_over() {
            self.inflating = Some(inflating);
        } else {
            self.deflate.pool().keep_decompressor(inflating.decompressor);
        }
    }
}

impl Pieces {
    /// Fills a block from the front of `input`, and makes a piece of it.
    fn inflate(
        &mut self,
        decompressor: &mut Decompressor,
        budget: &mut Budget,
        block: &mut [u8; BLOCK_LEN],
        input: &mut &[u8],
        ends_message: bool,
    ) -> Result<Inflation, ProtocolError> {
        let mut len = 0;
        let is_more = loop {
            let room = budget.room().min(PIECE_LEN - len);
            let (made, is_all) =
                budget.inflate(decompressor, input, &mut block[len..len + room])?;
            // What is within the limit is looked at before what isn't.
            let fits = &block[len..len + made.min(budget.left())];
            if self.kind == Kind::Text && self.checker.push(fits, &mut ()).is_err() {
                return Err(ProtocolError::TextNotUtf8);
            }
            budget.spend(made)?;
            len += made;
            if is_all {
                break false;
            }
            if len == PIECE_LEN {
                break true;
            }
        };
        let last = !is_more && ends_message;
        if last {
            decompressor.finish().map_err(INVALID)?;
            budget.end()?;
        } else if len == 0 {
            return Ok(Inflation::Nothing);
        }
        let piece = &block[..len];
        if last && !self.checker.is_complete() {
            return Err(ProtocolError::TextNotUtf8);
        }
        let first = !mem::replace(&mut self.is_begun, true);
        let payload = Payload::Owned(Bytes::copy_from_slice(piece));
        let fragment = Fragment { kind: self.kind, payload, first, last };
        Ok(Inflation::Fragment { fragment, is_more })
    }
}
