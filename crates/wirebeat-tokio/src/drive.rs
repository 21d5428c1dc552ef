use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use wirebeat::{Timestamp, Transport};

use crate::Socket;
use crate::chunk::Chunk;
use crate::fan::Seen;
use crate::scratch::Scratch;
use crate::shared::{Held, Shared, Whole};
use crate::state::{InputSide, OutputSide, State, Written};
use crate::transport::poll_write;

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// That something comes.
    Input,
    /// That something goes out. Input is taken in when nothing can, so that the peer reads on, and
    /// its pings are answered.
    Output,
    /// The end. It doesn't wait for an application that doesn't take what has come.
    End,
}

/// What has come of one turn.
enum Turn<T> {
    /// What was wanted.
    Had(T),
    /// Something, so that it's worth while to look again.
    Something,
    Nothing,
}

impl<S: Socket> Shared<S> {
    /// Waits until `want` has what it wants, and keeps the connection going meanwhile. It's given
    /// what was read and isn't eaten, and when that was.
    pub(crate) fn poll_drive<T>(
        &self,
        cx: &mut Context<'_>,
        purpose: Purpose,
        mut want: impl FnMut(&mut State, &mut Chunk<'_>, Timestamp) -> Option<T>,
    ) -> Poll<T> {
        let mut state = self.lock();
        let way = self.enter(&mut state, cx.waker());
        let mut fan = way.context();
        if purpose == Purpose::Input
            && state.has_output()
            && !state.has_message_at_hand(state.leftover.rest())
        {
            // What comes next may be the peer's Close, which drops what isn't written.
            state = self.write_out(state, &mut fan).0;
        }
        let had = loop {
            if let Some(had) = look(&mut state, &mut want) {
                break had;
            }
            let (held, turn) = self.take_turn(state, &mut fan, purpose, &mut want);
            state = held;
            match turn {
                Turn::Had(had) => break had,
                Turn::Something => {}
                Turn::Nothing if state.keep_time(&mut fan) => {}
                Turn::Nothing => {
                    state.is_served = true;
                    self.wait(state, cx.waker(), way);
                    return Poll::Pending;
                }
            }
        };
        self.obey(&mut state, &mut fan);
        self.end_poll(state);
        Poll::Ready(had)
    }

    /// Writes what waits; then reads once, if what came before is eaten.
    fn take_turn<'s, T>(
        &'s self,
        state: Held<'s, S>,
        fan: &mut Context<'_>,
        purpose: Purpose,
        want: &mut impl FnMut(&mut State, &mut Chunk<'_>, Timestamp) -> Option<T>,
    ) -> (Held<'s, S>, Turn<T>) {
        let mut state = state;
        let mut written = Written::Nothing;
        if state.has_output() {
            (state, written) = self.write_out(state, fan);
        }
        if self.obey(&mut state, fan) || written == Written::All && purpose == Purpose::Output {
            return (state, Turn::Something);
        }
        let takes_input = purpose == Purpose::End || !state.inbox.is_full();
        state.set_reading(takes_input);
        if !takes_input || !state.leftover.is_empty() {
            state.is_wanted = true;
            return (state, Turn::Nothing);
        }
        let (mut state, turn) = self.read(state, fan, want);
        match turn {
            Turn::Nothing if state.lose_if_stuck() => (state, Turn::Something),
            Turn::Nothing => {
                state.is_wanted |=
                    purpose == Purpose::Output || state.is_writing || state.is_reading;
                (state, Turn::Nothing)
            }
            turn => (state, turn),
        }
    }

    /// Writes what waits, as far as the transport takes it.
    pub(crate) fn write_out<'s>(
        &'s self,
        mut state: Held<'s, S>,
        fan: &mut Context<'_>,
    ) -> (Held<'s, S>, Written) {
        if !state.is_shared {
            let written = self.write_held(&mut state, fan);
            return (state, written);
        }
        let mut has_written = Written::Nothing;
        loop {
            let written;
            (state, written) = self.write_apart(state, fan);
            match written {
                Written::All => has_written = Written::All,
                Written::Nothing => return (state, has_written),
                written => return (state, written),
            }
        }
    }

    /// Writes from where the bytes are.
    pub(crate) fn write_held(&self, whole: &mut Whole<S>, fan: &mut Context<'_>) -> Written {
        if whole.output != OutputSide::Live {
            return Written::Broken;
        }
        self.with_stream(whole, |state, stream| {
            let mut has_written = Written::Nothing;
            while let Some(transmit) = state.connection.poll_transmit() {
                let taken = poll_write(stream, fan, &transmit);
                match state.end_write(None, taken) {
                    Written::All => has_written = Written::All,
                    written => return written,
                }
            }
            if !state.is_unflushed {
                return has_written;
            }
            let flushed = Pin::new(stream).poll_flush(fan);
            match end_flush(state, flushed) {
                Written::Nothing => has_written,
                written => written,
            }
        })
    }

    /// Writes once what is taken out for it, without holding the state meanwhile.
    fn write_apart<'s>(
        &'s self,
        mut state: Held<'s, S>,
        fan: &mut Context<'_>,
    ) -> (Held<'s, S>, Written) {
        if state.is_writing {
            return (state, Written::Blocked);
        }
        if state.output != OutputSide::Live {
            return (state, Written::Broken);
        }
        match state.begin_write() {
            Some(outgoing) => {
                let seen = self.seen(&state);
                drop(state);
                let taken = poll_write(&mut *self.apart(), fan, &outgoing);
                let mut state = self.lock();
                let written = state.end_write(Some(outgoing), taken);
                self.give_back(&mut state, seen);
                (state, written)
            }
            None if state.is_unflushed => {
                state.is_writing = true;
                drop(state);
                let flushed = Pin::new(&mut *self.apart()).poll_flush(fan);
                let mut state = self.lock();
                state.is_writing = false;
                state.tell_refused();
                let written = end_flush(&mut state, flushed);
                (state, written)
            }
            None => (state, Written::Nothing),
        }
    }

    /// Reads once, and gives `want` what was read.
    fn read<'s, T>(
        &'s self,
        mut state: Held<'s, S>,
        fan: &mut Context<'_>,
        want: &mut impl FnMut(&mut State, &mut Chunk<'_>, Timestamp) -> Option<T>,
    ) -> (Held<'s, S>, Turn<T>) {
        if state.input == InputSide::Ended || state.is_reading || !state.connection.wants_read() {
            return (state, Turn::Nothing);
        }
        if !state.is_shared && state.connection.read_target().is_some() {
            let turn = self.read_to_target(&mut state, fan);
            return (state, turn);
        }
        if let Some(room) = state.expected_len() {
            return self.read_to_adopt(state, room, fan, want);
        }
        let mut scratch = Scratch::take();
        let bytes = scratch.bytes();
        let seen = self.seen(&state);
        let read;
        if state.is_shared {
            state.is_reading = true;
            drop(state);
            read = poll_read(&mut *self.apart(), fan, bytes);
            state = self.lock();
        } else {
            read = self.with_stream(&mut state, |_, stream| poll_read(stream, fan, bytes));
        }
        let Poll::Ready(read) = read else {
            state.is_reading = false;
            self.give_back(&mut state, seen);
            return (state, Turn::Nothing);
        };
        let len = *read.as_ref().unwrap_or(&0);
        let mut chunk = Chunk::new(&mut bytes[..len]);
        let turn = give(&mut state, read, &mut chunk, want);
        (state, turn)
    }

    /// Gives back the right to read or write, which was `seen` when it was taken. If the transport has
    /// woken everybody since, one of them was perhaps refused it, and we may not come back to it.
    fn give_back(&self, state: &mut State, seen: Option<Seen>) {
        if self.seen(state) != seen {
            state.tell_refused();
        }
    }

    /// Reads once into a long message.
    fn read_to_target<T>(&self, whole: &mut Whole<S>, fan: &mut Context<'_>) -> Turn<T> {
        self.with_stream(whole, |state, stream| {
            let Some(mut target) = state.connection.read_target() else { return Turn::Nothing };
            let Poll::Ready(read) = pin!(stream.read_buf(&mut target)).poll(fan) else {
                return Turn::Nothing;
            };
            let now = state.now();
            state.end_read(&read, now);
            Turn::Something
        })
    }

    /// Reads once into a buffer that becomes a message, if it comes as the last did.
    fn read_to_adopt<'s, T>(
        &'s self,
        mut state: Held<'s, S>,
        room: usize,
        fan: &mut Context<'_>,
        want: &mut impl FnMut(&mut State, &mut Chunk<'_>, Timestamp) -> Option<T>,
    ) -> (Held<'s, S>, Turn<T>) {
        let mut bytes = Vec::with_capacity(room);
        let read =
            self.with_stream(&mut state, |_, stream| pin!(stream.read_buf(&mut bytes)).poll(fan));
        let Poll::Ready(read) = read else { return (state, Turn::Nothing) };
        let mut chunk = Chunk::adoptable(&mut bytes);
        let turn = give(&mut state, read, &mut chunk, want);
        if chunk.is_adopted() {
            state.adopted = bytes;
        }
        (state, turn)
    }

    /// Does to the transport what the connection wants. Returns whether anything was done.
    #[inline]
    fn obey(&self, state: &mut Whole<S>, fan: &mut Context<'_>) -> bool {
        match state.connection.transport() {
            Transport::Keep => false,
            transport => self.end_stream(transport, state, fan),
        }
    }

    #[cold]
    fn end_stream(
        &self,
        transport: Transport,
        whole: &mut Whole<S>,
        fan: &mut Context<'_>,
    ) -> bool {
        match (transport, whole.output) {
            (Transport::Keep, _)
            | (Transport::ShutdownWrite, OutputSide::Shut | OutputSide::Dropped)
            | (Transport::Drop, OutputSide::Dropped) => false,
            (Transport::ShutdownWrite, OutputSide::Live | OutputSide::Broken) => {
                // It may have ended by itself, which the next read will tell.
                let shut = self.with_stream(whole, |_, stream| Pin::new(stream).poll_shutdown(fan));
                if shut.is_ready() {
                    whole.output = OutputSide::Shut;
                }
                shut.is_ready()
            }
            (Transport::Drop, OutputSide::Live | OutputSide::Shut | OutputSide::Broken) => {
                self.drop_stream(whole, fan);
                true
            }
        }
    }

    /// Ends our side of the transport for good. Who ends it all doesn't wait: the stream itself is
    /// dropped with the last handle.
    pub(crate) fn drop_stream(&self, whole: &mut Whole<S>, cx: &mut Context<'_>) {
        if whole.output != OutputSide::Shut {
            let _ = self.with_stream(whole, |_, stream| Pin::new(stream).poll_shutdown(cx));
        }
        whole.output = OutputSide::Dropped;
    }
}

/// Tells what was read, and gives it to `want`.
fn give<T>(
    state: &mut State,
    read: io::Result<usize>,
    chunk: &mut Chunk<'_>,
    want: &mut impl FnMut(&mut State, &mut Chunk<'_>, Timestamp) -> Option<T>,
) -> Turn<T> {
    let now = state.now();
    state.end_read(&read, now);
    let had = want(state, chunk, now);
    state.leftover.keep(chunk.rest());
    had.map_or(Turn::Something, Turn::Had)
}

/// Gives `want` what was left of an earlier read, and looks at what happened without one.
#[inline]
fn look<T>(
    state: &mut State,
    want: &mut impl FnMut(&mut State, &mut Chunk<'_>, Timestamp) -> Option<T>,
) -> Option<T> {
    if state.leftover.is_empty() {
        return want(state, &mut Chunk::new(&mut []), Timestamp::ZERO);
    }
    let mut leftover = state.leftover.take();
    let mut chunk = leftover.chunk();
    let had = want(state, &mut chunk, Timestamp::ZERO);
    let left = chunk.left();
    state.leftover = leftover.cut(left);
    had
}

pub(crate) fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    bytes: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(bytes);
    ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

fn end_flush(state: &mut State, flushed: Poll<io::Result<()>>) -> Written {
    match flushed {
        Poll::Ready(Ok(())) => {
            state.is_unflushed = false;
            Written::Nothing
        }
        Poll::Ready(Err(_)) => {
            state.break_output();
            Written::Broken
        }
        Poll::Pending => Written::Blocked,
    }
}
