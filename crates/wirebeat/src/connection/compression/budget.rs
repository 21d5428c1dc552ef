use crate::ProtocolError;
use crate::extension::{Decompressor, Inflated, InvalidDeflate};

/// So much a message may have whatever came of it, in bytes.
const RATIO_FREE_LEN: u64 = 64 * 1024;

/// How much of a message comes, in bytes, until its ratio is looked at again. It's looked at where a
/// multiple of this ends, and where the message does: so the verdict is the same however the message
/// is cut into frames, and those into chunks.
const RATIO_STEP_LEN: u64 = 4 * 1024;

pub(super) const INVALID: fn(InvalidDeflate) -> ProtocolError =
    |InvalidDeflate| ProtocolError::DeflateInvalid;

/// How long a message is, and how long it may get.
#[derive(Debug)]
pub(super) struct Budget {
    message_len_max: u64,
    ratio_max: Option<u32>,
    /// What came of it, compressed, and was decompressed.
    on_wire: u64,
    /// Where the ratio is looked at next, in what comes.
    step_end: u64,
    len: u64,
    /// Whether all has come out that comes of it until there.
    is_step_over: bool,
    /// How long it may get with what comes until there.
    len_max: u64,
}

impl Budget {
    pub(super) fn new(message_len_max: u64, ratio_max: Option<u32>) -> Budget {
        let mut budget = Budget {
            message_len_max,
            ratio_max,
            on_wire: 0,
            step_end: 0,
            is_step_over: false,
            len: 0,
            len_max: 0,
        };
        budget.begin_step();
        budget
    }

    /// How long the message is so far.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How much was decompressed for it.
    pub(super) fn on_wire(&self) -> u64 {
        self.on_wire
    }

    /// How much more the message may have.
    pub(super) fn left(&self) -> usize {
        usize::try_from(self.len_max.saturating_sub(self.len)).unwrap_or(usize::MAX)
    }

    /// How much may be decompressed at once: one byte more than the message may have shows that it
    /// has too much.
    pub(super) fn room(&self) -> usize {
        self.left().saturating_add(1)
    }

    /// Decompresses from the front of `input` into `output`, which is no longer than there is room,
    /// and says how much that is, and whether that's all.
    ///
    /// What was made must be [spent](Budget::spend), once what fits has been looked at.
    pub(super) fn inflate(
        &mut self,
        decompressor: &mut Decompressor,
        input: &mut &[u8],
        output: &mut [u8],
    ) -> Result<(usize, bool), ProtocolError> {
        let step_len = usize::try_from(self.step_end - self.on_wire).unwrap_or(usize::MAX);
        let step = &input[..input.len().min(step_len)];
        let Inflated { taken, made, is_all } =
            decompressor.inflate(step, output).map_err(INVALID)?;
        *input = &input[taken..];
        self.on_wire += taken as u64;
        self.is_step_over = is_all && self.on_wire == self.step_end;
        Ok((made, is_all && input.is_empty()))
    }

    /// Takes note of what was decompressed.
    pub(super) fn spend(&mut self, len: usize) -> Result<(), ProtocolError> {
        self.len = self.len.saturating_add(len as u64);
        if self.len > self.len_max {
            return Err(self.excess());
        }
        if self.is_step_over {
            self.begin_step();
        }
        Ok(())
    }

    /// The message ends here.
    pub(super) fn end(&mut self) -> Result<(), ProtocolError> {
        self.len_max = self.len_max_with(self.on_wire);
        if self.len > self.len_max { Err(self.excess()) } else { Ok(()) }
    }

    fn begin_step(&mut self) {
        self.is_step_over = false;
        self.step_end = match self.ratio_max {
            None => u64::MAX,
            Some(_) => self.on_wire.saturating_add(RATIO_STEP_LEN),
        };
        self.len_max = self.len_max_with(self.step_end);
    }

    fn len_max_with(&self, on_wire: u64) -> u64 {
        let by_ratio = match self.ratio_max {
            None => u64::MAX,
            Some(ratio) => on_wire.saturating_mul(u64::from(ratio)).max(RATIO_FREE_LEN),
        };
        self.message_len_max.min(by_ratio)
    }

    /// What is wrong with a message that is too long.
    fn excess(&self) -> ProtocolError {
        let message_len_max = self.message_len_max;
        match self.ratio_max {
            Some(ratio_max) if self.len <= message_len_max => {
                ProtocolError::DeflateRatio { ratio_max }
            }
            _ => ProtocolError::MessageTooLarge { message_len_max },
        }
    }
}
