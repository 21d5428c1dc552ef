mod events;
mod io;

use std::mem;
use std::ops::Range;

use wirebeat::record::Recorded;
use wirebeat::{
    CloseCode, CloseFrame, Closed, Message, Outgoing, ReadyState, SendError, SendErrorReason,
    Timestamp, Transport,
};

use crate::chunk::{Chunk, Leftover};
use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::observer::Observers;
use crate::timer::Timer;
use crate::trace::Span;
use crate::waiting::Waiting;

/// How many bytes of answers wait for the messages that are at hand to be answered too.
const BATCH_LEN_MAX: u64 = 64 * 1024;

/// All that is known of a connection: what whoever looks after it needs to hold.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) connection: Recorded,
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
    pub(crate) observers: Observers,
    pub(crate) span: Span,
    pub(crate) waiting: Waiting,
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
    pub(crate) fn new(connection: Recorded) -> State {
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
            observers: Observers::default(),
            span: Span::NONE,
            waiting: Waiting::default(),
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

    #[inline]
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Has the timer told again whom to wake.
    pub(crate) fn forget_who_is_woken(&mut self) {
        self.timer.forget_who_is_woken();
    }

    /// Whether something has changed that others may wait for.
    pub(crate) fn has_news(&self) -> bool {
        self.has_news
    }

    /// Whether what was just sent may wait to be written: somebody else does it when the application
    /// waits, or it answers a message behind which there's another. `rest` is what was read and
    /// isn't eaten.
    #[inline]
    pub(crate) fn may_wait(&self, is_answer: bool, rest: &[u8]) -> bool {
        let is_last = rest.is_empty() && self.inbox.is_empty();
        (self.is_corked || is_answer && !is_last && self.has_message_at_hand(rest))
            && self.connection.buffered_amount() < BATCH_LEN_MAX
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

    /// Whether bytes wait to be written that nobody is about to write.
    #[inline]
    pub(crate) fn has_output(&self) -> bool {
        self.rest.is_some() || self.is_unflushed || self.connection.has_transmit()
    }

    /// Whether there is nothing that could be written, now or later.
    pub(crate) fn is_flushed(&self) -> bool {
        self.connection.transport() == Transport::Drop
            || !self.is_writing && self.held.is_none() && !self.has_output()
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
    #[inline]
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

    /// Something was read or written, or the right to do so was given back: whoever waits for room,
    /// or was refused the right, should look again.
    pub(crate) fn tell_refused(&mut self) {
        self.has_news |= mem::take(&mut self.is_wanted);
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
