//! permessage-deflate on one connection ([RFC 7692]).
//!
//! | file | subject |
//! |---|---|
//! | `deflating` | from messages to what is queued |
//! | `inflating`, `output` | from what arrives to messages |
//! | `budget` | the limits that hold while they get longer |
//! | `prepared` | what a prepared message was compressed to |
//! | `savings` | what it was good for |
//!
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692

mod budget;
mod deflating;
mod inflating;
mod output;
mod prepared;
mod savings;

use alloc::boxed::Box;

pub(super) use deflating::Packed;
pub(super) use prepared::{ContextTakenOver, PackedForms};
pub use savings::Savings;

use super::Connection;
use super::state::State;
use crate::Role;
use crate::extension::{Compressor, Deflate, DeflateParameters, WindowBits};
use inflating::Inflating;

/// What a connection needs to compress, and to decompress.
#[derive(Debug)]
pub(super) struct Compression {
    deflate: Deflate,
    parameters: DeflateParameters,
    role: Role,
    /// Whether the message that is being sent in fragments is compressed.
    is_fragment_compressed: bool,
    /// Ours, while it knows of messages: from the first on if contexts are taken over.
    compressor: Option<Box<Compressor>>,
    /// The peer's likewise.
    inflating: Option<Box<Inflating>>,
    savings: Option<Box<Savings>>,
}

/// Where it's kept.
pub(super) type Boxed = Box<Compression>;

impl Compression {
    pub(super) fn boxed(role: Role, deflate: Deflate, parameters: DeflateParameters) -> Boxed {
        Box::new(Compression {
            deflate,
            parameters,
            role,
            is_fragment_compressed: false,
            compressor: None,
            inflating: None,
            savings: None,
        })
    }

    /// Whether what we send refers to what we sent before.
    fn takes_own_context_over(&self) -> bool {
        match self.role {
            Role::Client => !self.parameters.client_no_context_takeover,
            Role::Server => !self.parameters.server_no_context_takeover,
        }
    }

    /// Whether what the peer sends may refer to what it sent before.
    fn takes_peer_context_over(&self) -> bool {
        match self.role {
            Role::Client => !self.parameters.server_no_context_takeover,
            Role::Server => !self.parameters.client_no_context_takeover,
        }
    }

    fn own_window_bits(&self) -> WindowBits {
        match self.role {
            Role::Client => self.parameters.client_max_window_bits,
            Role::Server => self.parameters.server_max_window_bits,
        }
    }

    fn savings_mut(&mut self) -> &mut Savings {
        self.savings.get_or_insert_default()
    }

    /// A message went as it is.
    pub(super) fn note_plain(&mut self, len: usize) {
        self.note_sent(len, len);
    }

    /// The connection is over: what is left is for the record.
    pub(super) fn end(&mut self) {
        self.compressor = None;
        self.inflating = None;
    }
}

impl Connection {
    /// The same connection, on which messages are compressed: the upgrade was done elsewhere, and
    /// this was agreed on there. For a server, [`Deflate::negotiate`] says on what.
    ///
    /// Changes nothing once bytes have passed.
    #[must_use]
    pub fn with_deflate(mut self, deflate: &Deflate, parameters: DeflateParameters) -> Connection {
        if self.state == State::Open && self.queue.is_empty() {
            self.agree(Some((deflate.clone(), parameters)));
        }
        self
    }

    /// What was agreed on for permessage-deflate, while it's in use.
    #[must_use]
    pub fn deflate(&self) -> Option<DeflateParameters> {
        Some(self.compression.as_ref()?.parameters)
    }

    /// What compression has saved so far; `None` where there's none.
    #[must_use]
    pub fn savings(&self) -> Option<Savings> {
        Some(self.compression.as_ref()?.savings.as_deref().copied().unwrap_or_default())
    }

    /// Gives back the memory that compression holds between messages, as far as that's possible.
    ///
    /// That's the compressor's, some 330 KiB: the next message that is sent begins a context of its
    /// own, and gets as short as the first. The decompressor's can't be given back while the peer may
    /// refer to what it sent before. Where contexts aren't taken over, nothing is held.
    pub fn release_compression(&mut self) {
        if self.fragments.is_none()
            && let Some(compression) = &mut self.compression
        {
            compression.compressor = None;
        }
    }
}
