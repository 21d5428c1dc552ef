//! Messages that come compressed ([RFC 7692 §7.2.2]).
//!
//! [RFC 7692 §7.2.2]: https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2

use super::parts::{FrameKind, FrameRest, Parts};
use super::payload::{Incoming, Packing};
use super::rules::{DeliveryMode, Rules};
use super::{Received, unmask};
use crate::connection::compression::Boxed;
use crate::connection::event::Fragment;
use crate::connection::input::Input;
use crate::frame::{self, Header, Opcode};
use crate::{Kind, Message, ProtocolError};

/// What came out of a piece of compressed data.
#[derive(Debug)]
#[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "nothing is inflated"))]
pub(in crate::connection) enum Inflation {
    /// Nothing that could be handed over.
    Nothing,
    /// The message.
    Message(Message<'static>),
    /// A piece of the message.
    Fragment {
        fragment: Fragment<'static>,
        /// Whether more waits, so that nothing else may be put in.
        is_more: bool,
    },
}

impl Inflation {
    /// Whether more waits.
    #[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "nothing is inflated"))]
    pub(in crate::connection) fn is_more(&self) -> bool {
        matches!(self, Inflation::Fragment { is_more: true, .. })
    }
}

impl Parts {
    /// Whether a compressed message is in progress.
    #[inline]
    pub(super) fn is_message_compressed(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.packing != Packing::Plain)
    }

    /// Whether the frame in progress is one of a compressed message: control frames aren't.
    #[inline]
    pub(super) fn is_frame_compressed(&self) -> bool {
        matches!(self.frame, Some(FrameRest { is_apart: true, .. })) && self.is_message_compressed()
    }

    /// Whether more waits of what came of a compressed message.
    #[inline]
    pub(super) fn holds_more(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.packing == Packing::CompressedAndMore)
    }

    /// Begins a frame of a compressed message.
    pub(super) fn begin_compressed<'i>(
        &mut self,
        header: &Header,
        fin: bool,
        input: &mut Input<'i>,
        rules: &Rules,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        let Header { payload_len: rest, masking_key: key, .. } = *header;
        let so_far = self.message.as_ref().map_or(0, |message| message.len);
        if let Err(error) = rules.check_compressed_len(rest, so_far) {
            return Some(Received::Violation(error));
        }
        let begins = match header.opcode {
            Opcode::Text => Some(Kind::Text),
            Opcode::Binary => Some(Kind::Binary),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => None,
        };
        if let Some(kind) = begins {
            compression.as_mut()?.begin(kind, rules.delivery, rules.message_len_max);
            let message = Incoming::new(kind, fin, DeliveryMode::Pieces);
            self.message = Some(Incoming { packing: Packing::Compressed, ..message });
        }
        let kind = FrameKind::Data { fin };
        self.frame = Some(FrameRest { rest, key, kind, is_apart: true });
        // An empty frame is complete with its header.
        if rest == 0 { self.inflate(input, compression) } else { None }
    }

    /// Takes what is there of the payload in progress.
    pub(super) fn inflate<'i>(
        &mut self,
        input: &mut Input<'i>,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        let compression = compression.as_mut()?;
        let frame = self.frame.as_mut()?;
        let FrameKind::Data { fin } = frame.kind else { return None };
        let len = usize::try_from(frame.rest).unwrap_or(usize::MAX).min(input.len());
        let piece = input.take(len);
        unmask(piece, frame.key);
        frame.key = frame.key.map(|key| frame::rotate(key, len));
        frame.rest -= len as u64;
        let ends_frame = frame.rest == 0;
        if ends_frame {
            self.frame = None;
        }
        self.message.as_mut()?.len += len as u64;
        let inflation = compression.inflate(piece, fin && ends_frame);
        self.inflated(inflation)
    }

    /// Goes on with what came before.
    pub(super) fn inflate_waiting<'i>(
        &mut self,
        compression: &mut Option<Boxed>,
    ) -> Option<Received<'i>> {
        let inflation = compression.as_mut()?.inflate_waiting();
        self.inflated(inflation)
    }

    fn inflated<'i>(
        &mut self,
        inflation: Result<Inflation, ProtocolError>,
    ) -> Option<Received<'i>> {
        let inflation = match inflation {
            Ok(inflation) => inflation,
            Err(error) => return Some(Received::Violation(error)),
        };
        let message = self.message.as_mut()?;
        match inflation {
            Inflation::Nothing => {
                message.packing = Packing::Compressed;
                None
            }
            Inflation::Message(message) => {
                self.message = None;
                Some(Received::Message(message))
            }
            Inflation::Fragment { fragment, is_more } => {
                message.packing =
                    if is_more { Packing::CompressedAndMore } else { Packing::Compressed };
                if fragment.last {
                    self.message = None;
                }
                Some(Received::Fragment(fragment))
            }
        }
    }
}
