use std::mem;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use wirebeat::record::Recorded;
use wirebeat::{Closed, Config, Event, Heartbeat, Input, ReadyState, Timestamp, Transport};

use crate::Socket;
use crate::inbox::Inbox;
use crate::output::Output;
use crate::reader::Reader;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// All that is known of a connection: what whoever looks after it needs to hold.
///
/// It never touches the socket, but to shut it down, which doesn't block. What is done to the socket
/// is done by who has taken the [`Reader`] or an [`Output`] out of here, and is told by giving them
/// back: [`end_read`](State::end_read), [`end_write`](State::end_write). What to do next is
/// [planned](State::plan) here too.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) connection: Recorded,
    /// What is between the connection and the socket.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Box<Tls>>,
    pub(crate) clock: Clock,
    /// The right to read, unless somebody reads.
    pub(crate) reader: Option<Reader>,
    /// What was taken out to be written, of which the transport took only a part.
    pub(crate) rest: Option<Output>,
    /// Whether somebody writes.
    pub(crate) is_writing: bool,
    pub(crate) input: InputSide,
    pub(crate) output: OutputSide,
    /// Whether our application takes what comes, as the connection was last told.
    is_reading: bool,
    /// Whether there are deadlines at all.
    pub(crate) is_timed: bool,
    /// When the socket was last seen to have nothing more than what was read then.
    pub(crate) looked_at: Timestamp,
    pub(crate) inbox: Inbox,
    /// How it ended, from when this was known on: what was received before may still be kept.
    closed: Option<Closed>,
    /// How soon at the earliest whoever doesn't read can make a deadline.
    pub(crate) deadline_min: DeadlineMin,
    pub(crate) holders: Holders,
    /// Whether something has changed that others may wait for.
    has_news: bool,
}

/// Who looks after a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holders {
    One,
    /// Several hands.
    Many {
        hands: usize,
        /// Whether a thread keeps it going until it's closed.
        is_kept: bool,
    },
}

/// How soon at the earliest a deadline can be made that wasn't there before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeadlineMin {
    open: Duration,
    ending: Duration,
}

/// What tells a connection's time.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The system's, from here on.
    Since(Instant),
    /// One that goes on by a step each time that it's asked, so that a run can be repeated.
    #[cfg(test)]
    Stepping(std::cell::Cell<Timestamp>),
}

impl Clock {
    fn now(&self) -> Timestamp {
        match self {
            Clock::Since(start) => Timestamp::ZERO + start.elapsed(),
            #[cfg(test)]
            Clock::Stepping(now) => now.replace(now.get() + Duration::from_millis(3)),
        }
    }
}

/// Whether the peer can still be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputSide {
    Live,
    Ended,
}

/// Whether the peer can still be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputSide {
    Live,
    /// We ended it.
    Shut,
    /// The transport refused to take more. What came before may still tell why.
    Broken,
    /// We dropped the whole transport.
    Dropped,
}

impl State {
    /// The state of a connection whose first timestamp is just past.
    pub(crate) fn new(connection: Recorded, config: &Config) -> State {
        State {
            connection,
            #[cfg(feature = "tls")]
            tls: None,
            clock: Clock::Since(Instant::now()),
            reader: Some(Reader::default()),
            rest: None,
            is_writing: false,
            input: InputSide::Live,
            output: OutputSide::Live,
            is_reading: true,
            is_timed: true,
            looked_at: Timestamp::ZERO,
            inbox: Inbox::default(),
            closed: None,
            deadline_min: DeadlineMin::new(config),
            holders: Holders::One,
            has_news: false,
        }
    }

    /// What time it is for the connection.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How it ended, once all that came before was taken or kept.
    pub(crate) fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref()
    }

    /// What happened, in order, as far as it's known without the socket.
    pub(crate) fn take_event(&mut self) -> Option<Event<'static>> {
        let was_full = self.inbox.is_full();
        match self.inbox.take() {
            Some(event) => {
                // Reading may go on.
                self.has_news |= was_full;
                Some(event)
            }
            None => self.next_event(),
        }
    }

    /// Keeps what has come until it's taken, as far as there is room.
    pub(crate) fn keep_events(&mut self) {
        // What comes last, when all is over, isn't the peer's to multiply.
        while !self.inbox.is_full() || self.connection.ready_state() == ReadyState::Closed {
            match self.next_event() {
                Some(event) => {
                    self.inbox.keep(event);
                    self.has_news = true;
                }
                None => break,
            }
        }
    }

    /// Whether what comes next is a message, and is here already.
    pub(crate) fn has_message_at_hand(&self) -> bool {
        match (self.inbox.is_empty(), &self.reader) {
            (true, Some(reader)) => self.connection.has_message_next(reader.unread()),
            (true, None) => false,
            (false, _) => self.inbox.has_message_next(),
        }
    }

    /// Whether some of what was read isn't looked at yet.
    pub(crate) fn has_unread(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| !reader.is_eaten())
    }

    /// Throws away what has come, kept or not.
    pub(crate) fn drop_events(&mut self) {
        while self.take_event().is_some() {}
    }

    /// What follows isn't taken by anybody any more.
    pub(crate) fn discard_events(&mut self) {
        self.inbox.discard();
        self.has_news = true;
    }

    fn next_event(&mut self) -> Option<Event<'static>> {
        let now = self.now();
        let event = loop {
            let connection = &mut self.connection;
            let mut receive =
                |input: &mut Input<'_>| connection.receive(now, input).map(Event::into_owned);
            let event = match &mut self.reader {
                Some(reader) => reader.chunk().eat(receive),
                // Whoever reads has found everything eaten.
                None => receive(&mut Input::default()),
            };
            if event.is_some() || !self.decrypt(now) {
                break event;
            }
        };
        if let Some(Event::Closed(closed)) = &event {
            self.closed = Some(closed.clone());
            self.has_news = true;
        }
        event
    }

    /// Whether there is nothing that could be written, now or later.
    pub(crate) fn is_flushed(&mut self) -> bool {
        self.connection.transport() == Transport::Drop || !self.is_writing && !self.has_output()
    }

    /// Whether bytes wait to be written that nobody is about to write.
    pub(crate) fn has_output(&mut self) -> bool {
        self.rest.is_some() || self.has_output_to_take()
    }

    /// Whether what came must be taken before more can come.
    pub(crate) fn is_full(&self) -> bool {
        self.inbox.is_full()
    }

    /// Does to the transport what the connection wants.
    pub(crate) fn obey(&mut self, socket: &impl Socket) -> Transport {
        let transport = self.connection.transport();
        match (transport, self.output) {
            (Transport::Keep, _)
            | (Transport::ShutdownWrite, OutputSide::Shut | OutputSide::Dropped)
            | (Transport::Drop, OutputSide::Dropped) => {}
            (Transport::ShutdownWrite, OutputSide::Live | OutputSide::Broken) => {
                if self.has_said_last() {
                    self.output = OutputSide::Shut;
                    // It may have ended by itself, which the next read will tell.
                    let _ = socket.shutdown(Shutdown::Write);
                }
            }
            (Transport::Drop, OutputSide::Live | OutputSide::Shut | OutputSide::Broken) => {
                self.drop_transport(socket);
            }
        }
        transport
    }

    /// Drops the transport. Whoever waits for it is woken by that.
    pub(crate) fn drop_transport(&mut self, socket: &impl Socket) {
        self.say_last(socket);
        self.output = OutputSide::Dropped;
        self.rest = None;
        self.has_news = true;
        let _ = socket.shutdown(Shutdown::Both);
    }

    /// Tells the connection whether our application takes what comes.
    pub(crate) fn set_reading(&mut self, is_reading: bool) {
        if self.is_reading != is_reading {
            self.is_reading = is_reading;
            let now = self.now();
            self.connection.handle_reading(now, is_reading);
        }
    }

    /// The transport is lost.
    pub(crate) fn lose(&mut self) {
        let now = self.now();
        self.connection.handle_lost(now);
        self.has_news = true;
    }

    /// The transport is lost, with the rights to use it.
    pub(crate) fn give_up(&mut self) {
        self.reader.get_or_insert_default();
        self.is_writing = false;
        self.input = InputSide::Ended;
        self.lose();
    }

    /// Others should look again.
    pub(crate) fn tell(&mut self) {
        self.has_news = true;
    }

    /// Whether others should look again, which is asked once.
    pub(crate) fn take_news(&mut self) -> bool {
        mem::take(&mut self.has_news)
    }
}

/// A connection without TLS.
#[cfg(not(feature = "tls"))]
impl State {
    fn decrypt(&mut self, _now: Timestamp) -> bool {
        false
    }

    fn has_output_to_take(&mut self) -> bool {
        self.connection.has_transmit()
    }

    fn has_said_last(&mut self) -> bool {
        true
    }

    fn say_last(&mut self, _socket: &impl Socket) {}

    pub(crate) fn is_encrypted(&self) -> bool {
        false
    }
}

impl DeadlineMin {
    fn new(config: &Config) -> DeadlineMin {
        let heartbeat = config.heartbeat.as_ref().map(Heartbeat::timeout);
        let open = [heartbeat, config.write_stall_timeout]
            .into_iter()
            .flatten()
            .fold(config.close_timeout, Duration::min);
        // Who wants to wake more often than that wants to be woken by nobody.
        let at_least = |duration: Duration| duration.max(Duration::from_millis(10));
        DeadlineMin { open: at_least(open), ending: at_least(open.min(config.linger)) }
    }

    pub(crate) fn at(self, state: ReadyState) -> Duration {
        match state {
            ReadyState::Connecting | ReadyState::Open => self.open,
            ReadyState::Closing | ReadyState::Closed => self.ending,
        }
    }
}
