use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::Mutex;

use bytes::Bytes;

use super::Compression;
use super::deflating::pack_alone;
use crate::extension::WindowBits;

/// What a prepared message was compressed to, by what it depends on. All clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::connection) struct PackedForms(Arc<Mutex<Forms>>);

/// Each form, and the message in it; `None` where it's to go as it is.
type Forms = Vec<(Form, Option<Bytes>)>;

/// What the compressed form of a message depends on, where nothing is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    window_bits: WindowBits,
    level: u8,
    memory_level: u8,
}

/// A prepared message can't be compressed for a connection that takes contexts over: each of them
/// would need it in a form of its own.
#[derive(Clone, Copy, Debug)]
pub(in crate::connection) struct ContextTakenOver;

impl Compression {
    /// The compressed form of a prepared message, made once for all connections that it's the same
    /// for; `None` if it's to go as it is.
    pub(in crate::connection) fn pack_prepared(
        &mut self,
        payload: &Bytes,
        forms: &PackedForms,
    ) -> Result<Option<Bytes>, ContextTakenOver> {
        if payload.len() < self.deflate.settings().message_len_min {
            self.note_sent(payload.len(), payload.len());
            return Ok(None);
        }
        if self.takes_own_context_over() {
            return Err(ContextTakenOver);
        }
        let packed = self.form(payload, forms);
        self.note_sent(payload.len(), packed.as_ref().map_or(payload.len(), Bytes::len));
        Ok(packed)
    }

    fn form(&self, payload: &Bytes, PackedForms(forms): &PackedForms) -> Option<Bytes> {
        let settings = self.deflate.settings();
        let (level, memory_level) = (settings.level, settings.memory_level);
        let form = Form { window_bits: self.own_window_bits(), level, memory_level };
        // Whoever else needs it waits meanwhile, rather than to do the same work.
        let mut forms = forms.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, packed)) = forms.iter().find(|(known, _)| *known == form) {
            return packed.clone();
        }
        let pool = self.deflate.pool();
        let packed = pool.compressor(form.window_bits, settings).and_then(|mut compressor| {
            let packed = pack_alone(&self.deflate, &mut compressor, payload);
            pool.keep_compressor(compressor);
            packed
        });
        forms.push((form, packed.clone()));
        packed
    }
}
