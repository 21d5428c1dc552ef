//! permessage-deflate ([RFC 7692]).
//!
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692

mod codec;
mod history;
mod negotiation;
mod parameters;
mod pool;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::extension::all_elements;

pub(crate) use codec::{Compressor, Decompressor, Inflated, InvalidDeflate, TAIL};
pub(crate) use negotiation::Answer;
pub use parameters::{DeflateParameters, WindowBits};
pub(crate) use pool::{BLOCK_LEN, Block, Pool, SPARE_LEN};

/// How messages are compressed, where the other side agrees: permessage-deflate ([RFC 7692]).
///
/// It's off by default, because compression tells secrets. Whoever can put text of theirs into a
/// message beside a secret, and see how long the message gets, guesses the secret piece by piece, TLS
/// or not (the attacks [CRIME] and [BREACH]). So switch it on where no message has both, and send
/// those that do by [`Connection::send_uncompressed`](crate::Connection::send_uncompressed).
///
/// It also costs time and memory: a compressor takes about 330 KiB at the defaults, and a
/// decompressor 40. Neither is there before the first message that needs it. Where the context of one
/// message isn't taken over to the next, neither stays: they're taken from a pool, for as long as a
/// message lasts, that all clones of this value share. So give all connections of a server clones of
/// one. (A compressor that was in use may compress the same message to other bytes than a new one,
/// rarely and by a few; a connection that is [recorded](crate::record) has compressors of its own.)
///
/// ```
/// use wirebeat::Config;
/// use wirebeat::extension::{Deflate, DeflateParameters};
///
/// let parameters = DeflateParameters { server_no_context_takeover: true, ..Default::default() };
/// let deflate = Deflate::default().parameters(parameters).level(4).message_len_min(256);
/// let config = Config { deflate: Some(deflate), ..Config::default() };
/// ```
///
/// [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692
/// [CRIME]: https://en.wikipedia.org/wiki/CRIME
/// [BREACH]: https://www.breachattack.com/
#[derive(Clone, Debug, Default)]
pub struct Deflate {
    shared: Arc<Shared>,
}

/// What all clones have in common.
#[derive(Debug, Default)]
struct Shared {
    settings: DeflateSettings,
    pool: Pool,
}

/// A change makes settings of its own, with a pool of its own.
impl Clone for Shared {
    fn clone(&self) -> Shared {
        Shared { settings: self.settings.clone(), pool: Pool::default() }
    }
}

/// What a [`Deflate`] is set to, to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeflateSettings {
    /// As [`Deflate::parameters`].
    pub parameters: DeflateParameters,
    /// What else a client is content with, in order of preference: as [`Deflate::or`].
    pub alternatives: Vec<DeflateParameters>,
    /// As [`Deflate::required`].
    pub is_required: bool,
    /// As [`Deflate::level`].
    pub level: u8,
    /// As [`Deflate::memory_level`].
    pub memory_level: u8,
    /// As [`Deflate::message_len_min`].
    pub message_len_min: usize,
    /// As [`Deflate::ratio_max`].
    pub ratio_max: Option<u32>,
    /// As [`Deflate::even_if_longer`].
    pub is_even_if_longer: bool,
}

impl Default for DeflateSettings {
    fn default() -> DeflateSettings {
        DeflateSettings {
            parameters: DeflateParameters::default(),
            alternatives: Vec::new(),
            is_required: false,
            level: 6,
            memory_level: 8,
            message_len_min: 64,
            ratio_max: None,
            is_even_if_longer: false,
        }
    }
}

impl Deflate {
    /// What is asked for, or insisted upon; by default nothing, so that both sides compress as well
    /// as they can.
    ///
    /// A client offers exactly this. A server grants what a client asks for, and adds this.
    #[must_use]
    pub fn parameters(self, parameters: DeflateParameters) -> Deflate {
        self.with(|settings| settings.parameters = parameters)
    }

    /// A client's further offer, if the server can't grant those before it. A server has no use for
    /// it.
    #[must_use]
    pub fn or(self, parameters: DeflateParameters) -> Deflate {
        self.with(|settings| settings.alternatives.push(parameters))
    }

    /// Whether a client goes without a server that doesn't agree to compress: it closes the connection
    /// with 1010 ([RFC 6455 §7.4.1]). `false` by default; a server has no use for it.
    ///
    /// [RFC 6455 §7.4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
    #[must_use]
    pub fn required(self, is_required: bool) -> Deflate {
        self.with(|settings| settings.is_required = is_required)
    }

    /// How hard it's tried to make messages short: from 1, fast, to 9, which takes several times as
    /// long; 6 by default. What is out of range is moved into it.
    #[must_use]
    pub fn level(self, level: u8) -> Deflate {
        self.with(|settings| settings.level = level.clamp(1, 9))
    }

    /// How much memory a compressor takes besides its window: from 1, about 135 KiB, to 9, about
    /// 260 KiB; 8 by default. Less memory compresses less. What is out of range is moved into it.
    #[must_use]
    pub fn memory_level(self, memory_level: u8) -> Deflate {
        self.with(|settings| settings.memory_level = memory_level.clamp(1, 9))
    }

    /// The shortest message that is compressed, in bytes, inclusive; 64 by default. Short messages
    /// gain little, those of a few bytes nothing.
    #[must_use]
    pub fn message_len_min(self, message_len_min: usize) -> Deflate {
        self.with(|settings| settings.message_len_min = message_len_min.max(1))
    }

    /// Whether a message is sent compressed even if that makes it longer, by some bytes; `false` by
    /// default. Where contexts are taken over, one that goes as it is instead makes the next begin a
    /// context of its own: for streams in which such messages are many and small, that costs more.
    #[must_use]
    pub fn even_if_longer(self, is_even_if_longer: bool) -> Deflate {
        self.with(|settings| settings.is_even_if_longer = is_even_if_longer)
    }

    /// How many times as long as what came of it a message may get, inclusive; by default only the
    /// message limit counts. Deflate gets to 1,032 at the most, JSON rarely to 20. The first 64 KiB of
    /// a message are free. It's looked at with every 4 KiB that come of a message, and at its end.
    /// Beyond it the connection fails with 1009.
    #[must_use]
    pub fn ratio_max(self, ratio_max: Option<u32>) -> Deflate {
        self.with(|settings| settings.ratio_max = ratio_max)
    }

    /// A server's answer to offers, for an upgrade that is done elsewhere: what is agreed on, and what
    /// the 101 has to say in its `Sec-WebSocket-Extensions`. `None` if there's nothing to agree on.
    ///
    /// `offers` are the values of the request's `Sec-WebSocket-Extensions`, in order.
    ///
    /// ```
    /// use wirebeat::extension::Deflate;
    ///
    /// let offer: &[u8] = b"permessage-deflate; server_no_context_takeover";
    /// let (parameters, answer) = Deflate::default().negotiate([offer]).unwrap();
    /// assert!(parameters.server_no_context_takeover);
    /// assert_eq!(answer, "permessage-deflate; server_no_context_takeover");
    /// ```
    #[must_use]
    pub fn negotiate<'h>(
        &self,
        offers: impl IntoIterator<Item = &'h [u8]>,
    ) -> Option<(DeflateParameters, String)> {
        all_elements(offers.into_iter())
            .filter_map(Result::ok)
            .find_map(|offer| self.answer(&offer))
            .map(|Answer { parameters, text }| (parameters, text))
    }

    /// The same settings, with compressors that no other connection has used.
    pub(crate) fn with_own_pool(self) -> Deflate {
        let settings = self.settings().clone();
        Deflate { shared: Arc::new(Shared { settings, pool: Pool::default() }) }
    }

    fn with(mut self, change: impl FnOnce(&mut DeflateSettings)) -> Deflate {
        change(&mut Arc::make_mut(&mut self.shared).settings);
        self
    }

    /// What it's set to.
    #[must_use]
    pub fn settings(&self) -> &DeflateSettings {
        &self.shared.settings
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    /// Whether a client closes a connection without it.
    pub(crate) fn is_required(&self) -> bool {
        self.shared.settings.is_required
    }

    /// What a client offers: the value of its `Sec-WebSocket-Extensions`, as far as it's about this.
    pub(crate) fn offer(&self) -> String {
        let DeflateSettings { parameters, alternatives, .. } = self.settings();
        let mut text = parameters.offer();
        for alternative in alternatives {
            text.push_str(", ");
            text.push_str(&alternative.offer());
        }
        text
    }
}
