use std::mem;
use std::ops::Range;

use wirebeat::record::Recorded;
use wirebeat::{Event, Input, InputMark, Timestamp};

/// Bytes that were read, of which a part isn't eaten.
#[derive(Debug)]
pub(crate) struct Chunk<'c> {
    bytes: &'c mut [u8],
    eaten: usize,
    /// What a connection that is recorded knows the bytes by.
    mark: InputMark,
    adoption: Adoption,
}

/// Whether the buffer that a chunk stands in can become a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adoption {
    No,
    Possible,
    Done,
}

/// What is left of a chunk, in a buffer of its own, until it's eaten.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    bytes: Vec<u8>,
    eaten: usize,
    mark: InputMark,
}

/// How much of a chunk is left, and what a connection that is recorded knows it by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    len: usize,
    mark: InputMark,
}

impl<'c> Chunk<'c> {
    pub(crate) fn new(bytes: &'c mut [u8]) -> Chunk<'c> {
        Chunk { bytes, eaten: 0, mark: InputMark::default(), adoption: Adoption::No }
    }

    /// A chunk in a buffer that nobody else needs.
    pub(crate) fn adoptable(bytes: &'c mut [u8]) -> Chunk<'c> {
        Chunk { adoption: Adoption::Possible, ..Chunk::new(bytes) }
    }

    pub(crate) fn is_adoptable(&self) -> bool {
        self.adoption == Adoption::Possible
    }

    pub(crate) fn is_adopted(&self) -> bool {
        self.adoption == Adoption::Done
    }

    /// What was received last, of so many bytes, becomes a message with the whole buffer. Returns
    /// where in the buffer it stands.
    pub(crate) fn adopt(&mut self, len: usize) -> Range<usize> {
        self.adoption = Adoption::Done;
        self.eaten - len..self.eaten
    }

    /// Lets the connection eat until something has happened.
    #[inline]
    pub(crate) fn receive(
        &mut self,
        connection: &mut Recorded,
        now: Timestamp,
    ) -> Option<Event<'_>> {
        let len = self.bytes.len();
        let mut input = Input::resume(&mut self.bytes[self.eaten..], self.mark);
        let event = connection.receive(now, &mut input);
        (self.eaten, self.mark) = (len - input.len(), input.mark());
        event
    }

    /// What isn't eaten.
    #[inline]
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.eaten..]
    }

    /// How much isn't eaten.
    #[inline]
    pub(crate) fn left(&self) -> Left {
        Left { len: self.rest().len(), mark: self.mark }
    }
}

impl Leftover {
    pub(crate) fn is_empty(&self) -> bool {
        self.eaten == self.bytes.len()
    }

    /// Keeps what isn't eaten of a chunk. Nothing was left before.
    #[inline]
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        debug_assert!(self.is_empty(), "what was left before is eaten before more is read");
        if !rest.is_empty() {
            *self = Leftover { bytes: rest.to_vec(), ..Leftover::default() };
        }
    }

    /// What isn't eaten.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.eaten..]
    }

    /// Takes it out of where it is, to be eaten from.
    #[inline]
    pub(crate) fn take(&mut self) -> Leftover {
        mem::take(self)
    }

    /// Lets somebody eat of it.
    pub(crate) fn eat(&mut self, eat: impl FnOnce(&mut Input<'_>)) {
        let mut input = Input::resume(&mut self.bytes[self.eaten..], self.mark);
        eat(&mut input);
        let left = Left { len: input.len(), mark: input.mark() };
        self.cut_to(left);
    }

    #[inline]
    pub(crate) fn chunk(&mut self) -> Chunk<'_> {
        Chunk { eaten: self.eaten, mark: self.mark, ..Chunk::new(&mut self.bytes) }
    }

    /// Notes how much isn't eaten.
    #[inline]
    pub(crate) fn cut_to(&mut self, left: Left) {
        if left.len == 0 {
            *self = Leftover::default();
        } else {
            self.eaten = self.bytes.len() - left.len;
            self.mark = left.mark;
        }
    }

    /// What is left when so much isn't eaten.
    #[inline]
    pub(crate) fn cut(mut self, left: Left) -> Leftover {
        self.cut_to(left);
        self
    }
}

#[cfg(test)]
mod tests {
    use wirebeat::Config;
    use wirebeat::record::{Begin, Call, Recorder, Recording, Role};

    use super::*;

    const NOW: Timestamp = Timestamp::ZERO;

    /// Writes nothing down.
    #[derive(Debug)]
    struct Nowhere;

    impl Recorder for Nowhere {
        fn record(&self, _begin: &Begin) -> Option<Box<dyn Recording>> {
            Some(Box::new(Nowhere))
        }
    }

    impl Recording for Nowhere {
        fn call(&mut self, _at: Timestamp, _call: Call) {}

        fn end(&mut self) {}
    }

    /// A connection that is recorded copies all that is left of what it doesn't know.
    #[test]
    fn what_is_left_is_known_by_its_mark_for_each_message() {
        let config = Config::default();
        let mut server = Recorded::begin(Role::EstablishedServer, &config, NOW, &Nowhere);
        let mut bytes = b"\x81\x81\0\0\0\0a".repeat(3);
        let mut leftover = Leftover::default();
        leftover.keep(&bytes);
        let mut chunk = Chunk::new(&mut bytes);
        let marks = [(); 3].map(|()| {
            assert!(chunk.receive(&mut server, NOW).is_some());
            chunk.left().mark
        });
        assert!(marks[0] != InputMark::default() && marks == [marks[0]; 3]);

        let marks = [(); 3].map(|()| {
            let mut chunk = leftover.chunk();
            assert!(chunk.receive(&mut server, NOW).is_some());
            let left = chunk.left();
            leftover.cut_to(left);
            left.mark
        });
        assert!(marks[0] != InputMark::default() && marks == [marks[0]; 3]);
    }
}
