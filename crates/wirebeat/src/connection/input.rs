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
pub struct Input<'i> {
    bytes: &'i mut [u8],
    mark: InputMark,
}

/// What a connection that is [recorded](crate::record::Recorded) knows an [`Input`] by, whose bytes
/// it has copied before it lets them be unmasked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputMark(u32);

impl<'i> Input<'i> {
    /// A cursor at the front of `bytes`.
    #[inline]
    pub fn new(bytes: &'i mut [u8]) -> Input<'i> {
        Input { bytes, mark: InputMark(0) }
    }

    /// A cursor at the front of what an earlier one of this [`mark`](Input::mark) has left.
    ///
    /// A driver that makes a cursor for every event says by it that the bytes are the same. Without
    /// it, a connection that is recorded copies all that is left for each.
    ///
    /// ```
    /// use wirebeat::Input;
    ///
    /// let mut chunk = [0x81, 0x00, 0x81, 0x00];
    /// let mark = Input::new(&mut chunk).mark();
    /// assert_eq!(Input::resume(&mut chunk[2..], mark).len(), 2);
    /// ```
    #[inline]
    pub fn resume(bytes: &'i mut [u8], mark: InputMark) -> Input<'i> {
        Input { bytes, mark }
    }

    /// What a recorded connection knows it by; the default where it hasn't been seen by one.
    #[must_use]
    #[inline]
    pub fn mark(&self) -> InputMark {
        self.mark
    }

    pub(crate) fn set_mark(&mut self, mark: InputMark) {
        self.mark = mark;
    }

    /// How many bytes are left.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all bytes are used up.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes that are left.
    #[must_use]
    #[inline]
    pub fn rest(&self) -> &[u8] {
        self.bytes
    }

    /// Moves past `len` bytes, which there are, and hands them over.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'i mut [u8] {
        let (taken, rest) = mem::take(&mut self.bytes).split_at_mut(len);
        self.bytes = rest;
        taken
    }

    /// Moves past `len` bytes if there are so many, and hands them over.
    #[inline]
    pub(crate) fn take_checked(&mut self, len: usize) -> Option<&'i mut [u8]> {
        if len > self.bytes.len() { None } else { Some(self.take(len)) }
    }

    /// Moves past all that is left, unread.
    pub(crate) fn discard(&mut self) {
        self.bytes = &mut [];
    }
}

impl InputMark {
    /// One that differs from this and from that of a new input.
    pub(crate) fn next(self) -> InputMark {
        InputMark(self.0.checked_add(1).unwrap_or(1))
    }

    /// Whether it's that of a new input.
    pub(crate) fn is_new(self) -> bool {
        self.0 == 0
    }
}

impl<'i> From<&'i mut [u8]> for Input<'i> {
    fn from(bytes: &'i mut [u8]) -> Input<'i> {
        Input::new(bytes)
    }
}
