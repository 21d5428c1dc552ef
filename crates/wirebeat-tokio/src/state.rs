use std::io::{self, ErrorKind};
use std::mem;
use std::ops::Range;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use wirebeat::{
    CloseCode, CloseFrame, Closed, Connection, Event, Message, Outgoing, ReadyState, SendError,
    SendErrorReason, Timestamp, Transport,
};

use crate::chunk::{Chunk, Leftover};
use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::timer::Timer;

/// How many bytes are taken out of the send queue at once, where several tasks use a connection.
const WRITE_LEN_MAX: usize = 64 * 1024;

/// How many bytes of answers wait for the messages that are at hand to be answered too.
const BATCH_LEN_MAX: u64 = 64 * 1024;

/// How long messages are that are read into buffers of their own, and not copied.
const ADOPTED_LENS: Range<usize> = 4 * 1024..64 * 1024;

/// How much more room there is than such a message takes: for its header, and to tell that there's
/// nothing behind it.
const ADOPTED_ROOM: usize = 64;

/// How often a call that only sends looks at what has come.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// All that is known of a connection: what whoever looks after it needs to hold.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) connection: Connection,
    clock: Clock,
    timer: Timer,
    /// What was read and isn't eaten.
    pub(crate) leftover: Leftover,
    /// A buffer that a message was received in that becomes its own.
    pub(crate) adopted: Vec<u8>,
    /// How long the last binary message was.
    binary_len: usize,
    pub(crate) inbox: Inbox,
    /// What was taken out to be written, of which the transport took only a part.
    rest: Option<Outgoing>,
    /// A message that a sink has taken, and the queue has no room for yet.
    held: Option<Box<Message<'static>>>,
    /// How it ended, from when this was known on: what was received before may still be kept.
    closed: Option<Box<Closed>>,
    /// When a call that only sends has last looked at what has come.
    looked_at: Timestamp,
    pub(crate) input: InputSide,
    pub(crate) output: OutputSide,
    /// How many handles there are.
    pub(crate) hands: u32,
    /// Whether our application takes what comes, as the connection was last told.
    pub(crate) takes_input: bool,
    /// Whether several tasks may use it at once, so that it isn't held while the transport is used.
    pub(crate) is_shared: bool,
    /// Whether whoever polls the application's task writes for it, whatever it waits for.
    pub(crate) is_corked: bool,
    /// Whether a call waits, since this was last asked while it's corked: that call does all there is
    /// to do.
    pub(crate) is_served: bool,
    /// Whether nothing happens without input, while it's open.
    pub(crate) is_quiet: bool,
    /// Whether no heartbeat waits for its answer and no write for room, so that the connection needs
    /// not know when exactly something was written.
    is_calm: bool,
    /// Whether somebody goes on with it when there are no handles any more.
    pub(crate) is_kept: bool,
    pub(crate) is_reading: bool,
    pub(crate) is_writing: bool,
    /// Whether the transport may have taken bytes that it keeps in a buffer of its own.
    pub(crate) is_unflushed: bool,
    /// Whether somebody waits for room, or for the right to read or write.
    pub(crate) is_wanted: bool,
    /// Whether something has changed that others may wait for.
    has_news: bool,
}

/// A message that came.
#[derive(Debug)]
pub(crate) enum Received {
    Message(Message<'static>),
    /// It stands here in [`State::adopted`].
    Adopted(Range<usize>),
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

/// What has become of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// There was nothing to write.
    Nothing,
    /// The transport has taken all there was.
    All,
    /// It takes no more just now, or another task writes.
    Blocked,
    /// It takes none any more.
    Broken,
}

impl State {
    /// The state of a connection that begins now, in one hand.
    pub(crate) fn new(connection: Connection) -> State {
        State {
            connection,
            clock: Clock::start(),
            timer: Timer::default(),
            leftover: Leftover::default(),
            adopted: Vec::new(),
            binary_len: 0,
            inbox: Inbox::default(),
            rest: None,
            held: None,
            closed: None,
            looked_at: Timestamp::ZERO,
            input: InputSide::Live,
            output: OutputSide::Live,
            hands: 1,
            takes_input: true,
            is_shared: false,
            is_corked: false,
            is_served: false,
            is_quiet: false,
            is_calm: false,
            is_kept: false,
            is_reading: false,
            is_writing: false,
            is_unflushed: false,
            is_wanted: false,
            has_news: false,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How it ended, once all that came before was taken or kept.
    pub(crate) fn closed(&self) -> Option<&Closed> {
        self.closed.as_deref()
    }

    /// What happens next, as far as it's known: of what was kept, or in a chunk that was read at
    /// `now`.
    #[inline]
    pub(crate) fn next_event<'c>(
        &mut self,
        chunk: &'c mut Chunk<'_>,
        now: Timestamp,
    ) -> Option<Event<'c>> {
        if !self.inbox.is_empty() {
            self.has_news |= self.inbox.is_full();
            return self.inbox.take();
        }
        self.receive(chunk, now)
    }

    #[inline]
    fn receive<'c>(&mut self, chunk: &'c mut Chunk<'_>, now: Timestamp) -> Option<Event<'c>> {
        if chunk.rest().is_empty()
            && self.is_quiet
            && self.connection.ready_state() == ReadyState::Open
        {
            return None;
        }
        let event = chunk.receive(&mut self.connection, now);
        match &event {
            None => self.is_quiet = self.connection.ready_state() == ReadyState::Open,
            Some(Event::Closed(closed)) => {
                let closed = closed.clone();
                self.end(closed);
            }
            Some(_) => {}
        }
        event
    }

    /// Takes note of how it ended.
    pub(crate) fn end(&mut self, closed: Closed) {
        self.closed = Some(Box::new(closed));
        self.has_news = true;
    }

    /// Takes note of how long messages are.
    #[inline]
    pub(crate) fn note_len(&mut self, message: &Message<'_>) {
        if !message.is_text() {
            self.binary_len = message.len();
        }
    }

    /// Something was read: no heartbeat waits any more. If nothing waits to be written either, the
    /// connection needs not know when exactly what comes next is.
    #[inline]
    pub(crate) fn note_sign_of_life(&mut self, now: Timestamp) {
        self.looked_at = now;
        self.is_calm =
            !self.is_writing && self.rest.is_none() && self.connection.poll_transmit().is_none();
    }

    /// Whether something has changed that others may wait for.
    pub(crate) fn has_news(&self) -> bool {
        self.has_news
    }

    /// How much room is read into for the next message to stand in a buffer of its own, if it comes
    /// as the last did.
    pub(crate) fn expected_len(&self) -> Option<usize> {
        let is_worth_it = ADOPTED_LENS.contains(&self.binary_len) && !self.is_shared;
        is_worth_it.then_some(self.binary_len + ADOPTED_ROOM)
    }

    /// The next message, if one has come.
    #[inline]
    pub(crate) fn next_message(
        &mut self,
        chunk: &mut Chunk<'_>,
        now: Timestamp,
    ) -> Option<Received> {
        let is_adoptable = chunk.is_adoptable();
        let message = loop {
            if let Event::Message(message) = self.next_event(chunk, now)? {
                break message;
            }
        };
        if message.is_text() {
            return Some(Received::Message(message.into_owned()));
        }
        self.note_len(&message);
        if !is_adoptable || message.is_owned() || message.len() < ADOPTED_LENS.start {
            return Some(Received::Message(message.into_owned()));
        }
        let len = message.len();
        Some(Received::Adopted(chunk.adopt(len)))
    }

    /// Keeps what has come until it's taken, as far as there is room.
    pub(crate) fn keep_events(&mut self, chunk: &mut Chunk<'_>, now: Timestamp) {
        // What comes last, when all is over, isn't the peer's to multiply.
        while !self.inbox.is_full() || self.connection.ready_state() == ReadyState::Closed {
            let Some(event) = self.receive(chunk, now).map(Event::into_owned) else { break };
            self.inbox.keep(event);
            self.has_news = true;
        }
    }

    /// Throws away what has come, kept or not.
    pub(crate) fn drop_events(&mut self, chunk: &mut Chunk<'_>, now: Timestamp) {
        while self.next_event(chunk, now).is_some() {}
    }

    /// What follows isn't taken by anybody any more.
    pub(crate) fn discard_events(&mut self) {
        self.inbox.discard();
        self.has_news = true;
    }

    /// Whether what comes next is a message, and is here already. `rest` is what was read and isn't
    /// eaten.
    pub(crate) fn has_message_at_hand(&self, rest: &[u8]) -> bool {
        if self.inbox.is_empty() {
            self.connection.has_message_next(rest)
        } else {
            self.inbox.has_message_next()
        }
    }

    /// Whether what was just sent may wait to be written: somebody else does it when the application
    /// waits, or it answers a message behind which there's another. `rest` is what was read and
    /// isn't eaten.
    pub(crate) fn may_wait(&self, is_answer: bool, rest: &[u8]) -> bool {
        (self.is_corked || is_answer && self.has_message_at_hand(rest))
            && self.connection.buffered_amount() < BATCH_LEN_MAX
    }

    /// Keeps what has come, but for a call's first look: then it isn't known yet whether it has to
    /// wait.
    pub(crate) fn keep_unless(&mut self, is_first: bool, chunk: &mut Chunk<'_>, now: Timestamp) {
        if !is_first {
            self.keep_events(chunk, now);
        }
    }

    /// Whether all is written that can be, before the application receives.
    pub(crate) fn is_written(
        &mut self,
        is_first: bool,
        chunk: &mut Chunk<'_>,
        now: Timestamp,
    ) -> bool {
        if self.is_flushed() {
            return true;
        }
        self.keep_unless(is_first, chunk, now);
        !is_first && self.inbox.is_full()
    }

    /// Whether a call that only sends is to look at what has come, which it does now and then.
    pub(crate) fn is_look_due(&mut self) -> bool {
        let now = self.now();
        let is_due = now.since(self.looked_at) >= LOOK_INTERVAL && !self.inbox.is_full();
        if is_due {
            self.looked_at = now;
        }
        is_due
    }

    /// Whether bytes wait to be written that nobody is about to write.
    pub(crate) fn has_output(&mut self) -> bool {
        self.rest.is_some() || self.is_unflushed || self.connection.poll_transmit().is_some()
    }

    /// Whether there is nothing that could be written, now or later.
    pub(crate) fn is_flushed(&mut self) -> bool {
        self.connection.transport() == Transport::Drop
            || !self.is_writing && self.held.is_none() && !self.has_output()
    }

    /// Takes out what is to be written without holding the connection.
    pub(crate) fn begin_write(&mut self) -> Option<Outgoing> {
        let outgoing = self.rest.take().or_else(|| self.connection.take_transmit(WRITE_LEN_MAX));
        self.is_writing = outgoing.is_some();
        outgoing
    }

    /// Tells what has become of a write, and gives back what was taken out for it.
    pub(crate) fn end_write(
        &mut self,
        outgoing: Option<Outgoing>,
        taken: Poll<io::Result<usize>>,
    ) -> Written {
        self.is_writing = false;
        self.has_news |= mem::take(&mut self.is_wanted);
        let (taken, written) = match taken {
            Poll::Ready(Ok(taken)) if taken > 0 => {
                let is_calm = self.is_calm && self.connection.ready_state() == ReadyState::Open;
                let now = if is_calm { Timestamp::ZERO } else { self.now() };
                self.connection.handle_written(now, taken);
                self.is_unflushed = true;
                self.queue_held();
                (taken, Written::All)
            }
            Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => (0, Written::All),
            Poll::Ready(_) => {
                self.break_output();
                (0, Written::Broken)
            }
            Poll::Pending => {
                let now = self.now();
                self.is_calm = false;
                self.connection.handle_write_blocked(now);
                (0, Written::Blocked)
            }
        };
        if let Some(mut outgoing) = outgoing {
            outgoing.advance(taken);
            if outgoing.has_remaining() && self.output != OutputSide::Dropped {
                self.rest = Some(outgoing);
            }
        }
        written
    }

    pub(crate) fn break_output(&mut self) {
        self.is_unflushed = false;
        if self.output == OutputSide::Live {
            self.output = OutputSide::Broken;
        }
    }

    /// Tells the connection what was read, unless it was read into one of its messages.
    pub(crate) fn end_read(&mut self, read: &io::Result<usize>, now: Timestamp) {
        self.is_reading = false;
        self.has_news |= mem::take(&mut self.is_wanted);
        (self.looked_at, self.is_quiet) = (now, false);
        match read {
            Ok(0) => self.end_input(now),
            Ok(_) => self.note_sign_of_life(now),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                // TLS that ends without saying so: what came is whole all the same.
                ErrorKind::UnexpectedEof => self.end_input(now),
                _ => {
                    self.input = InputSide::Ended;
                    self.connection.handle_lost(now);
                }
            },
        }
    }

    fn end_input(&mut self, now: Timestamp) {
        self.input = InputSide::Ended;
        match self.output {
            OutputSide::Live | OutputSide::Shut => self.connection.handle_eof(now),
            // The write was told of the loss, and the system tells it once.
            OutputSide::Broken | OutputSide::Dropped => self.connection.handle_lost(now),
        }
    }

    /// Gives up what can't go on: there's nothing to read, and what is to be written can't be; or
    /// nothing comes and nothing goes out. Returns whether that was so.
    #[inline]
    pub(crate) fn lose_if_stuck(&mut self) -> bool {
        let may_be = self.input == InputSide::Ended || self.output != OutputSide::Live;
        may_be && self.lose_what_is_stuck()
    }

    #[cold]
    fn lose_what_is_stuck(&mut self) -> bool {
        if self.is_writing || self.connection.ready_state() == ReadyState::Closed {
            return false;
        }
        let is_stuck = match (self.has_output(), self.output, self.input) {
            (true, OutputSide::Live, _) => false,
            (true, OutputSide::Shut | OutputSide::Broken | OutputSide::Dropped, _) => true,
            (false, _, input) => input == InputSide::Ended,
        };
        if is_stuck {
            self.lose();
        }
        is_stuck
    }

    /// The transport is lost.
    pub(crate) fn lose(&mut self) {
        let now = self.now();
        self.connection.handle_lost(now);
        self.has_news = true;
    }

    /// Does what is due. Returns whether anything was. Input comes before time: all that there was
    /// to read is read.
    #[inline]
    pub(crate) fn keep_time(&mut self, cx: &mut Context<'_>) -> bool {
        // There is but the heartbeat, which moves away with each message.
        let is_calm = self.is_calm && self.connection.ready_state() == ReadyState::Open;
        !(is_calm && self.timer.is_running()) && self.do_what_is_due(cx)
    }

    fn do_what_is_due(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(at) = self.connection.poll_timeout() else { return false };
        if self.timer.poll(cx, self.clock, at).is_pending() {
            return false;
        }
        let now = self.now().max(at);
        (self.is_quiet, self.is_calm) = (false, false);
        self.connection.handle_timeout(now);
        self.has_news = true;
        true
    }

    /// Tells the connection whether our application takes what comes.
    pub(crate) fn set_reading(&mut self, takes_input: bool) {
        if self.takes_input != takes_input {
            self.takes_input = takes_input;
            let now = self.now();
            self.connection.handle_reading(now, takes_input);
        }
    }

    /// Takes a message from a sink, whether there's room or not.
    pub(crate) fn hold(&mut self, message: Message<'_>) -> Result<(), SendErrorReason> {
        debug_assert!(self.held.is_none(), "a sink is asked whether it's ready");
        let now = self.now();
        match self.connection.send(now, message) {
            Ok(()) => Ok(()),
            Err(SendError { reason: SendErrorReason::Full, unsent }) => {
                self.held = Some(Box::new(unsent.into_owned()));
                Ok(())
            }
            Err(SendError { reason, .. }) => Err(reason),
        }
    }

    /// Whether a message waits in front of those that aren't queued.
    pub(crate) fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    fn queue_held(&mut self) {
        if let Some(held) = self.held.take() {
            // If it's too late, the end of the connection says so.
            let _ = self.hold(*held);
        }
    }

    /// Begins to close with a code that either role may send, unless it's closing.
    pub(crate) fn leave(&mut self, code: CloseCode) {
        if self.connection.ready_state() == ReadyState::Closed {
            return;
        }
        let now = self.now();
        let _ = self.connection.close(now, CloseFrame::new(code, "").ok());
        self.has_news = true;
    }

    /// Whether others should look again, which is asked once.
    pub(crate) fn take_news(&mut self) -> bool {
        let is_sooner = self.is_shared && {
            let at = self.connection.poll_timeout();
            self.timer.is_too_late_for(at)
        };
        mem::take(&mut self.has_news) || is_sooner
    }
}
