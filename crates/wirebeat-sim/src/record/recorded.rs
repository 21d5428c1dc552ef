use core::ops::Deref;

use wirebeat::handshake::{AcceptError, Acceptance, OriginPolicy, Request, Response};
use wirebeat::{
    CloseError, CloseFrame, Config, Connection, Event, Input, Kind, Message, Outgoing, Payload,
    SendMessageError, SendPayloadError, Timestamp, Transmit,
};

use super::begin::{Begin, Role};
use super::call::Call;
use super::log::Log;

/// A [`Connection`] that is written down: the same calls, each of which goes into a [`Log`] first.
///
/// What only looks at a connection is reached by dereferencing. There's no
/// [`read_target`](Connection::read_target): all bytes go through [`receive`](Recorded::receive).
/// It neither offers nor grants compression, whose settings a recording doesn't hold.
#[derive(Debug)]
pub struct Recorded {
    connection: Connection,
    log: Log,
}

impl Recorded {
    /// As [`Connection::client`].
    #[must_use]
    pub fn client(
        request: Request,
        config: &Config,
        seed: [u8; 32],
        now: Timestamp,
        log: Log,
    ) -> Recorded {
        Recorded::begin(Role::Client(Box::new(request), seed), config, now, log)
    }

    /// As [`Connection::server`].
    #[must_use]
    pub fn server(origins: OriginPolicy, config: &Config, now: Timestamp, log: Log) -> Recorded {
        Recorded::begin(Role::Server(origins), config, now, log)
    }

    /// A connection of any role.
    #[must_use]
    pub fn begin(role: Role, config: &Config, now: Timestamp, log: Log) -> Recorded {
        let config = Config { deflate: None, ..config.clone() };
        let begin = Begin { role, config, now };
        let connection = begin.connection();
        log.begin(begin);
        Recorded { connection, log }
    }

    /// As [`Connection::receive`].
    pub fn receive<'i>(&mut self, now: Timestamp, input: &mut Input<'i>) -> Option<Event<'i>> {
        // The bytes are unmasked where they are, so a copy comes first.
        let copy = input.rest().to_vec();
        let event = self.connection.receive(now, input);
        let eaten = copy.len() - input.len();
        if eaten > 0 {
            self.log.call(now, Call::Receive(copy[..eaten].to_vec()));
        }
        if matches!(event, Some(Event::Closed(_))) {
            self.log.flush();
        }
        event
    }

    /// As [`Connection::poll_event`].
    pub fn poll_event(&mut self) -> Option<Event<'static>> {
        let event = self.connection.poll_event();
        if matches!(event, Some(Event::Closed(_))) {
            self.log.flush();
        }
        event
    }

    /// As [`Connection::poll_transmit`].
    pub fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.connection.poll_transmit()
    }

    /// As [`Connection::take_transmit`].
    pub fn take_transmit(&mut self, now: Timestamp, max: usize) -> Option<Outgoing> {
        self.log.call(now, Call::Take(max));
        self.connection.take_transmit(max)
    }

    /// As [`Connection::handle_written`].
    pub fn handle_written(&mut self, now: Timestamp, bytes: usize) {
        self.log.call(now, Call::Written(bytes));
        self.connection.handle_written(now, bytes);
    }

    /// As [`Connection::handle_write_blocked`].
    pub fn handle_write_blocked(&mut self, now: Timestamp) {
        self.log.call(now, Call::WriteBlocked);
        self.connection.handle_write_blocked(now);
    }

    /// As [`Connection::handle_reading`].
    pub fn handle_reading(&mut self, now: Timestamp, reading: bool) {
        self.log.call(now, Call::Reading(reading));
        self.connection.handle_reading(now, reading);
    }

    /// As [`Connection::handle_eof`].
    pub fn handle_eof(&mut self, now: Timestamp) {
        self.log.call(now, Call::Eof);
        self.connection.handle_eof(now);
    }

    /// As [`Connection::handle_lost`].
    pub fn handle_lost(&mut self, now: Timestamp) {
        self.log.call(now, Call::Lost);
        self.connection.handle_lost(now);
    }

    /// As [`Connection::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.log.call(now, Call::Timeout);
        self.connection.handle_timeout(now);
    }

    /// As [`Connection::probe`].
    pub fn probe(&mut self, now: Timestamp) {
        self.log.call(now, Call::Probe);
        self.connection.probe(now);
    }

    /// As [`Connection::accept`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::accept`].
    pub fn accept(&mut self, now: Timestamp, acceptance: &Acceptance) -> Result<(), AcceptError> {
        self.log.call(now, Call::Accept(acceptance.clone()));
        self.connection.accept(now, acceptance)
    }

    /// As [`Connection::respond`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::respond`].
    pub fn respond(&mut self, now: Timestamp, response: &Response) -> Result<(), AcceptError> {
        self.log.call(now, Call::Respond(response.clone()));
        self.connection.respond(now, response)
    }

    /// As [`Connection::send`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send`].
    pub fn send<'m>(
        &mut self,
        now: Timestamp,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        let message = message.into();
        self.log.call(now, Call::Send(message.borrow().into_owned()));
        self.connection.send(now, message)
    }

    /// As [`Connection::send_fragment`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_fragment`].
    pub fn send_fragment<'p>(
        &mut self,
        now: Timestamp,
        first: Option<Kind>,
        payload: impl Into<Payload<'p>>,
        fin: bool,
    ) -> Result<(), SendPayloadError<'p>> {
        let payload = payload.into();
        self.log.call(now, Call::SendFragment(first, payload.to_vec(), fin));
        self.connection.send_fragment(now, first, payload, fin)
    }

    /// As [`Connection::ping`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::ping`].
    pub fn ping<'p>(
        &mut self,
        now: Timestamp,
        payload: impl Into<Payload<'p>>,
    ) -> Result<(), SendPayloadError<'p>> {
        let payload = payload.into();
        self.log.call(now, Call::Ping(payload.to_vec()));
        self.connection.ping(now, payload)
    }

    /// As [`Connection::close`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`].
    pub fn close(&mut self, now: Timestamp, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        self.log.call(now, Call::Close(frame.clone()));
        self.connection.close(now, frame)
    }
}

/// What only looks at it.
impl Deref for Recorded {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}
