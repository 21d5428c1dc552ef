//! What stands for `compression` in a build without it: nothing.

use bytes::Bytes;

use super::receiver::{DeliveryMode, Inflation};
use crate::extension::{Deflate, DeflateParameters};
use crate::{Kind, Payload, ProtocolError, Role};

/// Nobody compresses.
#[derive(Debug)]
pub(super) enum Compression {}

/// Where it would be kept: it takes no room, and no instruction.
pub(super) type Boxed = Compression;

/// No payload is compressed.
#[derive(Debug)]
pub(super) enum Packed {}

/// A prepared message has no form but its own.
#[derive(Clone, Debug, Default)]
pub(super) struct PackedForms(());

/// No context is taken over.
#[derive(Clone, Copy, Debug)]
pub(super) enum ContextTakenOver {}

impl Compression {
    pub(super) fn boxed(_: Role, deflate: Deflate, _: DeflateParameters) -> Boxed {
        match deflate {}
    }

    pub(super) fn begin(&mut self, _: Kind, _: DeliveryMode, _: u64) {
        match *self {}
    }

    pub(super) fn inflate(&mut self, _: &[u8], _: bool) -> Result<Inflation, ProtocolError> {
        match *self {}
    }

    pub(super) fn inflate_waiting(&mut self) -> Result<Inflation, ProtocolError> {
        match *self {}
    }

    pub(super) fn pack(&mut self, _: &[u8]) -> Option<Packed> {
        match *self {}
    }

    pub(super) fn pack_fragment(&mut self, _: &[u8], _: bool, _: bool) -> Option<Packed> {
        match *self {}
    }

    pub(super) fn pack_prepared(
        &mut self,
        _: &Bytes,
        _: &PackedForms,
    ) -> Result<Option<Bytes>, ContextTakenOver> {
        match *self {}
    }

    pub(super) fn unpack(&self, _: Packed) {
        match *self {}
    }

    pub(super) fn note_plain(&mut self, _: usize) {
        match *self {}
    }

    pub(super) fn end(&mut self) {
        match *self {}
    }
}

impl Packed {
    pub(super) fn payload(&mut self) -> Payload<'_> {
        match *self {}
    }
}
