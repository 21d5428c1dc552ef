use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Deref;

use bytes::buf::Limit;

use super::tape::Tape;
use super::{Begin, Call, Recorder, Role};
#[cfg(feature = "deflate")]
use crate::extension::Deflate;
use crate::handshake::{AcceptError, Acceptance, OriginPolicy, Request, Response};
use crate::{
    CloseError, CloseFrame, Config, Connection, Event, Input, Kind, Message, Outgoing, Payload,
    Prepared, SendError, SendErrorReason, SendMessageError, SendPayloadError, Timestamp, Transmit,
};

/// A [`Connection`] that tells a [`Recording`](super::Recording) all that goes into it, if it has one.
///
/// It has a connection's methods; what only looks at one is reached by dereferencing. Without a
/// recording it is the connection, and costs the test of a pointer.
///
/// One that is recorded is compressed as any, unless its recorder
/// [doesn't take that](Recorder::takes_compressed).
#[derive(Debug)]
pub struct Recorded {
    connection: Connection,
    tape: Option<Box<Tape>>,
}

/// A connection that isn't recorded.
impl From<Connection> for Recorded {
    fn from(connection: Connection) -> Recorded {
        Recorded { connection, tape: None }
    }
}

impl Recorded {
    /// As [`Connection::client`], with the bytes of its seed.
    #[must_use]
    pub fn client(
        request: Request,
        config: &Config,
        seed: [u8; 32],
        now: Timestamp,
        recorder: &dyn Recorder,
    ) -> Recorded {
        Recorded::begin(Role::Client(Box::new(request), seed), config, now, recorder)
    }

    /// As [`Connection::server`].
    #[must_use]
    pub fn server(
        origins: OriginPolicy,
        config: &Config,
        now: Timestamp,
        recorder: &dyn Recorder,
    ) -> Recorded {
        Recorded::begin(Role::Server(origins), config, now, recorder)
    }

    /// A connection of any role. If the recorder doesn't want it, it's one that isn't recorded.
    #[must_use]
    pub fn begin(role: Role, config: &Config, now: Timestamp, recorder: &dyn Recorder) -> Recorded {
        let begin = Begin { role, config: recordable(config, recorder), now };
        match recorder.record(&begin) {
            Some(recording) => Recorded {
                connection: begin.connection(),
                tape: Some(Box::new(Tape::new(recording, now))),
            },
            None => Begin { config: config.clone(), ..begin }.connection().into(),
        }
    }

    /// As [`Connection::receive`].
    #[inline]
    pub fn receive<'i>(&mut self, now: Timestamp, input: &mut Input<'i>) -> Option<Event<'i>> {
        match &mut self.tape {
            None => self.connection.receive(now, input),
            Some(tape) => tape.receive(&mut self.connection, now, input),
        }
    }

    /// As [`Connection::poll_event`].
    #[inline]
    pub fn poll_event(&mut self) -> Option<Event<'static>> {
        let event = self.connection.poll_event();
        if let (Some(tape), Some(Event::Closed(_))) = (&mut self.tape, &event) {
            tape.end();
        }
        event
    }

    /// As [`Connection::read_target`]. There is none if it's recorded: all bytes go through
    /// [`receive`](Recorded::receive).
    #[inline]
    pub fn read_target(&mut self) -> Option<Limit<&mut Vec<u8>>> {
        match self.tape {
            None => self.connection.read_target(),
            Some(_) => None,
        }
    }

    /// As [`Connection::poll_transmit`].
    #[inline]
    pub fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.connection.poll_transmit()
    }

    /// As [`Connection::has_transmit`].
    #[must_use]
    #[inline]
    pub fn has_transmit(&self) -> bool {
        self.connection.has_transmit()
    }

    /// As [`Connection::take_transmit`].
    #[inline]
    pub fn take_transmit(&mut self, max: usize) -> Option<Outgoing> {
        let outgoing = self.connection.take_transmit(max)?;
        if let Some(tape) = &mut self.tape {
            tape.call_at_last(Call::Take(max));
        }
        Some(outgoing)
    }

    /// As [`Connection::handle_written`].
    #[inline]
    pub fn handle_written(&mut self, now: Timestamp, bytes: usize) {
        self.tell(now, || Call::Written(bytes));
        self.connection.handle_written(now, bytes);
    }

    /// As [`Connection::handle_write_blocked`].
    #[inline]
    pub fn handle_write_blocked(&mut self, now: Timestamp) {
        self.tell(now, || Call::WriteBlocked);
        self.connection.handle_write_blocked(now);
    }

    /// As [`Connection::handle_reading`].
    #[inline]
    pub fn handle_reading(&mut self, now: Timestamp, reading: bool) {
        self.tell(now, || Call::Reading(reading));
        self.connection.handle_reading(now, reading);
    }

    /// As [`Connection::handle_eof`].
    #[inline]
    pub fn handle_eof(&mut self, now: Timestamp) {
        self.tell(now, || Call::Eof);
        self.connection.handle_eof(now);
    }

    /// As [`Connection::handle_lost`].
    #[inline]
    pub fn handle_lost(&mut self, now: Timestamp) {
        self.tell(now, || Call::Lost);
        self.connection.handle_lost(now);
    }

    /// As [`Connection::handle_timeout`].
    #[inline]
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.tell(now, || Call::Timeout);
        self.connection.handle_timeout(now);
    }

    /// As [`Connection::probe`].
    #[inline]
    pub fn probe(&mut self, now: Timestamp) {
        self.tell(now, || Call::Probe);
        self.connection.probe(now);
    }

    /// As [`Connection::release_buffers`], of which nothing needs to be told: nobody sees it from
    /// outside.
    #[inline]
    pub fn release_buffers(&mut self) {
        self.connection.release_buffers();
    }

    /// As [`Connection::accept`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::accept`].
    pub fn accept(&mut self, now: Timestamp, acceptance: &Acceptance) -> Result<(), AcceptError> {
        self.tell(now, || Call::Accept(acceptance.clone()));
        self.connection.accept(now, acceptance)
    }

    /// As [`Connection::respond`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::respond`].
    pub fn respond(&mut self, now: Timestamp, response: &Response) -> Result<(), AcceptError> {
        self.tell(now, || Call::Respond(response.clone()));
        self.connection.respond(now, response)
    }

    /// As [`Connection::send`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send`].
    #[inline]
    pub fn send<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        let message = message.into();
        match self.tape {
            None => self.connection.send(now, message),
            Some(_) => self.send_on_tape(now, message),
        }
    }

    #[inline(never)]
    fn send_on_tape<'m>(
        &mut self,
        now: Timestamp,
        message: Message<'m>,
    ) -> Result<(), SendMessageError<'m>> {
        let call = Call::Send(message.borrow().into_owned());
        let sent = self.connection.send(now, message);
        self.tell_sent(now, Some(call), &sent);
        sent
    }

    /// As [`Connection::send_uncompressed`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_uncompressed`].
    #[inline]
    pub fn send_uncompressed<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        let message = message.into();
        let call =
            self.tape.is_some().then(|| Call::SendUncompressed(message.borrow().into_owned()));
        let sent = self.connection.send_uncompressed(now, message);
        self.tell_sent(now, call, &sent);
        sent
    }

    /// As [`Connection::send_prepared`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_prepared`].
    #[inline]
    pub fn send_prepared(
        &mut self,
        now: Timestamp,
        prepared: &Prepared,
    ) -> Result<(), SendError<()>> {
        let call = self
            .tape
            .is_some()
            .then(|| Call::SendPrepared(prepared.message(), prepared.may_be_compressed()));
        let sent = match self.tape {
            None => self.connection.send_prepared(now, prepared),
            // Another connection may have compressed it, with what that one had sent before.
            Some(_) => self.connection.send_prepared(now, &prepared.unpacked()),
        };
        self.tell_sent(now, call, &sent);
        sent
    }

    /// As [`Connection::send_fragment`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_fragment`].
    #[inline]
    pub fn send_fragment<'p>(
        &mut self,
        now: Timestamp,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        let payload = payload.into();
        let call = || Call::SendFragment(first, payload.to_vec(), fin);
        let call = self.tape.is_some().then(call);
        let sent = self.connection.send_fragment(now, first, payload, fin);
        self.tell_sent(now, call, &sent);
        sent
    }

    /// As [`Connection::ping`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::ping`].
    #[inline]
    pub fn ping<'p>(
        &mut self,
        now: Timestamp,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        let payload = payload.into();
        let call = self.tape.is_some().then(|| Call::Ping(payload.to_vec()));
        let sent = self.connection.ping(now, payload);
        self.tell_sent(now, call, &sent);
        sent
    }

    /// As [`Connection::close`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`].
    pub fn close(&mut self, now: Timestamp, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.tell(now, || Call::Close(frame.clone()));
        self.connection.close(now, frame)
    }

    #[inline]
    fn tell(&mut self, now: Timestamp, call: impl FnOnce() -> Call) {
        if let Some(tape) = &mut self.tape {
            tape.call(now, call());
        }
    }

    /// Tells what was sent. A full queue has taken nothing, and who waits for room asks often.
    #[inline]
    fn tell_sent<T>(
        &mut self,
        now: Timestamp,
        call: Option<Call>,
        sent: &Result<(), SendError<T>>,
    ) {
        let is_full = matches!(sent, Err(SendError { reason: SendErrorReason::Full, .. }));
        if let (Some(tape), Some(call), false) = (&mut self.tape, call, is_full) {
            tape.call(now, call);
        }
    }
}

/// What a connection is configured to that is recorded.
#[cfg(feature = "deflate")]
fn recordable(config: &Config, recorder: &dyn Recorder) -> Config {
    let deflate = config.deflate.clone().filter(|_| recorder.takes_compressed());
    // What a compressor of others' did before may tell in what it does next.
    Config { deflate: deflate.map(Deflate::with_own_pool), ..config.clone() }
}

#[cfg(not(feature = "deflate"))]
fn recordable(config: &Config, _: &dyn Recorder) -> Config {
    config.clone()
}

/// What only looks at it.
impl Deref for Recorded {
    type Target = Connection;

    #[inline]
    fn deref(&self) -> &Connection {
        &self.connection
    }
}
