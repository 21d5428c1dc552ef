use crate::connection::config::{Config, Delivery};
use crate::frame::{Opcode, Rsv};
use crate::{ProtocolError, Role};

/// What may come: the protocol's rules, as far as they depend on the connection, and the limits.
#[derive(Debug)]
pub(super) struct Rules {
    /// The mask bit that every frame must have: clients mask (§5.1).
    pub(super) mask_bit: u8,
    pub(super) delivery: DeliveryMode,
    /// The reserved bits that a negotiated extension defines.
    pub(super) rsv: Rsv,
    frame_len_max: u64,
    pub(super) message_len_max: u64,
    /// A message of one frame that is shorter than this, and all there, may be handed over at once.
    pub(super) whole_len_end: usize,
}

/// How messages are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) enum DeliveryMode {
    Whole,
    Pieces,
}

impl Rules {
    pub(super) fn new(role: Role, config: &Config) -> Rules {
        let mask_bit = match role {
            Role::Server => 0x80,
            Role::Client => 0,
        };
        match config.delivery {
            Delivery::Whole => {
                let Config { frame_len_max, message_len_max, .. } = *config;
                let whole_len_max = frame_len_max.min(message_len_max);
                Rules {
                    mask_bit,
                    delivery: DeliveryMode::Whole,
                    rsv: Rsv::NONE,
                    frame_len_max,
                    message_len_max,
                    whole_len_end: usize::try_from(whole_len_max)
                        .map_or(usize::MAX, |len| len.saturating_add(1)),
                }
            }
            Delivery::Pieces { message_len_max, frame_len_max } => Rules {
                mask_bit,
                delivery: DeliveryMode::Pieces,
                rsv: Rsv::NONE,
                frame_len_max: frame_len_max.unwrap_or(u64::MAX),
                message_len_max: message_len_max.unwrap_or(u64::MAX),
                whole_len_end: 0,
            },
        }
    }

    /// The verdict on a frame that its first two bytes allow already.
    #[inline]
    pub(super) fn judge(
        &self,
        first: u8,
        second: u8,
        is_message_in_progress: bool,
    ) -> Result<(), ProtocolError> {
        let Some(opcode) = Opcode::from_bits(first) else {
            return Err(ProtocolError::ReservedOpcode(first & 0x0F));
        };
        // §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero
        // values"; a message's extensions are told by its first frame.
        let begins_message = matches!(opcode, Opcode::Text | Opcode::Binary);
        let allowed = if begins_message { self.rsv } else { Rsv::NONE };
        if !Rsv::from_bits(first).within(allowed) {
            return Err(ProtocolError::ReservedBits);
        }
        // §5.1: "a client MUST mask all frames"; "A server MUST NOT mask any frames".
        if second & 0x80 != self.mask_bit {
            return Err(match self.mask_bit {
                0 => ProtocolError::Masked,
                _ => ProtocolError::NotMasked,
            });
        }
        // §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of
        // another message".
        match (opcode, is_message_in_progress) {
            (Opcode::Continuation, false) => Err(ProtocolError::ContinuationWithoutStart),
            (Opcode::Text | Opcode::Binary, true) => Err(ProtocolError::MessageInterleaved),
            (Opcode::Continuation, true)
            | (Opcode::Text | Opcode::Binary, false)
            | (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => Ok(()),
        }
    }

    /// What the declared length of a frame of a compressed message amounts to. What it gets
    /// decompressed to is limited then; here it's only refused to take much more than any compression
    /// makes of a message.
    pub(super) fn check_compressed_len(
        &self,
        payload_len: u64,
        so_far: u64,
    ) -> Result<(), ProtocolError> {
        let message_len_max = self.message_len_max;
        let most = message_len_max.saturating_add(message_len_max / 8).saturating_add(1024);
        if payload_len > most.saturating_sub(so_far) {
            return Err(ProtocolError::MessageTooLarge { message_len_max });
        }
        self.check_frame_len(payload_len)
    }

    /// What the declared length of a data frame amounts to, when `so_far` bytes of its message have
    /// come. It's a claim, but one that the limits can refuse at once.
    #[inline]
    pub(super) fn check_len(&self, payload_len: u64, so_far: u64) -> Result<(), ProtocolError> {
        self.check_frame_len(payload_len)?;
        if payload_len > self.message_len_max.saturating_sub(so_far) {
            return Err(ProtocolError::MessageTooLarge { message_len_max: self.message_len_max });
        }
        Ok(())
    }

    #[inline]
    fn check_frame_len(&self, payload_len: u64) -> Result<(), ProtocolError> {
        if payload_len > self.frame_len_max {
            let payload_len_max = self.frame_len_max;
            return Err(ProtocolError::FrameTooLarge { payload_len, payload_len_max });
        }
        Ok(())
    }
}
