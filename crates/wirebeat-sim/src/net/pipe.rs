use std::collections::VecDeque;

use wirebeat::Timestamp;

use crate::link::Link;
use crate::rng::Rng;

/// One direction of a connection: bytes that were written and not read, and the end behind them.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    /// All bytes that weren't read, in order.
    bytes: VecDeque<u8>,
    /// The last of them are under way: when they arrive, and how many.
    under_way: VecDeque<(Timestamp, usize)>,
    /// How many have arrived.
    arrived: usize,
    /// Until when the line is busy.
    busy_until: Timestamp,
    /// When what was written last arrives.
    last_arrival: Timestamp,
    end: End,
    /// Whether an arrival stands in the queue.
    pub(crate) is_awaited: bool,
}

/// The end of a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    /// It goes on.
    #[default]
    Open,
    /// It ends behind all that was written, and what is written now is for nobody.
    At(Timestamp),
    /// The reader knows.
    Read,
}

/// What is there to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readable {
    /// Nothing; the next thing that arrives does so at this time.
    Nothing(Option<Timestamp>),
    /// This many bytes.
    Bytes(usize),
    /// The end.
    End,
}

impl Pipe {
    /// Takes some of the bytes, as many as there's room for. Returns how many.
    pub(crate) fn write(
        &mut self,
        now: Timestamp,
        bytes: &[u8],
        link: &Link,
        delay: core::time::Duration,
        rng: &mut Rng,
    ) -> usize {
        if self.end != End::Open {
            return bytes.len();
        }
        let len = bytes.len().min(self.room(link));
        if len == 0 {
            return 0;
        }
        let len = len.min(link.draw_write_len(rng));
        self.bytes.extend(&bytes[..len]);
        self.busy_until = self.busy_until.max(now);
        if let Some(bandwidth) = link.bandwidth {
            let nanos = (len as u64).saturating_mul(1_000_000_000) / bandwidth.max(1);
            self.busy_until = self.busy_until + core::time::Duration::from_nanos(nanos);
        }
        let arrival = self.arrival(link, delay, rng);
        match self.under_way.back_mut() {
            Some((last, count)) if *last == arrival => *count += len,
            _ => self.under_way.push_back((arrival, len)),
        }
        len
    }

    fn room(&self, link: &Link) -> usize {
        link.buffer_len.max(1).saturating_sub(self.bytes.len())
    }

    /// Whether more can be written.
    pub(crate) fn has_room(&self, link: &Link) -> bool {
        self.room(link) > 0
    }

    /// Ends the direction behind what was written. The first end counts.
    pub(crate) fn end(
        &mut self,
        now: Timestamp,
        link: &Link,
        delay: core::time::Duration,
        rng: &mut Rng,
    ) {
        if self.end == End::Open {
            self.busy_until = self.busy_until.max(now);
            self.end = End::At(self.arrival(link, delay, rng));
        }
    }

    /// When something that is written now arrives: in order, and together with what comes at about
    /// the same time.
    fn arrival(&mut self, link: &Link, delay: core::time::Duration, rng: &mut Rng) -> Timestamp {
        let mut arrival = self.busy_until + link.latency.draw(rng) + delay;
        let step = u64::try_from(link.coalescing.as_nanos()).unwrap_or(u64::MAX);
        if step > 0 {
            arrival = Timestamp::from_nanos(arrival.as_nanos().div_ceil(step).saturating_mul(step));
        }
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }

    /// What there is to read.
    pub(crate) fn readable(&mut self, now: Timestamp) -> Readable {
        while let Some(&(at, len)) = self.under_way.front()
            && at <= now
        {
            self.under_way.pop_front();
            self.arrived += len;
        }
        if self.arrived > 0 {
            return Readable::Bytes(self.arrived);
        }
        match (self.under_way.front(), self.end) {
            (Some(&(at, _)), _) => Readable::Nothing(Some(at)),
            (None, End::At(at)) if at <= now => Readable::End,
            (None, End::At(at)) => Readable::Nothing(Some(at)),
            (None, End::Open | End::Read) => Readable::Nothing(None),
        }
    }

    /// Moves the next bytes into `chunk`.
    pub(crate) fn read(&mut self, len: usize, chunk: &mut Vec<u8>) {
        let len = len.min(self.arrived);
        self.arrived -= len;
        chunk.extend(self.bytes.drain(..len));
        if self.bytes.is_empty() {
            // A connection that idles holds no memory.
            self.bytes = VecDeque::new();
            self.under_way = VecDeque::new();
        }
    }

    /// The reader heard of the end.
    pub(crate) fn end_read(&mut self) {
        self.end = End::Read;
    }

    /// Whether there are bytes that weren't read.
    pub(crate) fn holds_bytes(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Throws away all that was written, and all that still will be.
    pub(crate) fn cut(&mut self) {
        self.end = End::Read;
        self.bytes = VecDeque::new();
        self.under_way = VecDeque::new();
        self.arrived = 0;
    }
}
