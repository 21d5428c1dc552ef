use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use bytes::Bytes;

/// Bytes that are borrowed from what was read, or owned.
///
/// Two payloads are equal when their bytes are.
#[derive(Clone)]
pub enum Payload<'p> {
    /// A part of the driver's chunk, unmasked in place.
    Borrowed(&'p [u8]),
    /// Bytes that were put together from several chunks or frames, or that the application made.
    Owned(Bytes),
}

impl Payload<'_> {
    /// The payload, copied if it was borrowed.
    #[must_use]
    #[inline]
    pub fn into_owned(self) -> Payload<'static> {
        Payload::Owned(self.into_bytes())
    }

    /// The payload as [`Bytes`], copied if it was borrowed.
    #[must_use]
    #[inline]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Payload::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
            Payload::Owned(bytes) => bytes,
        }
    }
}

impl Deref for Payload<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Payload::Borrowed(bytes) => bytes,
            Payload::Owned(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<'p> From<&'p [u8]> for Payload<'p> {
    #[inline]
    fn from(bytes: &'p [u8]) -> Payload<'p> {
        Payload::Borrowed(bytes)
    }
}

impl<'p, const N: usize> From<&'p [u8; N]> for Payload<'p> {
    #[inline]
    fn from(bytes: &'p [u8; N]) -> Payload<'p> {
        Payload::Borrowed(bytes)
    }
}

impl<'p> From<&'p str> for Payload<'p> {
    #[inline]
    fn from(text: &'p str) -> Payload<'p> {
        Payload::Borrowed(text.as_bytes())
    }
}

impl From<Bytes> for Payload<'_> {
    #[inline]
    fn from(bytes: Bytes) -> Self {
        Payload::Owned(bytes)
    }
}

impl From<Vec<u8>> for Payload<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Payload::Owned(bytes.into())
    }
}

impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Payload<'_>) -> bool {
        **self == **other
    }
}

impl Eq for Payload<'_> {}

impl PartialEq<[u8]> for Payload<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl<const N: usize> PartialEq<[u8; N]> for Payload<'_> {
    fn eq(&self, other: &[u8; N]) -> bool {
        **self == *other
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for Payload<'_> {
    fn eq(&self, other: &&[u8; N]) -> bool {
        **self == **other
    }
}

impl Hash for Payload<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
