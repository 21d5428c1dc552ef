use core::mem;

/// A cursor over bytes that were just read.
///
/// [`receive`](crate::Connection::receive) eats it from the front, unmasking payloads in place, and
/// the events it yields borrow from it. What is left stays here: an application that doesn't ask
/// for the next event stops reading.
///
/// ```
/// use wirebeat::Input;
///
/// let mut chunk = [0x81, 0x00];
/// let input = Input::new(&mut chunk);
/// assert_eq!(input.len(), 2);
/// ```
#[derive(Debug, Default)]
pub struct Input<'i>(&'i mut [u8]);

impl<'i> Input<'i> {
    /// A cursor at the front of `bytes`.
    #[inline]
    pub fn new(bytes: &'i mut [u8]) -> Input<'i> {
        Input(bytes)
    }

    /// How many bytes are left.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether all bytes are used up.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that are left.
    #[must_use]
    #[inline]
    pub fn rest(&self) -> &[u8] {
        self.0
    }

    /// Moves past `len` bytes, which there are, and hands them over.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'i mut [u8] {
        let (taken, rest) = mem::take(&mut self.0).split_at_mut(len);
        self.0 = rest;
        taken
    }

    /// Moves past `len` bytes if there are so many, and hands them over.
    #[inline]
    pub(crate) fn take_checked(&mut self, len: usize) -> Option<&'i mut [u8]> {
        if len > self.0.len() { None } else { Some(self.take(len)) }
    }

    /// Moves past all that is left, unread.
    pub(crate) fn discard(&mut self) {
        self.0 = &mut [];
    }
}

impl<'i> From<&'i mut [u8]> for Input<'i> {
    fn from(bytes: &'i mut [u8]) -> Input<'i> {
        Input::new(bytes)
    }
}
