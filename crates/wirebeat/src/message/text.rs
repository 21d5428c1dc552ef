use alloc::string::String;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use bytestring::ByteString;

use super::Payload;

/// Text that is borrowed from what was read, or owned. It's valid UTF-8 by its type.
///
/// Two texts are equal when their characters are.
#[derive(Clone)]
pub enum Text<'t> {
    /// A part of the driver's chunk, unmasked in place and checked.
    Borrowed(&'t str),
    /// Text that was put together from several chunks or frames, or that the application made.
    Owned(ByteString),
}

impl Text<'_> {
    /// The text, copied if it was borrowed.
    #[must_use]
    #[inline]
    pub fn into_owned(self) -> Text<'static> {
        Text::Owned(self.into_byte_string())
    }

    /// The text as a [`ByteString`], copied if it was borrowed.
    #[must_use]
    #[inline]
    pub fn into_byte_string(self) -> ByteString {
        match self {
            Text::Borrowed(text) => ByteString::from(text),
            Text::Owned(text) => text,
        }
    }
}

impl<'t> Text<'t> {
    /// The text's bytes.
    #[must_use]
    pub fn into_payload(self) -> Payload<'t> {
        match self {
            Text::Borrowed(text) => Payload::Borrowed(text.as_bytes()),
            Text::Owned(text) => Payload::Owned(text.into_bytes()),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Owned(text) => text,
        }
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl<'t> From<&'t str> for Text<'t> {
    #[inline]
    fn from(text: &'t str) -> Text<'t> {
        Text::Borrowed(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text::Owned(text.into())
    }
}

impl From<ByteString> for Text<'_> {
    #[inline]
    fn from(text: ByteString) -> Self {
        Text::Owned(text)
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
